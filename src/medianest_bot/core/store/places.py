"""Chats we were added to, and what admins said of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.store._rows import all_of, insert, select_as
from medianest_bot.core.store.tables import places


@dataclass(frozen=True, slots=True)
class Row:
    """One chat, or a thread of it; `kind` is a PlaceKind, None settled by nobody."""

    platform: str
    chat: str
    thread: str | None
    kind: str
    title: str
    added_by: int | None
    added_at: datetime
    is_here: bool
    settled_at: datetime | None


async def keep(tx: AsyncConnection, row: Row) -> None:
    """Write down what is known of a chat now."""
    values = {**asdict(row), "thread": row.thread or ""}
    key = ("platform", "chat", "thread")
    statement = insert(tx, places).values(values)
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=key,
            set_={name: value for name, value in values.items() if name not in key},
        )
    )


async def read_all(db: AsyncConnection) -> tuple[Row, ...]:
    """Every chat, in the order they came."""
    rows = await all_of(db, Row, select_as(Row, places).order_by(places.c.id))
    return tuple(replace(row, thread=row.thread or None) for row in rows)


async def forget(tx: AsyncConnection, platform: str, chat: str) -> None:
    """Forget a chat with all its threads."""
    is_it = places.c.chat == chat
    await tx.execute(delete(places).where(places.c.platform == platform, is_it))
