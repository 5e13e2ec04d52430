"""What the demo's Plex remembers over a restart, as JSON: everything it holds."""

from __future__ import annotations

from dataclasses import asdict

from medianest_bot.demo._memory import Kept
from medianest_bot.demo._plex_library import Gathered, Library


def told(library: Library) -> Kept:
    return {
        "next_key": library.next_key,
        "items": library.items,
        "section_of": library.section_of,
        "collections": [asdict(one) for one in library.collections.values()],
    }


def take(library: Library, kept: Kept) -> None:
    """Take over what was kept, with the keys that others know it by."""
    items = {str(key): dict(row) for key, row in kept["items"].items()}
    section_of = {str(key): str(one) for key, one in kept["section_of"].items()}
    collections = {one.row["ratingKey"]: one for one in map(_read, kept["collections"])}
    next_key = int(kept["next_key"])
    held = {key for one in collections.values() for key in one.keys}
    fits = items.keys() == section_of.keys() and held <= items.keys()
    if not fits or not set(section_of.values()) <= library.sections.keys():
        raise LookupError("what is held does not belong together")
    library.items, library.section_of = items, section_of
    library.collections, library.next_key = collections, next_key


def _read(row: Kept) -> Gathered:
    keys = [str(key) for key in row["keys"]]
    return Gathered(dict(row["row"]), str(row["section"]), keys, int(row["sort"]))
