"""All that is kept about one person or account: every row of every table.

What is found follows from the tables' own columns, so that a new table is part of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Table,
    false,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core._rooms import account_name
from medianest_bot.core.store._types import Moment
from medianest_bot.core.store.tables import (
    audit,
    download_items,
    expected,
    invitations,
    metadata,
    news,
    tickets,
    users,
    youtube_downloads,
)

_HIDDEN = frozenset(
    ("salt", "state_hash", "browser_hash", "return_hash", "pin", "key_hash", "drawn")
)
"""Hashes and what is sealed say nothing about anybody, and are not for showing."""
_HIDDEN_LINES = (tickets.c.key, tickets.c.line)
"""With these somebody could act as whom they are for."""
_OWNING = ("person_id", "parent_id")
_ACT = ("action", "kind", "state")
"""What is told of a row that is somebody else's, besides when it was."""

Rows = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Whose:
    """`person_id` is None for who is nobody here; `accounts` are (platform, id)."""

    person_id: int | None
    accounts: tuple[tuple[str, str], ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """How rows name them that hold no number: `person:3`, `discord:123`."""
        known = tuple(f"{platform}:{account}" for platform, account in self.accounts)
        return known if self.person_id is None else (f"person:{self.person_id}", *known)

    @property
    def endings(self) -> tuple[str, ...]:
        """How the subject of what was done to them ends: `ana (3)`."""
        person = () if self.person_id is None else (str(self.person_id),)
        return tuple(f" ({one})" for one in (*person, *self.keys))


async def all_about(db: AsyncConnection, whose: Whose) -> Mapping[str, Rows]:
    """Their rows by table, without secrets; tables with none are left out.

    Of rows that are others', such as what an admin did to somebody, only that they
    did it, and when.
    """
    found: dict[str, Rows] = {}
    for table in metadata.sorted_tables:
        shown = [column for column in table.c if not _is_hidden(column)]
        rows = await _rows(db, shown, is_theirs(table, whose))
        for column in _acting(table) if whose.person_id is not None else ():
            acts = [c for c in table.c if _is_about_an_act(c)]
            is_act = column == whose.person_id
            rows += tuple(
                {**row, "you": column.name} for row in await _rows(db, acts, is_act)
            )
        if rows:
            found[table.name] = rows
    return found


def is_theirs(table: Table, whose: Whose) -> ColumnElement[bool]:
    """What a row of a table must be to belong to somebody."""
    parts = [_by_accounts(table, whose)]
    if whose.person_id is not None:
        parts.append(_by_person(table, whose.person_id))
    if table is expected:
        parts.append(expected.c.who.in_(whose.keys))
    if table is invitations:
        parts.append(invitations.c.used_by.in_(whose.keys))
    if table is news:
        names = [account_name(*one) for one in whose.accounts]
        parts.append(news.c.room.in_(names))
    if table is audit:
        parts += [_ends(audit.c.subject, ending) for ending in whose.endings]
    return or_(*parts)


def _by_accounts(table: Table, whose: Whose) -> ColumnElement[bool]:
    if not {"platform", "account"} <= set(table.c.keys()):
        return false()
    return tuple_(table.c.platform, table.c.account).in_(whose.accounts)


def _by_person(table: Table, person_id: int) -> ColumnElement[bool]:
    if table is users:
        return users.c.id == person_id
    if table is audit:
        return false()
    if table is download_items:
        jobs = youtube_downloads.c
        theirs = select(jobs.id).where(jobs.person_id == person_id)
        return download_items.c.download_id.in_(theirs)
    return or_(false(), *(table.c[c] == person_id for c in _OWNING if c in table.c))


def _acting(table: Table) -> tuple[Column[Any], ...]:
    """Where it says who did something: `decided_by`, and in the audit `person_id`."""
    return tuple(
        column
        for column in table.c
        if any(key.references(users) for key in column.foreign_keys)
        and (table is audit or column.name not in _OWNING)
    )


async def _rows(
    db: AsyncConnection, columns: list[Column[Any]], where: ColumnElement[bool]
) -> Rows:
    key = columns[0].table.primary_key.columns
    found = await db.execute(select(*columns).where(where).order_by(*key))
    return tuple(row._asdict() for row in found)


def _ends(column: Column[Any], ending: str) -> ColumnElement[bool]:
    # Not LIKE: SQLite's takes capital letters for small ones.
    is_end: ColumnElement[bool] = func.substr(
        column, func.length(column) - len(ending) + 1
    ).op("=")(ending)
    return is_end


def _is_hidden(column: Column[Any]) -> bool:
    return column.name in _HIDDEN or any(column is one for one in _HIDDEN_LINES)


def _is_about_an_act(column: Column[Any]) -> bool:
    is_when = isinstance(column.type, Moment)
    return is_when or column.name in _ACT or column.name == "id"
