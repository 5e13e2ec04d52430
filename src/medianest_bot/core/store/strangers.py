"""Who was told how to come in, so that nobody is told at every word."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.store._rows import MANY, delete_beyond, delete_some, insert
from medianest_bot.core.store.tables import strangers

AGAIN_AFTER = timedelta(days=1)


async def told(tx: AsyncConnection, platform: str, account: str, now: datetime) -> bool:
    """Note that a stranger is told now; False where that was within a day."""
    statement = insert(tx, strangers).values(
        platform=platform, account=account, told_at=now
    )
    noted = await tx.execute(
        statement.on_conflict_do_update(
            index_elements=[strangers.c.platform, strangers.c.account],
            set_={"told_at": statement.excluded.told_at},
            where=strangers.c.told_at <= now - AGAIN_AFTER,
        ).returning(strangers.c.id)
    )
    return noted.first() is not None


async def prune(tx: AsyncConnection, before: datetime, limit: int = MANY) -> int:
    """Forget who was told before; returns how many."""
    is_old = strangers.c.told_at < before
    return await delete_some(tx, strangers.c.id, is_old, limit=limit)


async def cap(tx: AsyncConnection, most: int, limit: int = MANY) -> int:
    """Forget all but who was told last; returns how many."""
    return await delete_beyond(tx, strangers.c.id, strangers.c.told_at, most, limit)
