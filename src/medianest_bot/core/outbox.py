"""When something changes, redraws every card that follows it and tells people.

A card is a line: it is drawn again by running that line as its own reader. The
latest state wins, unchanged cards are skipped, and one slow chat delays nobody.
News are rows, written in the transaction of the change they tell, and delivered
at least once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core._ports import (
    Away,
    Closed,
    Draw,
    Port,
    Ports,
    Reader,
    fingerprint,
)
from medianest_bot.core._redrawing import Redrawing
from medianest_bot.core._rooms import Spot, account_name, name_of
from medianest_bot.core._telling import Telling, in_order
from medianest_bot.core.reply import Reply
from medianest_bot.core.store import cards, news, people
from medianest_bot.core.store.cards import Card
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.people import Account

__all__ = ["Away", "Closed", "Draw", "Outbox", "Port", "Reader", "fingerprint"]

log = structlog.get_logger(__name__)

IDLE_S = 30.0
_TROUBLE_S = 2.0
_STILL_MOVING = timedelta(days=7)
"""A card of what was over before that is not looked at again when its chat comes."""


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
        self._ports = Ports()
        self._dirty: set[str] = set()
        self._followed: list[Card] = []
        self._woken = asyncio.Event()

    def attach(self, port: Port) -> None:
        """Let a chat's cards be redrawn and its people be told.

        What changed while it was away is redrawn and told now.
        """
        self._ports.add(port)
        self._woken.set()

    def detach(self, port: Port) -> None:
        self._ports.remove(port)

    def reachable_again(self, platform: str) -> None:
        """Somebody let us write to them again: tell now what had to wait."""
        self._ports.arrived.add(platform)
        self._woken.set()

    def first_told(self, accounts: Sequence[Account]) -> Account | None:
        """Which of somebody's accounts hears news first; None while no chat is open."""
        tried = in_order(accounts)
        return next((one for one in tried if self._ports.get(one.platform)), None)

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

    async def tell_room(
        self, tx: AsyncConnection, room: Spot, person_id: int, line: str, dedupe: str
    ) -> None:
        """Promise news to an admin room, as one of its admins sees them.

        Where the room cannot be written to, that admin is told in private.
        """
        await news.add(tx, dedupe, person_id, line, self._now(), room=name_of(room))

    async def tell_account(
        self,
        tx: AsyncConnection,
        account: tuple[str, str],
        person_id: int,
        line: str,
        dedupe: str,
    ) -> None:
        """Promise news to an account that is nobody's here, in private.

        They go with `person_id`, whose doing they are. Who takes nothing is let be.
        """
        room = account_name(*account)
        await news.add(tx, dedupe, person_id, line, self._now(), room=room)

    async def follow(self, card: Card, drawn: Reply) -> None:
        """Remember a sent message that shows `drawn` and follows its subject."""
        async with self._store.begin() as tx:
            # Whose it is, so that it goes when they do.
            reader = await people.by_account(tx, card.platform, card.account)
            owned = replace(card, person_id=reader.id if reader else None)
            kept = await cards.keep(tx, owned, fingerprint(drawn), self._now())
        # It may have changed between drawing and remembering.
        self._followed.append(kept)
        self._woken.set()

    async def let_go(self, platform: str, place: str, message: str) -> None:
        """A sent message shows something else by now: it follows nothing more."""
        async with self._store.read() as db:
            card = await cards.of_message(db, platform, place, message)
        if card is not None:
            async with self._store.begin() as tx:
                await cards.forget(tx, card.id)

    async def run(self, draw: Draw) -> None:
        """Redraw and deliver until cancelled."""
        redrawing = Redrawing(self._store, self._ports, draw, self._wait)
        telling = Telling(
            self._store, self._ports, draw, self._now, self.wake, self._wait
        )
        try:
            while True:
                self._woken.clear()
                if not await self._look(redrawing, telling):
                    await self._wait(_TROUBLE_S)
                    continue
                await self._sleep()
        finally:
            await redrawing.aclose()
            await telling.aclose()

    async def _look(self, redrawing: Redrawing, telling: Telling) -> bool:
        """Start what is to be done; False where the store did not let us."""
        arrived, self._ports.arrived = self._ports.arrived, set()
        dirty, self._dirty = self._dirty, set()
        try:
            dirty |= await self._followed_in(arrived)
            await redrawing.start(dirty)
            while self._followed:
                redrawing.start_one(self._followed.pop())
            await self._bring_forward(arrived)
            is_all = await telling.start()
        except Exception:
            # A watcher: a locked store must not end it, nor lose what changed.
            log.exception("outbox")
            self._ports.arrived |= arrived
            self._dirty |= dirty
            return False
        if not is_all:
            self._woken.set()
        return True

    async def _followed_in(self, arrived: set[str]) -> set[str]:
        """Whatever may have changed while a chat was away is looked at again."""
        found: set[str] = set()
        since = self._now() - _STILL_MOVING
        for platform in arrived:
            await self._forget_elsewhere(platform)
            async with self._store.read() as db:
                found.update(await cards.subjects(db, platform, over_since=since))
        return found

    async def _forget_elsewhere(self, platform: str) -> None:
        """Messages that went with an earlier sitting are nobody's any more."""
        port = self._ports.get(platform)
        if port is not None and port.only_place is not None:
            async with self._store.begin() as tx:
                await cards.forget_elsewhere(tx, platform, port.only_place)

    async def _bring_forward(self, arrived: set[str]) -> None:
        """News that had to wait for a chat need not wait any longer."""
        for platform in arrived:
            async with self._store.begin() as tx:
                await news.bring_forward(tx, platform, self._now())

    async def _sleep(self) -> None:
        try:
            async with asyncio.timeout(IDLE_S):
                await self._woken.wait()
        except TimeoutError:
            return
