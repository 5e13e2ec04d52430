"""Videos and playlists, from a pasted link into a Plex collection."""

from __future__ import annotations


class Downloads:
    """Videos and playlists, from a pasted link into a Plex collection."""
