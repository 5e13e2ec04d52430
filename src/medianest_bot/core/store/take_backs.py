"""What must still be taken back at Seerr for people who have left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.store._rows import all_of, select_as
from medianest_bot.core.store.tables import take_backs


@dataclass(frozen=True, slots=True)
class TakeBack:
    """`request` and `as_user` are Seerr's own numbers; nobody here has them."""

    id: int
    request: int
    as_user: int


async def promise(
    tx: AsyncConnection, request: int, as_user: int, now: datetime
) -> None:
    """Promise it, in the transaction that forgets whose request it was."""
    values = {"request": request, "as_user": as_user, "created_at": now}
    await tx.execute(take_backs.insert(), values)


async def left(db: AsyncConnection) -> tuple[TakeBack, ...]:
    """Those not done yet, oldest first."""
    query = select_as(TakeBack, take_backs).order_by(take_backs.c.id)
    return await all_of(db, TakeBack, query)


async def done(tx: AsyncConnection, number: int) -> None:
    await tx.execute(delete(take_backs).where(take_backs.c.id == number))
