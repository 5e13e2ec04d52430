"""Forgets, every hour, what nobody will ask for any more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core import health
from medianest_bot.core.store import (
    audit,
    cards,
    entrances,
    errors_log,
    inbox,
    lines,
    link_attempts,
    news,
    sent_pictures,
    spent,
    status,
    strangers,
    tickets,
)
from medianest_bot.core.store.engine import Store

log = structlog.get_logger(__name__)

Bound = TypeVar("Bound")

EVERY_S = 3600.0
AT_ONCE = 500
"""Rows in one transaction, so that nobody waits for it."""

Prune = Callable[[AsyncConnection, datetime, int], Awaitable[int]]
"""Forgets at most so many rows that are older; returns how many."""


async def _status_cards(tx: AsyncConnection, before: datetime, limit: int) -> int:
    return await cards.prune(tx, before, limit, subject=health.SUBJECT)


KEPT: tuple[tuple[str, timedelta, Prune], ...] = (
    # Buttons work for years; a line is used again whenever its card is drawn.
    ("lines", timedelta(days=1000), lines.prune),
    ("cards", timedelta(days=400), cards.prune),
    # Everybody's status changes at once, and an old one is not looked at.
    ("status cards", timedelta(days=1), _status_cards),
    ("errors", timedelta(days=90), errors_log.prune),
    ("news", timedelta(days=60), news.prune),
    # The longest limit is by the hour.
    ("spent", timedelta(hours=2), spent.prune),
    ("hours", timedelta(days=31), status.prune),
    # Telegram delivers again for a day what we did not confirm.
    ("inbox", timedelta(days=2), inbox.prune),
    ("set aside", timedelta(days=90), inbox.prune_set_aside),
    ("tickets", timedelta(0), tickets.prune),
    ("strangers", timedelta(days=2), strangers.prune),
    ("pictures", timedelta(days=90), sent_pictures.prune),
    # What came of them is in the audit.
    ("sign-ins", timedelta(days=30), link_attempts.prune),
    ("invitations", timedelta(days=30), entrances.prune),
)

Cap = Callable[[AsyncConnection, int, int], Awaitable[int]]
"""Forgets at most so many rows beyond the newest; returns how many."""

STEPS = (
    "link begun",
    "link at plex",
    "link cancelled",
    "link expired",
    "link not theirs",
    "link without access",
)
"""What anybody can do as often as they like; it gives nobody any rights."""


async def _steps(tx: AsyncConnection, most: int, limit: int) -> int:
    return await audit.cap_of(tx, STEPS, most, limit)


AT_MOST: tuple[tuple[str, int, Cap], ...] = (
    # What a guest can make grow by talking must end somewhere.
    ("lines", 20_000, lines.cap),
    ("errors", 2_000, errors_log.cap),
    ("inbox", 20_000, inbox.cap),
    ("set aside", 200, inbox.cap_set_aside),
    ("tickets", 10_000, tickets.cap),
    ("strangers", 10_000, strangers.cap),
    ("pictures", 20_000, sent_pictures.cap),
    ("sign-ins", 10_000, link_attempts.cap),
    ("steps of sign-ins", 20_000, _steps),
)


class Housekeeping:
    """Keeps house while `run` is running; tests choose `wait` and `at_most`."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        *,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
        at_most: Sequence[tuple[str, int, Cap]] = AT_MOST,
    ) -> None:
        self._store = store
        self._now = now
        self._wait = wait
        self._at_most = at_most

    async def run(self) -> None:
        """Tidy every hour, until cancelled."""
        while True:
            await self._wait(EVERY_S)
            try:
                await self.tidy()
            except Exception:
                # A watcher: a locked store must not end it.
                log.exception("housekeeping")

    async def tidy(self) -> None:
        """Forget all that is too old or too much, a few rows at a time."""
        for name, kept, prune in KEPT:
            await self._forget(name, self._now() - kept, prune)
        for name, most, cap in self._at_most:
            await self._forget(name, most, cap)

    async def _forget(
        self,
        name: str,
        bound: Bound,
        forget: Callable[[AsyncConnection, Bound, int], Awaitable[int]],
    ) -> None:
        forgotten = AT_ONCE
        while forgotten >= AT_ONCE:
            async with self._store.begin() as tx:
                forgotten = await forget(tx, bound, AT_ONCE)
            log.debug("forgotten", what=name, count=forgotten)
