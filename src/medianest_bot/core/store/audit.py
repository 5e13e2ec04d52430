"""Every admin action and change of rights: who did what to whom, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.store._rows import all_of, select_as
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


async def latest(db: AsyncConnection, count: int) -> tuple[Entry, ...]:
    """Newest first."""
    query = select_as(Entry, audit).order_by(audit.c.id.desc()).limit(count)
    return await all_of(db, Entry, query)
