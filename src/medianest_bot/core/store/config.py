"""What the house itself keeps, by key. Secrets come here already encrypted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.store._rows import insert
from medianest_bot.core.store.tables import service_config


async def get(db: AsyncConnection, key: str) -> str | None:
    query = select(service_config.c.value).where(service_config.c.key == key)
    return await db.scalar(query)


async def put(tx: AsyncConnection, key: str, value: str, now: datetime) -> None:
    """Keep a value in place of the one before."""
    new = {"value": value, "updated_at": now}
    statement = insert(tx, service_config).values(key=key, **new)
    await tx.execute(
        statement.on_conflict_do_update(index_elements=[service_config.c.key], set_=new)
    )


async def forget(tx: AsyncConnection, key: str) -> None:
    await tx.execute(delete(service_config).where(service_config.c.key == key))
