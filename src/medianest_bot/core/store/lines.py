"""Lines that do not fit a button, under keys that are derived from them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.store._rows import (
    MANY,
    delete_beyond,
    delete_some,
    first_of,
    insert,
    select_as,
)
from medianest_bot.core.store.tables import lines


@dataclass(frozen=True, slots=True)
class Line:
    """`ask` is the question whose answer belongs behind the line."""

    line: str
    ask: str | None = None


async def keep(
    tx: AsyncConnection, key: str, line: str, now: datetime, ask: str | None = None
) -> None:
    """Keep a line, or note that it is in use again."""
    statement = insert(tx, lines).values(key=key, line=line, ask=ask, used_at=now)
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=[lines.c.key], set_={"used_at": statement.excluded.used_at}
        )
    )


async def read(db: AsyncConnection, key: str) -> Line | None:
    """The line; None when it is unknown or forgotten."""
    return await first_of(db, Line, select_as(Line, lines).where(lines.c.key == key))


async def prune(tx: AsyncConnection, before: datetime, limit: int = MANY) -> int:
    """Forget lines not used since `before`; returns how many."""
    return await delete_some(tx, lines.c.key, lines.c.used_at < before, limit=limit)


async def cap(tx: AsyncConnection, most: int, limit: int = MANY) -> int:
    """Forget all but the lines used last; returns how many."""
    return await delete_beyond(tx, lines.c.key, lines.c.used_at, most, limit)
