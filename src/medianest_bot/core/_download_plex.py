"""From finished files to a Plex collection: scan, find, collect, link."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import structlog

from medianest_bot.services.errors import ServiceError
from medianest_bot.services.plex import Plex, Section

log = structlog.get_logger(__name__)

POLL_S = (0.0, 0.5, 2.0, 5.0, 10.0, 20.0, 30.0)
"""Pauses before each look: a scan is only queued when Plex has answered it."""
_WIDER = 4
"""The look before which the whole library is scanned: Plex sometimes finds
nothing when it is sent to a folder that it has never seen."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """A Plex library that holds our folder, and that folder as Plex sees it."""

    section: Section
    folder: str


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
    place: Shelf,
    folder: Path,
    files: Collection[Path],
    *,
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> dict[str, str]:
    """Have Plex scan for `files` below `folder`; their keys there by file name.

    Looks for about a minute; what Plex has not shown by then is left out.
    """
    names = {one.name for one in files}
    found: dict[str, str] = {}
    for turn, pause_s in enumerate(POLL_S):
        await wait(pause_s)
        missing = [one for one in files if one.name not in found]
        if turn == 0:
            await scan(plex, place, folder, missing)
        if turn == _WIDER:
            await plex.scan(place.section.key)
        items = await plex.find_files(
            place.section.key, sorted(one.name for one in missing)
        )
        found |= {name: item.key for name, item in items.items()}
        if found.keys() >= names:
            break
    return found


async def scan(plex: Plex, place: Shelf, folder: Path, files: Collection[Path]) -> None:
    """Have Plex look at the folders these files are or were in."""
    for parent in sorted({one.parent for one in files}):
        seen = PurePosixPath(place.folder) / parent.relative_to(folder).as_posix()
        try:
            await plex.scan(place.section.key, str(seen))
        except ServiceError as error:
            # The wider scan follows.
            log.info("scan refused", kind=type(error).__name__)


async def free_title(
    plex: Plex,
    place: Shelf,
    titles: Collection[str],
    *,
    own: str | None,
    taken: Collection[str],
) -> str:
    """The first of `titles` whose collection belongs to no other download.

    `own` and `taken` are keys of collections: ours, which keeps its title, and
    those of other downloads, which must not be emptied by ours.
    """
    there = await plex.collections(place.section.key)
    for one in there:
        if one.key == own and own not in taken:
            return one.title
    used = {one.title for one in there if one.key in taken}
    free = [title for title in titles if title not in used]
    return free[0] if free else list(titles)[-1]
