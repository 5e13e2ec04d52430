"""Who a sign-in makes of somebody, and whether an admin must say so first.

Linking never makes an admin. Where one Plex account is somebody's here already, an
admin is always asked: it may be the same person, a couple, or a trick.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core import people as rules
from medianest_bot.core._link_types import Attempt, State
from medianest_bot.core.roles import Role
from medianest_bot.core.store import audit, entrances, link_attempts, people
from medianest_bot.core.store.people import AccountTaken, Person
from medianest_bot.core.words import Sorry, marked

LINKED_MEANWHILE = marked("That account belongs to {name} by now.")


async def needs_approval(
    db: AsyncConnection, attempt: Attempt, person: Person | None
) -> bool:
    """True where an admin must approve. `person`: whose the account is by now."""
    assert attempt.plex_id is not None
    if person is not None and person.plex_id == attempt.plex_id:
        # A guest was a member once: only an admin makes them one again.
        return person.role is Role.GUEST
    if person is not None and person.role is Role.ADMIN:
        return False
    others = await people.by_plex(db, attempt.plex_id)
    return bool(others) or not await _is_expected(db, attempt, person)


async def is_awaited(db: AsyncConnection, account: tuple[str, str]) -> bool:
    """True for whom we know or expect: strangers must not keep them out."""
    if await people.by_account(db, *account) is not None:
        return True
    return bool(await entrances.expected_of(db, ":".join(account)))


async def settle(
    tx: AsyncConnection,
    attempt: Attempt,
    person: Person | None,
    now: datetime,
    by: Person | None = None,
) -> Attempt | None:
    """Make it true: the account is this person's, and the Plex account, too.

    `person` None makes somebody new. `by` is the admin who approved. None where the
    sign-in was settled otherwise meanwhile. Raises Sorry where the account is
    somebody else's by now.
    """
    moved = await link_attempts.move(
        tx, attempt, State.DONE, now, decided_by=by.id if by else None
    )
    if moved is None:
        return None
    became = person or await _new(tx, attempt, now)
    await _linked(tx, attempt, became, now)
    if became.role is Role.GUEST:
        await people.set_role(tx, became.id, Role.MEMBER)
        await note(tx, by, "role changed", attempt, now, role=Role.MEMBER.value)
    await people.set_plex(tx, became.id, attempt.plex_id, attempt.plex_name, now)
    await link_attempts.belongs_to(tx, attempt.id, became.id)
    # Once: whoever is taken out later does not come back by it.
    for who in _keys(attempt, became):
        await entrances.forget_expected(tx, who)
    await note(tx, by, "plex linked", attempt, now, person=became.id)
    return await link_attempts.get(tx, attempt.id)


async def note(
    tx: AsyncConnection,
    by: Person | None,
    action: str,
    attempt: Attempt,
    now: datetime,
    **details: object,
) -> None:
    """Write a step down, without anything secret."""
    who = f"{attempt.platform}:{attempt.account}"
    told = {"attempt": attempt.id, "account": who, "plex": attempt.plex_id, **details}
    subject = f"{attempt.shown_name} ({who})"
    await audit.add(tx, by.id if by else None, action, subject[:200], told, now)


async def _new(tx: AsyncConnection, attempt: Attempt, now: datetime) -> Person:
    """As their chat calls them; it is what the others know them by."""
    name, otherwise = attempt.shown_name, attempt.plex_name or ""
    return await rules.add_free(tx, name, Role.MEMBER, now, otherwise)


async def _linked(
    tx: AsyncConnection, attempt: Attempt, person: Person, now: datetime
) -> None:
    shown, account = attempt.shown_name, (attempt.platform, attempt.account)
    try:
        await people.link(tx, person.id, *account, shown, now, attempt.locale)
    except AccountTaken as error:
        owner = await people.by_account(tx, *account)
        name = owner.name if owner else shown
        raise Sorry(LINKED_MEANWHILE, name=name) from error


async def _is_expected(
    db: AsyncConnection, attempt: Attempt, person: Person | None
) -> bool:
    """By the name at Plex or its number, as the admin wrote it."""
    name = people.name_key(attempt.plex_name or "")
    # Digits are a number: anybody may be called like somebody's.
    wanted = {str(attempt.plex_id), "" if name.isdecimal() else name} - {""}
    found = await entrances.expected_of(db, *_keys(attempt, person))
    return any(people.name_key(one.plex) in wanted for one in found)


def _keys(attempt: Attempt, person: Person | None) -> tuple[str, ...]:
    """What they may be expected by."""
    account = f"{attempt.platform}:{attempt.account}"
    return (account,) if person is None else (account, f"person:{person.id}")
