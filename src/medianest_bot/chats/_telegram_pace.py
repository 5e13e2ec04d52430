"""When the next call may leave: clocks for everything, for a chat, for a group.

Pure: every time comes in as a figure of one steady clock, in seconds.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

AT_ONCE = 30
WINDOW_S = 1.03
"""Telegram counts 30 calls in a second as they arrive; the rest is for the way."""

EVENLY_S = 1 / 29
"""What nobody waits for goes evenly, so that answers find a place between."""

CATCH_UP_S = 0.1
"""How late the loop may wake us before even calls are lost instead of made up."""

GROUP_WINDOW_S = 60.5


class Rank(IntEnum):
    """What goes first."""

    REPLY = 0
    NEWS = 1
    PROGRESS = 2


BURST = {Rank.REPLY: 5, Rank.NEWS: 3, Rank.PROGRESS: 2}
"""What a private chat takes at once; then one a second."""

GROUP_SHARE = {Rank.REPLY: 20, Rank.NEWS: 14, Rank.PROGRESS: 8}
"""How full a group's minute may be made by whom: six places are for answers only."""


@dataclass(slots=True, eq=False)
class Turn:
    """Leave to make one call; `at` becomes the time the call really left."""

    at: float


class Window:
    """So many turns within any `span` seconds."""

    def __init__(self, most: int, span: float) -> None:
        self._turns: deque[Turn] = deque(maxlen=most)
        self._span = span

    def free_at(self, most: int) -> float:
        """When fewer than `most` turns are within the span."""
        if len(self._turns) < most:
            return -math.inf
        return self._turns[-most].at + self._span

    def take(self, turn: Turn) -> None:
        self._turns.append(turn)

    def give_back(self, turn: Turn) -> None:
        self._turns.remove(turn)


class Overall:
    """The clock that all chats share."""

    def __init__(self) -> None:
        self._window = Window(AT_ONCE, WINDOW_S)
        self._evenly_at = -math.inf

    def free_at(self, rank: Rank) -> float:
        at = self._window.free_at(AT_ONCE)
        return at if rank is Rank.REPLY else max(at, self._evenly_at)

    def take(self, turn: Turn) -> None:
        """Answers take from the even flow too, but never wait for it."""
        self._window.take(turn)
        self._evenly_at = max(self._evenly_at, turn.at - CATCH_UP_S) + EVENLY_S

    def give_back(self, turn: Turn) -> None:
        self._window.give_back(turn)
        self._evenly_at -= EVENLY_S


class Clock(Protocol):
    """When one chat takes its next call."""

    def free_at(self, rank: Rank) -> float: ...
    def take(self, turn: Turn) -> None: ...
    def give_back(self, turn: Turn) -> None: ...
    def empty_at(self) -> float: ...


class Private:
    """A place a second, some of them saved up."""

    def __init__(self) -> None:
        self._full_at = -math.inf

    def free_at(self, rank: Rank) -> float:
        return self._full_at - (BURST[rank] - 1)

    def take(self, turn: Turn) -> None:
        self._full_at = max(self._full_at, turn.at) + 1

    def give_back(self, turn: Turn) -> None:  # noqa: ARG002 - one is like the other
        self._full_at -= 1

    def empty_at(self) -> float:
        return self._full_at


class Group:
    """Twenty calls in any minute, the lower ranks only while few are taken."""

    def __init__(self) -> None:
        self._window = Window(GROUP_SHARE[Rank.REPLY], GROUP_WINDOW_S)

    def free_at(self, rank: Rank) -> float:
        return self._window.free_at(GROUP_SHARE[rank])

    def take(self, turn: Turn) -> None:
        self._window.take(turn)

    def give_back(self, turn: Turn) -> None:
        self._window.give_back(turn)

    def empty_at(self) -> float:
        return self._window.free_at(1)


def clock_of(chat: str) -> Clock:
    """A group's id is negative; a channel may be called by its name."""
    return Group() if chat.startswith(("-", "@")) else Private()
