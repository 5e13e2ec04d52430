"""Writes a row about somebody into every table that can hold one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Float, Integer, Table
from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.store._types import Moment, Numbers
from medianest_bot.core.store.exports import Whose
from medianest_bot.core.store.tables import (
    audit,
    expected,
    invitations,
    metadata,
    users,
)

NOW = datetime(2026, 5, 1, 20, 30, tzinfo=UTC)
NOBODYS = {
    "inbox",  # by update, emptied when answered
    "lines",  # what buttons do, for anybody
    "sent_pictures",
    "service_config",
    "service_hours",
    "service_status",
    "take_backs",  # Seerr's numbers, of who is gone
}
NAMING = {"account": "account", "who": "key", "used_by": "key", "subject": "subject"}
"""Columns that name somebody without a reference, and how."""


def cases() -> Iterator[tuple[Table, Column[Any]]]:
    """Every column that says whose a row is, or who did something."""
    for table in metadata.sorted_tables:
        for column in table.c:
            is_person = any(key.references(users) for key in column.foreign_keys)
            is_naming = column.name in NAMING
            if is_person or (is_naming and _names_people(table, column)):
                yield table, column


async def write(
    tx: AsyncConnection,
    table: Table,
    column: Column[Any],
    whose: Whose,
    name: str,
    other: int,
) -> None:
    """One row in which only this column is theirs, `other`'s where one must be."""
    values = {one.name: _filled(one, other) for one in table.c if _is_needed(one)}
    platform, account = whose.accounts[0]
    theirs = {
        "account": account,
        "key": f"{platform}:{account}",
        "subject": f"{name} ({whose.person_id})",
    }
    how = NAMING.get(column.name)
    values[column.name] = theirs[how] if how else whose.person_id
    if how == "account":
        values["platform"] = platform
    await tx.execute(table.insert().values(**values))


def _names_people(table: Table, column: Column[Any]) -> bool:
    if column.name == "account":
        return "platform" in table.c
    return table in (expected, invitations, audit)


def _is_needed(column: Column[Any]) -> bool:
    is_own_key = column.primary_key and column.name == "id"
    return not (column.nullable or column.server_default or is_own_key)


_numbers = count(1000)
PLAIN: tuple[tuple[type, Any], ...] = (
    (Moment, NOW),
    (Numbers, ()),
    (JSON, {}),
    (Boolean, False),
)


def _filled(column: Column[Any], other: int) -> Any:
    if any(key.references(users) for key in column.foreign_keys):
        return other
    for kind, value in PLAIN:
        if isinstance(column.type, kind):
            return value
    if isinstance(column.type, Float | Integer):
        return next(_numbers)
    return f"x{next(_numbers)}"
