"""Whoever is nobody in the household, and how little it costs the others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.chats.telegram_phone import Household, open_household

from medianest_bot.chats._strangers import AT_ONCE, Strangers
from medianest_bot.chats._telegram_chats import Chats
from medianest_bot.core.store import news, people
from medianest_bot.core.store import strangers as rows

CROWD = 300


@pytest.fixture
async def household(tmp_path: Path) -> AsyncIterator[Household]:
    async with open_household(tmp_path) as opened:
        yield opened


async def test_nobody_waits_for_a_crowd_of_strangers(household: Household) -> None:
    crowd = [household.stranger() for _one in range(CROWD)]
    for one in crowd:
        household.server.says(one.person, "hello there")
    await household.of("ana").says("dune")
    told = sum(len(one.answers) for one in crowd)
    assert told < CROWD / 2


async def test_who_was_told_is_not_looked_up_at_every_word(
    household: Household,
) -> None:
    house = household.demo.app.house
    strangers = Strangers(house, "telegram")
    async with strangers.first_today("900") as is_first:
        assert is_first
    async with house.store.begin() as tx:
        await rows.prune(tx, house.now() + timedelta(days=1))
    async with strangers.first_today("900") as is_first:
        assert not is_first


async def tell(
    household: Household, name: str, dedupe: str, later: datetime | None = None
) -> int:
    """Have somebody told at once, or later; returns who."""
    house = household.demo.app.house
    async with house.store.begin() as tx:
        person = await people.find(tx, name)
        assert person is not None
        await house.outbox.tell(tx, person.id, "show status", dedupe)
        for one in await news.waiting(tx):
            if later is not None and one.dedupe == dedupe:
                await news.put_off(tx, one.id, later, None)
    house.outbox.wake()
    return person.id


async def test_a_stranger_who_lets_us_in_again_hurries_nobodys_news(
    household: Household,
) -> None:
    house, tim = household.demo.app.house, household.of("tim")
    await tell(household, "tim", "first")
    await household.server.until(lambda: tim.answers)
    later = house.now() + timedelta(hours=1)
    mum = await tell(household, "mum", "put off", later)
    chats = Chats(house)
    await chats.reachable("900", is_so=False)
    await chats.reachable("900", is_so=True)
    await tell(household, "tim", "second")
    await tim.next(1)
    async with house.store.read() as db:
        left = [one for one in await news.waiting(db) if one.person_id == mum]
    assert [one.next_at for one in left] == [later]


async def test_only_so_many_are_told_at_once(household: Household) -> None:
    strangers = Strangers(household.demo.app.house, "telegram")
    async with AsyncExitStack() as stack:
        for number in range(AT_ONCE):
            telling = strangers.first_today(str(number))
            assert await stack.enter_async_context(telling)
        async with strangers.first_today("one more") as is_first:
            assert not is_first
    async with strangers.first_today("one more") as is_first:
        assert is_first
