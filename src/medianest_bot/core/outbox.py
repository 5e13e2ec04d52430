"""When something changes, redraws every card that follows it and tells people.

A card is a line: it is drawn again by running that line as its own reader. The
latest state wins, unchanged cards are skipped, and one slow chat delays nobody.
News are rows, written in the transaction of the change they tell, and delivered
at least once.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.reply import Reply
from medianest_bot.core.store import cards, news, people
from medianest_bot.core.store.cards import Card
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.news import News
from medianest_bot.core.store.people import Account

log = structlog.get_logger(__name__)

IDLE_S = 30.0
_TRIES = 8


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom something is drawn when nobody has just asked."""

    platform: str
    account: str
    place: str


class Port(Protocol):
    """What a chat offers the outbox. Methods may take as long as the chat does."""

    platform: str
    pace_s: float
    """Least seconds between two redraws of one card."""

    async def edit(self, card: Card, reply: Reply) -> bool:
        """Redraw a sent message; False when it is gone for good."""
        ...

    async def tell(self, account: str, reply: Reply) -> bool:
        """Send a message to somebody; False when the chat refuses for good."""
        ...


Draw = Callable[[str, Reader], Awaitable[Reply]]
"""Runs a drawing line for a reader: `dispatch.draw`."""


class Outbox:
    """Redraws cards and delivers news while `run` is running."""

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
        self._ports: dict[str, Port] = {}
        self._dirty: set[str] = set()
        self._redrawing: dict[int, asyncio.Task[None]] = {}
        self._again: set[int] = set()
        self._woken = asyncio.Event()

    def attach(self, port: Port) -> None:
        """Let a chat's cards be redrawn and its people be told."""
        self._ports[port.platform] = port
        self._woken.set()

    def detach(self, port: Port) -> None:
        if self._ports.get(port.platform) is port:
            del self._ports[port.platform]

    def changed(self, subject: str) -> None:
        """Have every card that follows `subject` redrawn soon. Never waits."""
        self._dirty.add(subject)
        self._woken.set()

    def wake(self) -> None:
        """News were written: deliver them now rather than at the next look."""
        self._woken.set()

    async def tell(
        self, tx: AsyncConnection, person_id: int, line: str, dedupe: str
    ) -> None:
        """Promise news in the transaction of the change; once for each `dedupe`.

        `line` draws the message for the person who reads it.
        """
        await news.add(tx, dedupe, person_id, line, self._now())

    async def follow(self, card: Card, drawn: Reply) -> None:
        """Remember a sent message that shows `drawn` and follows its subject."""
        async with self._store.begin() as tx:
            await cards.keep(tx, card, fingerprint(drawn), self._now())
        # It may have changed between drawing and remembering.
        self.changed(card.subject)

    async def run(self, draw: Draw) -> None:
        """Redraw and deliver until cancelled."""
        try:
            while True:
                self._woken.clear()
                await self._redraw_all(draw)
                await self._deliver(draw)
                await self._sleep()
        finally:
            tasks = list(self._redrawing.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _sleep(self) -> None:
        try:
            async with asyncio.timeout(IDLE_S):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _redraw_all(self, draw: Draw) -> None:
        subjects, self._dirty = self._dirty, set()
        async with self._store.read() as db:
            found = [card for s in subjects for card in await cards.following(db, s)]
        for card in found:
            self._redraw_soon(card, draw)

    def _redraw_soon(self, card: Card, draw: Draw) -> None:
        if card.platform not in self._ports:
            return
        if card.id in self._redrawing:
            self._again.add(card.id)
            return
        task = asyncio.create_task(self._keep_redrawing(card, draw))
        self._redrawing[card.id] = task

    async def _keep_redrawing(self, card: Card, draw: Draw) -> None:
        """Redraw once, then again after the chat's pace while changes came in."""
        drawn = card.drawn
        try:
            while (port := self._ports.get(card.platform)) is not None:
                self._again.discard(card.id)
                drawn = await self._redraw(card, drawn, port, draw)
                await self._wait(port.pace_s)
                if card.id not in self._again:
                    return
        finally:
            # Here and not in a callback: a change in between must start a new task.
            del self._redrawing[card.id]

    async def _redraw(self, card: Card, drawn: str, port: Port, draw: Draw) -> str:
        reader = Reader(card.platform, card.account, card.place)
        try:
            reply = await draw(card.line, reader)
            mark = fingerprint(reply)
            if mark == drawn:
                return drawn
            is_there = await port.edit(card, reply)
        except Exception:
            # A watcher: one broken card must not stop the others.
            log.exception("redraw", subject=card.subject, platform=card.platform)
            return drawn
        async with self._store.begin() as tx:
            if is_there:
                await cards.drawn(tx, card.id, mark)
            else:
                await cards.forget(tx, card.id)
        return mark

    async def _deliver(self, draw: Draw) -> None:
        async with self._store.read() as db:
            due = await news.due(db, self._now(), 50)
        for one in due:
            await self._deliver_one(one, draw)

    async def _deliver_one(self, one: News, draw: Draw) -> None:
        async with self._store.read() as db:
            accounts = await people.accounts_of(db, one.person_id)
        reachable = [a for a in accounts if a.platform in self._ports]
        try:
            is_told = await self._tell_one_of(reachable, one, draw)
        except Exception:
            # A watcher: news that fail are put off, and the others go on.
            log.exception("tell", news=one.id)
            is_told = False
        async with self._store.begin() as tx:
            if is_told:
                await news.told(tx, one.id, self._now())
            else:
                await self._put_off(tx, one)

    async def _tell_one_of(
        self, accounts: list[Account], one: News, draw: Draw
    ) -> bool:
        for account in accounts:
            reader = Reader(account.platform, account.account, account.account)
            reply = await draw(one.line, reader)
            if await self._ports[account.platform].tell(account.account, reply):
                return True
        return False

    async def _put_off(self, tx: AsyncConnection, one: News) -> None:
        """Try later: after a minute, then twice as long each time, a day at most."""
        wait = timedelta(minutes=min(2**one.attempts, 24 * 60))
        failed = "could not reach" if one.attempts + 1 >= _TRIES else None
        await news.put_off(tx, one.id, self._now() + wait, failed)


def fingerprint(reply: Reply) -> str:
    """The same for replies that look the same."""
    return hashlib.sha256(repr(reply).encode()).hexdigest()[:32]
