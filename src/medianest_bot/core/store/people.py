"""People of the household and the chat accounts that are theirs."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.roles import Role
from medianest_bot.core.store._rows import all_of, insert, select_as
from medianest_bot.core.store.tables import accounts, users


class NameTaken(Exception):
    """Somebody already has that name, perhaps spelled a little differently."""


class AccountTaken(Exception):
    """The chat account already belongs to somebody."""


@dataclass(frozen=True, slots=True)
class Person:
    """One identity over all chats.

    `paused_at` is since when they count only as a guest: their Plex account does not
    reach our server any more.
    """

    id: int
    name: str
    role: Role
    seerr_id: int | None
    plex_id: int | None
    created_at: datetime
    plex_name: str | None = None
    paused_at: datetime | None = None
    locale: str | None = field(default=None, compare=False)
    """What the chat account speaks by which they were found; None by other ways."""


@dataclass(frozen=True, slots=True)
class Account:
    """One chat's user. `unreachable_at` is since when it takes nothing from us."""

    person_id: int
    platform: str
    account: str
    shown_name: str
    unreachable_at: datetime | None = None
    linked_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Linked:
    """An account with what its person may do."""

    account: str
    role: Role
    unreachable_at: datetime | None


def name_key(name: str) -> str:
    """The same for names that people would take for the same."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(unicodedata.normalize("NFKC", plain).split())


async def add(
    tx: AsyncConnection,
    name: str,
    role: Role,
    *,
    seerr_id: int | None = None,
    plex_id: int | None = None,
    now: datetime,
) -> Person:
    """Make a person. Raises NameTaken; the transaction can go on."""
    row = await tx.execute(
        insert(tx, users)
        .values(
            name=name.strip(),
            name_key=name_key(name),
            role=role.value,
            seerr_id=seerr_id,
            plex_id=plex_id,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=[users.c.name_key])
        .returning(*_COLUMNS)
    )
    made = row.first()
    if made is None:
        raise NameTaken(name)
    return _person(made)


async def find(db: AsyncConnection, name: str) -> Person | None:
    """By name, whatever the case."""
    return await _first(db, _PEOPLE.where(users.c.name_key == name_key(name)))


async def get(db: AsyncConnection, person_id: int) -> Person | None:
    return await _first(db, _PEOPLE.where(users.c.id == person_id))


async def by_account(db: AsyncConnection, platform: str, account: str) -> Person | None:
    """Whose account it is; None for a stranger's."""
    query = select(*_COLUMNS, accounts.c.locale).join(accounts)
    return await _first(db, query.where(*_is(platform, account)))


async def by_accounts(db: AsyncConnection) -> dict[tuple[str, str], Person]:
    """Everybody's accounts, by platform and number, each with whose it is."""
    which = (accounts.c.platform, accounts.c.account, accounts.c.locale)
    query = select(*which, *_COLUMNS).join(users)
    rows = (row._asdict() for row in await db.execute(query))
    return {(row.pop("platform"), row.pop("account")): _of(row) for row in rows}


async def everyone(db: AsyncConnection) -> tuple[Person, ...]:
    """Everybody, in the order they came."""
    return await _all(db, _PEOPLE.order_by(users.c.id))


async def admins(db: AsyncConnection) -> tuple[Person, ...]:
    is_admin = users.c.role == Role.ADMIN.value
    return await _all(db, _PEOPLE.where(is_admin).order_by(users.c.id))


async def accounts_of(db: AsyncConnection, person_id: int) -> tuple[Account, ...]:
    """A person's accounts, in the order they were linked."""
    query = select_as(Account, accounts).where(accounts.c.person_id == person_id)
    return await all_of(db, Account, query.order_by(accounts.c.id))


async def of_platform(db: AsyncConnection, platform: str) -> tuple[Linked, ...]:
    """Every linked account of a chat, in the order they were linked."""
    query = select(accounts.c.account, users.c.role, accounts.c.unreachable_at)
    query = query.join(users).where(accounts.c.platform == platform)
    rows = await db.execute(query.order_by(accounts.c.id))
    return tuple(Linked(account, Role(role), at) for account, role, at in rows)


async def link(
    tx: AsyncConnection,
    person_id: int,
    platform: str,
    account: str,
    shown_name: str,
    now: datetime,
    locale: str | None = None,
) -> None:
    """Give an account to a person. Raises AccountTaken where it is another's.

    Linking what is linked already changes only the shown name.
    """
    owner = await by_account(tx, platform, account)
    if owner is not None and owner.id != person_id:
        raise AccountTaken(platform, account)
    statement = insert(tx, accounts).values(
        person_id=person_id,
        platform=platform,
        account=account,
        shown_name=shown_name,
        linked_at=now,
        locale=locale,
    )
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=[accounts.c.platform, accounts.c.account],
            set_={"shown_name": statement.excluded.shown_name},
        )
    )


async def unlink(tx: AsyncConnection, platform: str, account: str) -> bool:
    """Take an account away from its person; False when it was nobody's."""
    done = await tx.execute(delete(accounts).where(*_is(platform, account)))
    return done.rowcount > 0


async def set_unreachable(
    tx: AsyncConnection, platform: str, account: str, at: datetime | None
) -> None:
    """Note since when an account takes nothing from us; None: it does again."""
    here = update(accounts).where(*_is(platform, account))
    await tx.execute(here.values(unreachable_at=at))


async def set_locale(
    tx: AsyncConnection, platform: str, account: str, locale: str | None
) -> None:
    """Note what language an account's chat speaks to it ("de", "pt-BR")."""
    here = update(accounts).where(*_is(platform, account))
    await tx.execute(here.values(locale=locale))


async def set_role(tx: AsyncConnection, person_id: int, role: Role) -> None:
    await _set(tx, person_id, role=role.value)


async def set_seerr(tx: AsyncConnection, person_id: int, seerr_id: int | None) -> None:
    await _set(tx, person_id, seerr_id=seerr_id)


async def set_plex(
    tx: AsyncConnection,
    person_id: int,
    plex_id: int | None,
    plex_name: str | None = None,
    seen_at: datetime | None = None,
) -> None:
    """Whose Plex account is theirs; seen to reach our server at `seen_at`."""
    await _set(
        tx,
        person_id,
        plex_id=plex_id,
        plex_name=plex_name,
        plex_seen_at=seen_at,
        paused_at=None,
    )


async def by_plex(db: AsyncConnection, plex_id: int) -> tuple[Person, ...]:
    """Who uses a Plex account: couples often share one."""
    return await _all(
        db, _PEOPLE.where(users.c.plex_id == plex_id).order_by(users.c.id)
    )


async def set_paused(tx: AsyncConnection, person_id: int, at: datetime | None) -> None:
    await _set(tx, person_id, paused_at=at)


async def set_plex_seen(tx: AsyncConnection, person_id: int, at: datetime) -> None:
    """Their Plex account reached our server just now."""
    await _set(tx, person_id, plex_seen_at=at)


async def plex_seen(db: AsyncConnection) -> dict[int, datetime]:
    """When each person's Plex account was last seen to reach our server."""
    query = select(users.c.id, users.c.plex_seen_at)
    rows = await db.execute(query.where(users.c.plex_seen_at.is_not(None)))
    return {row.id: row.plex_seen_at for row in rows}


async def remove(tx: AsyncConnection, person_id: int) -> bool:
    """Forget a person with all that is theirs; records and audit only lose who."""
    done = await tx.execute(delete(users).where(users.c.id == person_id))
    return done.rowcount > 0


_COLUMNS = (
    users.c.id,
    users.c.name,
    users.c.role,
    users.c.seerr_id,
    users.c.plex_id,
    users.c.created_at,
    users.c.plex_name,
    users.c.paused_at,
)
_PEOPLE = select(*_COLUMNS)


def _is(platform: str, account: str) -> tuple[ColumnElement[bool], ...]:
    return accounts.c.platform == platform, accounts.c.account == account


def _person(row: Row[Any]) -> Person:
    return _of(row._asdict())


def _of(values: dict[str, Any]) -> Person:
    return Person(**{**values, "role": Role(values["role"])})


async def _first(db: AsyncConnection, query: Select[Any]) -> Person | None:
    row = (await db.execute(query)).first()
    return _person(row) if row is not None else None


async def _all(db: AsyncConnection, query: Select[Any]) -> tuple[Person, ...]:
    return tuple(_person(row) for row in await db.execute(query))


async def _set(tx: AsyncConnection, person_id: int, **values: object) -> None:
    await tx.execute(update(users).where(users.c.id == person_id).values(**values))
