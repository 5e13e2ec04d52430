"""Has the engine fetch videos: whose turn it is, what is there, what came of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import structlog

from medianest_bot.core import _download_files as files
from medianest_bot.core._download_files import Kept
from medianest_bot.core._download_rows import Rows, Whole
from medianest_bot.core._download_sites import id_in
from medianest_bot.core._download_taking import Taking
from medianest_bot.core._download_words import OPEN, Job, Part
from medianest_bot.core.engine import Engine, Event
from medianest_bot.core.store import downloads
from medianest_bot.core.store.downloads import Download, DownloadItem
from medianest_bot.services import lanes
from medianest_bot.services.lanes import Progress

log = structlog.get_logger(__name__)

AT_ONCE = 2
TROUBLE_S = 5.0
"""After the store failed us, before the rows are looked at again."""


@dataclass(eq=False, slots=True)
class _Running:
    """A video that has been given to the engine, or is about to be."""

    job: Download
    item: DownloadItem
    progress: Progress | None = None


class Fetching:
    """The videos that are being fetched; `wake` is called when there is room."""

    def __init__(
        self,
        rows: Rows,
        engine: Engine,
        taking: Taking,
        folder: Path,
        wake: Callable[[], None],
    ) -> None:
        self._rows = rows
        self._engine = engine
        self._taking = taking
        self._folder = folder
        self._wake = wake
        self._running: dict[int, _Running] = {}
        self._served: dict[int, int] = {}
        self._turns = count()

    def live(self, whole: Whole) -> tuple[Progress, ...]:
        """How the videos that are being fetched right now are doing."""
        running = [self._running.get(item.id) for item in whole.items]
        return tuple(one.progress for one in running if one and one.progress)

    def is_at(self, whole: Whole) -> bool:
        return any(item.id in self._running for item in whole.items)

    async def start_next(
        self, found: Iterable[Whole], may_start: Callable[[Whole], bool]
    ) -> None:
        """Fair between people: whoever has least running, or waits longest."""
        jobs = list(found)
        while len(self._running) < AT_ONCE:
            busy = Counter(one.job.person_id for one in self._running.values())
            ready = [
                (busy[person], self._served.get(person, -1), number, whole, item)
                for number, whole in enumerate(jobs)
                # Asked anew each time: what was just begun may have failed.
                if may_start(whole) and (item := self._next_of(whole)) is not None
                for person in (whole.download.person_id,)
            ]
            if not ready:
                return
            *_order, whole, item = min(ready, key=lambda row: row[:3])
            self._served[whole.download.person_id] = next(self._turns)
            jobs = [_without(one, item) for one in jobs]
            await self._start(whole.download, item)

    async def hear(self) -> None:
        """Take what the engine says into the rows, until cancelled."""
        while True:
            event = await self._engine.next_event()
            running = self._running.get(event.number)
            if running is None:
                continue
            if event.progress is not None:
                running.progress = event.progress
                self._rows.changed(running.job.id)
                continue
            try:
                await self._take(event, running)
            except Exception:
                # A watcher: a row that could not be written is still open, and
                # is taken up again.
                log.exception("download event", item=event.number)
                # Not at once: it would fail again, and fetch all the while.
                asyncio.get_running_loop().call_later(TROUBLE_S, self._end, running)
                continue
            self._end(running)

    async def stop(self, whole: Whole) -> None:
        """Returns when nothing but finished files is left."""
        ended = [self._running.pop(item.id, None) for item in whole.items]
        await asyncio.gather(*(self._engine.cancel(one.id) for one in whole.items))
        await self._drop(item.id for item in whole.items)
        for one in filter(None, ended):
            kept = await self._interrupted(one.job, one.item)
            if kept is not None:
                await self._keep(one.item, kept)

    async def stop_removed(self, found: Iterable[Whole]) -> None:
        """Stop what went with the person it belonged to."""
        wanted = {whole.download.id for whole in found}
        for number, one in tuple(self._running.items()):
            if one.job.id not in wanted and await self._rows.whole(one.job.id) is None:
                self._running.pop(number, None)
                await self._engine.cancel(number)
                await self._drop([number])

    def _next_of(self, whole: Whole) -> DownloadItem | None:
        """The next video of a list that may be fetched.

        One that is being fetched for another list of theirs is waited for: there
        is one file of it.
        """
        job, now = whole.download, self._rows.now()
        fetched = {
            one.item.video
            for one in self._running.values()
            if one.job.person_id == job.person_id and one.job.audio == job.audio
        } - {None}
        for item in whole.open:
            is_free = item.id not in self._running and item.video not in fetched
            if is_free and (item.next_at is None or item.next_at <= now):
                return item
        return None

    async def _start(self, job: Download, item: DownloadItem) -> None:
        running = self._running[item.id] = _Running(job, item)
        try:
            is_wanted = await self._claim_or_keep(job, item)
        except BaseException:
            # Nobody is woken: it would only fail again.
            self._leave(running)
            raise
        # Stopped meanwhile, it is not there any more.
        if is_wanted and self._running.get(item.id) is running:
            self._engine.start(item.id, self._job(job, item))
        else:
            self._end(running)

    async def _claim_or_keep(self, job: Download, item: DownloadItem) -> bool:
        """Whether it is to be fetched: not where its file is there already."""
        kept = await self._found(job, item)
        if kept is None:
            return await self._claim(job, item)
        await self._keep(item, kept)
        await self._drop([item.id])
        return False

    async def _claim(self, job: Download, item: DownloadItem) -> bool:
        """Write down that it is being fetched; False where nobody wants it now."""
        if not await self._rows.is_in(job.id, Job.DOWNLOADING):
            return False
        return await self._rows.move_part(item, OPEN, state=Part.DOWNLOADING)

    def _job(self, job: Download, item: DownloadItem) -> lanes.Job:
        return lanes.Job(
            url=item.url,
            folder=Path(job.folder or self._folder),
            temp=files.working_folder(self._folder, item.id),
            audio=job.audio,
            title=item.title or None,
        )

    async def _take(self, event: Event, running: _Running) -> None:
        job, item = running.job, running.item
        if event.finished is not None:
            is_kept = await self._taking.finished(job, item, event.finished)
            if not is_kept:
                gone = [event.finished.path]
                await asyncio.to_thread(files.unlink, gone, self._folder)
            await self._drop([item.id])
        elif event.failed is not None:
            is_over = await self._taking.failed(job, item, event.failed)
            if is_over:
                await self._drop([item.id])

    def _leave(self, running: _Running) -> None:
        if self._running.get(running.item.id) is running:
            del self._running[running.item.id]

    def _end(self, running: _Running) -> None:
        self._leave(running)
        self._rows.changed(running.job.id)
        self._wake()

    async def _found(self, job: Download, item: DownloadItem) -> Kept | None:
        """The file, where it is there already: of another list, or interrupted."""
        if item.video is None:
            return None
        async with self._rows.read() as db:
            other = await downloads.item_by_video(
                db, job.person_id, item.video, audio=job.audio
            )
        if other is not None and other.state == Part.DONE and other.path:
            kept = await asyncio.to_thread(files.kept, Path(other.path))
            if kept is not None:
                return Kept(kept.path, kept.size, other.title)
        if item.state == Part.DOWNLOADING:
            return await self._interrupted(job, item)
        return None

    async def _interrupted(self, job: Download, item: DownloadItem) -> Kept | None:
        """The file that was finished in the moment when nobody could note it."""
        if item.video is None:
            return None
        folder = Path(job.folder or self._folder)
        return await asyncio.to_thread(
            files.find, folder, id_in(item.video), audio=job.audio
        )

    async def _keep(self, item: DownloadItem, kept: Kept) -> None:
        await self._rows.move_part(
            item,
            tuple(Part),
            state=Part.DONE,
            path=str(kept.path),
            size=kept.size,
            title=kept.title,
            next_at=None,
            error=None,
        )

    async def _drop(self, numbers: Iterable[int]) -> None:
        await asyncio.to_thread(files.drop, self._folder, tuple(numbers))


def _without(whole: Whole, item: DownloadItem) -> Whole:
    """The list as it is once `item` has been dealt with."""
    others = tuple(one for one in whole.items if one.id != item.id)
    return Whole(whole.download, others)
