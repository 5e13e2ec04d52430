"""Everything that is sealed is known, so that no key is dropped too early."""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import String, Text, select
from tests.household import Talk

from medianest_bot.core.secrets import Key, Keyring, Where
from medianest_bot.core.store import config, sealed
from medianest_bot.core.store._types import Prose
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.tables import metadata
from medianest_bot.demo_house import Demo

SRC = Path(__file__).parents[3] / "src" / "medianest_bot"
RING = Keyring([Key("a", b"a" * 32)])
NOW = datetime(2026, 5, 4, tzinfo=UTC)
LISTED = {("service_config", "value"), ("link_attempts", "pin")}
LOOKS_SEALED = re.compile(r"v\d+\.[A-Za-z0-9_-]{1,32}\.[\w-]{16}\.[\w-]{20,}")


async def looking_sealed(store: Store) -> set[tuple[str, str, str]]:
    """Table, column and value of all in the store that looks sealed."""
    found = set()
    async with store.read() as db:
        for table in metadata.sorted_tables:
            texts = [c for c in table.c if isinstance(c.type, String | Text | Prose)]
            for column in texts:
                for value in await db.scalars(select(column)):
                    if value and LOOKS_SEALED.search(value):
                        found.add((table.name, column.name, value))
    return found


async def listed(store: Store) -> set[tuple[str, str, str]]:
    async with store.read() as db:
        kept = await sealed.everything(db)
    return {(one.where.table, one.where.column, one.value) for one in kept}


async def test_in_a_house_in_use_everything_sealed_is_listed(
    demo: Demo, say: Talk
) -> None:
    for line in ("status", "search dune", "request movie:438631", "me", "help"):
        assert (await say(line)).failed is False
    await say("admin people", "mum")
    await say("link", "guest")
    store = demo.app.house.store

    found = await looking_sealed(store)

    assert found == await listed(store)
    assert {column for _table, column, _value in found} >= {"value"}


def test_what_a_sign_in_keeps_has_one_place() -> None:
    where = sealed.pin_place(1, "telegram", "7")
    assert where == Where("link_attempts", "pin", 1, "telegram:7")


def test_no_other_place_is_sealed_anywhere() -> None:
    """`Where("table", "column", …)` stands only for what rotation knows."""
    named = set()
    for path in SRC.rglob("*.py"):
        for one in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(one, ast.Call)
                and isinstance(one.func, ast.Name | ast.Attribute)
                and ast.unparse(one.func).endswith("Where")
                and len(one.args) == 4
            ):
                table, column = map(ast.unparse, one.args[:2])
                named.add((table.strip("'\""), column.strip("'\"")))

    assert named == LISTED


async def test_a_new_secret_of_the_house_needs_no_listing(store: Store) -> None:
    where = sealed.secret_place("another.token")
    value = RING.encrypt("secret", where)
    async with store.begin() as tx:
        await config.put(tx, "another.token", value, NOW)
        await config.put(tx, "plain", "version 1.2", NOW)

    async with store.read() as db:
        assert await sealed.everything(db) == (sealed.Sealed(where, value),)
