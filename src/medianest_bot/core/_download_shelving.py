"""The last step of a download: into Plex, and into a collection of its name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import structlog

from medianest_bot.core import _download_plex as plexing
from medianest_bot.core._download_plex import Shelf
from medianest_bot.core._download_rests import Rests
from medianest_bot.core._download_rows import Rows, Whole
from medianest_bot.core._download_words import NO_LIBRARY, NOT_IN_PLEX_YET, Job
from medianest_bot.core.store import downloads, people
from medianest_bot.core.store.downloads import Download
from medianest_bot.services.errors import ServiceError
from medianest_bot.services.plex import Plex

log = structlog.get_logger(__name__)

GIVE_UP = timedelta(days=1)
FIRST_LOOK_S, LAST_LOOK_S = 60.0, 3600.0


class Shelving:
    """Puts finished files where Plex shows them. Without Plex there is nothing to do.

    The files are safe whatever happens here: while Plex is away, the row waits.
    """

    def __init__(
        self,
        rows: Rows,
        plex: Plex | None,
        folder: Path,
        rests: Rests,
        *,
        wait: Callable[[float], Awaitable[None]],
    ) -> None:
        self._rows = rows
        self._plex = plex
        self._folder = folder
        self._rests = rests
        self._wait = wait

    async def finish(self, number: int) -> None:
        """Bring it into Plex and end it, unless somebody has ended it meanwhile."""
        whole = await self._rows.whole(number)
        if whole is None or whole.state is not Job.INDEXING:
            return
        # A library of videos does not show sound alone.
        if self._plex is None or whole.download.audio:
            await self._end(number, error=None)
            return
        try:
            await self._shelve(self._plex, whole)
        except ServiceError as trouble:
            log.info("not in plex", download=number, kind=type(trouble).__name__)
            await self._later(whole.download)

    async def forget(self, collection: str | None, files: tuple[Path, ...]) -> None:
        """Have Plex notice that files are gone, and drop a collection of theirs."""
        if self._plex is None:
            return
        try:
            place = await plexing.shelf(self._plex, self._folder)
            if place is not None and files:
                await plexing.scan(self._plex, place, self._folder, files)
            if collection is not None:
                await self._plex.delete_collection(collection)
        except ServiceError as trouble:
            log.info("still in plex", kind=type(trouble).__name__)

    async def _shelve(self, plex: Plex, whole: Whole) -> None:
        place = await plexing.shelf(plex, self._folder)
        if place is None:
            await self._end(whole.download.id, error=NO_LIBRARY)
            return
        files = [Path(item.path or "") for item in whole.done]
        keys = await plexing.index(plex, place, self._folder, files, wait=self._wait)
        await self._keep_keys(whole, keys)
        found = tuple(keys[one.name] for one in files if one.name in keys)
        changes = await self._link(plex, place, whole.download, found)
        if len(found) == len(files):
            await self._end(whole.download.id, error=None, **changes)
            return
        await self._rows.move(whole.download.id, (Job.INDEXING,), **changes)
        await self._later(whole.download)

    async def _end(self, number: int, **changes: object) -> None:
        self._rests.end(number)
        await self._rows.move(number, (Job.INDEXING,), state=Job.DONE, **changes)

    async def _later(self, download: Download) -> None:
        """Look again after a while; after a day of it, leave it at a note."""
        if download.error is None:
            await self._rows.move(download.id, (Job.INDEXING,), error=NOT_IN_PLEX_YET)
        elif download.updated_at + GIVE_UP < self._rows.now():
            await self._end(download.id)
            return
        self._rests.begin(download.id, FIRST_LOOK_S, LAST_LOOK_S)

    async def _keep_keys(self, whole: Whole, keys: dict[str, str]) -> None:
        async with self._rows.begin() as tx:
            now = self._rows.now()
            for item in whole.done:
                key = keys.get(Path(item.path or "").name)
                if key is not None:
                    await downloads.update_item(tx, item.id, now, plex_key=key)

    async def _link(
        self, plex: Plex, place: Shelf, download: Download, keys: tuple[str, ...]
    ) -> dict[str, object]:
        """What to write into the row about where to watch it."""
        if not keys:
            return {}
        identity = await plex.identity()
        if not download.is_playlist:
            return {"link": plex.link(identity, keys[0])}
        title = await self._title(plex, place, download)
        made = await plex.sync_collection(place.section.key, title, keys)
        link = plex.link(identity, made.key, is_collection=True)
        return {"link": link, "collection_key": made.key}

    async def _title(self, plex: Plex, place: Shelf, download: Download) -> str:
        """The playlist's name, unless that is another download's collection."""
        async with self._rows.read() as db:
            taken = await downloads.other_collections(db, download.id)
            person = await people.get(db, download.person_id)
        name = person.name if person else str(download.person_id)
        titles = (
            download.title,
            f"{download.title} ({name})",
            f"{download.title} ({name}, {download.id})",
        )
        own = download.collection_key
        return await plexing.free_title(plex, place, titles, own=own, taken=taken)
