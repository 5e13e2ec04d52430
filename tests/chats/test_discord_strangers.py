"""Whoever is nobody in the household, and how little it costs the others."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.chats.discord_phone import Household, Phone, at_rest, open_household, shown
from tests.unhurried import now

from medianest_bot.chats._discord_members import A_SECOND
from medianest_bot.chats._strangers import ANSWERS

CROWD = 150
TOLD = (
    "(only you) Medianest: │ ⚠️ This bot serves one household. "
    "Press Sign in with Plex; an admin then says yes.\n"
    "  │ ──\n  │ **/join KEY**\n  │ Sign in with an invitation\n"
    "  │ \n  │ **/privacy**\n  │ See what is stored about you, or delete it\n"
    "  │ \n  │ **Your number, should an admin ask for it**\n  │ discord:{number}\n"
)


@pytest.fixture
async def household(tmp_path: Path) -> AsyncIterator[Household]:
    async with open_household(tmp_path) as opened:
        yield opened


@contextmanager
def counted_writes(folder: Path) -> Iterator[list[int]]:
    """How often the database has changed while this lasted."""
    found: list[int] = []
    with closing(sqlite3.connect(next(folder.rglob("*.db")))) as db:
        before = db.execute("PRAGMA data_version").fetchone()[0]
        yield found
        found.append(db.execute("PRAGMA data_version").fetchone()[0] - before)


async def test_a_stranger_is_told_their_number(household: Household) -> None:
    eve = household.stranger()
    told = shown(await eve.asks("help"))
    assert told.startswith(TOLD.format(number=eve.person.id))
    assert told.endswith("[Sign in with Plex]")


async def test_who_was_told_costs_no_writing(household: Household) -> None:
    eve = household.stranger()
    await eve.asks("help")
    with counted_writes(household.folder) as written:
        for _time in range(3):
            assert shown(await eve.asks("status")) == ""
    assert written == [0]


async def test_who_asks_how_to_come_in_is_told_some_times_an_hour(
    household: Household,
) -> None:
    eve = household.stranger()
    told = [shown(await eve.asks("help")) for _time in range(ANSWERS + 1)]
    assert [bool(one) for one in told] == [True] * ANSWERS + [False]


async def test_nobody_waits_for_a_crowd_of_strangers(household: Household) -> None:
    server = household.server
    crowd = [household.stranger() for _one in range(CROWD)]
    asked = [
        server.slash(one.person, "help", {}, where=one.where, as_user=one.as_user)
        for one in crowd
    ]
    answer = await household.of("ana").asks("help")
    assert answer.answer is not None
    told = sum(bool(shown(one)) for one in asked)
    assert told < CROWD / 2
    await server.until(lambda: all(one.acknowledged is not None for one in asked))
    await at_rest()


async def test_few_memberships_are_asked_for_at_once(household: Household) -> None:
    crowd = [household.stranger() for _one in range(5 * A_SECOND)]
    await asyncio.gather(*map(_asks, crowd))
    assert len(household.server.called("get_guild_member")) <= 3 * A_SECOND


async def _asks(phone: Phone) -> None:
    await phone.asks("help")


async def test_who_asks_is_told_that_we_are_at_it_while_discord_says_who_they_are(
    household: Household,
) -> None:
    """Whoever belongs to the server, for one, and is nobody of the household yet."""
    guest = household.someone("Grandma").in_private
    hold = household.server.hold("get_guild_member")
    asked = household.server.slash(guest.person, "help", {}, where=guest.where)
    await household.server.until(lambda: asked.acknowledged is not None)
    assert asked.acknowledged == 5
    hold.release()
    await at_rest()
    assert "What you can ask" in shown(asked)


async def test_suggestions_wait_for_nobody_who_says_who_is_a_member(
    household: Household,
) -> None:
    guest = household.someone("Grandma").in_private
    hold = household.server.hold("get_guild_member")
    began = now()
    assert await guest.types("search", "title", "du") == []
    assert now() - began < 3
    hold.release()
