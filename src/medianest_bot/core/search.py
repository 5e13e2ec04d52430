"""Asks Plex, Seerr and the video sites in parallel and merges what they say."""

from __future__ import annotations


class Search:
    """Asks Plex, Seerr and the video sites in parallel and merges what they say."""
