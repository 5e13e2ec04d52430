"""Reads what Plex answers, tolerantly: what is missing or odd becomes None.

Numbers come as strings, booleans as 0 and 1, an empty list as no key at all.
A row that makes no sense is left out; only an answer that is none of Plex's
raises, and then Unreadable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar

from medianest_bot.services import loose
from medianest_bot.services._plex_models import Collection, Identity, Item, Section
from medianest_bot.services.answer import Answer
from medianest_bot.services.errors import Unreadable
from medianest_bot.services.loose import table, text
from medianest_bot.services.media import Kind

_KINDS = {
    "movie": Kind.MOVIE,
    "show": Kind.TV,
    "season": Kind.TV,
    "episode": Kind.TV,
    "clip": Kind.VIDEO,
}
_KEY = re.compile(r"[0-9]{1,18}")
_IMDB = re.compile(r"tt[0-9]{1,12}")
_GUID = re.compile(
    r"(?:com\.plexapp\.agents\.)?(tmdb|imdb|tvdb|themoviedb|thetvdb)://([^/?]+)"
)
_SAME = {"themoviedb": "tmdb", "thetvdb": "tvdb"}
_NUMBER = re.compile(r"-?[0-9]{1,18}")
_LATEST = 253402300799  # the last second of the year 9999

T = TypeVar("T")


def container(answer: Answer) -> dict[str, Any]:
    """The MediaContainer that every answer is wrapped in."""
    found = answer.object().get("MediaContainer")
    if not isinstance(found, dict):
        raise Unreadable(answer.service, status=answer.status)
    return found


def rows(answer: Answer) -> list[dict[str, Any]]:
    """What the container holds; films come as Metadata, folders as Directory."""
    held = container(answer)
    found: list[dict[str, Any]] = []
    for name in ("Metadata", "Directory"):
        value = held.get(name, [])
        if not isinstance(value, list):
            raise Unreadable(answer.service, status=answer.status)
        found += [row for row in value if isinstance(row, dict)]
    # Rows of one container leave out the section that the container names.
    section = held.get("librarySectionID")
    return [{"librarySectionID": section} | row for row in found]


def hub_rows(answer: Answer) -> list[dict[str, Any]]:
    """What all hubs of a search hold, in their order."""
    hubs = container(answer).get("Hub", [])
    if not isinstance(hubs, list):
        raise Unreadable(answer.service, status=answer.status)
    lists = (table(hub).get(name) for hub in hubs for name in ("Metadata", "Directory"))
    return [row for one in lists for row in _list(one) if isinstance(row, dict)]


def total(answer: Answer) -> int | None:
    """How many rows there are on all pages together, where that is told."""
    held = container(answer)
    header = answer.headers.get("x-plex-container-total-size")
    for value in (held.get("totalSize"), header):
        count = number(value)
        if count is not None and count >= 0:
            return count
    return None


def identity(answer: Answer) -> Identity:
    held = container(answer)
    machine = text(held.get("machineIdentifier"))
    if not machine:
        raise Unreadable(answer.service, status=answer.status)
    version, name = text(held.get("version")), text(held.get("friendlyName"))
    return Identity(machine, version, name)


def section(row: dict[str, Any]) -> Section | None:
    key = _key(row.get("key"))
    if key is None:
        return None
    places = (text(table(one).get("path")) for one in _list(row.get("Location")))
    return Section(
        key=key,
        title=text(row.get("title")),
        kind=text(row.get("type")),
        agent=text(row.get("agent")),
        folders=tuple(filter(None, places)),
    )


def item(row: dict[str, Any]) -> Item | None:
    key, title = _key(row.get("ratingKey")), text(row.get("title"))
    type_ = text(row.get("type"))
    kind = _kind(type_, text(row.get("guid")))
    if key is None or kind is None or not title:
        return None
    ids = _ids(row)
    return Item(
        key=key,
        type=type_,
        kind=kind,
        title=title,
        year=number(row.get("year")),
        summary=text(row.get("summary")),
        added=_moment(row.get("addedAt")),
        thumb=text(row.get("thumb")) or None,
        tmdb_id=number(ids.get("tmdb")),
        imdb_id=ids.get("imdb"),
        tvdb_id=number(ids.get("tvdb")),
        section=_key(row.get("librarySectionID")) or "",
        files=_files(row),
        parent_title=_parent(row, type_),
        index=number(row.get("index")),
        leaf_count=number(row.get("leafCount")),
        child_count=number(row.get("childCount")),
        minutes=_minutes(row.get("duration")),
    )


def season_of(row: dict[str, Any]) -> Item | None:
    """The season that an episode came into, dated as the episode."""
    thumb = text(row.get("parentThumb")) or text(row.get("grandparentThumb"))
    return item(
        {
            "type": "season",
            "ratingKey": row.get("parentRatingKey"),
            "title": row.get("parentTitle"),
            "parentTitle": row.get("grandparentTitle"),
            "index": row.get("parentIndex"),
            "thumb": thumb or row.get("thumb"),
            "addedAt": row.get("addedAt"),
            "librarySectionID": row.get("librarySectionID"),
        }
    )


def collection(row: dict[str, Any]) -> Collection | None:
    key, title = _key(row.get("ratingKey")), text(row.get("title"))
    if key is None or not title:
        return None
    return Collection(
        key=key,
        title=title,
        section=_key(row.get("librarySectionID")) or "",
        count=number(row.get("childCount")) or 0,
        is_smart=is_true(row.get("smart")),
    )


def each(
    found: Iterable[dict[str, Any]], read: Callable[[dict[str, Any]], T | None]
) -> tuple[T, ...]:
    """The rows that can be read."""
    return tuple(one for one in map(read, found) if one is not None)


def has_guids(row: dict[str, Any]) -> bool:
    """Search hubs leave the ids of other databases out."""
    return bool(_list(row.get("Guid")))


def number(value: object) -> int | None:
    """A whole number that a database can hold, also from a string."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return loose.number(int(value))
    return loose.number(value)


def is_true(value: object) -> bool:
    return value in (True, "1", "true")


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _key(value: object) -> str | None:
    """A key is a number, mostly sent as a string; anything else stays out of URLs."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 2**63 else ""
    return value if isinstance(value, str) and _KEY.fullmatch(value) else None


def _kind(type_: str, guid: str) -> Kind | None:
    is_unknown = guid.startswith("local://") or ".agents.none://" in guid
    return Kind.VIDEO if type_ == "movie" and is_unknown else _KINDS.get(type_)


def _ids(row: dict[str, Any]) -> dict[str, str]:
    """Ids by database: from Guid, or from the guid that agents of old wrote."""
    told = [text(table(one).get("id")) for one in _list(row.get("Guid"))]
    found: dict[str, str] = {}
    for guid in (*told, text(row.get("guid"))):
        match = _GUID.match(guid)
        if match:
            found.setdefault(_SAME.get(match[1], match[1]), match[2])
    if not _IMDB.fullmatch(found.get("imdb", "")):
        found.pop("imdb", None)
    return found


def _files(row: dict[str, Any]) -> tuple[str, ...]:
    parts = (
        table(part).get("file")
        for media in _list(row.get("Media"))
        for part in _list(table(media).get("Part"))
    )
    return tuple(filter(None, map(text, parts)))


def _parent(row: dict[str, Any], type_: str) -> str | None:
    """The show's name, whether one or two levels up."""
    name = "grandparentTitle" if type_ == "episode" else "parentTitle"
    return text(row.get(name)) or None


def _moment(value: object) -> datetime | None:
    seconds = number(value)
    if seconds is None or not 0 < seconds <= _LATEST:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _minutes(value: object) -> int | None:
    """From milliseconds; what is shorter than half a minute is one minute."""
    duration = number(value)
    return max(1, round(duration / 60_000)) if duration and duration > 0 else None
