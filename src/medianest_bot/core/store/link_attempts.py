"""Sign-ins with Plex, as rows. What is secret about one is a hash here, or sealed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core._link_types import ENDED, LIVE, Attempt, State
from medianest_bot.core.store._rows import MANY, delete_beyond, delete_some
from medianest_bot.core.store.tables import link_attempts as table


@dataclass(frozen=True, slots=True)
class Bound:
    """What a sign-in is bound to. `pin` is sealed; it is there while Plex's is open."""

    browser_hash: str | None = field(repr=False)
    pin: str | None = field(repr=False)


async def add(
    tx: AsyncConnection,
    account: tuple[str, str],
    shown_name: str,
    state: State,
    *,
    locale: str | None,
    person_id: int | None,
    salt: str,
    state_hash: str,
    now: datetime,
    expires_at: datetime,
) -> Attempt:
    platform, number = account
    row = await tx.execute(
        table.insert()
        .values(
            platform=platform,
            account=number,
            shown_name=shown_name,
            locale=locale,
            person_id=person_id,
            salt=salt,
            state_hash=state_hash,
            state=state.value,
            tries=0,
            created_at=now,
            updated_at=now,
            expires_at=expires_at,
        )
        .returning(*_COLUMNS)
    )
    return _attempt(row.one())


async def get(db: AsyncConnection, number: int) -> Attempt | None:
    return await _first(db, _ATTEMPTS.where(table.c.id == number))


async def by_state_hash(db: AsyncConnection, known: str) -> Attempt | None:
    """The one whose link holds what hashes so."""
    return await _first(db, _ATTEMPTS.where(table.c.state_hash == known))


async def by_return_hash(db: AsyncConnection, known: str) -> Attempt | None:
    """The one whose way back from Plex holds what hashes so."""
    return await _first(db, _ATTEMPTS.where(table.c.return_hash == known))


async def latest(db: AsyncConnection, account: tuple[str, str]) -> Attempt | None:
    """What an account began last."""
    return await _first(
        db, _ATTEMPTS.where(*_of(account)).order_by(table.c.id.desc()).limit(1)
    )


async def in_states(
    db: AsyncConnection, states: Collection[State]
) -> tuple[Attempt, ...]:
    """Oldest first."""
    return await _all(db, _ATTEMPTS.where(_is_in(states)).order_by(table.c.id))


async def since(db: AsyncConnection, at: datetime) -> tuple[Attempt, ...]:
    """What is open, and what has changed since; oldest first."""
    is_new = _is_in(LIVE) | (table.c.updated_at > at)
    return await _all(db, _ATTEMPTS.where(is_new).order_by(table.c.id))


async def rivals(
    db: AsyncConnection,
    account: tuple[str, str],
    person_id: int | None,
    states: Collection[State],
) -> tuple[Attempt, ...]:
    """Those of the same account, or of another account of the same person."""
    same = _of(account)[0] & _of(account)[1]
    if person_id is not None:
        same |= table.c.person_id == person_id
    return await _all(db, _ATTEMPTS.where(same, _is_in(states)).order_by(table.c.id))


async def began_since(
    db: AsyncConnection, account: tuple[str, str], since: datetime
) -> tuple[datetime, ...]:
    """When an account began sign-ins, the oldest first."""
    query = select(table.c.created_at).where(*_of(account), table.c.created_at > since)
    return tuple(await db.scalars(query.order_by(table.c.id)))


async def count_of_strangers(db: AsyncConnection, states: Collection[State]) -> int:
    is_one = (_is_in(states), table.c.person_id.is_(None))
    query = select(func.count()).select_from(table).where(*is_one)
    return (await db.scalar(query)) or 0


async def bound(db: AsyncConnection, number: int) -> Bound:
    query = select(table.c.browser_hash, table.c.pin).where(table.c.id == number)
    row = (await db.execute(query)).first()
    return Bound(row.browser_hash, row.pin) if row is not None else Bound(None, None)


async def with_pin(db: AsyncConnection) -> tuple[Attempt, ...]:
    """Those for which Plex may still hold a token."""
    return await _all(db, _ATTEMPTS.where(table.c.pin.is_not(None)))


async def move(
    tx: AsyncConnection,
    attempt: Attempt,
    to: State,
    now: datetime,
    **values: object,
) -> Attempt | None:
    """On to another state; None where it is no longer in the one it was seen in."""
    row = await tx.execute(
        update(table)
        .where(table.c.id == attempt.id, table.c.state == attempt.state.value)
        .values(state=to.value, updated_at=now, **values)
        .returning(*_COLUMNS)
    )
    moved = row.first()
    return _attempt(moved) if moved is not None else None


async def belongs_to(tx: AsyncConnection, number: int, person_id: int | None) -> None:
    """Whose the account is by now, also by it; None: nobody's."""
    await tx.execute(
        update(table).where(table.c.id == number).values(person_id=person_id)
    )


async def forget_pin(tx: AsyncConnection, number: int) -> None:
    """Plex holds no token for it any more."""
    await tx.execute(update(table).where(table.c.id == number).values(pin=None))


async def prune(tx: AsyncConnection, before: datetime, limit: int = MANY) -> int:
    """Forget what ended before; returns how many. For a token, Plex is asked first."""
    is_old = (_is_in(ENDED), table.c.updated_at < before, table.c.pin.is_(None))
    return await delete_some(tx, table.c.id, *is_old, limit=limit)


async def cap(tx: AsyncConnection, most: int, limit: int = MANY) -> int:
    """Forget all that has ended but the newest; returns how many."""
    is_over = (_is_in(ENDED), table.c.pin.is_(None))
    return await delete_beyond(tx, table.c.id, table.c.id, most, limit, *is_over)


_COLUMNS = tuple(table.c[one.name] for one in fields(Attempt))
_ATTEMPTS = select(*_COLUMNS)


def _of(account: tuple[str, str]) -> tuple[Any, Any]:
    return table.c.platform == account[0], table.c.account == account[1]


def _is_in(states: Collection[State]) -> Any:
    return table.c.state.in_([one.value for one in states])


def _attempt(row: Row[Any]) -> Attempt:
    values = row._asdict()
    return Attempt(**{**values, "state": State(values["state"])})


async def _first(db: AsyncConnection, query: Select[Any]) -> Attempt | None:
    row = (await db.execute(query)).first()
    return _attempt(row) if row is not None else None


async def _all(db: AsyncConnection, query: Select[Any]) -> tuple[Attempt, ...]:
    return tuple(_attempt(row) for row in await db.execute(query))
