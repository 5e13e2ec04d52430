"""How much a person may ask for, and when it renews.

Commands are counted in memory and written behind; downloads and requests are
spent in the transaction that writes their row, so that a refused or repeated one
costs nothing and a crash loses no count.
"""

from __future__ import annotations

import asyncio
import math
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.store import spent
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.errors import StoreError
from medianest_bot.core.words import Sorry, marked, span

log = structlog.get_logger(__name__)

FLUSH_S = 3.0
"""What a crash may forget of the commands people gave."""

Who = int | str

TOO_MANY_COMMANDS = marked("That was a lot at once. Please try again in {wait}.")
TOO_MANY_REQUESTS = marked(
    "You have asked for {limit} titles within the hour. Next one in {wait}."
)
TOO_MANY_DOWNLOADS = marked(
    "You have started {limit} downloads within the hour. Next one in {wait}."
)


class What(StrEnum):
    """What is limited."""

    COMMAND = "command"
    REQUEST = "request"
    DOWNLOAD = "download"


@dataclass(frozen=True, slots=True)
class Rule:
    limit: int
    window: timedelta
    refusal: str


RULES = {
    What.COMMAND: Rule(100, timedelta(minutes=1), TOO_MANY_COMMANDS),
    What.REQUEST: Rule(20, timedelta(hours=1), TOO_MANY_REQUESTS),
    What.DOWNLOAD: Rule(5, timedelta(hours=1), TOO_MANY_DOWNLOADS),
}


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of one limit; `renews_at` is None while nothing is used."""

    what: What
    left: int
    limit: int
    renews_at: datetime | None


class Limits:
    """Counts what people use. `open` and `run` carry commands over a restart."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        *,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._now = now
        self._wait = wait
        self._commands: defaultdict[Who, deque[datetime]] = defaultdict(deque)
        self._unsaved: list[tuple[int, datetime]] = []

    async def open(self) -> None:
        """Take up the commands of the last minute before a restart."""
        since = self._now() - RULES[What.COMMAND].window
        async with self._store.read() as db:
            for person_id, at in await spent.all_since(db, What.COMMAND, since):
                self._commands[person_id].append(at)

    async def run(self) -> None:
        """Write down every few seconds what was counted, until cancelled."""
        while True:
            await self._wait(FLUSH_S)
            try:
                await self.flush()
            except StoreError:
                log.warning("counts not written", count=len(self._unsaved))

    async def flush(self) -> None:
        """Write down what was counted since the last time."""
        self._forget_idle()
        unsaved, self._unsaved = self._unsaved, []
        if not unsaved:
            return
        try:
            async with self._store.begin() as tx:
                await spent.add_many(tx, What.COMMAND, unsaved)
        except BaseException:
            # Kept for the next time, but no more than still counts.
            since = self._now() - RULES[What.COMMAND].window
            kept = [one for one in unsaved if one[1] > since]
            self._unsaved = kept + self._unsaved
            raise

    def command(self, who: Who) -> None:
        """Count one command. Raises Sorry when there were too many.

        `who` is a person's id; guests without one are counted by a name, in memory.
        """
        rule, now = RULES[What.COMMAND], self._now()
        recent = self._commands[who]
        while recent and recent[0] <= now - rule.window:
            recent.popleft()
        if len(recent) >= rule.limit:
            raise _refusal(rule, recent[0] + rule.window - now)
        recent.append(now)
        if isinstance(who, int):
            self._unsaved.append((who, now))

    async def spend(self, tx: AsyncConnection, person_id: int, what: What) -> None:
        """Use one, in the transaction that writes what it pays for.

        Raises Sorry, so that the transaction is rolled back, when none is left.
        """
        rule, now = RULES[what], self._now()
        used = await spent.used(tx, person_id, what, now - rule.window)
        if used.count >= rule.limit:
            raise _refusal(rule, (used.oldest or now) + rule.window - now)
        await spent.add(tx, person_id, what, now)

    def _forget_idle(self) -> None:
        """Those who have asked nothing for a while need no place in memory."""
        since = self._now() - RULES[What.COMMAND].window
        idle = [who for who, at in self._commands.items() if not at or at[-1] <= since]
        for who in idle:
            del self._commands[who]

    async def left(self, db: AsyncConnection, person_id: int) -> tuple[Left, ...]:
        """What is left of the limits that are counted by the hour."""
        return (
            await self._left(db, person_id, What.REQUEST),
            await self._left(db, person_id, What.DOWNLOAD),
        )

    async def _left(self, db: AsyncConnection, person_id: int, what: What) -> Left:
        rule = RULES[what]
        used = await spent.used(db, person_id, what, self._now() - rule.window)
        renews_at = used.oldest + rule.window if used.oldest else None
        return Left(what, max(0, rule.limit - used.count), rule.limit, renews_at)


def _refusal(rule: Rule, wait: timedelta) -> Sorry:
    return Sorry(rule.refusal, limit=rule.limit, wait=_Wait(wait.total_seconds()))


class _Wait:
    """A length of time that is worded when the sentence is."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __format__(self, _spec: str) -> str:
        # Never "0 seconds": that would already be allowed.
        return span(max(1, math.ceil(self._seconds)))
