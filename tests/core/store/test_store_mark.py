"""Whether anybody has written, told without waiting for anybody."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from medianest_bot.core.store import config
from medianest_bot.core.store.engine import Store

NOW = datetime(2026, 5, 1, tzinfo=UTC)


async def put(store: Store, value: str) -> None:
    async with store.begin() as tx:
        await config.put(tx, "a", value, NOW)


async def test_the_mark_stays_while_nobody_writes(store: Store) -> None:
    before = store.mark()
    async with store.read() as db:
        await config.get(db, "a")
    with suppress(LookupError):
        async with store.begin() as tx:
            await config.put(tx, "a", "1", NOW)
            raise LookupError
    assert before == store.mark() is not None


async def test_every_write_changes_the_mark(store: Store) -> None:
    marks = [store.mark()]
    for value in ("1", "2", "3"):
        await put(store, value)
        marks.append(store.mark())
    assert len(set(marks)) == 4


async def test_a_write_of_another_program_changes_it_too(
    store: Store, database: Path
) -> None:
    before = store.mark()
    with closing(sqlite3.connect(database)) as other, other:
        other.execute("DELETE FROM service_config")
    assert store.mark() != before


async def test_it_is_not_changed_before_others_can_read_what_was_written(
    store: Store,
) -> None:
    before = store.mark()
    async with store.begin() as tx:
        await config.put(tx, "a", "1", NOW)
        assert store.mark() == before
    assert store.mark() != before


@pytest.mark.slow
async def test_postgresql_has_none(postgresql: str) -> None:
    store = await Store.open(postgresql)
    try:
        assert store.mark() is None
    finally:
        await store.close()
