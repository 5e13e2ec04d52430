"""Whose turn it is at the lanes: first come, first served, within two limits."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(eq=False, slots=True)
class _Turn:
    is_download: bool
    come: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Turns:
    """At most `count` downloads, and one more turn in all.

    That one more is always left to something short, which therefore never waits
    behind downloads alone.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._waiting: list[_Turn] = []
        self._running: Counter[bool] = Counter()
        self._closed: Exception | None = None
        self._is_empty = asyncio.Event()
        self._is_empty.set()

    @property
    def are_wanted(self) -> bool:
        """True while somebody waits."""
        return bool(self._waiting)

    @asynccontextmanager
    async def mine(self, *, is_download: bool) -> AsyncIterator[None]:
        """Wait for a turn and keep it for the block."""
        await self._wait(_Turn(is_download))
        try:
            yield
        finally:
            self._end(is_download=is_download)

    def close(self, error: Exception) -> None:
        """Raise `error` in everybody who waits, and who comes later."""
        self._closed = error
        for turn in self._waiting:
            if not turn.come.done():
                turn.come.set_exception(error)
        self._waiting.clear()

    async def ended(self) -> None:
        """Wait until nobody has a turn."""
        await self._is_empty.wait()

    async def _wait(self, turn: _Turn) -> None:
        if self._closed is not None:
            raise self._closed
        self._waiting.append(turn)
        self._admit()
        try:
            await turn.come
        except asyncio.CancelledError:
            if turn in self._waiting:
                self._waiting.remove(turn)
            elif turn.come.done() and not turn.come.cancelled():
                self._give_up(turn)
            raise

    def _give_up(self, turn: _Turn) -> None:
        """It was cancelled in the moment between its turn coming and taking it."""
        if turn.come.exception() is None:
            self._end(is_download=turn.is_download)

    def _admit(self) -> None:
        for turn in tuple(self._waiting):
            if not turn.come.done() and self._has_room(turn):
                self._waiting.remove(turn)
                self._running[turn.is_download] += 1
                turn.come.set_result(None)
                self._is_empty.clear()

    def _has_room(self, turn: _Turn) -> bool:
        if turn.is_download and self._running[True] >= self._count:
            return False
        return self._running.total() <= self._count

    def _end(self, *, is_download: bool) -> None:
        self._running[is_download] -= 1
        if not self._running.total():
            self._is_empty.set()
        self._admit()
