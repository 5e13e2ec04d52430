"""Updates are kept before Telegram is told that we have them, and until done.

So nothing is lost when the process dies: what was not finished runs again at the
next start, one at a time, so that the one that kills the process is found out.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog

from medianest_bot.chats._telegram_incoming import PLATFORM
from medianest_bot.core.store import errors_log
from medianest_bot.core.store import inbox as rows
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.errors import StoreError

log = structlog.get_logger(__name__)

MOST_STARTS = 3
"""An update that was begun so often and never finished is set aside."""
MARK_S = 0.3
"""Marks are written together, this long after the first."""
SET_ASIDE = "An update was begun {starts} times and never finished; it is set aside."
_LARGEST = 2**63


@dataclass(frozen=True, slots=True)
class Stored:
    """An update as it came; `starts` counts how often it was begun, this included.

    `is_again`: an earlier process had it already, and perhaps did a part of it.
    """

    number: int
    body: Any
    received_at: datetime
    starts: int = 1
    is_again: bool = False


class Inbox:
    """Telegram's updates between arriving and being done."""

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
        self._open: set[int] = set()
        self._done: list[int] = []
        self._marking: asyncio.Task[None] | None = None

    async def take(self, updates: Iterable[Any]) -> tuple[Stored, ...]:
        """Keep a batch in one transaction; returns those that are new, in order.

        Raises StoreError where they could not be kept: then Telegram keeps them.
        """
        numbered = {number(one): one for one in updates}
        bodies = [(n, json.dumps(one)) for n, one in numbered.items() if n is not None]
        if not bodies:
            return ()
        now = self._now()
        async with self._store.begin() as tx:
            new = set(await rows.take(tx, PLATFORM, bodies, now))
        self._open |= new
        return tuple(
            Stored(n, numbered[n], now) for n, _body in sorted(bodies) if n in new
        )

    async def unfinished(self) -> tuple[Stored, ...]:
        """What an earlier process began and did not finish, oldest first."""
        async with self._store.read() as db:
            found = await rows.unfinished(db, PLATFORM)
        self._open |= {one.update_id for one in found}
        return tuple(
            Stored(
                one.update_id,
                _read(one.body),
                one.received_at,
                one.attempts,
                is_again=True,
            )
            for one in found
        )

    async def begin_again(self, update: Stored) -> Stored | None:
        """Count one more start; None where it has killed us often enough.

        That one is kept for whoever looks for the cause, and the admins can read
        of it. Raises StoreError where nothing could be counted.
        """
        number, now = update.number, self._now()
        # Before something that may kill us: what is done must not be begun again.
        await self._mark()
        async with self._store.begin() as tx:
            if update.starts < MOST_STARTS:
                starts = await rows.begin_again(tx, PLATFORM, number)
                return replace(update, starts=starts)
            await rows.set_aside(tx, PLATFORM, number, now)
            await errors_log.add(
                tx,
                reference=f"telegram {number}",
                at=now,
                person_id=None,
                command=PLATFORM,
                cause=SET_ASIDE.format(starts=update.starts),
                details=f"update {number}: {', '.join(_kinds(update.body))}",
            )
        self._open.discard(number)
        log.error("update set aside", update=number, starts=update.starts)
        return None

    def done(self, update: Stored) -> None:
        """Note that one was handled; written down soon, together with others."""
        self._done.append(update.number)
        if self._marking is None:
            self._marking = asyncio.create_task(self._mark_soon())

    async def aclose(self) -> None:
        """Write the last marks; what is not done runs again at the next start."""
        if self._marking is not None:
            self._marking.cancel()
            await asyncio.gather(self._marking, return_exceptions=True)
        try:
            await self._mark()
            async with self._store.begin() as tx:
                # Ended on purpose: that was not their doing.
                await rows.rest(tx, PLATFORM, sorted(self._open))
            self._open.clear()
        except StoreError:
            log.warning("marks not written", exc_info=True)

    async def _mark_soon(self) -> None:
        try:
            while self._done:
                await self._wait(MARK_S)
                try:
                    await self._mark()
                except StoreError:
                    log.warning("marks not written", count=len(self._done))
        finally:
            self._marking = None

    async def _mark(self) -> None:
        done, self._done = self._done, []
        if not done:
            return
        try:
            async with self._store.begin() as tx:
                await rows.finished(tx, PLATFORM, done, self._now())
        except BaseException:
            self._done = done + self._done
            raise
        self._open.difference_update(done)


def number(update: Any) -> int | None:
    """An update's own number; None for what is no update."""
    found = update.get("update_id") if isinstance(update, dict) else None
    if not isinstance(found, int) or isinstance(found, bool):
        return None
    return found if 0 <= found < _LARGEST else None


def numbers(updates: Sequence[Any]) -> tuple[int, ...]:
    return tuple(n for n in map(number, updates) if n is not None)


def _kinds(body: Any) -> list[str]:
    """What an update holds, without what anybody said."""
    names = body if isinstance(body, dict) else ()
    return [str(name)[:40] for name in names if name != "update_id"][:5]


def _read(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
