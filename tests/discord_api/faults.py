"""What may go wrong on purpose, and how fast is too fast."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from tests.discord_api.refused import Refused

When = Literal["before", "after"]


@dataclass(eq=False)
class Hold:
    """Keeps the calls of one operation waiting, before or after their effect."""

    operation: str
    when: When
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _free: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        self._free.set()

    async def wait(self) -> None:
        self.arrived.set()
        await self._free.wait()


@dataclass
class Fault:
    """Strikes before the effect or after it; without a refusal the line is cut."""

    operation: str
    times: int
    when: When
    refusal: Refused | None = None


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
        for hold in self._holds:
            hold.release()
        self._holds.clear()

    def struck(self, operation: str) -> Fault | None:
        """The fault this call meets, if any; used up by it."""
        for fault in self._faults:
            if fault.times > 0 and fault.operation in ("*", operation):
                fault.times -= 1
                return fault
        return None

    async def held(self, operation: str, when: When) -> None:
        for hold in list(self._holds):
            if hold.operation in ("*", operation) and hold.when == when:
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

    @property
    def left(self) -> int:
        return self.most - len(self._at)

    def resets_after(self, now: float) -> float:
        return max(0.0, self._at[0] + self.seconds - now) if self._at else 0.0
