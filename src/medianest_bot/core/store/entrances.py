"""Other ways in, and who has none: invitations, who is expected, who is blocked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.store._rows import (
    MANY,
    all_of,
    delete_some,
    first_of,
    insert,
    select_as,
)
from medianest_bot.core.store.tables import blocked, expected, invitations, parents


@dataclass(frozen=True, slots=True)
class Invitation:
    """Whoever brings its key becomes this person, once."""

    id: int
    person_id: int
    made_by: int | None
    expires_at: datetime
    used_at: datetime | None
    used_by: str | None


@dataclass(frozen=True, slots=True)
class Expected:
    """`who` (`person:3` or `discord:123`) needs no approval with the account `plex`."""

    who: str
    plex: str
    made_by: int | None


@dataclass(frozen=True, slots=True)
class Blocked:
    """An account that may not ask to come in."""

    platform: str
    account: str
    shown_name: str
    at: datetime


async def invite(
    tx: AsyncConnection,
    person_id: int,
    key_hash: str,
    made_by: int | None,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Make an invitation; an earlier one of that person that is unused ends."""
    await forget_invitation(tx, person_id)
    values = {
        "person_id": person_id,
        "key_hash": key_hash,
        "made_by": made_by,
        "created_at": now,
        "expires_at": expires_at,
    }
    await tx.execute(invitations.insert(), values)


async def forget_invitation(tx: AsyncConnection, person_id: int) -> None:
    """One for that person that nobody has used yet."""
    unused = (invitations.c.person_id == person_id, invitations.c.used_at.is_(None))
    await tx.execute(delete(invitations).where(*unused))


async def invitation(db: AsyncConnection, key_hash: str) -> Invitation | None:
    query = select_as(Invitation, invitations)
    return await first_of(
        db, Invitation, query.where(invitations.c.key_hash == key_hash)
    )


async def invitation_by_id(db: AsyncConnection, number: int) -> Invitation | None:
    query = select_as(Invitation, invitations)
    return await first_of(db, Invitation, query.where(invitations.c.id == number))


async def use(
    tx: AsyncConnection, invitation_id: int, used_by: str, now: datetime
) -> None:
    await tx.execute(
        update(invitations)
        .where(invitations.c.id == invitation_id)
        .values(used_at=now, used_by=used_by)
    )


async def prune(tx: AsyncConnection, before: datetime, limit: int = MANY) -> int:
    """Forget invitations that were over before; returns how many."""
    is_old = invitations.c.expires_at < before
    return await delete_some(tx, invitations.c.id, is_old, limit=limit)


async def expect(
    tx: AsyncConnection, who: str, plex: str, made_by: int, now: datetime
) -> None:
    """From now on; whatever was expected of them before is forgotten."""
    statement = insert(tx, expected).values(
        who=who, plex=plex, made_by=made_by, created_at=now
    )
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=[expected.c.who],
            set_={
                "plex": statement.excluded.plex,
                "made_by": statement.excluded.made_by,
                "created_at": statement.excluded.created_at,
            },
        )
    )


async def expected_of(db: AsyncConnection, *who: str) -> tuple[Expected, ...]:
    query = select_as(Expected, expected).where(expected.c.who.in_(who))
    return await all_of(db, Expected, query.order_by(expected.c.id))


async def all_expected(db: AsyncConnection) -> tuple[Expected, ...]:
    return await all_of(
        db, Expected, select_as(Expected, expected).order_by(expected.c.id)
    )


async def forget_expected(tx: AsyncConnection, who: str) -> bool:
    done = await tx.execute(delete(expected).where(expected.c.who == who))
    return done.rowcount > 0


async def block(
    tx: AsyncConnection,
    account: tuple[str, str],
    shown_name: str,
    by: int,
    now: datetime,
) -> None:
    platform, number = account
    await tx.execute(
        insert(tx, blocked)
        .values(
            platform=platform,
            account=number,
            shown_name=shown_name,
            blocked_by=by,
            at=now,
        )
        .on_conflict_do_nothing(index_elements=[blocked.c.platform, blocked.c.account])
    )


async def unblock(tx: AsyncConnection, account: tuple[str, str]) -> bool:
    here = (blocked.c.platform == account[0], blocked.c.account == account[1])
    return (await tx.execute(delete(blocked).where(*here))).rowcount > 0


async def is_blocked(db: AsyncConnection, account: tuple[str, str]) -> bool:
    here = (blocked.c.platform == account[0], blocked.c.account == account[1])
    return (await db.scalar(select(blocked.c.at).where(*here))) is not None


async def all_blocked(db: AsyncConnection) -> tuple[Blocked, ...]:
    return await all_of(db, Blocked, select_as(Blocked, blocked).order_by(blocked.c.at))


async def set_parent(
    tx: AsyncConnection, person_id: int, parent_id: int | None
) -> None:
    """Say who looks after somebody; None: nobody does."""
    await tx.execute(delete(parents).where(parents.c.person_id == person_id))
    if parent_id is not None:
        values = {"person_id": person_id, "parent_id": parent_id}
        await tx.execute(parents.insert(), values)


async def all_parents(db: AsyncConnection) -> dict[int, int]:
    """Who looks after whom: parents by the person they look after."""
    rows = await db.execute(select(parents.c.person_id, parents.c.parent_id))
    return {row.person_id: row.parent_id for row in rows}
