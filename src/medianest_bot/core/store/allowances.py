"""How much single people may ask for, where that is not what everybody may."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Column, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.store.tables import users

_COLUMNS: Mapping[str, Column[int | None]] = {
    "command": users.c.limit_commands,
    "request": users.c.limit_requests,
    "download": users.c.limit_downloads,
}


async def own(db: AsyncConnection, person_id: int, what: str) -> int | None:
    """A person's own limit; None where the household's counts."""
    query = select(_COLUMNS[what]).where(users.c.id == person_id)
    return await db.scalar(query)


async def everybodys(db: AsyncConnection, what: str) -> dict[int, int]:
    """Who has a limit of their own, and which."""
    column = _COLUMNS[what]
    rows = await db.execute(select(users.c.id, column).where(column.is_not(None)))
    return {person_id: limit for person_id, limit in rows if limit is not None}


async def set_own(
    tx: AsyncConnection, person_id: int, what: str, limit: int | None
) -> None:
    """Give a person a limit of their own; None: the household's again."""
    here = update(users).where(users.c.id == person_id)
    await tx.execute(here.values({_COLUMNS[what]: limit}))
