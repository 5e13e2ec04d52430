"""What a search finds, and how answers of several neighbours become one list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from medianest_bot.core.reply import Picture
from medianest_bot.core.store.requests import MediaRequest
from medianest_bot.core.titles import Wanted, fold
from medianest_bot.services.lanes import Found as Video
from medianest_bot.services.media import Kind
from medianest_bot.services.plex import Item, Owned
from medianest_bot.services.seerr import Details, Hit, MediaState

Key = tuple[Kind, int]
"""A kind and a TMDB number: the same title at every neighbour."""


class Availability(StrEnum):
    """Whether a title can be watched, or how it could come."""

    IN_LIBRARY = "in_library"
    PARTLY = "partly"
    ASKED_BY_YOU = "asked_by_you"
    ASKED = "asked"
    CAN_REQUEST = "can_request"
    NOT = "not"
    """Nobody takes requests for it here."""
    VIDEO = "video"


@dataclass(frozen=True, slots=True)
class Title:
    """One film, show or video, whoever knows it."""

    kind: Kind
    tmdb_id: int | None
    title: str
    year: int | None = None
    overview: str = ""
    poster: Picture | None = None
    availability: Availability = Availability.NOT
    plex_key: str | None = None
    request_id: int | None = None
    url: str | None = None
    state: MediaState = MediaState.UNKNOWN
    """What Seerr says about it."""

    @property
    def key(self) -> Key | None:
        return (self.kind, self.tmdb_id) if self.tmdb_id is not None else None


@dataclass(frozen=True, slots=True)
class Missing:
    """A neighbour whose answer is not in the list.

    `since` is when it fell silent; `has_refused`: it answered, but not to us.
    """

    service: str
    since: datetime | None
    has_refused: bool = False


@dataclass(frozen=True, slots=True)
class Stale:
    """A neighbour that is silent, whose last good answer is in the list."""

    service: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """The titles, best first, and what the list lacks."""

    titles: tuple[Title, ...] = ()
    missing: tuple[Missing, ...] = ()
    stale: tuple[Stale, ...] = ()


def of_hit(hit: Hit | Details) -> Title:
    return Title(
        kind=hit.kind,
        tmdb_id=hit.tmdb_id,
        title=hit.title,
        year=hit.year,
        overview=hit.overview,
        poster=Picture(alt=hit.title, source=hit.poster) if hit.poster else None,
        state=hit.state,
    )


def of_item(item: Item) -> Title:
    poster = (
        Picture(alt=item.title, source=f"plex:{item.thumb}") if item.thumb else None
    )
    return Title(
        kind=item.kind,
        tmdb_id=item.tmdb_id,
        title=item.title,
        year=item.year,
        overview=item.summary,
        poster=poster,
        availability=Availability.IN_LIBRARY,
        plex_key=item.key,
    )


def of_video(video: Video) -> Title:
    return Title(
        kind=Kind.VIDEO,
        tmdb_id=None,
        title=video.title,
        overview=video.channel or "",
        poster=Picture(alt=video.title, source=video.thumbnail or "")
        if (video.thumbnail or "").startswith("https://")
        else None,
        availability=Availability.VIDEO,
        url=video.url,
    )


def merged(requestable: Iterable[Title], in_plex: Iterable[Title]) -> list[Title]:
    """One row for each title; what Seerr and Plex know of it put together."""
    rows: dict[object, Title] = {}
    for one in requestable:
        rows.setdefault(one.key, one)
    for item in in_plex:
        same = rows.get(item.key) if item.key else None
        if same is None:
            rows.setdefault(item.key or ("plex", item.plex_key), item)
        else:
            rows[item.key] = replace(
                same,
                plex_key=item.plex_key,
                poster=same.poster or item.poster,
                overview=same.overview or item.overview,
            )
    return list(rows.values())


class Library:
    """All that Plex has, with the names in the form they are compared in."""

    def __init__(self, owned: Owned) -> None:
        self.owned = owned
        items = (*owned.movies.values(), *owned.shows.values())
        self._names = [(fold(item.title), item) for item in items]

    def named(self, wanted: Wanted) -> list[Title]:
        """Those that hold what was typed; a plain look, also through thousands."""
        typed = fold(wanted.words)
        if not typed:
            return []
        return [of_item(item) for name, item in self._names if typed in name]


@dataclass(frozen=True, slots=True)
class Shelf:
    """What we know about who has or wants a title, to judge its availability."""

    owned: Owned
    asked: Mapping[Key, Sequence[MediaRequest]]
    person_id: int | None
    takes_requests: bool


def judged(title: Title, shelf: Shelf) -> Title:
    """The title with its availability, its place in Plex and one's own request."""
    if title.kind is Kind.VIDEO:
        return title
    key = title.key
    item = shelf.owned.get(*key) if key else None
    plex_key = title.plex_key or (item.key if item else None)
    rows = shelf.asked.get(key, ()) if key else ()
    own = next((row for row in rows if row.person_id == shelf.person_id), None)
    return replace(
        title,
        plex_key=plex_key,
        request_id=own.id if own else None,
        availability=_availability(title, plex_key, own, rows, shelf),
    )


def _availability(
    title: Title,
    plex_key: str | None,
    own: MediaRequest | None,
    rows: Sequence[MediaRequest],
    shelf: Shelf,
) -> Availability:
    """The first that holds; a title that is there is not asked about any more."""
    is_under_way = title.state in (MediaState.PENDING, MediaState.PROCESSING)
    is_refused = title.state is MediaState.BLOCKLISTED
    holds = (
        (title.state is MediaState.AVAILABLE, Availability.IN_LIBRARY),
        (title.state is MediaState.PARTIALLY_AVAILABLE, Availability.PARTLY),
        (plex_key is not None, Availability.IN_LIBRARY),
        (own is not None, Availability.ASKED_BY_YOU),
        (bool(rows) or is_under_way, Availability.ASKED),
        (not shelf.takes_requests or is_refused, Availability.NOT),
    )
    return next((what for is_so, what in holds if is_so), Availability.CAN_REQUEST)


def by_title(
    rows: Iterable[MediaRequest], key: Callable[[MediaRequest], Key]
) -> dict[Key, list[MediaRequest]]:
    found: dict[Key, list[MediaRequest]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found
