"""Words that several neighbours share."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What a title is."""

    MOVIE = "movie"
    TV = "tv"
    VIDEO = "video"
