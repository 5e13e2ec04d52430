"""What a chat calls the pictures it has already, to send them without bytes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.store._rows import MANY, delete_beyond, delete_some, insert
from medianest_bot.core.store.tables import sent_pictures

LONGEST = 500
"""Letters of a source: PostgreSQL finds no more than 2.7 kB by an index."""


async def keep(
    tx: AsyncConnection, platform: str, source: str, token: str, now: datetime
) -> None:
    """Note what a picture is called; one with a very long source is not kept."""
    if len(source) > LONGEST:
        return
    statement = insert(tx, sent_pictures).values(
        platform=platform, source=source, token=token, used_at=now
    )
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=[sent_pictures.c.platform, sent_pictures.c.source],
            set_={"token": token, "used_at": now},
        )
    )


async def read(db: AsyncConnection, platform: str, source: str) -> str | None:
    """What the chat calls it; None where it has it not."""
    return await db.scalar(
        select(sent_pictures.c.token).where(
            sent_pictures.c.platform == platform, sent_pictures.c.source == source
        )
    )


async def forget(tx: AsyncConnection, platform: str, source: str) -> None:
    """The chat does not know it by that name any more."""
    is_it = sent_pictures.c.source == source
    await tx.execute(
        delete(sent_pictures).where(sent_pictures.c.platform == platform, is_it)
    )


async def prune(tx: AsyncConnection, before: datetime, limit: int = MANY) -> int:
    """Forget what was not noted since; returns how many."""
    is_old = sent_pictures.c.used_at < before
    return await delete_some(tx, sent_pictures.c.id, is_old, limit=limit)


async def cap(tx: AsyncConnection, most: int, limit: int = MANY) -> int:
    """Forget all but the newest; returns how many."""
    age = sent_pictures.c.used_at
    return await delete_beyond(tx, sent_pictures.c.id, age, most, limit)
