"""What counts against people's limits, one row each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.store._rows import MANY, delete_some
from medianest_bot.core.store.tables import spent, users


async def count(db: AsyncConnection, person_id: int, what: str, since: datetime) -> int:
    """How many somebody used after `since`."""
    query = select(func.count()).where(*_used(person_id, what, since))
    return await db.scalar(query) or 0


async def oldest(
    db: AsyncConnection, person_id: int, what: str, since: datetime
) -> datetime | None:
    """When the first of those was used."""
    return await db.scalar(
        select(spent.c.at)
        .where(*_used(person_id, what, since))
        .order_by(spent.c.at)
        .limit(1)
    )


async def all_since(
    db: AsyncConnection, what: str, since: datetime
) -> tuple[tuple[int, datetime], ...]:
    """Who used one and when, oldest first."""
    query = select(spent.c.person_id, spent.c.at)
    query = query.where(spent.c.what == str(what), spent.c.at > since)
    rows = await db.execute(query.order_by(spent.c.at))
    return tuple((person_id, at) for person_id, at in rows)


async def add(tx: AsyncConnection, person_id: int, what: str, at: datetime) -> None:
    values = {"person_id": person_id, "what": str(what), "at": at}
    await tx.execute(spent.insert(), values)


async def add_many(
    tx: AsyncConnection, what: str, used: Iterable[tuple[int, datetime]]
) -> None:
    """Write down what was counted elsewhere, but not for people who have left."""
    here = set(await tx.scalars(select(users.c.id)))
    rows = [
        {"person_id": person_id, "what": str(what), "at": at}
        for person_id, at in used
        if person_id in here
    ]
    if rows:
        await tx.execute(spent.insert(), rows)


async def prune(tx: AsyncConnection, before: datetime, limit: int = MANY) -> int:
    """Forget what no longer counts; returns how many."""
    return await delete_some(tx, spent.c.id, spent.c.at < before, limit=limit)


def _used(
    person_id: int, what: str, since: datetime
) -> tuple[ColumnElement[bool], ...]:
    return (
        spent.c.person_id == person_id,
        spent.c.what == str(what),
        spent.c.at > since,
    )
