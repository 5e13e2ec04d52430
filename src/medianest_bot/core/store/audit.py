"""Every admin action and change of rights: who did what to whom, and when."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.store._rows import MANY, all_of, delete_beyond, select_as
from medianest_bot.core.store.tables import audit


@dataclass(frozen=True, slots=True)
class Entry:
    """One action. `person_id` is None for the house itself, or somebody removed."""

    at: datetime
    person_id: int | None
    action: str
    subject: str
    details: dict[str, Any]


async def add(
    tx: AsyncConnection,
    person_id: int | None,
    action: str,
    subject: str,
    details: Mapping[str, object],
    now: datetime,
) -> None:
    """Write an action down, in its own transaction. `details` hold no secrets."""
    values = {
        "at": now,
        "person_id": person_id,
        "action": action,
        "subject": subject,
        "details": dict(details),
    }
    await tx.execute(audit.insert(), values)


async def cap_of(
    tx: AsyncConnection, actions: Collection[str], most: int, limit: int = MANY
) -> int:
    """Forget all but the newest of what gave nobody any rights; returns how many."""
    is_one = (audit.c.action.in_(actions), audit.c.person_id.is_(None))
    return await delete_beyond(tx, audit.c.id, audit.c.id, most, limit, *is_one)


async def latest(db: AsyncConnection, count: int) -> tuple[Entry, ...]:
    """Newest first."""
    query = select_as(Entry, audit).order_by(audit.c.id.desc()).limit(count)
    return await all_of(db, Entry, query)
