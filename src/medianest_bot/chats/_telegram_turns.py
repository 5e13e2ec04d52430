"""Gives out turns: whose call leaves next, and when.

A chat's queue is ordered by rank, then arrival, so only its head matters. Chats
whose head may go by their own clock are `_due`; the others are `_coming`. An entry
of either counts only while the chat has not been filed anew.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from heapq import heapify, heappop, heappush
from itertools import count
from typing import NamedTuple

from medianest_bot.chats._telegram_pace import Overall, Rank, Turn, clock_of

LEAST_WAIT_S = 0.001
KEPT_CHATS = 64


class Waiter(NamedTuple):
    """Somebody in a queue; nobody any more once `turn` is done."""

    rank: Rank
    order: int
    turn: asyncio.Future[Turn]


class Chat:
    """One chat's queue and clock."""

    def __init__(self, name: str) -> None:
        self.clock = clock_of(name)
        self.queue: list[Waiter] = []
        self.gone = 0
        self.paused_until = -math.inf
        self.next: Waiter | None = None
        self.filed = 0

    def head(self) -> Waiter | None:
        while self.queue and self.queue[0].turn.done():
            heappop(self.queue)
            self.gone = max(0, self.gone - 1)
        return self.queue[0] if self.queue else None

    def leave(self) -> None:
        """Somebody has gone; forget them at the latest when they are the most."""
        self.gone += 1
        if self.gone * 2 > len(self.queue):
            self.queue = [one for one in self.queue if not one.turn.done()]
            heapify(self.queue)
            self.gone = 0

    def free_at(self, rank: Rank) -> float:
        return max(self.paused_until, self.clock.free_at(rank))

    def is_filed(self, filed: int) -> bool:
        """Whether an entry still says who goes next here.

        It does not once that one was cancelled; they file the chat anew themselves.
        """
        is_there = self.next is not None and not self.next.turn.done()
        return is_there and filed == self.filed

    def is_idle(self, now: float) -> bool:
        idle_at = max(self.paused_until, self.clock.empty_at())
        return not self.queue and idle_at <= now


class Turns:
    """All chats that wait, and those that have spoken lately."""

    def __init__(
        self, clock: Callable[[], float], wait: Callable[[float], Awaitable[object]]
    ) -> None:
        self._clock = clock
        self._wait = wait
        self._overall = Overall()
        self._chats: dict[str, Chat] = {}
        self._most_chats = KEPT_CHATS
        self._due: list[tuple[Rank, int, int, Chat]] = []
        self._coming: list[tuple[float, int, Chat]] = []
        self._orders = count()
        self._filings = count(1)
        self._alarm: asyncio.Task[None] | None = None
        self._alarm_at = math.inf

    def order(self) -> int:
        """A place behind everybody who is there already."""
        return next(self._orders)

    async def take(self, name: str, rank: Rank, order: int) -> Turn:
        """Wait for a turn; it counts from the moment this returns."""
        chat = self._chat(name)
        waiter = Waiter(rank, order, asyncio.get_running_loop().create_future())
        heappush(chat.queue, waiter)
        if chat.head() is waiter:
            self._file(chat)
            self._serve()
        try:
            turn = await waiter.turn
        except asyncio.CancelledError:
            self._let_go(chat, waiter)
            raise
        # The loop may have been busy since the turn was given.
        turn.at = self._clock()
        return turn

    def pause(self, name: str, wait_s: float) -> None:
        """Let nothing out to this chat for so long."""
        chat = self._chat(name)
        chat.paused_until = max(chat.paused_until, self._clock() + wait_s)
        self._file(chat)

    def _let_go(self, chat: Chat, waiter: Waiter) -> None:
        turn = waiter.turn
        if not turn.cancelled():
            self._overall.give_back(turn.result())
            chat.clock.give_back(turn.result())
        else:
            chat.leave()
        self._file(chat)
        self._serve()

    def _chat(self, name: str) -> Chat:
        chat = self._chats.get(name)
        if chat is None:
            if len(self._chats) >= self._most_chats:
                self._forget_idle()
            chat = self._chats[name] = Chat(name)
        return chat

    def _forget_idle(self) -> None:
        now = self._clock()
        chats = self._chats.items()
        self._chats = {name: chat for name, chat in chats if not chat.is_idle(now)}
        self._most_chats = max(KEPT_CHATS, 2 * len(self._chats))

    def _file(self, chat: Chat) -> None:
        """Put a chat where its head belongs; earlier entries of it are void."""
        chat.filed = next(self._filings)
        chat.next = chat.head()
        if chat.next is not None:
            at = chat.free_at(chat.next.rank)
            heappush(self._coming, (at, chat.filed, chat))

    def _serve(self) -> None:
        """Give out every turn that is due, and set the alarm for the next."""
        now = self._clock()
        while True:
            self._wake(now)
            next_at = self._coming[0][0] if self._coming else math.inf
            if not self._due:
                break
            rank, _order, _filed, chat = self._due[0]
            free_at = self._overall.free_at(rank)
            if free_at > now:
                next_at = min(next_at, free_at)
                break
            heappop(self._due)
            self._give(chat, now)
        self._set_alarm(next_at)

    def _wake(self, now: float) -> None:
        """Move to `_due` what has become due, past what is void."""
        while self._coming:
            at, filed, chat = self._coming[0]
            is_filed = chat.is_filed(filed)
            if is_filed and at > now:
                break
            heappop(self._coming)
            if is_filed and chat.next is not None:
                due = (chat.next.rank, chat.next.order, filed, chat)
                heappush(self._due, due)
        while self._due and not self._due[0][3].is_filed(self._due[0][2]):
            heappop(self._due)

    def _give(self, chat: Chat, now: float) -> None:
        waiter = heappop(chat.queue)
        turn = Turn(now)
        self._overall.take(turn)
        chat.clock.take(turn)
        waiter.turn.set_result(turn)
        self._file(chat)

    def _set_alarm(self, at: float) -> None:
        if self._alarm is not None:
            # One that is too early does no harm: it looks, and sets the next.
            if self._alarm_at <= at < math.inf:
                return
            self._alarm.cancel()
            self._alarm = None
        if at < math.inf:
            self._alarm_at = at
            self._alarm = asyncio.create_task(self._ring(at))

    async def _ring(self, at: float) -> None:
        await self._wait(max(at - self._clock(), LEAST_WAIT_S))
        self._alarm = None
        self._serve()
