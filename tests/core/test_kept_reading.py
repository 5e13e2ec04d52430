"""The same reading for many, never out of date."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core._kept_reading import KeptReading
from medianest_bot.core._known_people import KnownPeople
from medianest_bot.core.roles import Role
from medianest_bot.core.store import people
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.people import Person

NOW = datetime(2026, 5, 1, tzinfo=UTC)


async def add(store: Store, name: str) -> Person:
    async with store.begin() as tx:
        return await people.add(tx, name, Role.MEMBER, now=NOW)


class Names:
    """Everybody's names, and how often they were read."""

    def __init__(self) -> None:
        self.times = 0

    async def read(self, db: AsyncConnection) -> tuple[str, ...]:
        self.times += 1
        return tuple(one.name for one in await people.everyone(db))


async def test_what_nobody_changed_is_not_read_again(
    store: Store,
) -> None:
    names = Names()
    await add(store, "Ana")
    kept = KeptReading(store, names.read)
    assert [await kept.read() for _ in range(3)] == [("Ana",)] * 3
    assert names.times == 1
    await add(store, "Bo")
    assert [await kept.read() for _ in range(3)] == [("Ana", "Bo")] * 3
    assert names.times == 2


async def test_many_at_once_share_two_readings(store: Store) -> None:
    names = Names()
    kept = KeptReading(store, names.read)
    assert await asyncio.gather(*(kept.read() for _ in range(20))) == [()] * 20
    assert names.times <= 2


async def test_what_was_written_while_somebody_read_is_seen_by_the_next(
    store: Store,
) -> None:
    async def late(db: AsyncConnection) -> int:
        found = len(await people.everyone(db))
        if not found:
            await add(store, "Bo")
        return found

    kept = KeptReading(store, late)
    assert (await kept.read(), await kept.read()) == (0, 1)


async def test_a_change_of_role_counts_at_once_whoever_made_it(
    store: Store, database: Path
) -> None:
    known = KnownPeople(store)
    ana = await add(store, "Ana")
    async with store.begin() as tx:
        await people.link(tx, ana.id, "discord", "7", "Ana", NOW)
    assert await known.of("discord", "7") == ana
    async with store.begin() as tx:
        await people.set_role(tx, ana.id, Role.GUEST)
    guest = await known.of("discord", "7")
    assert guest is not None
    assert guest.role is Role.GUEST
    with closing(sqlite3.connect(database)) as other, other:
        other.execute("DELETE FROM accounts")
    assert await known.of("discord", "7") is None
    await known.aclose()
