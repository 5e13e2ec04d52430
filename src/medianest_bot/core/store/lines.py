"""Lines too long for a button, under keys that are derived from them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.store._rows import MANY, delete_beyond, delete_some, insert
from medianest_bot.core.store.tables import lines


async def keep(tx: AsyncConnection, key: str, line: str, now: datetime) -> None:
    """Keep a line, or note that it is in use again."""
    statement = insert(tx, lines).values(key=key, line=line, used_at=now)
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=[lines.c.key], set_={"used_at": statement.excluded.used_at}
        )
    )


async def read(db: AsyncConnection, key: str) -> str | None:
    """The line; None when it is unknown or forgotten."""
    return await db.scalar(select(lines.c.line).where(lines.c.key == key))


async def prune(tx: AsyncConnection, before: datetime, limit: int = MANY) -> int:
    """Forget lines not used since `before`; returns how many."""
    return await delete_some(tx, lines.c.key, lines.c.used_at < before, limit=limit)


async def cap(tx: AsyncConnection, most: int, limit: int = MANY) -> int:
    """Forget all but the lines used last; returns how many."""
    return await delete_beyond(tx, lines.c.key, lines.c.used_at, most, limit)
