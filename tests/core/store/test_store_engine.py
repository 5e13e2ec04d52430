"""One writer at a time, readers apart, and nothing half done."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, PendingRollbackError

from medianest_bot.core.roles import Role
from medianest_bot.core.store import config, people, spent
from medianest_bot.core.store._one_trip import OneTrip
from medianest_bot.core.store.engine import Store, is_writing
from medianest_bot.core.store.errors import StoreInUse
from medianest_bot.core.store.people import NameTaken, Person

NOW = datetime(2026, 5, 1, tzinfo=UTC)


async def put(store: Store, key: str) -> None:
    async with store.begin() as tx:
        await config.put(tx, key, "1", NOW)


async def kept(store: Store, *keys: str) -> list[str]:
    async with store.read() as db:
        return [key for key in keys if await config.get(db, key) is not None]


async def test_what_raises_inside_is_rolled_back(any_store: Store) -> None:
    async def half() -> None:
        async with any_store.begin() as tx:
            await config.put(tx, "a", "1", NOW)
            raise NameTaken

    with pytest.raises(NameTaken):
        await half()
    await put(any_store, "b")
    assert await kept(any_store, "a", "b") == ["b"]


async def test_count_then_write_holds_with_many_at_once(
    any_store: Store, ana: Person, now: datetime
) -> None:
    async def use_one() -> bool:
        async with any_store.begin() as tx:
            if (await spent.used(tx, ana.id, "x", NOW)).count >= 5:
                return False
            await spent.add(tx, ana.id, "x", now)
            return True

    used = await asyncio.gather(*(use_one() for _ in range(20)))
    assert sum(used) == 5


async def test_a_reader_is_not_kept_waiting_by_the_writer(any_store: Store) -> None:
    await put(any_store, "before")
    async with any_store.begin() as tx:
        await config.put(tx, "during", "1", NOW)
        assert await kept(any_store, "before", "during") == ["before"]
    assert await kept(any_store, "before", "during") == ["before", "during"]


async def test_a_reader_sees_one_moment(store: Store) -> None:
    async with store.read() as db:
        assert await config.get(db, "a") is None
        await put(store, "a")
        assert await config.get(db, "a") is None
    assert await kept(store, "a") == ["a"]


async def test_a_reader_cannot_write(any_store: Store) -> None:
    with pytest.raises(Exception, match=r"unusable: read_only|readonly"):
        async with any_store.read() as db:
            await config.put(db, "a", "1", NOW)
    await put(any_store, "b")
    assert await kept(any_store, "a", "b") == ["b"]


async def test_more_readers_than_connections_take_turns(store: Store) -> None:
    await put(store, "a")
    found = await asyncio.gather(*(kept(store, "a") for _ in range(50)))
    assert found == [["a"]] * 50


async def test_rows_of_nobody_are_refused(any_store: Store) -> None:
    with pytest.raises(IntegrityError):
        async with any_store.begin() as tx:
            await spent.add(tx, 99, "x", NOW)


async def test_everybody_can_see_that_a_transaction_is_open(store: Store) -> None:
    seen: list[bool] = []
    left = asyncio.Event()

    async def look() -> None:
        seen.append(is_writing())
        await left.wait()
        seen.append(is_writing())

    assert not is_writing()
    async with store.begin():
        assert is_writing()
        task = asyncio.create_task(look())
        await asyncio.sleep(0)
    assert not is_writing()
    left.set()
    await task
    assert seen == [True, False]
    async with store.read():
        assert not is_writing()


async def test_a_transaction_inside_a_transaction_is_a_mistake(store: Store) -> None:
    async with store.begin() as tx:
        with pytest.raises(RuntimeError):
            await put(store, "inner")
        await config.put(tx, "outer", "1", NOW)
    assert await kept(store, "inner", "outer") == ["outer"]


async def test_a_task_started_inside_waits_for_its_turn(store: Store) -> None:
    async with store.begin() as tx:
        task = asyncio.create_task(put(store, "after"))
        await asyncio.sleep(0)
        await config.put(tx, "during", "1", NOW)
    await task
    assert await kept(store, "during", "after") == ["during", "after"]


async def cancelled_inside(store: Store, wait: Callable[[], Awaitable[None]]) -> None:
    inside = asyncio.Event()

    async def write() -> None:
        async with store.begin() as tx:
            await config.put(tx, "half", "1", NOW)
            inside.set()
            await wait()

    task = asyncio.create_task(write())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancelled_transaction_is_rolled_back(any_store: Store) -> None:
    async def forever() -> None:
        await asyncio.Event().wait()

    await cancelled_inside(any_store, forever)
    await put(any_store, "next")
    assert await kept(any_store, "half", "next") == ["next"]


async def test_one_who_gave_up_waiting_leaves_the_turn_to_others(store: Store) -> None:
    async with store.begin():
        given_up = asyncio.create_task(put(store, "given up"))
        next_one = asyncio.create_task(put(store, "next"))
        await asyncio.sleep(0)
        given_up.cancel()
    await next_one
    assert await kept(store, "given up", "next") == ["next"]


async def test_cancelling_at_any_moment_leaves_all_or_nothing(
    any_store: Store,
) -> None:
    async def pair(number: int) -> None:
        async with any_store.begin() as tx:
            await config.put(tx, f"{number}a", "1", NOW)
            await config.put(tx, f"{number}b", "1", NOW)

    for number in range(40):
        task = asyncio.create_task(pair(number))
        # From before its first step to after its last, in the middle of each.
        await asyncio.sleep(number * 0.0002)
        task.cancel()
        await asyncio.wait({task})
        both = await kept(any_store, f"{number}a", f"{number}b")
        assert len(both) in {0, 2}
        if not task.cancelled():
            assert len(both) == 2
    await put(any_store, "last")
    assert await kept(any_store, "last") == ["last"]


async def test_a_commit_that_fails_leaves_a_usable_writer(store: Store) -> None:
    async def late() -> None:
        async with store.begin() as tx:
            await tx.execute(text("PRAGMA defer_foreign_keys=ON"))
            await spent.add(tx, 99, "x", NOW)

    with pytest.raises(IntegrityError):
        await late()
    await put(store, "next")
    assert await kept(store, "next") == ["next"]


async def test_nothing_goes_on_after_the_database_undid_it_all(store: Store) -> None:
    again = text("INSERT OR ROLLBACK INTO service_config SELECT * FROM service_config")

    async def goes_on() -> None:
        async with store.begin() as tx:
            await config.put(tx, "a", "1", NOW)
            with suppress(IntegrityError):
                await tx.execute(again)
            await config.put(tx, "b", "1", NOW)

    with pytest.raises(PendingRollbackError):
        await goes_on()
    await put(store, "c")
    assert await kept(store, "a", "b", "c") == ["c"]


async def test_what_was_asked_is_not_in_a_failures_message(store: Store) -> None:
    with pytest.raises(DBAPIError) as caught:
        async with store.begin() as tx:
            await tx.execute(text("SELECT :secret FROM nowhere"), {"secret": "hunter2"})
    assert "hunter2" not in str(caught.value)


async def test_closing_waits_for_the_transaction_that_runs(database: Path) -> None:
    opened = await Store.open(f"sqlite:///{database}")
    async with opened.begin() as tx:
        closing = asyncio.create_task(opened.close())
        await asyncio.sleep(0)
        await people.add(tx, "Ana", Role.GUEST, now=NOW)
    await closing
    again = await Store.open(f"sqlite:///{database}")
    async with again.read() as db:
        assert len(await people.everyone(db)) == 1
    await again.close()


async def test_a_folder_serves_one_bot_at_a_time(database: Path) -> None:
    url, folder = f"sqlite:///{database}", database.parent
    first = await Store.open(url, lock_folder=folder)
    with pytest.raises(StoreInUse):
        await Store.open(url, lock_folder=folder)
    # A doctor only looks, and takes no lock.
    doctor = await Store.open(url)
    await doctor.close()
    await first.close()
    second = await Store.open(url, lock_folder=folder)
    await second.close()


@pytest.mark.slow
async def test_a_server_that_dropped_us_is_joined_again(postgresql: str) -> None:
    store = await Store.open(postgresql)
    await put(store, "before")
    with psycopg.connect(postgresql, autocommit=True) as admin:
        # As after a restart of the server, or a night without a word.
        admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    await put(store, "after")
    assert await kept(store, "before", "after") == ["before", "after"]
    await store.close()


async def test_a_connection_that_is_thrown_away_is_closed_all_the_same(
    database: Path,
) -> None:
    """SQLAlchemy does that where somebody is cancelled while it is being closed."""
    connect = partial(sqlite3.connect, database, check_same_thread=False)
    one = await OneTrip(connect)
    raw, thread = one._conn, one._thread
    del one
    gc.collect()
    await asyncio.to_thread(thread.join, 20)

    assert not thread.is_alive()
    with pytest.raises(sqlite3.ProgrammingError, match="closed database"):
        raw.execute("SELECT 1")
