"""What a chat delivered, from before it is confirmed until some days after."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.store._rows import (
    MANY,
    all_of,
    delete_beyond,
    delete_some,
    insert,
    select_as,
)
from medianest_bot.core.store.tables import inbox


@dataclass(frozen=True, slots=True)
class Update:
    """One that is not done; `attempts` counts how often it was begun."""

    update_id: int
    body: str
    attempts: int
    received_at: datetime


async def take(
    tx: AsyncConnection,
    platform: str,
    updates: Sequence[tuple[int, str]],
    now: datetime,
) -> tuple[int, ...]:
    """Keep those that were never here, as begun once; returns their ids in order."""
    if not updates:
        return ()
    rows = [
        {
            "platform": platform,
            "update_id": update_id,
            "body": body,
            "attempts": 1,
            "received_at": now,
        }
        for update_id, body in updates
    ]
    statement = insert(tx, inbox).on_conflict_do_nothing(
        index_elements=[inbox.c.platform, inbox.c.update_id]
    )
    return tuple(sorted(await tx.scalars(statement.returning(inbox.c.update_id), rows)))


async def finished(
    tx: AsyncConnection, platform: str, ids: Collection[int], now: datetime
) -> None:
    """Nothing is left to do: what they said is forgotten, their ids stay a while."""
    here = _these(platform, ids)
    await tx.execute(update(inbox).where(here).values(done_at=now, body=""))


async def unfinished(db: AsyncConnection, platform: str) -> tuple[Update, ...]:
    """What is neither done nor set aside, oldest first."""
    query = select_as(Update, inbox).where(
        inbox.c.platform == platform,
        inbox.c.done_at.is_(None),
        inbox.c.set_aside_at.is_(None),
    )
    return await all_of(db, Update, query.order_by(inbox.c.id))


async def begin_again(tx: AsyncConnection, platform: str, update_id: int) -> int:
    """Count one more start; returns how many there were, this included."""
    more = update(inbox).where(_these(platform, [update_id]))
    more = more.values(attempts=inbox.c.attempts + 1)
    return await tx.scalar(more.returning(inbox.c.attempts)) or 0


async def set_aside(
    tx: AsyncConnection, platform: str, update_id: int, now: datetime
) -> None:
    """Run it no more, but keep it for whoever looks for the cause."""
    here = _these(platform, [update_id])
    await tx.execute(update(inbox).where(here).values(set_aside_at=now))


async def rest(tx: AsyncConnection, platform: str, ids: Collection[int]) -> None:
    """They were ended on purpose: their starts so far do not count."""
    await tx.execute(update(inbox).where(_these(platform, ids)).values(attempts=0))


async def prune(tx: AsyncConnection, before: datetime, limit: int = MANY) -> int:
    """Forget what was done before; returns how many."""
    return await delete_some(tx, inbox.c.id, inbox.c.done_at < before, limit=limit)


async def prune_set_aside(
    tx: AsyncConnection, before: datetime, limit: int = MANY
) -> int:
    """Forget what was set aside before; returns how many."""
    is_old = inbox.c.set_aside_at < before
    return await delete_some(tx, inbox.c.id, is_old, limit=limit)


async def cap(tx: AsyncConnection, most: int, limit: int = MANY) -> int:
    """Forget all that is done but the newest; returns how many."""
    is_done = inbox.c.done_at.is_not(None)
    return await delete_beyond(tx, inbox.c.id, inbox.c.id, most, limit, is_done)


async def cap_set_aside(tx: AsyncConnection, most: int, limit: int = MANY) -> int:
    """Forget all that is set aside but the newest; returns how many."""
    is_aside = inbox.c.set_aside_at.is_not(None)
    return await delete_beyond(tx, inbox.c.id, inbox.c.id, most, limit, is_aside)


def _these(platform: str, ids: Collection[int]) -> ColumnElement[bool]:
    return and_(inbox.c.platform == platform, inbox.c.update_id.in_(ids))
