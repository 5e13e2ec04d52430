"""What a Plex server holds, as far as we use it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from medianest_bot.services.media import Kind


@dataclass(frozen=True, slots=True)
class Identity:
    """Which server it is. `name` is what its owner calls it."""

    machine_id: str
    version: str
    name: str


@dataclass(frozen=True, slots=True)
class Section:
    """One library. `kind` is Plex's word: movie, show, artist, photo.

    `folders` are paths as Plex sees them; `count` is None where it was not told.
    """

    key: str
    title: str
    kind: str
    agent: str
    folders: tuple[str, ...]
    count: int | None = None

    @property
    def is_personal(self) -> bool:
        """True where nothing is looked up: home videos and downloads."""
        return self.agent.endswith(".none")


@dataclass(frozen=True, slots=True)
class Item:
    """A film, show, season, episode or video. `key` is its ratingKey.

    `type` is Plex's word for it, `kind` is ours: a film that no agent knows, as
    in a library of home videos, is a video. `thumb` is a path on the server,
    `files` are paths as Plex sees them. `index` is the number of a season or of
    an episode; `child_count` and `leaf_count` count seasons and episodes.
    """

    key: str
    type: str
    kind: Kind
    title: str
    year: int | None = None
    summary: str = ""
    added: datetime | None = None
    thumb: str | None = None
    tmdb_id: int | None = None
    imdb_id: str | None = None
    tvdb_id: int | None = None
    section: str = ""
    files: tuple[str, ...] = ()
    parent_title: str | None = None
    index: int | None = None
    leaf_count: int | None = None
    child_count: int | None = None
    minutes: int | None = None

    @property
    def full_title(self) -> str:
        """With the show's name in front, for a season or an episode."""
        parts = (self.parent_title, self.title)
        return " · ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Collection:
    """`is_smart` ones fill themselves by a filter and cannot be changed by hand."""

    key: str
    title: str
    section: str
    count: int
    is_smart: bool


@dataclass(frozen=True, slots=True)
class Owned:
    """What the library holds, by TMDB id."""

    movies: Mapping[int, Item] = field(default_factory=dict)
    shows: Mapping[int, Item] = field(default_factory=dict)

    def get(self, kind: Kind, tmdb_id: int) -> Item | None:
        """None also for videos, which have no TMDB id."""
        by_kind = {Kind.MOVIE: self.movies, Kind.TV: self.shows}
        return by_kind.get(kind, {}).get(tmdb_id)
