"""What may go wrong on purpose, and how fast is too fast."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from tests.bot_api.refused import Raw, Refused

When = Literal["before", "after"]


@dataclass(eq=False)
class Hold:
    """Keeps the calls of one method waiting, before or after their effect."""

    method: str
    when: When
    chat: int | None
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _free: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        self._free.set()

    async def wait(self) -> None:
        self.arrived.set()
        await self._free.wait()


@dataclass
class Fault:
    method: str
    chat: int | None
    times: int
    refusal: Refused | None = None
    closes: When | None = None

    def strikes(self, method: str, chat: object) -> bool:
        fits = self.method in ("*", method) and self.chat in (None, chat)
        return self.times > 0 and fits


class Faults:
    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._holds: list[Hold] = []

    def add(self, fault: Fault) -> None:
        self._faults.append(fault)

    def hold(self, hold: Hold) -> Hold:
        self._holds.append(hold)
        return hold

    def clear(self) -> None:
        self._faults.clear()
        self.release()

    def release(self) -> None:
        for hold in self._holds:
            hold.release()
        self._holds.clear()

    def struck(self, method: str, chat: object) -> Fault | None:
        """The fault this call meets, if any; used up by it."""
        for fault in self._faults:
            if fault.strikes(method, chat):
                fault.times -= 1
                return fault
        return None

    async def held(self, method: str, params: Raw, when: When) -> None:
        for hold in list(self._holds):
            fits = hold.method in ("*", method) and hold.when == when
            if fits and hold.chat in (None, params.get("chat_id")):
                await hold.wait()


@dataclass
class Window:
    """At most `most` calls in any stretch of `seconds`."""

    most: int
    seconds: float
    _at: deque[float] = field(default_factory=deque)

    def enter(self, now: float) -> float | None:
        """None where there is room, else how long to stay away."""
        while self._at and self._at[0] <= now - self.seconds:
            self._at.popleft()
        if len(self._at) < self.most:
            self._at.append(now)
            return None
        return self._at[0] + self.seconds - now


class Limiter:
    """Says 429 to who calls too often, and counts it."""

    def __init__(
        self,
        window: tuple[int, float] | None,
        group_window: tuple[int, float] | None,
        chat_window: tuple[int, float] | None,
    ) -> None:
        self._all = Window(*window) if window else None
        self._group = group_window
        self._chat = chat_window
        self._chats: dict[object, Window] = {}
        self.violations: list[tuple[str, object]] = []

    def check(self, method: str, chat: object, now: float) -> None:
        """Only what goes to a chat counts."""
        if chat is None:
            return
        windows = [self._all, self._of(chat)]
        waits = [window.enter(now) for window in windows if window is not None]
        if late := [wait for wait in waits if wait is not None]:
            self.violations.append((method, chat))
            seconds = max(1, math.ceil(max(late)))
            said = f"retry after {seconds}"
            raise Refused(429, said, retry_after=seconds)

    def _of(self, chat: object) -> Window | None:
        is_group = str(chat).startswith(("-", "@"))
        size = self._group if is_group else self._chat
        if size is None:
            return None
        return self._chats.setdefault(chat, Window(*size))
