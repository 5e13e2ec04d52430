"""What did not work, kept for admins under a short reference."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.store._rows import (
    MANY,
    all_of,
    delete_beyond,
    delete_some,
    first_of,
    select_as,
)
from medianest_bot.core.store.tables import error_logs


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that did not work. `details` are redacted by who writes them."""

    reference: str
    at: datetime
    person_id: int | None
    command: str
    cause: str
    details: str


async def add(
    tx: AsyncConnection,
    *,
    reference: str,
    at: datetime,
    person_id: int | None,
    command: str,
    cause: str,
    details: str,
) -> None:
    values = {
        "reference": reference,
        "at": at,
        "person_id": person_id,
        "command": command,
        "cause": cause,
        "details": details,
    }
    await tx.execute(error_logs.insert(), values)


async def latest(db: AsyncConnection, count: int) -> tuple[Record, ...]:
    """Newest first."""
    query = select_as(Record, error_logs).order_by(error_logs.c.id.desc())
    return await all_of(db, Record, query.limit(count))


async def by_reference(db: AsyncConnection, reference: str) -> Record | None:
    query = select_as(Record, error_logs).where(error_logs.c.reference == reference)
    return await first_of(db, Record, query.order_by(error_logs.c.id.desc()))


async def prune(tx: AsyncConnection, before: datetime, limit: int = MANY) -> int:
    """Forget what is older; returns how many."""
    is_old = error_logs.c.at < before
    return await delete_some(tx, error_logs.c.id, is_old, limit=limit)


async def cap(tx: AsyncConnection, most: int, limit: int = MANY) -> int:
    """Forget all but the newest; returns how many."""
    return await delete_beyond(tx, error_logs.c.id, error_logs.c.id, most, limit)
