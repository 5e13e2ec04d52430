"""How much a person may ask for, and when it renews.

Downloads and requests are spent in the transaction that writes their row: a refused
or repeated one costs nothing, a crash loses no count, and since only one transaction
at a time writes to a store, the count is exact for any number of processes on it.

Commands are counted in memory and written behind, so that none waits for the disk.
One process alone counts them exactly, and after a restart as well; a crash forgets
`FLUSH_S` of them. Where several share a store, each learns what the others counted
when both have written: within twice `FLUSH_S` they refuse alike, until then each lets
through what it would alone.
"""

from __future__ import annotations

import asyncio
import math
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.store import allowances, spent
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
NO_REQUESTS = marked("An admin has set that you ask for no titles.")
NO_DOWNLOADS = marked("An admin has set that you start no downloads.")


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


@dataclass(frozen=True, slots=True)
class Most:
    """What everybody in the household may, unless they have limits of their own."""

    commands: int = 100
    requests: int = 20
    downloads: int = 5


@dataclass(frozen=True, slots=True)
class Own:
    """A person's own limit; `limit` None: they may what everybody may."""

    what: What
    limit: int | None


NOTHING = {What.REQUEST: NO_REQUESTS, What.DOWNLOAD: NO_DOWNLOADS}
"""What somebody hears whose own limit is nothing at all."""
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


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
        most: Most | None = None,
        *,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._now = now
        self._rules = _rules(most or Most())
        self._wait = wait
        self._commands: defaultdict[Who, deque[datetime]] = defaultdict(deque)
        self._unsaved: list[tuple[int, datetime]] = []
        self._own: Mapping[int, int] = {}

    async def open(self) -> None:
        """Take up the commands of the last minute before a restart."""
        async with self._store.read() as db:
            used = await spent.all_since(db, What.COMMAND, self._now() - MINUTE)
            self._own = await allowances.everybodys(db, What.COMMAND)
        for person_id, at in used:
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
        """Write down what was counted since the last time, and learn of others'."""
        self._forget_idle()
        await self._write()
        await self._read_others()

    def command(self, who: Who) -> None:
        """Count one command. Raises Sorry when there were too many.

        `who` is a person's id; guests without one are counted by a name, in memory.
        """
        rule, now = self._rules[What.COMMAND], self._now()
        if isinstance(who, int) and who in self._own:
            rule = replace(rule, limit=self._own[who])
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
        rule, now = await self._rule(tx, person_id, what), self._now()
        used = await spent.used(tx, person_id, what, now - rule.window)
        if used.count >= rule.limit:
            raise _refusal(rule, (used.oldest or now) + rule.window - now)
        await spent.add(tx, person_id, what, now)

    async def left(self, db: AsyncConnection, person_id: int) -> tuple[Left, ...]:
        """What is left of the limits that are counted by the hour."""
        return (
            await self._left(db, person_id, What.REQUEST),
            await self._left(db, person_id, What.DOWNLOAD),
        )

    async def own(self, db: AsyncConnection) -> Mapping[int, tuple[Own, ...]]:
        """Everybody who has limits of their own, and which."""
        found: defaultdict[int, tuple[Own, ...]] = defaultdict(tuple)
        for what in What:
            for person_id, limit in (await allowances.everybodys(db, what)).items():
                found[person_id] += (Own(what, limit),)
        return found

    async def set_own(
        self, tx: AsyncConnection, person_id: int, what: What, limit: int | None
    ) -> None:
        """Give a person a limit of their own (None: the household's again).

        Of commands, other processes learn it at their next look.
        """
        await allowances.set_own(tx, person_id, what, limit)
        if what is What.COMMAND:
            others = {who: n for who, n in self._own.items() if who != person_id}
            mine = {} if limit is None else {person_id: limit}
            self._own = {**others, **mine}

    def usual(self, what: What) -> int:
        """What everybody may who has no limit of their own."""
        return self._rules[what].limit

    async def _write(self) -> None:
        unsaved, self._unsaved = self._unsaved, []
        if not unsaved:
            return
        try:
            async with self._store.begin() as tx:
                await spent.add_many(tx, What.COMMAND, unsaved)
        except BaseException:
            # Kept for the next time, but no more than still counts.
            since = self._now() - MINUTE
            kept = [one for one in unsaved if one[1] > since]
            self._unsaved = kept + self._unsaved
            raise

    async def _read_others(self) -> None:
        """Whoever asked us lately may have asked another process as well."""
        active = [who for who in self._commands if isinstance(who, int)]
        if not active:
            return
        since = self._now() - MINUTE
        async with self._store.read() as db:
            written = await spent.all_since(db, What.COMMAND, since, of=active)
            self._own = await allowances.everybodys(db, What.COMMAND)
        used: dict[int, list[datetime]] = {who: [] for who in active}
        for person_id, at in (*written, *self._unsaved):
            used.setdefault(person_id, []).append(at)
        self._commands.update({who: deque(sorted(at)) for who, at in used.items()})

    def _forget_idle(self) -> None:
        """Those who have asked nothing for a while need no place in memory."""
        since = self._now() - MINUTE
        idle = [who for who, at in self._commands.items() if not at or at[-1] <= since]
        for who in idle:
            del self._commands[who]

    async def _rule(self, db: AsyncConnection, person_id: int, what: What) -> Rule:
        rule = self._rules[what]
        own = await allowances.own(db, person_id, what)
        if own is None:
            return rule
        refusal = NOTHING.get(what, rule.refusal) if own == 0 else rule.refusal
        return replace(rule, limit=own, refusal=refusal)

    async def _left(self, db: AsyncConnection, person_id: int, what: What) -> Left:
        rule = await self._rule(db, person_id, what)
        used = await spent.used(db, person_id, what, self._now() - rule.window)
        renews_at = used.oldest + rule.window if used.oldest else None
        return Left(what, max(0, rule.limit - used.count), rule.limit, renews_at)


def _rules(most: Most) -> Mapping[What, Rule]:
    return {
        What.COMMAND: Rule(most.commands, MINUTE, TOO_MANY_COMMANDS),
        What.REQUEST: Rule(most.requests, HOUR, TOO_MANY_REQUESTS),
        What.DOWNLOAD: Rule(most.downloads, HOUR, TOO_MANY_DOWNLOADS),
    }


def _refusal(rule: Rule, wait: timedelta) -> Sorry:
    return Sorry(rule.refusal, limit=rule.limit, wait=_Wait(wait.total_seconds()))


class _Wait:
    """A length of time that is worded when the sentence is."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __format__(self, _spec: str) -> str:
        # Never "0 seconds": that would already be allowed.
        return span(max(1, math.ceil(self._seconds)))
