"""The quick way and the long way lead to the same tables, and lose nothing."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Integer, inspect, text

from medianest_bot.core.roles import Role
from medianest_bot.core.store import _migrate, cards, lines, people
from medianest_bot.core.store._connect import connect
from medianest_bot.core.store.cards import Card
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.errors import StoreUnusable, Why
from medianest_bot.core.store.lines import Line
from medianest_bot.core.store.people import Account
from medianest_bot.core.store.tables import metadata
from medianest_bot.migrations.run import config, upgrade

OPENS = """
import asyncio, sys
from medianest_bot.core.store.engine import Store
async def main():
    await (await Store.open(sys.argv[1])).close()
asyncio.run(main())
print(*(name for name in ("alembic", "psycopg") if name in sys.modules))
"""


async def on(url: str, work: Callable[[Connection], Any]) -> Any:
    """Do something to a database that no store has open."""
    engines = connect(url, 1.0)
    try:
        async with engines.migrator.begin() as tx:
            return await tx.run_sync(work)
    finally:
        await engines.dispose()


def shape(db: Connection) -> dict[str, Any]:
    """Everything a database knows about its tables."""
    look = inspect(db)
    return {
        table: {
            "columns": [{**c, "type": str(c["type"])} for c in look.get_columns(table)],
            "key": look.get_pk_constraint(table),
            "references": sorted(map(str, look.get_foreign_keys(table))),
            "indexes": sorted(map(str, look.get_indexes(table))),
            "unique": sorted(map(str, look.get_unique_constraints(table))),
            "rows": _rows_of(db, table),
        }
        for table in look.get_table_names()
    }


def _rows_of(db: Connection, table: str) -> list[Any]:
    if table != "alembic_version":
        return []
    return [tuple(row) for row in db.execute(text("SELECT * FROM alembic_version"))]


def spelled(db: Connection) -> list[tuple[str, ...]]:
    """SQLite's own words for its tables; a later column stands behind all others."""
    found = db.execute(text("SELECT name, sql FROM sqlite_master ORDER BY name"))
    return [(name, *sorted(re.findall(r"\w+", sql or ""))) for name, sql in found]


def long_way(db: Connection) -> None:
    upgrade(db, None)


def quick_way(db: Connection) -> None:
    _migrate._create(db)


def forget_all(db: Connection) -> None:
    metadata.drop_all(db)
    db.execute(text("DROP TABLE alembic_version"))


async def test_both_ways_lead_to_the_same_tables(url: str) -> None:
    shapes = []
    for way in (long_way, quick_way):
        await on(url, way)
        shapes.append(await on(url, shape))
        await on(url, forget_all)
    assert set(shapes[0]) == {*metadata.tables, "alembic_version"}
    assert shapes[0] == shapes[1]


FIRST = "0001"
OF_FIRST = """
INSERT INTO users (id, name, name_key, role, created_at)
    VALUES (7, 'Ana', 'ana', 'admin', '2026-05-01');
INSERT INTO accounts (id, person_id, platform, account, shown_name, linked_at)
    VALUES (3, 7, 'telegram', '123', 'Ana', '2026-05-01');
INSERT INTO lines (key, line, used_at) VALUES ('k', 'request movie', '2026-05-01');
INSERT INTO cards
    (subject, platform, place, message, person_id, account, line, created_at)
    VALUES ('tea', 'console', 'p', '1', 7, 'ana', 'show tea', '2026-05-01')
"""


def first_version(db: Connection) -> None:
    """A database as the first version left it, with something of everybody's."""
    command.upgrade(config(db), FIRST)
    for statement in OF_FIRST.split(";"):
        db.execute(text(statement))


async def test_a_database_of_the_first_version_loses_nothing(url: str) -> None:
    await on(url, first_version)
    store = await Store.open(url)
    async with store.read() as db:
        ana = await people.by_account(db, "telegram", "123")
        accounts = await people.accounts_of(db, 7)
        line = await lines.read(db, "k")
        (card,) = await cards.following(db, "tea")
    await store.close()
    assert ana is not None
    assert (ana.id, ana.name, ana.role) == (7, "Ana", Role.ADMIN)
    assert accounts == (Account(7, "telegram", "123", "Ana", None),)
    assert line == Line("request movie", None)
    assert card == Card(1, "tea", "console", "p", "1", 7, "ana", "show tea", "")


async def test_a_database_of_the_first_version_ends_like_a_new_one(url: str) -> None:
    await on(url, first_version)
    await (await Store.open(url)).close()
    old = await on(url, shape)
    await on(url, forget_all)
    await (await Store.open(url)).close()
    assert old == await on(url, shape)


async def test_both_ways_are_spelled_alike(tmp_path: Path) -> None:
    spellings = []
    for way in (long_way, quick_way):
        url = f"sqlite:///{tmp_path / way.__name__}"
        await on(url, way)
        spellings.append(await on(url, spelled))
    assert spellings[0] == spellings[1]


async def test_nothing_is_left_for_a_migration_to_do(url: str) -> None:
    await (await Store.open(url)).close()
    await on(url, lambda db: command.check(config(db)))


def test_head_is_the_newest_migration() -> None:
    folder = ScriptDirectory(str(Path(_migrate.__file__).parents[2] / "migrations"))
    assert folder.get_heads() == [_migrate.HEAD]


async def test_two_who_start_at_once_make_the_tables_once(url: str) -> None:
    both = await asyncio.gather(Store.open(url), Store.open(url))
    for store in both:
        async with store.read() as db:
            assert await people.everyone(db) == ()
        await store.close()


async def test_a_database_of_a_newer_version_is_left_alone(url: str) -> None:
    def stamp(db: Connection) -> None:
        db.execute(text("UPDATE alembic_version SET version_num = 'f00d'"))

    await (await Store.open(url)).close()
    await on(url, stamp)
    before = await on(url, shape)
    with pytest.raises(StoreUnusable) as caught:
        await Store.open(url)
    assert caught.value.reason is Why.NEWER
    assert await on(url, shape) == before


async def test_somebody_elses_database_is_left_alone(url: str) -> None:
    def theirs(db: Connection) -> None:
        db.execute(text("CREATE TABLE users (name TEXT)"))

    await on(url, theirs)
    with pytest.raises(StoreUnusable) as caught:
        await Store.open(url)
    assert caught.value.reason is Why.FOREIGN
    assert list(await on(url, shape)) == ["users"]


async def test_a_migration_that_breaks_changes_nothing(url: str) -> None:
    def breaks(db: Connection) -> None:
        long_way(db)
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        await on(url, breaks)
    assert await on(url, shape) == {}


async def test_a_table_made_anew_keeps_its_children(url: str, now: Any) -> None:
    def remake(db: Connection) -> None:
        operations = Operations(MigrationContext.configure(db))
        with operations.batch_alter_table("users", recreate="always") as table:
            table.alter_column("seerr_id", type_=Integer())

    store = await Store.open(url)
    async with store.begin() as tx:
        ana = await people.add(tx, "Ana", Role.ADMIN, now=now)
        await people.link(tx, ana.id, "console", "ana", "Ana", now)
    await store.close()
    if url.startswith("sqlite"):
        await on(url, remake)
        await on(url, _migrate._check_references)
    store = await Store.open(url)
    async with store.read() as db:
        assert await people.by_account(db, "console", "ana") == ana
    await store.close()


async def test_a_broken_reference_stops_a_migration(tmp_path: Path) -> None:
    def orphan(db: Connection) -> None:
        quick_way(db)
        db.execute(
            text("INSERT INTO spent (person_id, what, at) VALUES (9, 'x', '2026')")
        )
        _migrate._check_references(db)

    with pytest.raises(StoreUnusable) as caught:
        await on(f"sqlite:///{tmp_path / 'a'}", orphan)
    assert caught.value.reason is Why.DAMAGED


@pytest.mark.parametrize("which", ["new", "up to date"])
def test_opening_imports_no_more_than_it_needs(
    which: str, tmp_path: Path, database: Path
) -> None:
    path = tmp_path / "new.sqlite" if which == "new" else database
    done = subprocess.run(
        [sys.executable, "-c", OPENS, f"sqlite:///{path}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
        env={"PYTHONPATH": str(Path(_migrate.__file__).parents[3])},
    )
    assert (done.stdout.strip(), done.stderr) == ("", "")
