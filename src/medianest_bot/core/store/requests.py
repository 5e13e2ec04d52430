"""What people asked for. States are text here; the rules are in core/requests."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.store._rows import all_of, change, first_of, select_as
from medianest_bot.core.store.tables import media_requests as table

FINAL = ("available", "declined", "cancelled", "failed", "gone")
"""States after which nothing is expected any more."""


@dataclass(frozen=True, slots=True)
class MediaRequest:
    """A title somebody asked for; for shows, `seasons` of it.

    `percent` is 0..100. `reason` says why it was declined or has failed.
    """

    id: int
    person_id: int
    kind: str
    tmdb_id: int
    title: str
    year: int | None
    poster: str | None
    seasons: tuple[int, ...]
    state: str
    seerr_id: int | None
    reason: str | None
    percent: float | None
    eta: datetime | None
    attempts: int
    next_at: datetime | None
    created_at: datetime
    updated_at: datetime


async def add(
    tx: AsyncConnection,
    person_id: int,
    kind: str,
    tmdb_id: int,
    *,
    title: str,
    state: str,
    now: datetime,
    year: int | None = None,
    poster: str | None = None,
    seasons: Iterable[int] = (),
    seerr_id: int | None = None,
    next_at: datetime | None = None,
) -> MediaRequest:
    """Write down what somebody asks for."""
    statement = table.insert().values(
        person_id=person_id,
        kind=str(kind),
        tmdb_id=tmdb_id,
        title=title,
        year=year,
        poster=poster,
        seasons=tuple(seasons),
        state=str(state),
        seerr_id=seerr_id,
        next_at=next_at,
        created_at=now,
        updated_at=now,
    )
    row = (await tx.execute(statement.returning(*_COLUMNS))).one()
    return MediaRequest(*row)


async def get(db: AsyncConnection, request_id: int) -> MediaRequest | None:
    return await first_of(db, MediaRequest, _ALL.where(table.c.id == request_id))


async def update(
    tx: AsyncConnection, request_id: int, now: datetime, **changes: object
) -> bool:
    """Set columns; True when something changed, False too where it is gone."""
    return await change(tx, table, request_id, changes, now)


async def of_person(
    db: AsyncConnection,
    person_id: int,
    states: Collection[str] | None,
    limit: int,
    offset: int = 0,
) -> tuple[MediaRequest, ...]:
    """A person's requests, newest first; `states` None means all."""
    query = _ALL.where(*_theirs(person_id, states)).order_by(table.c.id.desc())
    return await all_of(db, MediaRequest, query.limit(limit).offset(offset))


async def count_of(
    db: AsyncConnection, person_id: int, states: Collection[str] | None = None
) -> int:
    query = select(func.count()).where(*_theirs(person_id, states))
    return await db.scalar(query) or 0


async def of_title(
    db: AsyncConnection, kind: str, tmdb_id: int
) -> tuple[MediaRequest, ...]:
    """Everybody's requests for a title, oldest first."""
    return await of_titles(db, ((kind, tmdb_id),))


async def of_titles(
    db: AsyncConnection, pairs: Iterable[tuple[str, int]]
) -> tuple[MediaRequest, ...]:
    """Everybody's requests for any of these (kind, TMDB id), oldest first."""
    wanted = [(str(kind), tmdb_id) for kind, tmdb_id in pairs]
    if not wanted:
        return ()
    is_wanted = tuple_(table.c.kind, table.c.tmdb_id).in_(wanted)
    return await _oldest_first(db, _ALL.where(is_wanted))


async def open_ones(
    db: AsyncConnection, *, final: Collection[str] = FINAL
) -> tuple[MediaRequest, ...]:
    """Requests of which something is still expected, oldest first."""
    is_open = table.c.state.not_in([str(state) for state in final])
    return await _oldest_first(db, _ALL.where(is_open))


async def by_seerr(db: AsyncConnection, seerr_id: int) -> tuple[MediaRequest, ...]:
    """Ours that stand for one request of Seerr's, oldest first."""
    return await _oldest_first(db, _ALL.where(table.c.seerr_id == seerr_id))


_ALL = select_as(MediaRequest, table)
_COLUMNS = tuple(_ALL.selected_columns)


async def _oldest_first(
    db: AsyncConnection, query: Select[Any]
) -> tuple[MediaRequest, ...]:
    return await all_of(db, MediaRequest, query.order_by(table.c.id))


def _theirs(
    person_id: int, states: Collection[str] | None
) -> tuple[ColumnElement[bool], ...]:
    theirs = table.c.person_id == person_id
    if states is None:
        return (theirs,)
    return (theirs, table.c.state.in_([str(state) for state in states]))
