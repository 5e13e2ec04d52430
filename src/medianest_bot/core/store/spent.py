"""What counts against people's limits, one row each."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.store._rows import MANY, delete_some
from medianest_bot.core.store._types import Moment
from medianest_bot.core.store.tables import spent, users


@dataclass(frozen=True, slots=True)
class Used:
    """How many, and when the first of them; None where there are none."""

    count: int
    oldest: datetime | None


async def used(db: AsyncConnection, person_id: int, what: str, since: datetime) -> Used:
    """What somebody used after `since`."""
    query = select(func.count(), func.min(spent.c.at, type_=Moment))
    query = query.where(
        spent.c.person_id == person_id,
        spent.c.what == str(what),
        spent.c.at > since,
    )
    return Used(*(await db.execute(query)).one())


async def all_since(
    db: AsyncConnection,
    what: str,
    since: datetime,
    *,
    of: Collection[int] | None = None,
) -> tuple[tuple[int, datetime], ...]:
    """Who used one and when, oldest first; only these people's with `of`."""
    query = select(spent.c.person_id, spent.c.at)
    query = query.where(spent.c.what == str(what), spent.c.at > since)
    if of is not None:
        query = query.where(spent.c.person_id.in_(tuple(of)))
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
