"""Works the rows off: expand, download fairly, index in Plex, again after failures."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from medianest_bot.core._download_listing import Listings
from medianest_bot.core._download_shelving import Shelving
from medianest_bot.core._download_words import Job, Part
from medianest_bot.core.engine import Engine, Event
from medianest_bot.core.outbox import Outbox
from medianest_bot.core.store import downloads
from medianest_bot.core.store.downloads import Download, DownloadItem
from medianest_bot.core.store.engine import Store
from medianest_bot.services import lanes
from medianest_bot.services.lanes import FailKind, LaneFailed, Progress
from medianest_bot.services.plex import Plex
from medianest_bot.services.videos import Videos

log = structlog.get_logger(__name__)

AT_ONCE = 2
TRIES = 3
RETRY_S = {FailKind.TRANSIENT: 5.0, FailKind.RATE: 300.0, FailKind.STOPPED: 0.0}
"""First pause after a failure that may pass; doubled each time."""
IDLE_S = 5.0


class Queue:
    """Takes up every unfinished row, at start and whenever woken."""

    def __init__(
        self,
        store: Store,
        outbox: Outbox,
        now: Callable[[], datetime],
        engine: Engine,
        videos: Videos,
        plex: Plex | None,
        folder: Path,
        *,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._outbox = outbox
        self._now = now
        self._engine = engine
        self._listings = Listings(store, now, videos)
        self._shelving = Shelving(store, now, plex, folder, wait=wait)
        self._folder = folder
        self._wait = wait
        self._live: dict[int, Progress] = {}
        self._running: dict[int, DownloadItem] = {}
        self._owners: dict[int, int] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._woken = asyncio.Event()

    def wake(self) -> None:
        self._woken.set()

    def live(self, items: tuple[DownloadItem, ...]) -> tuple[Progress, ...]:
        """How the videos that are being fetched right now are doing."""
        return tuple(self._live[item.id] for item in items if item.id in self._live)

    async def run(self) -> None:
        await self._take_up()
        hearing = asyncio.create_task(self._hear())
        try:
            while True:
                self._woken.clear()
                try:
                    await self._turn()
                except Exception:
                    # A watcher: a locked store must not end the queue.
                    log.exception("download queue")
                await self._sleep()
        finally:
            working = [hearing, *self._tasks.values()]
            for task in working:
                task.cancel()
            await asyncio.gather(*working, return_exceptions=True)

    async def _take_up(self) -> None:
        """What an earlier start was fetching is fetched on from where it stood."""
        async with self._store.begin() as tx:
            for download in await downloads.unfinished(tx):
                for item in await downloads.items(tx, download.id):
                    if item.state == Part.DOWNLOADING:
                        now = self._now()
                        await downloads.update_item(
                            tx, item.id, now, state=Part.WAITING
                        )

    async def _sleep(self) -> None:
        try:
            async with asyncio.timeout(IDLE_S):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _turn(self) -> None:
        async with self._store.read() as db:
            found = await downloads.unfinished(db)
            items = {one.id: await downloads.items(db, one.id) for one in found}
        self._drop_cancelled(items)
        for download in found:
            state = Job(download.state)
            if state is Job.QUEUED:
                self._work(download.id, self._listings.expand(download))
            elif state is Job.INDEXING:
                self._work(download.id, self._shelving.finish(download))
            elif state is Job.DOWNLOADING:
                await self._finish_if_over(download, items[download.id])
        await self._start_next(found, items)

    def _work(self, number: int, work: Coroutine[Any, Any, None]) -> None:
        """Do it beside everything else, once at a time for each download."""
        if number in self._tasks:
            work.close()
            return
        task = asyncio.create_task(self._guarded(number, work))
        self._tasks[number] = task

    async def _guarded(self, number: int, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:
            # A job: it is looked at again at the next turn, after a pause.
            log.exception("download step", download=number)
            await self._wait(IDLE_S)
        finally:
            del self._tasks[number]
            self._changed(number)

    async def _start_next(
        self, found: tuple[Download, ...], items: dict[int, tuple[DownloadItem, ...]]
    ) -> None:
        """Fair between people: whoever has least running is next."""
        jobs = [one for one in found if one.state == Job.DOWNLOADING]
        while len(self._running) < AT_ONCE:
            busy = Counter(self._owners[number] for number in self._running)
            ready = [
                (busy[job.person_id], job.id, item.position, job, item)
                for job in jobs
                for item in items[job.id]
                if self._is_ready(item)
            ]
            if not ready:
                return
            *_order, job, item = min(ready, key=lambda row: row[:3])
            await self._start(job, item)

    def _is_ready(self, item: DownloadItem) -> bool:
        if item.id in self._running:
            return False
        if item.state == Part.RETRY_WAIT:
            return item.next_at is None or item.next_at <= self._now()
        return item.state == Part.WAITING

    async def _start(self, job: Download, item: DownloadItem) -> None:
        self._running[item.id] = item
        self._owners[item.id] = job.person_id
        async with self._store.begin() as tx:
            now = self._now()
            await downloads.update_item(tx, item.id, now, state=Part.DOWNLOADING)
        self._engine.start(
            item.id,
            lanes.Job(
                url=item.url,
                folder=Path(job.folder or self._folder),
                temp=self._unfinished(item.id),
                audio=job.audio,
                title=item.title or None,
            ),
        )
        self._outbox.changed(f"download:{job.id}")

    async def _hear(self) -> None:
        while True:
            event = await self._engine.next_event()
            item = self._running.get(event.number)
            if item is None:
                continue
            try:
                await self._take(event, item)
            except Exception:
                # A watcher: the row still says "downloading"; the next start, or
                # the next failure, takes it up again.
                log.exception("download event", item=event.number)
                self._end(event.number)

    async def _take(self, event: Event, item: DownloadItem) -> None:
        if event.progress is not None:
            self._live[item.id] = event.progress
            self._outbox.changed(f"download:{item.download_id}")
            return
        if event.finished is not None:
            done = event.finished
            await self._update_item(
                item,
                state=Part.DONE,
                path=str(done.path),
                size=done.size,
                video=done.video_id[:200],
                title=done.title[:300],
                error=None,
            )
        elif event.failed is not None:
            await self._take_failure(item, event.failed)
        self._end(item.id)
        self._changed(item.download_id)

    async def _take_failure(self, item: DownloadItem, failed: LaneFailed) -> None:
        kind, tries = failed.kind, item.attempts + 1
        pause_s = RETRY_S.get(kind)
        if pause_s is None or tries >= TRIES:
            await self._update_item(
                item, state=Part.FAILED, attempts=tries, error=kind.value
            )
            await self.drop_unfinished(item.id)
            return
        pause_s = failed.retry_after_s or pause_s * 2**item.attempts
        next_at = self._now() + timedelta(seconds=pause_s)
        await self._update_item(
            item, state=Part.RETRY_WAIT, attempts=tries, next_at=next_at
        )

    async def _update_item(self, item: DownloadItem, **changes: Any) -> None:
        """Nothing is changed any more once the person has cancelled it."""
        async with self._store.begin() as tx:
            job = await downloads.get(tx, item.download_id)
            if job is not None and job.state == Job.DOWNLOADING:
                await downloads.update_item(tx, item.id, self._now(), **changes)

    async def _finish_if_over(
        self, download: Download, items: tuple[DownloadItem, ...]
    ) -> None:
        if not items or any(Part(item.state).is_open for item in items):
            return
        done = [item for item in items if item.state == Part.DONE]
        if not done:
            failed = next((one.error for one in items if one.error), None)
            await self._listings.fail(
                download.id, FailKind(failed or FailKind.PERMANENT)
            )
            return
        async with self._store.begin() as tx:
            await downloads.update(tx, download.id, self._now(), state=Job.INDEXING)
        self._work(download.id, self._shelving.finish(download))

    async def drop_unfinished(self, number: int) -> None:
        """Remove what was fetched of a video that nobody will finish."""
        folder = self._unfinished(number)
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    def _unfinished(self, number: int) -> Path:
        return self._folder / ".unfinished" / str(number)

    def _drop_cancelled(self, items: dict[int, tuple[DownloadItem, ...]]) -> None:
        for number, item in list(self._running.items()):
            if item.download_id not in items:
                self._end(number)

    def _end(self, number: int) -> None:
        self._running.pop(number, None)
        self._owners.pop(number, None)
        self._live.pop(number, None)

    def _changed(self, number: int) -> None:
        self._outbox.changed(f"download:{number}")
        self.wake()
