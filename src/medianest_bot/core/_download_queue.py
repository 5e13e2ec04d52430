"""Works the rows off: expand, fetch, index in Plex, again after failures."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from medianest_bot.core import _download_files as files
from medianest_bot.core._download_fetching import TROUBLE_S, Fetching
from medianest_bot.core._download_listing import Listings
from medianest_bot.core._download_rests import Rests
from medianest_bot.core._download_rows import Rows, Whole
from medianest_bot.core._download_shelving import Shelving
from medianest_bot.core._download_sites import site_of
from medianest_bot.core._download_taking import Taking
from medianest_bot.core._download_words import Job
from medianest_bot.core.engine import Engine
from medianest_bot.core.store.downloads import Download
from medianest_bot.services.lanes import Progress
from medianest_bot.services.sites import SiteRule

log = structlog.get_logger(__name__)

IDLE_S = 5.0
_LOOKED_AT = 20
"""Videos of each download that are looked at at once; a list may have thousands."""
BROKEN_S = (5.0, 3600.0)
"""First and longest pause of a step that broke as it should not."""


class Queue:
    """Takes up every unfinished row, at start and whenever woken."""

    def __init__(
        self,
        rows: Rows,
        engine: Engine,
        listings: Listings,
        shelving: Shelving,
        *,
        rests: Rests,
        rules: tuple[SiteRule, ...],
        folder: Path,
    ) -> None:
        self._rows = rows
        self._listings = listings
        self._shelving = shelving
        self._rests = rests
        self._rules = rules
        self._folder = folder
        taking = Taking(rows, rules, rests)
        self._fetching = Fetching(rows, engine, taking, folder, self.wake)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look at the rows now."""
        self._woken.set()

    def live(self, whole: Whole) -> tuple[Progress, ...]:
        """How the videos that are being fetched right now are doing."""
        return self._fetching.live(whole)

    def rests_until(self, whole: Whole) -> datetime | None:
        """When it goes on; None while something is done, or may be at any time."""
        is_at_work = self._fetching.is_at(whole) or whole.download.id in self._tasks
        if is_at_work or whole.state not in (Job.QUEUED, Job.DOWNLOADING):
            return None
        now = self._rows.now()
        pauses = [self._rest_of(whole) or now]
        if whole.state is Job.DOWNLOADING and whole.open:
            pauses.append(min(item.next_at or now for item in whole.open))
        late = max(pauses)
        return late if late > now else None

    async def run(self) -> None:
        """Work until cancelled; what was fetched so far is kept by the engine."""
        hearing = asyncio.create_task(self._fetching.hear())
        try:
            await self._safely(self._tidy())
            while True:
                self._woken.clear()
                if await self._safely(self._turn()):
                    await self._sleep()
                else:
                    await asyncio.sleep(TROUBLE_S)
        finally:
            working = [hearing, *self._tasks.values()]
            for task in working:
                task.cancel()
            await asyncio.gather(*working, return_exceptions=True)

    async def stop(self, whole: Whole) -> None:
        """End all work on it; returns when nothing but finished files is left.

        Its rows must say already that it is over, or it is taken up again.
        """
        self._rests.end(whole.download.id)
        task = self._tasks.get(whole.download.id)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await self._fetching.stop(whole)
        self.wake()

    def forget(self, download: Download, gone: tuple[Path, ...]) -> None:
        """Have Plex forget a download whose files are gone. Does not wait for it."""
        self._rests.end(download.id)
        forgetting = self._shelving.forget(download.collection_key, gone)
        self._work(download.id, forgetting)

    async def _turn(self) -> None:
        found = await self._rows.next_open(_LOOKED_AT)
        await self._fetching.stop_removed(found)
        for whole in found:
            if self._rest_of(whole) is None:
                await self._step(whole)
        fetchable = [one for one in found if one.state is Job.DOWNLOADING]
        await self._fetching.start_next(
            fetchable, lambda whole: self._rest_of(whole) is None
        )

    async def _step(self, whole: Whole) -> None:
        number = whole.download.id
        if whole.state is Job.QUEUED:
            self._work(number, self._listings.expand(whole.download))
        elif whole.state is Job.INDEXING:
            self._work(number, self._shelving.finish(number))
        elif whole.state is Job.DOWNLOADING and not whole.open:
            await self._end_fetching(number)

    async def _end_fetching(self, number: int) -> None:
        """Its videos are all over: into Plex with them, if there are any."""
        whole, was = await self._rows.whole(number), (Job.DOWNLOADING,)
        if whole is None or whole.open:
            return
        if whole.done:
            await self._rows.move(number, was, state=Job.INDEXING, error=None)
            self._work(number, self._shelving.finish(number))
            return
        failed = next((item.error for item in whole.items if item.error), None)
        await self._rows.move(number, was, state=Job.FAILED, error=failed)

    def _rest_of(self, whole: Whole) -> datetime | None:
        """Until when it is left alone, with its site or by itself."""
        own = self._rests.until(whole.download.id)
        asks_site = whole.state is Job.QUEUED or whole.open
        if not asks_site:
            return own
        site = self._rests.until(site_of(whole.download.url, self._rules))
        return max(filter(None, (own, site)), default=None)

    async def _tidy(self) -> None:
        """Remove what earlier runs left behind of videos that nobody waits for."""
        found = await self._rows.unfinished()
        numbers = {item.id for whole in found for item in whole.open}
        await asyncio.to_thread(files.drop_all_but, self._folder, numbers)

    def _work(self, number: int, work: Coroutine[Any, Any, None]) -> None:
        """Do it beside everything else, once at a time for each download."""
        if number in self._tasks:
            work.close()
            return
        self._tasks[number] = asyncio.create_task(self._working(number, work))

    async def _working(self, number: int, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:
            # A job: it is looked at again after a pause.
            log.exception("download step", download=number)
            self._rests.begin(number, *BROKEN_S)
        finally:
            del self._tasks[number]
            self._rows.changed(number)
            self.wake()

    async def _safely(self, work: Coroutine[Any, Any, None]) -> bool:
        try:
            await work
        except Exception:
            # A watcher: a locked store must not end the queue.
            log.exception("download queue")
            return False
        return True

    async def _sleep(self) -> None:
        try:
            async with asyncio.timeout(IDLE_S):
                await self._woken.wait()
        except TimeoutError:
            return
