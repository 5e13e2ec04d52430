"""What the Seerr stand-in remembers over a restart, as JSON."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from medianest_bot.demo._memory import Kept
from medianest_bot.demo._seerr_state import Account, Asked, Books, Media


def told(books: Books, done: set[int]) -> Kept:
    """All but what follows from the clock, like how much has been fetched."""
    return {
        "last": dict(books.last),
        "accounts": [_account(one) for one in books.accounts.values()],
        "media": [_media(one) for one in books.media.values()],
        "asked": [_asked(books, one) for one in books.asked.values()],
        "done": sorted(done),
    }


def take(books: Books, done: set[int], kept: Kept) -> None:
    """Take over what was kept; the time since then has passed here, too."""
    accounts = dict(books.accounts)
    # Nothing was kept of accounts once.
    for row in kept.get("accounts", ()):
        accounts[row["id"]] = _read_account(accounts.get(row["id"]), row)
    media = {(one.kind, one.tmdb): one for one in map(_read_media, kept["media"])}
    asked = {
        one.id: one
        for row in kept["asked"]
        for one in [_read(books, accounts, media, row)]
    }
    finished = {int(one) for one in kept["done"]}
    last = {name: int(kept["last"][name]) for name in books.last}
    if not media.keys() <= books.titles.keys():
        raise LookupError("a title that the household does not know")
    books.media, books.asked, books.last = media, asked, last
    books.accounts = accounts
    done |= finished


def _account(one: Account) -> Kept:
    return {
        "id": one.id,
        "name": one.name,
        "plex_id": one.plex_id,
        "permissions": one.permissions,
        "created": one.created.isoformat(),
        "settings": one.settings,
    }


def _read_account(known: Account | None, row: Kept) -> Account:
    """Who lives here is as the household says; only what they chose is kept."""
    if known is not None:
        return replace(known, settings=row["settings"])
    return Account(
        id=int(row["id"]),
        name=str(row["name"]),
        plex_id=row["plex_id"],
        permissions=int(row["permissions"]),
        created=datetime.fromisoformat(row["created"]),
        settings=row["settings"],
    )


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


def _read(
    books: Books,
    accounts: dict[int, Account],
    media: dict[tuple[str, int], Media],
    row: Kept,
) -> Asked:
    ago = books.now() - datetime.fromisoformat(row["since"])
    by = row["modified_by"]
    return Asked(
        id=int(row["id"]),
        kind=row["kind"],
        media=media[row["kind"], row["tmdb"]],
        by=accounts[row["by"]],
        created=datetime.fromisoformat(row["created"]),
        updated=datetime.fromisoformat(row["updated"]),
        since=books.clock() - max(0.0, ago.total_seconds()),
        is_4k=bool(row["is_4k"]),
        status=int(row["status"]),
        modified_by=None if by is None else accounts[by],
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
