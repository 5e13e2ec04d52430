"""What Seerr and Overseerr know about titles, requests and users, as we use it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Self

from medianest_bot.services.media import Kind


class MediaState(IntEnum):
    """How much of a title is there (`MediaStatus` of Seerr; 6 and 7 only there)."""

    UNKNOWN = 1
    PENDING = 2
    PROCESSING = 3
    PARTIALLY_AVAILABLE = 4
    AVAILABLE = 5
    BLOCKLISTED = 6
    DELETED = 7

    @classmethod
    def _missing_(cls, _value: object) -> Self:
        return cls.UNKNOWN


class RequestState(IntEnum):
    """Where a request stands.

    Overseerr has no COMPLETED: there it stays APPROVED and the media state says
    whether the title has come.
    """

    UNKNOWN = 0
    PENDING = 1
    APPROVED = 2
    DECLINED = 3
    FAILED = 4
    COMPLETED = 5

    @classmethod
    def _missing_(cls, _value: object) -> Self:
        return cls.UNKNOWN


@dataclass(frozen=True, slots=True)
class Hit:
    """One film or series of a search."""

    kind: Kind
    tmdb_id: int
    title: str
    year: int | None
    overview: str
    poster: str | None
    state: MediaState


@dataclass(frozen=True, slots=True)
class Season:
    """One season of a series; number 0 are the specials.

    `requested` says that a request for it is held by the server, so that asking
    again would be answered with "No seasons available".
    """

    number: int
    episodes: int
    name: str
    state: MediaState
    requested: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """One file that is being fetched; sizes in bytes."""

    title: str
    size: int
    left: int
    eta: datetime | None

    @property
    def percent(self) -> int:
        """0 to 100; 0 while the size is not known."""
        if self.size <= 0:
            return 0
        return min(100, max(0, round(100 * (self.size - self.left) / self.size)))


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Lists of requests hold no titles: ask for the details."""

    id: int
    kind: Kind
    tmdb_id: int | None
    state: RequestState
    media_state: MediaState
    seasons: tuple[int, ...]
    requested_by: int | None
    requested_by_name: str
    created: datetime | None
    updated: datetime | None
    downloading: tuple[Progress, ...]
    is_4k: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the requests; `total` counts all that match."""

    total: int
    items: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class Details:
    """Everything about one title. `media_id` is Seerr's own, `plex_key` Plex's."""

    kind: Kind
    tmdb_id: int
    tvdb_id: int | None
    imdb_id: str | None
    title: str
    year: int | None
    overview: str
    poster: str | None
    genres: tuple[str, ...]
    minutes: int | None
    state: MediaState
    seasons: tuple[Season, ...]
    requests: tuple[Request, ...]
    downloading: tuple[Progress, ...]
    media_id: int | None
    plex_key: str | None


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with an account there; `permissions` are the bits of Seerr."""

    id: int
    name: str
    plex_id: int | None
    permissions: int


@dataclass(frozen=True, slots=True)
class Chats:
    """Where a user can be told: account ids at Discord, a private chat at Telegram."""

    discord: tuple[str, ...] = ()
    telegram: str | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    """What one may still ask for; without a limit the three are None.

    Series count by seasons.
    """

    used: int
    limit: int | None
    remaining: int | None
    days: int | None
    restricted: bool


@dataclass(frozen=True, slots=True)
class Quotas:
    movie: Quota
    tv: Quota


@dataclass(frozen=True, slots=True)
class About:
    """Which of the two products it is ("Overseerr" or "Seerr"), and its version."""

    product: str
    version: str
