"""Who is nobody here: told once a day how to come in, and never at others' cost.

Anybody may write to the bot, or press its buttons. Most of what strangers do is
answered from memory; what is written down for them waits one behind the other.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from medianest_bot.core.house import House
from medianest_bot.core.reply import Reply
from medianest_bot.core.store import strangers
from medianest_bot.core.store.errors import StoreError
from medianest_bot.core.words import _, marked

AT_ONCE = 20
"""Strangers who are being told; who comes on top of them is told another time."""
AGAIN_AFTER = timedelta(minutes=10)
"""Who was told before a restart is looked up that often."""
_KNOWN = 2000
YOUR_NUMBER = marked("To let you in, an admin needs your number: {number}")


class Strangers:
    """Remembers who of one platform need not be told again yet."""

    def __init__(self, house: House, platform: str) -> None:
        self._house = house
        self._platform = platform
        self._quiet_until: dict[str, datetime] = {}
        self._at_it: set[str] = set()
        self._alone = asyncio.Lock()

    @asynccontextmanager
    async def first_today(self, who: str) -> AsyncIterator[bool]:
        """True for who is to be told now; it is being told while inside."""
        until = self._quiet_until.get(who)
        is_quiet = until is not None and self._house.now() < until
        if is_quiet or who in self._at_it or len(self._at_it) >= AT_ONCE:
            yield False
            return
        self._at_it.add(who)
        try:
            yield await self._noted(who)
        finally:
            self._at_it.discard(who)

    async def _noted(self, who: str) -> bool:
        house = self._house
        try:
            async with self._alone, house.store.begin() as tx:
                is_first = await strangers.told(tx, self._platform, who, house.now())
        except StoreError:
            # Told once too often is better than left without an answer.
            is_first = True
        quiet = strangers.AGAIN_AFTER if is_first else AGAIN_AFTER
        self._quiet_until[who] = house.now() + quiet
        for oldest in list(self._quiet_until)[:-_KNOWN]:
            del self._quiet_until[oldest]
        return is_first


def with_number(refused: Reply, platform: str, account: str) -> Reply:
    """How to come in, with what an admin has to write for it."""
    number = _(YOUR_NUMBER, number=f"{platform}:{account}")
    return replace(refused, text=f"{refused.text}\n\n{number}")
