"""Rules about people: every change of rights leaves an audit row."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core import _forgetting
from medianest_bot.core._handing_over import hand_over
from medianest_bot.core.limits import Limits, Own
from medianest_bot.core.roles import Role
from medianest_bot.core.store import audit, entrances, people
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.leavings import SOMEBODY
from medianest_bot.core.store.people import AccountTaken, NameTaken, Person
from medianest_bot.core.words import Sorry, marked

NAME_TAKEN = marked("There is already somebody called {name}.")
BAD_NAME = marked("A name has up to {limit} characters and is not only digits.")
ACCOUNT_TAKEN = marked("{who} already belongs to somebody. Remove that person first.")
NO_ADMIN = marked("That is for admins of this household.")
GONE = marked("{name} is no longer here.")
LAST_ADMIN = marked("There would be no admin left. Make somebody else an admin first.")
SEERR_TAKEN = marked(
    "{name} asks as Seerr user {number} already. Two people never share one."
)

LONGEST_NAME = 32
NAMELESS = "?"
"""Who has no name that could be written."""

Now = Callable[[], datetime]
Account = tuple[str, str]
"""A chat's name and the account's id in it."""


async def add(store: Store, by: Person, name: str, role: Role, now: Now) -> Person:
    """Make a person. Raises Sorry where the name is taken or is none."""
    if not name.strip() or len(name) > LONGEST_NAME or people.name_key(name).isdigit():
        raise Sorry(BAD_NAME, limit=LONGEST_NAME)
    try:
        async with store.begin() as tx:
            person = await people.add(tx, name, role, now=now())
            await note(tx, by, "person added", person, now, role=role.value)
    except NameTaken as error:
        raise Sorry(NAME_TAKEN, name=name) from error
    return person


async def link(
    store: Store, by: Person, person: Person, account: Account, now: Now
) -> None:
    """Give a chat account to a person. Raises Sorry where it is somebody's."""
    platform, number = account
    try:
        async with store.begin() as tx:
            await still_here(tx, person)
            await people.link(tx, person.id, platform, number, person.name, now())
            who = f"{platform}:{number}"
            await note(tx, by, "account linked", person, now, account=who)
    except AccountTaken as error:
        raise Sorry(ACCOUNT_TAKEN, who=f"{platform}:{number}") from error


async def change_role(
    store: Store, by: Person, person: Person, role: Role, now: Now
) -> None:
    """Takes effect at once, on old buttons too. Raises Sorry for the last admin."""
    async with store.begin() as tx:
        await still_admin(tx, by)
        await still_here(tx, person)
        if role is not Role.ADMIN:
            await keep_an_admin(tx, person)
        if role is not Role.ADMIN:
            await hand_over(tx, person, None)
        await people.set_role(tx, person.id, role)
        await _promised_no_more(tx, person)
        await note(tx, by, "role changed", person, now, role=role.value)


async def set_seerr(
    store: Store, by: Person | None, person: Person, number: int, now: Now
) -> None:
    """Ask as this user from now on; `by` None: the house itself found out.

    Raises Sorry where somebody else does.
    """
    async with store.begin() as tx:
        await still_here(tx, person)
        for one in await people.everyone(tx):
            if one.seerr_id == number and one.id != person.id:
                raise Sorry(SEERR_TAKEN, name=one.name, number=number)
        await people.set_seerr(tx, person.id, number)
        await note(tx, by, "seerr user set", person, now, seerr=number)


async def change_limit(
    store: Store, by: Person, person: Person, own: Own, limits: Limits, now: Now
) -> None:
    """Let a person ask for more or less than others; audited like a right."""
    async with store.begin() as tx:
        await still_here(tx, person)
        await limits.set_own(tx, person.id, own.what, own.limit)
        details = {"what": own.what.value, "limit": own.limit}
        await note(tx, by, "limit changed", person, now, **details)


async def remove(store: Store, by: Person, person: Person, now: Now) -> None:
    """Forget a person and all that is theirs; anybody may do so with themselves.

    What happens to what they asked for: `_forgetting.forget`. Raises Sorry for the
    last admin.
    """
    async with store.begin() as tx:
        is_own = by.id == person.id
        if not is_own:
            await still_admin(tx, by)
        await still_here(tx, person)
        await keep_an_admin(tx, person)
        await hand_over(tx, person, None)
        await _forgetting.forget(tx, person, now())
        action = "person left" if is_own else "person removed"
        subject = f"{SOMEBODY} ({person.id})"
        await audit.add(tx, None if is_own else by.id, action, subject, {}, now())


async def make_admins(store: Store, accounts: Collection[Account], now: Now) -> None:
    """Make admins of the accounts the settings name; the house itself does it.

    Somebody known keeps their name; somebody new is called after the account.
    """
    for platform, account in accounts:
        await make_admin(store, (platform, account), f"{platform}:{account}", now)


async def make_admin(store: Store, account: Account, name: str, now: Now) -> None:
    """Make an admin of whose account it is; `name` is for somebody new."""
    async with store.begin() as tx:
        await promote(tx, account, name, now)


async def promote(tx: AsyncConnection, account: Account, name: str, now: Now) -> Person:
    """As `make_admin`, in a transaction that goes on; returns the admin."""
    person = await people.by_account(tx, *account)
    if person is None:
        return await _new_admin(tx, account, name, now)
    if person.role is not Role.ADMIN:
        await people.set_role(tx, person.id, Role.ADMIN)
        await note(tx, None, "role changed", person, now, role=Role.ADMIN.value)
    return replace(person, role=Role.ADMIN)


async def add_free(
    tx: AsyncConnection, name: str, role: Role, now: datetime, otherwise: str = ""
) -> Person:
    """Make somebody who is called nearly so: what a chat shows is not always a name.

    Where the name is taken, a number stands behind it; where none is left of it, they
    are called `otherwise`.
    """
    taken = {people.name_key(one.name) for one in await people.everyone(tx)}
    called = as_name(name) or as_name(otherwise) or NAMELESS
    ends = ("", *(f" {number}" for number in range(2, len(taken) + 3)))
    names = (f"{called[: LONGEST_NAME - len(end)].rstrip()}{end}" for end in ends)
    free = next(one for one in names if people.name_key(one) not in taken)
    return await people.add(tx, free, role, now=now)


def as_name(shown: str) -> str:
    """What is left of a shown name as somebody's name; empty where that is nothing."""
    name = in_one_line(shown)[:LONGEST_NAME].strip()
    return "" if people.name_key(name).isdigit() else name


def in_one_line(shown: str) -> str:
    """What anybody may call themselves, without what could pass for words of ours."""
    return " ".join("".join(one if _is_seen(one) else " " for one in shown).split())


def _is_seen(letter: str) -> bool:
    """Neither a control character nor one that turns or joins what is around it."""
    return not unicodedata.category(letter).startswith("C")


async def _new_admin(
    tx: AsyncConnection, account: Account, name: str, now: Now
) -> Person:
    platform, number = account
    who = f"{platform}:{number}"
    person = await add_free(tx, name, Role.ADMIN, now(), who)
    await people.link(tx, person.id, platform, number, person.name, now())
    await note(tx, None, "person added", person, now, role=person.role.value)
    await note(tx, None, "account linked", person, now, account=who)
    return person


async def still_here(tx: AsyncConnection, person: Person) -> None:
    """Somebody else may have removed them since they were looked up."""
    if await people.get(tx, person.id) is None:
        raise Sorry(GONE, name=person.name)


async def still_admin(tx: AsyncConnection, by: Person) -> None:
    """Somebody else may have taken their rights since they were looked up."""
    known = await people.get(tx, by.id)
    if known is None or known.role is not Role.ADMIN:
        raise Sorry(NO_ADMIN)


async def _promised_no_more(tx: AsyncConnection, person: Person) -> None:
    """What was promised to one of another role: invitations, no need of approval."""
    known = await people.accounts_of(tx, person.id)
    accounts = (f"{one.platform}:{one.account}" for one in known)
    for who in (f"person:{person.id}", *accounts):
        await entrances.forget_expected(tx, who)
    await entrances.forget_invitation(tx, person.id)


async def keep_an_admin(tx: AsyncConnection, person: Person) -> None:
    """As of now, not as of when the person was looked up.

    Raises Sorry where no other admin is left who has an account to write from.
    """
    admins = {one.id for one in await people.admins(tx)}
    if person.id not in admins:
        return
    for number in admins - {person.id}:
        if await people.accounts_of(tx, number):
            return
    raise Sorry(LAST_ADMIN)


async def note(
    tx: AsyncConnection,
    by: Person | None,
    action: str,
    person: Person,
    now: Now,
    **details: object,
) -> None:
    subject = f"{person.name} ({person.id})"
    await audit.add(tx, by.id if by else None, action, subject, details, now())
