"""Redraws cards, each in a task of its own at its chat's pace."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection

import structlog

from medianest_bot.core._ports import (
    Away,
    Closed,
    Draw,
    Port,
    Ports,
    Reader,
    fingerprint,
)
from medianest_bot.core.roles import PlaceKind
from medianest_bot.core.store import cards
from medianest_bot.core.store.cards import Card
from medianest_bot.core.store.engine import Store
from medianest_bot.core.words import Sorry

log = structlog.get_logger(__name__)

_TRIES = 6
_LONGEST_S = 60.0
_AT_ONCE = 3
"""Cards drawn at the same time, so that people find the store free."""


class Redrawing:
    """The cards that are being redrawn."""

    def __init__(
        self,
        store: Store,
        ports: Ports,
        draw: Draw,
        wait: Callable[[float], Awaitable[None]],
    ) -> None:
        self._store = store
        self._ports = ports
        self._draw = draw
        self._wait = wait
        self._running: dict[int, asyncio.Task[None]] = {}
        self._again: dict[int, Card] = {}
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def start(self, subjects: Collection[str]) -> None:
        """Have every card of these subjects redrawn."""
        if not subjects:
            return
        async with self._store.read() as db:
            found = [card for s in subjects for card in await cards.following(db, s)]
        for card in found:
            self.start_one(card)

    def start_one(self, card: Card) -> None:
        if self._ports.get(card.platform) is None:
            return
        self._again[card.id] = card
        if card.id not in self._running:
            self._running[card.id] = asyncio.create_task(self._keep_on(card.id))

    async def aclose(self) -> None:
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep_on(self, number: int) -> None:
        """Redraw once, then again after the chat's pace while changes came in."""
        failed = 0
        try:
            while (card := self._again.pop(number, None)) is not None:
                port = self._ports.get(card.platform)
                if port is None:
                    return
                if await self._redraw(card, port):
                    failed = 0
                else:
                    failed += 1
                    self._try_again(card, failed)
                await self._wait(min(port.pace_s(card) * 2**failed, _LONGEST_S))
        finally:
            # Here and not in a callback: a change in between must start a new task.
            del self._running[number]
            self._again.pop(number, None)

    def _try_again(self, card: Card, failed: int) -> None:
        """The last state must arrive, unless a newer one is on its way already."""
        if failed < _TRIES:
            self._again.setdefault(card.id, card)

    async def _redraw(self, card: Card, port: Port) -> bool:
        """Bring a card up to date; False where that did not work this time."""
        kind = PlaceKind(card.place_kind)
        reader = Reader(card.platform, card.account, card.place, kind)
        try:
            async with self._turns:
                reply = await self._draw(card.line, reader)
                mark = fingerprint(reply)
                if await self._shown(card) in (mark, None):
                    return True
            is_there = await port.edit(card, reply)
            await self._note(card, mark if is_there else None)
        except (Sorry, Closed):
            # What it showed is gone, or its reader may not see it, or not now.
            log.info("not redrawn", subject=card.subject, platform=card.platform)
        except Away as error:
            reason = type(error.__cause__ or error).__name__
            log.info("redraw waits", platform=card.platform, reason=reason)
            return False
        except Exception:
            # A watcher: one broken card must not stop the others.
            log.exception("redraw", subject=card.subject, platform=card.platform)
            return False
        return True

    async def _shown(self, card: Card) -> str | None:
        """What the message shows by now; None where it is not followed any more."""
        async with self._store.read() as db:
            return await cards.shown(db, card.id)

    async def _note(self, card: Card, mark: str | None) -> None:
        async with self._store.begin() as tx:
            if mark is not None:
                await cards.drawn(tx, card.id, mark)
            else:
                await cards.forget(tx, card.id)
