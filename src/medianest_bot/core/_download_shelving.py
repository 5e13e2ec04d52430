"""The last step of a download: into Plex, and into a collection of its name."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from medianest_bot.core import _download_plex as plexing
from medianest_bot.core._download_words import NOT_IN_PLEX_YET, Job, Part
from medianest_bot.core.store import downloads
from medianest_bot.core.store.downloads import Download, DownloadItem
from medianest_bot.core.store.engine import Store
from medianest_bot.services.errors import ServiceError
from medianest_bot.services.plex import Plex

log = structlog.get_logger(__name__)


class Shelving:
    """Puts finished files where Plex shows them. Without Plex there is nothing to do."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        plex: Plex | None,
        folder: Path,
        *,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._now = now
        self._plex = plex
        self._folder = folder
        self._wait = wait

    async def finish(self, download: Download) -> None:
        """Plex may be away: the files are there, so the download is done anyway."""
        async with self._store.read() as db:
            items = await downloads.items(db, download.id)
        done = tuple(item for item in items if item.state == Part.DONE and item.path)
        changes = await self._shelve(download, done)
        async with self._store.begin() as tx:
            now = self._now()
            await downloads.update(tx, download.id, now, state=Job.DONE, **changes)

    async def _shelve(
        self, download: Download, done: tuple[DownloadItem, ...]
    ) -> dict[str, Any]:
        """What to write into the row: a link, or that Plex does not show it yet."""
        if self._plex is None:
            return {"error": None}
        files = {item.id: Path(item.path or "") for item in done}
        try:
            indexed = await plexing.index(
                self._plex, self._folder, tuple(files.values()), wait=self._wait
            )
            if indexed is None or not indexed.keys:
                return {"error": NOT_IN_PLEX_YET}
            await self._keep_keys(files, indexed.keys)
            keys = [indexed.keys.get(path.name) for path in files.values()]
            found = tuple(key for key in keys if key is not None)
            return {"error": None} | await self._link(self._plex, download, found)
        except ServiceError as trouble:
            log.info("not in plex", kind=type(trouble).__name__)
            return {"error": NOT_IN_PLEX_YET}

    async def _keep_keys(self, files: dict[int, Path], keys: dict[str, str]) -> None:
        async with self._store.begin() as tx:
            for number, path in files.items():
                key = keys.get(path.name)
                await downloads.update_item(tx, number, self._now(), plex_key=key)

    async def _link(
        self, plex: Plex, download: Download, keys: tuple[str, ...]
    ) -> dict[str, Any]:
        if not download.is_playlist:
            return {"link": await plexing.link(plex, keys[0])}
        kept = await plexing.collect(plex, self._folder, download.title, keys)
        return {"link": kept.link, "collection_key": kept.collection_key}
