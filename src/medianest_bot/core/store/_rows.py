"""Reads rows into frozen dataclasses whose fields are named like the columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, TypeVar, cast

from sqlalchemy import Column, ColumnElement, Select, Table, delete, select, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

Row = TypeVar("Row")

MANY = 10_000


def select_as(kind: type[Any], table: Table) -> Select[Any]:
    """The columns of `table` that `kind` has fields for, in its order."""
    return select(*(table.c[field.name] for field in fields(kind)))


async def all_of(
    db: AsyncConnection, kind: type[Row], query: Select[Any]
) -> tuple[Row, ...]:
    return tuple(kind(*row) for row in await db.execute(query))


async def first_of(
    db: AsyncConnection, kind: type[Row], query: Select[Any]
) -> Row | None:
    row = (await db.execute(query.limit(1))).first()
    return kind(*row) if row is not None else None


def insert(tx: AsyncConnection, table: Table) -> sqlite.Insert:
    """An INSERT that knows ON CONFLICT, which both our databases spell alike."""
    if tx.dialect.name == "sqlite":
        return sqlite.insert(table)
    # Only where it is used: the default store does not need it in memory.
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415

    return cast("sqlite.Insert", postgresql.insert(table))


async def delete_some(
    tx: AsyncConnection, key: Column[Any], *where: ColumnElement[bool], limit: int
) -> int:
    """Delete at most `limit` rows, found by their `key`; returns how many."""
    some = select(key).where(*where).limit(limit)
    done = await tx.execute(delete(key.table).where(key.in_(some)))
    return done.rowcount


async def delete_beyond(
    tx: AsyncConnection,
    key: Column[Any],
    age: Column[Any],
    most: int,
    limit: int,
    *where: ColumnElement[bool],
) -> int:
    """Delete at most `limit` of what is beyond the `most` newest; returns how many."""
    newest_first = select(key).where(*where).order_by(age.desc(), key)
    beyond = newest_first.offset(most).limit(limit)
    done = await tx.execute(delete(key.table).where(key.in_(beyond)))
    return done.rowcount


async def change(
    tx: AsyncConnection,
    table: Table,
    row_id: int,
    changes: Mapping[str, object],
    now: datetime,
) -> bool:
    """Set columns of one row, and `updated_at`; True when something changed.

    Raises KeyError for a column that does not exist.
    """
    columns = [table.c[name] for name in changes]
    here = table.c.id == row_id
    row = (await tx.execute(select(*columns).where(here))).first()
    if row is None or tuple(row) == tuple(changes.values()):
        return False
    await tx.execute(update(table).where(here).values(**changes, updated_at=now))
    return True
