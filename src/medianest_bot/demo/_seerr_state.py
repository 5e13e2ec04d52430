"""What the Seerr stand-in remembers: accounts, titles and requests."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from medianest_bot.demo.household import Household, Movie, Person, Series

# Media states (MediaStatus) and request states (MediaRequestStatus) of Seerr 3.1.
UNKNOWN, PENDING, PROCESSING, PARTLY, AVAILABLE, BLOCKLISTED, DELETED = range(1, 8)
ASKED, APPROVED, DECLINED, FAILED, COMPLETED = range(1, 6)


@dataclass(slots=True)
class Account:
    """A user; `movie` and `tv` are (limit, days) or None.

    `settings` are those of the user's notifications, once there are any.
    """

    id: int
    name: str
    plex_id: int | None
    permissions: int
    created: datetime
    movie: tuple[int, int] | None = None
    tv: tuple[int, int] | None = None
    settings: dict[str, Any] | None = None


@dataclass(slots=True)
class Media:
    """A title the server knows something about; `percent` while it is fetched."""

    id: int
    kind: str
    tmdb: int
    tvdb: int | None
    created: datetime
    status: int = UNKNOWN
    status_4k: int = UNKNOWN
    seasons: dict[int, int] = field(default_factory=dict)
    plex_key: str | None = None
    percent: int | None = None
    fetching: tuple[int, ...] = ()


@dataclass(slots=True)
class Asked:
    """A request. `since` is when its present stage began, by the stand-in's clock."""

    id: int
    kind: str
    media: Media
    by: Account
    created: datetime
    updated: datetime
    since: float
    is_4k: bool = False
    status: int = ASKED
    modified_by: Account | None = None
    seasons: dict[int, int] = field(default_factory=dict)
    advanced: dict[str, object] = field(default_factory=dict)
    waits_forever: bool = False
    is_first: bool = False


class Books:
    """All of it, begun from the household; `is_seerr` is False for Overseerr."""

    def __init__(
        self,
        household: Household,
        *,
        is_seerr: bool = True,
        version: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.household = household
        self.is_seerr = is_seerr
        self.version = version or ("3.1.0" if is_seerr else "1.34.0")
        self.is_tmdb_down = False
        self.clock = clock
        self._began = (datetime.now(UTC), clock())
        self.titles: dict[tuple[str, int], Movie | Series] = {
            **{("movie", movie.tmdb): movie for movie in household.movies},
            **{("tv", series.tmdb): series for series in household.series},
        }
        self.accounts: dict[int, Account] = {}
        self.media: dict[tuple[str, int], Media] = {}
        self.asked: dict[int, Asked] = {}
        self.last = {"media": 0, "asked": 0, "season": 0}
        """The last id given to each kind."""
        for person in household.people:
            self._join(person)
        for one in household.seerr_users:
            new = Account(one.id, one.name, None, one.permissions, self.now())
            self.accounts[one.id] = new
        for title in self.titles.values():
            self._shelve(title)

    def now(self) -> datetime:
        """Wall time that runs as the stand-in's clock does."""
        day, tick = self._began
        return day + timedelta(seconds=self.clock() - tick)

    def next_id(self, what: str) -> int:
        self.last[what] += 1
        return self.last[what]

    def media_of(self, kind: str, tmdb: int) -> Media:
        """The title's entry, made where there is none."""
        key = (kind, tmdb)
        if key not in self.media:
            title = self.titles[key]
            tvdb = title.tvdb if isinstance(title, Series) else None
            new_id = self.next_id("media")
            self.media[key] = Media(new_id, kind, tmdb, tvdb, self.now())
        return self.media[key]

    def requests_of(self, media: Media) -> list[Asked]:
        return [one for one in self.asked.values() if one.media is media]

    def requests_by(self, account: Account) -> list[Asked]:
        return [one for one in self.asked.values() if one.by is account]

    def ask(self, media: Media, by: Account, seasons: tuple[int, ...] = ()) -> Asked:
        """Write a request down, pending."""
        now = self.now()
        new_id = self.next_id("asked")
        one = Asked(new_id, media.kind, media, by, now, now, self.clock())
        one.seasons = {season: self.next_id("season") for season in seasons}
        self.asked[one.id] = one
        return one

    def move(self, one: Asked, status: int, by: Account | None = None) -> None:
        """The request reaches another state, now."""
        one.status = status
        one.modified_by = by or one.modified_by
        one.updated = self.now()
        one.since = self.clock()

    def join(self, name: str, plex_id: int | None) -> Account:
        """A new user, who may ask and nothing more."""
        new = Account(max(self.accounts) + 1, name, plex_id, 32, self.now())
        self.accounts[new.id] = new
        return new

    def season_numbers(self, media: Media) -> tuple[int, ...]:
        """The series' seasons without specials."""
        title = self.titles[media.kind, media.tmdb]
        if isinstance(title, Movie):
            return ()
        return tuple(range(1, len(title.seasons)))

    def _join(self, person: Person) -> None:
        if person.seerr_id is None:
            return
        self.accounts[person.seerr_id] = Account(
            person.seerr_id,
            person.plex_name or person.name,
            person.plex_id,
            person.permissions,
            self.now(),
        )

    def _shelve(self, title: Movie | Series) -> None:
        """What Plex holds is known from the start, as after a library scan."""
        if isinstance(title, Series):
            self._shelve_series(title)
        elif title.in_plex:
            self.media_of("movie", title.tmdb).status = AVAILABLE
        elif title.requested_by is not None:
            media = self.media_of("movie", title.tmdb)
            media.status = PENDING
            person = self.household.person(title.requested_by)
            one = self.ask(media, self.accounts[person.seerr_id or 1])
            one.waits_forever = True

    def _shelve_series(self, series: Series) -> None:
        if not series.seasons_in_plex:
            return
        media = self.media_of("tv", series.tmdb)
        media.seasons = dict.fromkeys(series.seasons_in_plex, AVAILABLE)
        whole = set(self.season_numbers(media)) <= set(series.seasons_in_plex)
        media.status = AVAILABLE if whole else PARTLY
