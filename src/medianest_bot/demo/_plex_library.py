"""What the demo's Plex holds: libraries, items and collections, and finding them."""

from __future__ import annotations

import os
import re
import time
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from medianest_bot.demo import _plex_rows as rows
from medianest_bot.demo._plex_rows import FILMS, SHOWS, TYPES, VIDEOS
from medianest_bot.demo._plex_wire import Json
from medianest_bot.demo.household import Household

_DAY_S = 86_400
_VIDEO_FILES = frozenset({".mp4", ".mkv", ".webm", ".mov", ".m4v", ".avi"})
_FIRST_KEY = 101


@dataclass(slots=True)
class Gathered:
    """A collection: its row, what is in it in its own order, and how it is shown."""

    row: Json
    section: str
    keys: list[str] = field(default_factory=list)
    sort: int = 0
    """0 by date, 1 by name, 2 in its own order."""


class Library:
    """The household's films and shows, and a folder of videos that really exists."""

    def __init__(
        self,
        household: Household,
        videos_folder: Path,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.household = household
        self.videos_folder = videos_folder
        self.items: dict[str, Json] = {}
        self.section_of: dict[str, str] = {}
        self.collections: dict[str, Gathered] = {}
        self.next_key = _FIRST_KEY
        self._now = now
        started = int(now())
        self.sections = {one["key"]: one for one in _sections(videos_folder, started)}
        for days, film in enumerate(one for one in household.movies if one.in_plex):
            self.add_movie(film.tmdb, added=started - (days + 2) * _DAY_S)
        for days, series in enumerate(household.series):
            added = started - (days + 4) * _DAY_S
            self.add_seasons(series.tmdb, series.seasons_in_plex, added=added)

    def add_movie(self, tmdb_id: int, added: int | None = None) -> list[Json]:
        """The new rows; none where it is there already."""
        one = next(one for one in self.household.movies if one.tmdb == tmdb_id)
        if self.by_tmdb(tmdb_id, "movie"):
            return []
        row = rows.movie(one, self.new_key(), added or int(self._now()))
        return [self._keep(row, FILMS)]

    def add_seasons(
        self, tmdb_id: int, seasons: Iterable[int], added: int | None = None
    ) -> list[Json]:
        """The new rows of a show: itself, its seasons and their episodes."""
        wanted = sorted(seasons)
        one = next(one for one in self.household.series if one.tmdb == tmdb_id)
        at = added or int(self._now())
        new: list[Json] = []
        show = self.by_tmdb(tmdb_id, "show")
        if show is None and wanted:
            show = self._keep(rows.show(one, self.new_key(), at), SHOWS)
            new.append(show)
        there = {row["index"] for row in self.children(show)} if show else set()
        for number in wanted:
            if show is not None and number not in there:
                new += self._add_season(show, number, one.seasons[number], at)
        return new

    def scan(
        self, folder: Path, there: Mapping[str, int]
    ) -> tuple[list[Json], list[Json]]:
        """The `videos_in` a folder are there now: new rows, and those that went."""
        known = {
            file: row
            for row in self.in_section(VIDEOS)
            for file in rows.files(row)
            if Path(file).is_relative_to(folder)
        }
        gone = [row for file, row in known.items() if file not in there]
        for row in gone:
            self.remove(row["ratingKey"])
        new = [
            self._add_video(Path(file), there[file])
            for file in sorted(there)
            if file not in known
        ]
        return new, gone

    def is_within(self, section: str, folder: str) -> bool:
        """Plex looks only at folders that belong to the library."""
        places = (one["path"] for one in self.sections[section]["Location"])
        return any(Path(folder).is_relative_to(place) for place in places)

    def remove(self, key: str) -> None:
        self.items.pop(key, None)
        self.section_of.pop(key, None)
        for one in list(self.collections.values()):
            self.take_out(one, key)

    def take_out(self, one: Gathered, key: str) -> bool:
        """False where it was not in it; an empty collection is no more."""
        if key not in one.keys:
            return False
        one.keys.remove(key)
        if not one.keys:
            self.collections.pop(one.row["ratingKey"], None)
        return True

    def gather(self, title: str, section: str, keys: list[str]) -> Gathered:
        """A new collection."""
        first = self.items.get(keys[0]) if keys else None
        kind = first["type"] if first else self.sections[section]["type"]
        number = self.new_key()
        row = rows.collection(title, section, kind, number, int(self._now()))
        one = Gathered(row, section, keys)
        self.collections[str(number)] = one
        return one

    def collection_row(self, one: Gathered) -> Json:
        """Sizes come as strings here, as from real servers."""
        years = [year for row in self.shown(one) if (year := row.get("year"))]
        bounds = {"minYear": min(years), "maxYear": max(years)} if years else {}
        sort = {"collectionSort": one.sort} if one.sort else {}
        return {**one.row, **bounds, **sort, "childCount": str(len(one.keys))}

    def shown(self, one: Gathered) -> list[Json]:
        """What is in a collection, in the order it is shown in."""
        held = [self.items[key] for key in one.keys]
        by = {0: "originallyAvailableAt", 1: "title"}.get(one.sort)
        return sorted(held, key=lambda row: str(row.get(by, ""))) if by else held

    def by_tmdb(self, tmdb_id: int, type_: str) -> Json | None:
        guid = {"id": f"tmdb://{tmdb_id}"}
        held = (row for row in self.items.values() if row["type"] == type_)
        return next((row for row in held if guid in row.get("Guid", ())), None)

    def children(self, row: Json) -> list[Json]:
        parent = row["ratingKey"]
        found = self.items.values()
        return [one for one in found if one.get("parentRatingKey") == parent]

    def in_section(self, section: str) -> list[Json]:
        return [
            self.items[k] for k, where in self.section_of.items() if where == section
        ]

    def query(self, section: str, asked: Mapping[str, str]) -> list[Json]:
        """Rows of a library by type, title and date, in the order asked for."""
        type_ = asked.get("type") or str(TYPES[self.sections[section]["type"]])
        names = {
            name for name, number in TYPES.items() if str(number) in type_.split(",")
        }
        found = [row for row in self.in_section(section) if row["type"] in names]
        if "collection" in names:
            of = (one for one in self.collections.values() if one.section == section)
            found += map(self.collection_row, of)
        found = [row for row in found if _fits(row, asked)]
        by, _, way = asked.get("sort", "titleSort").split(",")[0].partition(":")
        # What came at the same time is told apart by its key, newest last.
        found.sort(key=lambda row: _place(row, by), reverse=way == "desc")
        return found

    def search(self, words: str, section: str | None) -> dict[str, list[Json]]:
        """Rows by type; every word must begin a word of the title."""
        asked = fold(words).split()
        found: dict[str, list[Json]] = {}
        for key, row in self.items.items():
            title = fold(row["title"]).split()
            fits = all(any(one.startswith(word) for one in title) for word in asked)
            if asked and fits and section in (None, self.section_of[key]):
                found.setdefault(row["type"], []).append(row)
        return found

    def new_key(self) -> int:
        self.next_key += 1
        return self.next_key - 1

    def _add_season(
        self, show: Json, number: int, episodes: int, at: int
    ) -> list[Json]:
        season = self._keep(rows.season(show, number, self.new_key(), at), SHOWS)
        found = [
            self._keep(rows.episode(season, show, one, self.new_key(), at), SHOWS)
            for one in range(1, episodes + 1)
        ]
        season["leafCount"] = episodes
        show["leafCount"] += episodes
        show["childCount"] += 1
        return [season, *found]

    def _add_video(self, file: Path, size: int) -> Json:
        row = rows.video(file, size, self.new_key(), int(self._now()))
        return self._keep(row, VIDEOS)

    def _keep(self, row: Json, section: str) -> Json:
        about = self.sections[section]
        row["librarySectionTitle"] = about["title"]
        row["librarySectionID"] = int(section)
        row["librarySectionKey"] = f"/library/sections/{section}"
        self.items[row["ratingKey"]] = row
        self.section_of[row["ratingKey"]] = section
        return row


def videos_in(folder: Path) -> dict[str, int]:
    """The size of every video file by its path, for a scan; may be run in a thread.

    Hidden files, and files being written, are none.
    """
    found: dict[str, int] = {}
    for place, folders, names in os.walk(folder):
        folders[:] = [one for one in folders if not one.startswith(".")]
        for name in names:
            file = Path(place, name)
            if file.suffix.lower() in _VIDEO_FILES and not name.startswith("."):
                with suppress(FileNotFoundError):
                    found[str(file)] = file.stat().st_size
    return found


def fold(words: str) -> str:
    """Small letters without accents and signs."""
    plain = unicodedata.normalize("NFKD", words.casefold())
    return re.sub(
        r"[^\w\s]", "", "".join(c for c in plain if not unicodedata.combining(c))
    )


def _sections(videos_folder: Path, now: int) -> list[Json]:
    return [
        rows.section(
            FILMS,
            "Films",
            "movie",
            "tv.plex.agents.movie",
            "Plex Movie",
            "/srv/films",
            now,
        ),
        rows.section(
            SHOWS,
            "Shows",
            "show",
            "tv.plex.agents.series",
            "Plex TV Series",
            "/srv/shows",
            now,
        ),
        rows.section(
            VIDEOS,
            "Home videos",
            "movie",
            "tv.plex.agents.none",
            "Plex Video Files Scanner",
            str(videos_folder),
            now,
        ),
    ]


def _fits(row: Json, asked: Mapping[str, str]) -> bool:
    if fold(asked.get("title", "")) not in fold(row["title"]):
        return False
    since, until = asked.get("addedAt>>"), asked.get("addedAt<<")
    added = row["addedAt"]
    return (since is None or added > int(since)) and (
        until is None or added < int(until)
    )


def _place(row: Json, by: str) -> tuple[int, str, int]:
    value = row.get("title" if by == "titleSort" else by, "")
    key = int(row["ratingKey"])
    return (value, "", key) if isinstance(value, int) else (0, fold(str(value)), key)
