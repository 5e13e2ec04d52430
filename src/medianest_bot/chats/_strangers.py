"""Who is nobody here: told once a day how to come in, and never at others' cost.

Who asks for that is told more often, and who has a sign-in open is shown it.

Anybody may write to the bot, or press its buttons. Most of what strangers do is
answered from memory; what is written down for them waits one behind the other.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from medianest_bot.core.context import Asked
from medianest_bot.core.dispatch import Checked, Dispatch
from medianest_bot.core.house import House
from medianest_bot.core.reply import Item, Reply
from medianest_bot.core.roles import PlaceKind
from medianest_bot.core.store import strangers
from medianest_bot.core.store.errors import StoreError
from medianest_bot.core.words import _, marked

AT_ONCE = 20
"""Strangers who are being told; who comes on top of them is told another time."""
AGAIN_AFTER = timedelta(minutes=10)
"""Who was told before a restart is looked up that often."""
_KNOWN = 2000
ANSWERS = 5
"""So often within an hour they are answered who ask how to come in."""
WITHIN = timedelta(hours=1)
YOUR_NUMBER = marked("Your number, should an admin ask for it")


class Strangers:
    """Remembers who of one platform need not be told again yet."""

    def __init__(self, house: House, platform: str) -> None:
        self._house = house
        self._platform = platform
        self._quiet_until: dict[str, datetime] = {}
        self._at_it: set[str] = set()
        self._answered: dict[str, tuple[datetime, ...]] = {}
        self._alone = asyncio.Lock()

    @asynccontextmanager
    async def first_today(
        self, who: str, *, is_asked: bool = False
    ) -> AsyncIterator[bool]:
        """True for who is to be told now; it is being told while inside.

        With `is_asked`, they asked for just that: they are told a few times an hour.
        """
        until = self._quiet_until.get(who)
        is_quiet = until is not None and self._house.now() < until
        is_asked = is_asked and self._may_ask(who)
        if who in self._at_it or len(self._at_it) >= AT_ONCE:
            yield False
            return
        if is_quiet and not is_asked:
            yield False
            return
        self._at_it.add(who)
        try:
            is_first = not is_quiet and await self._noted(who)
            if is_asked:
                self._count(who)
            yield is_first or is_asked
        finally:
            self._at_it.discard(who)

    async def check(self, dispatch: Dispatch, line: str, asked: Asked) -> Checked:
        """As `dispatch.check`; who has a sign-in is shown it, whatever they say."""
        checked = await dispatch.check(line, asked)
        is_private = asked.place.kind is PlaceKind.PRIVATE
        if not checked.is_stranger or not is_private or asked.pressed:
            return checked
        card = self._house.linking.card_of(self._platform, asked.account)
        return checked if card is None else await dispatch.check(card, asked)

    def _may_ask(self, who: str) -> bool:
        since = self._house.now() - WITHIN
        lately = tuple(at for at in self._answered.get(who, ()) if at > since)
        return len(lately) < ANSWERS

    def _count(self, who: str) -> None:
        # Put last, so that those who have been quiet the longest are forgotten first.
        before = self._answered.pop(who, ())
        self._answered[who] = (*before[1 - ANSWERS :], self._house.now())
        for oldest in list(self._answered)[:-_KNOWN]:
            del self._answered[oldest]

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
    number = Item(_(YOUR_NUMBER), f"{platform}:{account}")
    return replace(refused, items=(*refused.items, number))
