"""The last good answers of a neighbour, each with its age.

What is fresh is served at once; while a neighbour does not answer, so is what is old.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from cashews import Cache as Cashews

from medianest_bot.services.errors import Unreachable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kept(Generic[T]):
    """A value and when it was read; `is_stale` says the neighbour is not answering."""

    value: T
    at: datetime
    is_stale: bool = False


class Cache:
    """The last good answers of one neighbour, each with its age.

    Fresh ones are served at once; where the neighbour does not answer, the last
    good one is (for a day). Identical reads in flight are shared.
    """

    _KEPT_S = 24 * 3600

    def __init__(
        self, url: str = "mem://?size=1000", now: Callable[[], datetime] | None = None
    ) -> None:
        self._cashews = Cashews()
        self._cashews.setup(url)
        self._now = now or (lambda: datetime.now(UTC))
        self._reading: dict[str, asyncio.Task[Any]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    async def read(
        self, key: str, fetch: Callable[[], Awaitable[T]], *, fresh_s: float
    ) -> Kept[T]:
        """The value under `key`, fetched when older than `fresh_s`.

        Raises what `fetch` raises where nothing was kept.
        """
        kept: Kept[T] | None = await self._cashews.get(key)
        if kept and (self._now() - kept.at).total_seconds() <= fresh_s:
            return kept
        try:
            return await self._shared(key, fetch)
        except Unreachable:
            if kept is None:
                raise
            return Kept(kept.value, kept.at, is_stale=True)

    async def peek(self, key: str) -> Kept[Any] | None:
        """What is kept under `key`, however old; asks nobody."""
        value: Kept[Any] | None = await self._cashews.get(key)
        return value

    async def forget(self, key: str) -> None:
        """Drop what is kept; a read in flight no longer counts, it may be older."""
        self._reading.pop(key, None)
        await self._cashews.delete(key)

    async def aclose(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._cashews.close()

    async def _shared(self, key: str, fetch: Callable[[], Awaitable[T]]) -> Kept[T]:
        task = self._reading.get(key)
        if task is None:
            task = asyncio.create_task(self._fetch(key, fetch))
            self._reading[key] = task
            self._tasks.add(task)
            task.add_done_callback(lambda done: self._finished(key, done))
        # One impatient reader must not cancel the read the others wait for.
        kept: Kept[T] = await asyncio.shield(task)
        return kept

    async def _fetch(self, key: str, fetch: Callable[[], Awaitable[T]]) -> Kept[T]:
        kept = Kept(await fetch(), self._now())
        if self._reading.get(key) is asyncio.current_task():
            await self._cashews.set(key, kept, expire=self._KEPT_S)
        return kept

    def _finished(self, key: str, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if self._reading.get(key) is task:
            del self._reading[key]
        if not task.cancelled():
            task.exception()  # every reader saw it; nobody else needs the warning
