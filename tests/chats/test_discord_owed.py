"""Tokens of answers that are owed: kept for their quarter of an hour, never longer."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from tests.chats.discord_phone import Household, open_household
from tests.locks import impatient, locked

from medianest_bot.chats._discord_owed import Owed

pytestmark = pytest.mark.asyncio(loop_scope="module")
NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Somebody:
    id: int = 7


@dataclass(frozen=True)
class Asking:
    """What an interaction of Discord's tells of itself."""

    id: int = field(default_factory=lambda: next(NUMBERS))
    application_id: int = 1
    token: str = "a-token"
    locale: str = "en-US"
    user: Somebody = Somebody()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def household(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Household]:
    async with open_household(tmp_path_factory.mktemp("household")) as opened:
        yield opened


@pytest.fixture
def owed(household: Household) -> Owed:
    return Owed(household.quickly()._room)


def database(household: Household) -> Path:
    return household.folder / "data" / "medianest.db"


def kept(household: Household) -> int:
    with closing(sqlite3.connect(database(household))) as db:
        rows = db.execute("SELECT count(*) FROM tickets WHERE key LIKE 'discord owed%'")
        return int(rows.fetchone()[0])


async def test_what_was_answered_is_forgotten_at_once_however_late(
    household: Household, owed: Owed
) -> None:
    soon, late = interactions(2)
    await owed.note(soon, "me")
    await owed.paid(soon)
    assert kept(household) == 0
    await owed.note(late, "me")
    household.clock.forward(minutes=20)
    await owed.paid(late)
    assert kept(household) == 0


async def test_what_is_never_answered_is_forgotten_in_its_time(
    household: Household, owed: Owed
) -> None:
    (never,) = interactions(1)
    await owed.note(never, "me")
    await owed.tidy()
    assert kept(household) == 1
    household.clock.forward(minutes=14)
    await owed.tidy()
    assert kept(household) == 0


async def test_what_could_not_be_forgotten_goes_with_the_next(
    household: Household,
) -> None:
    one, other = interactions(2)
    room = household.quickly()._room
    async with impatient(database(household)) as store:
        owed = Owed(replace(room, house=replace(room.house, store=store)))
        await owed.note(one, "me")
        async with locked(database(household)):
            await owed.paid(one)
        assert kept(household) == 1
        await owed.note(other, "me")
        await owed.paid(other)
    assert kept(household) == 0


def interactions(number: int) -> list[Any]:
    return [Asking() for _ in range(number)]
