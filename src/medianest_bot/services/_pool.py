"""The lanes that run: who gets which, when one is replaced, and how all end."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

from medianest_bot.services._lane import CANCEL_S, Lane
from medianest_bot.services._turns import Turns
from medianest_bot.services.lane_types import FailKind, LaneFailed, LaneSettings


class Pool:
    """Up to `count` lanes, and one more for as long as something short needs it."""

    def __init__(self, settings: LaneSettings, count: int) -> None:
        self._settings = settings
        self._count = count
        # A lane that is still starting is as good as an idle one: its task is kept.
        self.idle: deque[asyncio.Task[Lane]] = deque()
        self.busy: set[Lane] = set()
        self._turns = Turns(count)
        self._tasks: set[asyncio.Task[Any]] = set()
        self.is_closing = False

    async def prewarm(self) -> None:
        """Start what is missing and wait for it. Raises LaneFailed."""
        while self._has_place:
            self._start()
        await asyncio.gather(*map(asyncio.shield, self.idle))

    @asynccontextmanager
    async def lane(self, *, is_download: bool) -> AsyncIterator[Lane]:
        """A lane for the block. Left without an answer, it is ended and replaced."""
        async with self._turns.mine(is_download=is_download):
            lane = await self._take()
            self.busy.add(lane)
            try:
                yield lane
            finally:
                if not lane.is_usable:
                    await undisturbed(lane.end(CANCEL_S))
                self.busy.discard(lane)
                self._give_back(lane)

    async def aclose(self, grace_s: float) -> None:
        """Interrupt what runs and end every lane; killed after `grace_s`."""
        self.is_closing = True
        self._turns.close(LaneFailed(FailKind.STOPPED))
        for starting in self.idle:
            self._keep(_end_started(starting))
        self.idle.clear()
        await asyncio.gather(*(lane.end(grace_s) for lane in tuple(self.busy)))
        await self._turns.ended()
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _take(self) -> Lane:
        """An idle lane, or a new one; what died or failed to start is passed over."""
        while self.idle:
            starting = self.idle.popleft()
            with suppress(LaneFailed):
                lane = await self._started(starting)
                if lane.is_usable:
                    return lane
                await undisturbed(lane.end(0))
        if self.is_closing:
            raise LaneFailed(FailKind.STOPPED)
        return await self._started(asyncio.create_task(Lane.open(self._settings)))

    async def _started(self, starting: asyncio.Task[Lane]) -> Lane:
        try:
            lane = await asyncio.shield(starting)
        except asyncio.CancelledError:
            # Somebody gave up waiting; the lane is there for the next.
            self._leave(starting)
            raise
        if self.is_closing:
            await undisturbed(lane.end(0))
            raise LaneFailed(FailKind.STOPPED)
        return lane

    def _leave(self, starting: asyncio.Task[Lane]) -> None:
        if self.is_closing:
            self._keep(_end_started(starting))
        else:
            self.idle.append(starting)

    def _give_back(self, lane: Lane) -> None:
        is_fit = lane.is_usable and not lane.is_worn and not self.is_closing
        if is_fit and (self._has_place or self._turns.are_wanted):
            self.idle.appendleft(_already(lane))
            return
        if lane.is_usable:
            self._keep(lane.quit())
        if self._has_place and not self.is_closing:
            self._start()

    @property
    def _has_place(self) -> bool:
        return len(self.busy) + len(self.idle) < self._count

    def _start(self) -> None:
        self.idle.append(asyncio.create_task(Lane.open(self._settings)))

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def undisturbed(work: Coroutine[Any, Any, None]) -> None:
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


def _already(lane: Lane) -> asyncio.Task[Lane]:
    async def give() -> Lane:
        return lane

    return asyncio.create_task(give())


async def _end_started(starting: asyncio.Task[Lane]) -> None:
    """One that is not ready yet is ended without waiting until it is."""
    starting.cancel()
    with suppress(LaneFailed, asyncio.CancelledError):
        lane = await starting
        await lane.quit()
