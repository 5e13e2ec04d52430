"""Lines that one account may run for a while: deep links, and questions asked."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.store._rows import MANY, delete_beyond, delete_some, insert
from medianest_bot.core.store.tables import tickets


async def keep(
    tx: AsyncConnection,
    key: str,
    platform: str,
    account: str,
    line: str,
    expires_at: datetime,
) -> None:
    """Let an account run a line until then; the same key is the same ticket."""
    values = {
        "platform": platform,
        "account": account,
        "line": line,
        "expires_at": expires_at,
    }
    statement = insert(tx, tickets).values(key=key, **values)
    await tx.execute(
        statement.on_conflict_do_update(index_elements=[tickets.c.key], set_=values)
    )


async def read(
    db: AsyncConnection, key: str, platform: str, account: str, now: datetime
) -> str | None:
    """The line; None for anybody else, and when it is too late."""
    is_it = _valid(key, platform, account, now)
    return await db.scalar(select(tickets.c.line).where(is_it))


async def take(
    tx: AsyncConnection, key: str, platform: str, account: str, now: datetime
) -> str | None:
    """The line, which this ticket gives only once."""
    is_it = _valid(key, platform, account, now)
    return await tx.scalar(delete(tickets).where(is_it).returning(tickets.c.line))


async def forget(tx: AsyncConnection, keys: Collection[str]) -> None:
    """Whosever they are, and also where it is too late."""
    await tx.execute(delete(tickets).where(tickets.c.key.in_(tuple(keys))))


async def take_all(
    tx: AsyncConnection, prefix: str, platform: str, now: datetime
) -> tuple[str, ...]:
    """The lines of every ticket whose key begins so, which are given only once."""
    is_one = and_(
        tickets.c.platform == platform,
        tickets.c.key.startswith(prefix, autoescape=True),
    )
    gone = delete(tickets).where(is_one)
    rows = await tx.execute(gone.returning(tickets.c.line, tickets.c.expires_at))
    return tuple(line for line, until in rows if until > now)


async def prune(tx: AsyncConnection, before: datetime, limit: int = MANY) -> int:
    """Forget what expired before; returns how many."""
    is_old = tickets.c.expires_at < before
    return await delete_some(tx, tickets.c.key, is_old, limit=limit)


async def cap(tx: AsyncConnection, most: int, limit: int = MANY) -> int:
    """Forget all but those that last longest; returns how many."""
    return await delete_beyond(tx, tickets.c.key, tickets.c.expires_at, most, limit)


def _valid(key: str, platform: str, account: str, now: datetime) -> ColumnElement[bool]:
    return and_(
        tickets.c.key == key,
        tickets.c.platform == platform,
        tickets.c.account == account,
        tickets.c.expires_at > now,
    )
