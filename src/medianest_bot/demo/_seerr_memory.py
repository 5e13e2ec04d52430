"""What the Seerr stand-in remembers over a restart, as JSON."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from medianest_bot.demo._memory import Kept
from medianest_bot.demo._seerr_state import Asked, Books, Media


def told(books: Books, done: set[int]) -> Kept:
    """All but what follows from the clock, like how much has been fetched."""
    return {
        "last": dict(books.last),
        "media": [_media(one) for one in books.media.values()],
        "asked": [_asked(books, one) for one in books.asked.values()],
        "done": sorted(done),
    }


def take(books: Books, done: set[int], kept: Kept) -> None:
    """Take over what was kept; the time since then has passed here, too."""
    media = {(one.kind, one.tmdb): one for one in map(_read_media, kept["media"])}
    asked = {one.id: one for row in kept["asked"] for one in [_read(books, media, row)]}
    finished = {int(one) for one in kept["done"]}
    last = {name: int(kept["last"][name]) for name in books.last}
    if not media.keys() <= books.titles.keys():
        raise LookupError("a title that the household does not know")
    books.media, books.asked, books.last = media, asked, last
    done |= finished


def _media(one: Media) -> Kept:
    row = asdict(replace(one, percent=None, fetching=()))
    return {**row, "created": one.created.isoformat(), "seasons": _pairs(one.seasons)}


def _read_media(row: Kept) -> Media:
    created = datetime.fromisoformat(row["created"])
    seasons = _numbers(row["seasons"])
    return Media(**{**row, "created": created, "seasons": seasons, "fetching": ()})


def _asked(books: Books, one: Asked) -> Kept:
    began = books.now() - timedelta(seconds=books.clock() - one.since)
    return {
        "id": one.id,
        "kind": one.kind,
        "tmdb": one.media.tmdb,
        "by": one.by.id,
        "created": one.created.isoformat(),
        "updated": one.updated.isoformat(),
        "since": began.isoformat(timespec="milliseconds"),
        "is_4k": one.is_4k,
        "status": one.status,
        "modified_by": one.modified_by.id if one.modified_by else None,
        "seasons": _pairs(one.seasons),
        "advanced": one.advanced,
        "waits_forever": one.waits_forever,
        "is_first": one.is_first,
    }


def _read(books: Books, media: dict[tuple[str, int], Media], row: Kept) -> Asked:
    ago = books.now() - datetime.fromisoformat(row["since"])
    by = row["modified_by"]
    return Asked(
        id=int(row["id"]),
        kind=row["kind"],
        media=media[row["kind"], row["tmdb"]],
        by=books.accounts[row["by"]],
        created=datetime.fromisoformat(row["created"]),
        updated=datetime.fromisoformat(row["updated"]),
        since=books.clock() - max(0.0, ago.total_seconds()),
        is_4k=bool(row["is_4k"]),
        status=int(row["status"]),
        modified_by=None if by is None else books.accounts[by],
        seasons=_numbers(row["seasons"]),
        advanced=dict(row["advanced"]),
        waits_forever=bool(row["waits_forever"]),
        is_first=bool(row["is_first"]),
    )


def _pairs(seasons: dict[int, int]) -> list[list[int]]:
    """JSON has no numbers for keys."""
    return [[number, state] for number, state in seasons.items()]


def _numbers(pairs: Any) -> dict[int, int]:
    return {int(number): int(state) for number, state in pairs}
