"""A loop that counts only the time in which this process really ran.

Where many share a machine it may give us nothing for seconds, and every deadline of
ours would be over at once, though nobody was slow. On this loop's clock such a gap
hardly counts; rests are never shorter than they should be.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Mapping
from typing import Any

SLICE_S = 0.02
"""The most that a gap counts while everybody waits."""


class Unhurried(asyncio.SelectorEventLoop):
    """Its time is what it has computed and what it has waited for."""

    _transports: Mapping[int, asyncio.Transport]
    """asyncio's own list of them."""

    def __init__(self) -> None:
        self._at = time.monotonic()
        self._ran = time.thread_time()
        super().__init__(_Waiting(self))

    def time(self) -> float:
        return self._at + time.thread_time() - self._ran

    def lost(self) -> float:
        return time.monotonic() - self.time()

    def close(self) -> None:
        """Blame the test that left a connection open, and not a later one."""
        open_ones = [] if self.is_closed() else list(self._transports.values())
        left = [
            (one.get_extra_info("peername"), type(one.get_protocol()).__qualname__)
            for one in open_ones
            if not one.is_closing()
        ]
        super().close()
        assert not left, f"left open: {left}"

    def waited(self, seconds: float) -> None:
        self._at = self.time() + seconds
        self._ran = time.thread_time()


class _Waiting(selectors.DefaultSelector):
    def __init__(self, loop: Unhurried) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        """Wait in short turns, so that a gap within one of them stays short."""
        left = float("inf") if timeout is None else max(timeout, 0.0)
        while True:
            turn = min(left, SLICE_S)
            began = time.monotonic()
            events = super().select(turn)
            waited = min(time.monotonic() - began, turn)
            self._loop.waited(waited)
            left -= waited
            if events or left <= 0:
                return events


def now() -> float:
    """The running loop's time, which a test may compare with a promise."""
    return asyncio.get_running_loop().time()


def lost() -> float:
    """For how many seconds this process was kept from running, so far."""
    loop = asyncio.get_running_loop()
    return loop.lost() if isinstance(loop, Unhurried) else 0.0
