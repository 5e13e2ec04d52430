"""The lanes: a few long-lived yt-dlp processes and who may use them when."""

from __future__ import annotations

import asyncio
import shutil
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import structlog

from medianest_bot.services import sites
from medianest_bot.services._lane import CANCEL_S, Event, Lane
from medianest_bot.services._turns import Turns
from medianest_bot.services.lane_types import (
    Entry,
    FailKind,
    Finished,
    Found,
    Job,
    LaneFailed,
    LaneSettings,
    Listing,
    Progress,
    Stage,
)

__all__ = [
    "Entry",
    "FailKind",
    "Finished",
    "Found",
    "Job",
    "LaneFailed",
    "LaneSettings",
    "Lanes",
    "Listing",
    "Progress",
    "Stage",
]

MOST_ENTRIES = 5000
"""How many entries a listing may have; yt-dlp needs 12 s for as many."""

log = structlog.get_logger(__name__)


class Lanes:
    """Up to `count` downloads at once, first come first served.

    A listing or a search uses a free lane, or one extra that is ended after it,
    so that it never waits behind a long download. Lanes start on first use.
    """

    def __init__(self, settings: LaneSettings, count: int = 2) -> None:
        self._settings = settings
        self._count = count
        # A lane that is still starting is as good as an idle one: its task is kept.
        self._idle: deque[asyncio.Task[Lane]] = deque()
        self._busy: set[Lane] = set()
        self._turns = Turns(count)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._is_closing = False

    async def prewarm(self) -> None:
        """Start all lanes and wait until they are ready. Raises LaneFailed."""
        while self._has_place:
            self._start()
        await asyncio.gather(*map(asyncio.shield, self._idle))

    async def expand(self, url: str) -> Listing:
        """What stands behind a URL, without fetching it. Raises LaneFailed."""
        command = {"do": "expand", "most": MOST_ENTRIES, **self._address(url)}
        said = await self._ask(command)
        entries = tuple(Entry(**entry) for entry in said["entries"])
        return Listing(
            title=said["title"],
            id=said["id"],
            url=said["url"],
            entries=entries,
            is_playlist=said["is_playlist"],
            is_cut=said["is_cut"],
        )

    async def find(self, query: str, count: int = 5) -> tuple[Found, ...]:
        """Search YouTube, best first. Raises LaneFailed."""
        rule = next((r for r in self._settings.sites if r.name == "youtube"), None)
        if rule is None:
            raise LaneFailed(FailKind.REFUSED, sites.Reason.UNKNOWN_SITE)
        words = " ".join(query.split())[:200]
        said = await self._ask(
            {
                "do": "find",
                "query": words,
                "count": count,
                "extractors": rule.extractors,
                "prefix": None,
            }
        )
        return tuple(Found(**found) for found in said["found"])

    async def download(
        self,
        job: Job,
        progress: Callable[[Progress], None],
        *,
        keeps_part: Callable[[], bool] = lambda: False,
    ) -> Finished:
        """Fetch one video. Raises LaneFailed.

        Cancelling the calling task ends the lane's whole process group within
        half a second and removes `job.temp`, unless `keeps_part` then says that
        the work is to be continued later. A failure that may pass keeps it too;
        so does closing, which raises LaneFailed (stopped).
        """
        try:
            finished = await self._fetch(job, progress)
        except asyncio.CancelledError:
            if not (self._is_closing or keeps_part()):
                await _undisturbed(_remove(job.temp))
            raise
        except LaneFailed as error:
            if error.kind in (FailKind.PERMANENT, FailKind.REFUSED):
                await _undisturbed(_remove(job.temp))
            raise
        await _undisturbed(_remove(job.temp))
        return finished

    async def aclose(self, grace_s: float = 10) -> None:
        """Interrupt what runs, keeping its `.part`, and end every lane."""
        self._is_closing = True
        self._turns.close(LaneFailed(FailKind.STOPPED))
        for starting in self._idle:
            self._keep(_end_started(starting))
        self._idle.clear()
        await asyncio.gather(*(lane.end(grace_s) for lane in tuple(self._busy)))
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _fetch(self, job: Job, progress: Callable[[Progress], None]) -> Finished:
        ref = structlog.contextvars.get_contextvars().get("ref")
        command = {
            "do": "download",
            "title": job.title,
            "folder": str(job.folder),
            "temp": str(job.temp),
            "audio": job.audio,
            "ref": ref,
            **self._address(job.url),
        }

        def hear(event: Event) -> None:
            heard = _progress(event)
            if heard is not None:
                progress(heard)

        said = await self._ask(command, hear, is_download=True)
        return Finished(**{**said["finished"], "path": Path(said["finished"]["path"])})

    def _address(self, url: str) -> Event:
        try:
            clean, rule = sites.checked(url, self._settings.sites)
        except sites.NotAllowed as error:
            raise LaneFailed(FailKind.REFUSED, error.reason) from error
        return {"url": clean, "extractors": rule.extractors, "prefix": rule.prefix}

    async def _ask(
        self,
        command: Event,
        hear: Callable[[Event], None] = lambda _: None,
        *,
        is_download: bool = False,
    ) -> Event:
        try:
            async with self._lane(is_download=is_download) as lane:
                said = await lane.run(command, hear)
        except LaneFailed as error:
            if self._is_closing:
                raise LaneFailed(FailKind.STOPPED) from error
            log.info("lane job failed", kind=error.kind.value, said=error.said)
            raise
        for warning in said.get("warnings", ()):
            log.info("lane job warned", said=warning)
        return said

    @asynccontextmanager
    async def _lane(self, *, is_download: bool) -> AsyncIterator[Lane]:
        async with self._turns.mine(is_download=is_download):
            lane = await self._take()
            self._busy.add(lane)
            try:
                yield lane
            finally:
                if not lane.is_usable:
                    await _undisturbed(lane.end(CANCEL_S))
                self._busy.discard(lane)
                self._give_back(lane)

    async def _take(self) -> Lane:
        """An idle lane, or a new one; what died while idle is passed over."""
        while self._idle:
            starting = self._idle.popleft()
            lane = await self._started(starting)
            if lane.is_usable:
                return lane
            await _undisturbed(lane.end(0))
        return await self._started(asyncio.create_task(Lane.open(self._settings)))

    async def _started(self, starting: asyncio.Task[Lane]) -> Lane:
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            # Somebody gave up waiting; the lane is there for the next.
            self._idle.append(starting)
            raise

    def _give_back(self, lane: Lane) -> None:
        if self._is_closing:
            self._keep(lane.quit())
            return
        is_wanted = self._has_place or self._turns.are_wanted
        if lane.is_usable and not lane.is_worn and is_wanted:
            self._idle.appendleft(_already(lane))
            return
        if lane.is_usable:
            self._keep(lane.quit())
        if self._has_place:
            self._start()

    @property
    def _has_place(self) -> bool:
        return len(self._busy) + len(self._idle) < self._count

    def _start(self) -> None:
        self._idle.append(asyncio.create_task(Lane.open(self._settings)))

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _progress(event: Event) -> Progress | None:
    if event.get("event") == "pp":
        return Progress(Stage.PROCESSING, event["bytes"], event["bytes"], None, None)
    if event.get("event") != "p":
        return None
    return Progress(
        Stage.DOWNLOADING,
        event["bytes"],
        event.get("total"),
        event.get("speed"),
        event.get("eta"),
    )


def _already(lane: Lane) -> asyncio.Task[Lane]:
    async def give() -> Lane:
        return lane

    return asyncio.create_task(give())


async def _end_started(starting: asyncio.Task[Lane]) -> None:
    with suppress(LaneFailed):
        lane = await starting
        await lane.quit()


async def _undisturbed(work: Coroutine[Any, Any, None]) -> None:
    """Do it to the end, however often the caller is cancelled meanwhile."""
    task = asyncio.create_task(work)
    is_cancelled = False
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            is_cancelled = True
    task.result()
    if is_cancelled:
        raise asyncio.CancelledError


async def _remove(folder: Path) -> None:
    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
