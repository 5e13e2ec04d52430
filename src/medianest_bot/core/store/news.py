"""What people must be told, until they are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.store._rows import MANY, all_of, delete_some, insert, select_as
from medianest_bot.core.store.people import Account
from medianest_bot.core.store.tables import accounts, news


@dataclass(frozen=True, slots=True)
class News:
    """One thing for one person; `line` words it when it is told.

    With a `room`, it is for all who are in there, and drawn as that person sees it.
    """

    id: int
    dedupe: str
    person_id: int
    line: str
    attempts: int
    next_at: datetime
    told_at: datetime | None
    room: str | None = None


async def add(
    tx: AsyncConnection,
    dedupe: str,
    person_id: int,
    line: str,
    now: datetime,
    *,
    room: str | None = None,
) -> bool:
    """Promise news, in the transaction of the change; False when promised before."""
    done = await tx.execute(
        insert(tx, news)
        .values(
            dedupe=dedupe,
            person_id=person_id,
            line=line,
            next_at=now,
            created_at=now,
            room=room,
        )
        .on_conflict_do_nothing(index_elements=[news.c.dedupe])
        .returning(news.c.id)
    )
    return done.first() is not None


async def due(
    db: AsyncConnection,
    now: datetime,
    limit: int,
    *,
    besides: Collection[int] = (),
) -> tuple[News, ...]:
    """What should be told by now, the longest due first, `besides` these people's."""
    query = _waiting().where(news.c.next_at <= now)
    query = query.where(news.c.person_id.not_in(tuple(besides)))
    query = query.order_by(news.c.next_at, news.c.id).limit(limit)
    return await all_of(db, News, query)


async def waiting(db: AsyncConnection) -> tuple[News, ...]:
    """All that is neither told nor given up, also what is put off."""
    return await all_of(db, News, _waiting().order_by(news.c.next_at, news.c.id))


async def told(tx: AsyncConnection, news_id: int, now: datetime) -> None:
    await tx.execute(update(news).where(news.c.id == news_id).values(told_at=now))


async def put_off(
    tx: AsyncConnection, news_id: int, next_at: datetime, failed: str | None
) -> None:
    """Count an attempt and try again at `next_at`; with `failed`, give up."""
    await tx.execute(
        update(news)
        .where(news.c.id == news_id)
        .values(attempts=news.c.attempts + 1, next_at=next_at, failed=failed)
    )


async def bring_forward(tx: AsyncConnection, platform: str, now: datetime) -> None:
    """Have what is put off told now, to those who have an account in that chat."""
    here = select(accounts.c.person_id).where(accounts.c.platform == platform)
    waiting = news.c.told_at.is_(None) & news.c.failed.is_(None)
    is_theirs = news.c.person_id.in_(here) & (news.c.next_at > now)
    await tx.execute(update(news).where(waiting, is_theirs).values(next_at=now))


async def hand_over(tx: AsyncConnection, account: Account, person_id: int) -> None:
    """What rooms of an account's chat still wait for, as somebody else sees it."""
    waiting = news.c.told_at.is_(None) & news.c.failed.is_(None)
    is_here = news.c.room.startswith(f"{account.platform}:", autoescape=True)
    theirs = (news.c.person_id == account.person_id, waiting, is_here)
    await tx.execute(update(news).where(*theirs).values(person_id=person_id))


async def prune(tx: AsyncConnection, before: datetime, limit: int = MANY) -> int:
    """Forget what was told or given up before; returns how many."""
    is_over = news.c.told_at.is_not(None) | news.c.failed.is_not(None)
    is_old = news.c.created_at < before
    return await delete_some(tx, news.c.id, is_over, is_old, limit=limit)


def _waiting() -> Select[Any]:
    return select_as(News, news).where(
        news.c.told_at.is_(None), news.c.failed.is_(None)
    )
