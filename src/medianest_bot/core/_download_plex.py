"""From finished files to a Plex collection: scan, find, collect, link."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import structlog

from medianest_bot.services.errors import ServiceError
from medianest_bot.services.plex import Plex, Section

log = structlog.get_logger(__name__)

POLL_S = (0.0, 2.0, 5.0, 10.0, 20.0, 30.0)
"""Pauses before each look: a scan is only queued when Plex has answered it."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """A Plex library that holds our folder, and that folder as Plex sees it."""

    section: Section
    folder: str


@dataclass(frozen=True, slots=True)
class Indexed:
    """Where finished videos are in Plex: keys by file name, and a link to them."""

    keys: dict[str, str]
    collection_key: str | None = None
    link: str | None = None


async def shelf(plex: Plex, folder: Path) -> Shelf | None:
    """The library our downloads folder is in, as Plex's own paths tell.

    Plex may see the folder under another path (another container): then the
    personal library whose folder has the same name is taken, or the only one.
    """
    sections = (await plex.sections()).value
    for section in sections:
        for place in section.folders:
            if folder.is_relative_to(place):
                return Shelf(section, str(folder))
    personal = [section for section in sections if section.is_personal]
    for section in personal:
        for place in section.folders:
            if PurePosixPath(place).name == folder.name:
                return Shelf(section, place)
    if len(personal) == 1 and personal[0].folders:
        return Shelf(personal[0], personal[0].folders[0])
    return None


async def index(
    plex: Plex,
    folder: Path,
    files: tuple[Path, ...],
    *,
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Indexed | None:
    """Have Plex scan for `files` and find them; None where no library holds them.

    Looks for about a minute: in the folder first, then in the whole library.
    """
    place = await shelf(plex, folder)
    if place is None:
        return None
    found: dict[str, str] = {}
    for turn, pause in enumerate(POLL_S):
        await wait(pause)
        missing = [one for one in files if one.name not in found]
        if turn in (0, 3):
            await _scan(plex, place, folder, missing, wide=turn > 0)
        for one in missing:
            item = await plex.find_file(place.section.key, one.name)
            if item is not None:
                found[one.name] = item.key
        if len(found) == len(files):
            break
    return Indexed(found)


async def collect(
    plex: Plex, folder: Path, title: str, keys: tuple[str, ...]
) -> Indexed:
    """A collection with exactly these videos in this order, and a link to it."""
    place = await shelf(plex, folder)
    if place is None or not keys:
        return Indexed({})
    collection = await plex.sync_collection(place.section.key, title, keys)
    identity = await plex.identity()
    link = plex.link(identity, collection.key, is_collection=True)
    return Indexed({}, collection.key, link)


async def link(plex: Plex, key: str) -> str:
    return plex.link(await plex.identity(), key)


async def _scan(
    plex: Plex, place: Shelf, folder: Path, missing: list[Path], *, wide: bool
) -> None:
    if wide:
        await plex.scan(place.section.key)
        return
    for parent in {one.parent for one in missing}:
        seen = PurePosixPath(place.folder) / parent.relative_to(folder).as_posix()
        try:
            await plex.scan(place.section.key, str(seen))
        except ServiceError as error:
            log.info("scan refused", kind=type(error).__name__)
