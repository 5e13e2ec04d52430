"""Who lives in the demo household and what they own, read from household.json."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the household; ids are None where there is no such account."""

    name: str
    role: str
    plex_id: int | None
    plex_name: str | None
    seerr_id: int | None
    permissions: int


@dataclass(frozen=True, slots=True)
class SeerrUser:
    """Somebody Seerr knows, whom nobody has told the bot about yet."""

    id: int
    name: str
    permissions: int


@dataclass(frozen=True, slots=True)
class Movie:
    tmdb: int
    imdb: str
    title: str
    year: int
    date: str
    minutes: int
    genres: tuple[str, ...]
    overview: str
    in_plex: bool
    requested_by: str | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """`seasons` holds the number of episodes a season, specials first (season 0)."""

    tmdb: int
    tvdb: int
    imdb: str
    title: str
    year: int
    date: str
    genres: tuple[str, ...]
    overview: str
    seasons: tuple[int, ...]
    seasons_in_plex: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Monitor:
    id: int
    name: str
    type: str
    state: str
    ping: int | None
    story: str = ""
    certificate_days: int | None = None


@dataclass(frozen=True, slots=True)
class Playlist:
    id: str
    title: str
    videos: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Household:
    name: str
    plex_machine_id: str
    people: tuple[Person, ...]
    movies: tuple[Movie, ...]
    series: tuple[Series, ...]
    monitors: tuple[Monitor, ...]
    playlists: tuple[Playlist, ...]
    seerr_users: tuple[SeerrUser, ...] = ()

    def person(self, name: str) -> Person:
        return next(person for person in self.people if person.name == name)


def read() -> Household:
    """The household as shipped."""
    text = files(__package__).joinpath("household.json").read_text("utf-8")
    raw: dict[str, Any] = json.loads(text)
    return Household(
        name=raw["name"],
        plex_machine_id=raw["plex_machine_id"],
        people=tuple(Person(**row) for row in raw["people"]),
        seerr_users=tuple(SeerrUser(**row) for row in raw["seerr_users"]),
        movies=tuple(Movie(**_tuples(row)) for row in raw["movies"]),
        series=tuple(Series(**_tuples(row)) for row in raw["series"]),
        monitors=tuple(Monitor(**row) for row in raw["monitors"]),
        playlists=tuple(Playlist(**_tuples(row)) for row in raw["playlists"]),
    )


def _tuples(row: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
