"""Rules about people: every change of rights leaves an audit row."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.roles import Role
from medianest_bot.core.store import audit, people
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.people import AccountTaken, NameTaken, Person
from medianest_bot.core.words import Sorry, marked

NAME_TAKEN = marked("There is already somebody called {name}.")
BAD_NAME = marked("A name has up to {limit} characters and is not only digits.")
ACCOUNT_TAKEN = marked("{who} already belongs to somebody. Remove that person first.")
GONE = marked("{name} is no longer here.")
LAST_ADMIN = marked("There would be no admin left. Make somebody else an admin first.")
SEERR_TAKEN = marked(
    "{name} asks as Seerr user {number} already. Two people never share one."
)

LONGEST_NAME = 32

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
            await _note(tx, by, "person added", person, now, role=role.value)
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
            await _still_here(tx, person)
            await people.link(tx, person.id, platform, number, person.name, now())
            who = f"{platform}:{number}"
            await _note(tx, by, "account linked", person, now, account=who)
    except AccountTaken as error:
        raise Sorry(ACCOUNT_TAKEN, who=f"{platform}:{number}") from error


async def change_role(
    store: Store, by: Person, person: Person, role: Role, now: Now
) -> None:
    """Takes effect at once, on old buttons too. Raises Sorry for the last admin."""
    async with store.begin() as tx:
        await _still_here(tx, person)
        if role is not Role.ADMIN:
            await _keep_an_admin(tx, person)
        await people.set_role(tx, person.id, role)
        await _note(tx, by, "role changed", person, now, role=role.value)


async def set_seerr(
    store: Store, by: Person, person: Person, number: int, now: Now
) -> None:
    """Ask as this user from now on. Raises Sorry where somebody else does."""
    async with store.begin() as tx:
        await _still_here(tx, person)
        for one in await people.everyone(tx):
            if one.seerr_id == number and one.id != person.id:
                raise Sorry(SEERR_TAKEN, name=one.name, number=number)
        await people.set_seerr(tx, person.id, number)
        await _note(tx, by, "seerr user set", person, now, seerr=number)


async def remove(store: Store, by: Person, person: Person, now: Now) -> None:
    """Forget a person and all that is theirs. Raises Sorry for the last admin."""
    async with store.begin() as tx:
        await _still_here(tx, person)
        await _keep_an_admin(tx, person)
        await _note(tx, by, "person removed", person, now)
        await people.remove(tx, person.id)


async def make_admins(store: Store, accounts: Collection[Account], now: Now) -> None:
    """Make admins of the accounts the settings name; the house itself does it.

    Somebody known keeps their name; somebody new is called after the account.
    """
    for platform, account in accounts:
        await make_admin(store, (platform, account), f"{platform}:{account}", now)


async def make_admin(store: Store, account: Account, name: str, now: Now) -> None:
    """Make an admin of whose account it is; `name` is for somebody new."""
    async with store.begin() as tx:
        person = await people.by_account(tx, *account)
        if person is None:
            await _new_admin(tx, account, name[:LONGEST_NAME], now)
        elif person.role is not Role.ADMIN:
            await people.set_role(tx, person.id, Role.ADMIN)
            role = Role.ADMIN.value
            await _note(tx, None, "role changed", person, now, role=role)


async def _new_admin(
    tx: AsyncConnection, account: Account, name: str, now: Now
) -> None:
    platform, number = account
    person = await _first_free(tx, name, now)
    await people.link(tx, person.id, platform, number, person.name, now())
    await _note(tx, None, "person added", person, now, role=person.role.value)
    who = f"{platform}:{number}"
    await _note(tx, None, "account linked", person, now, account=who)


async def _first_free(tx: AsyncConnection, name: str, now: Now) -> Person:
    """Somebody of that name; with a number behind it where it is taken."""
    taken = {people.name_key(one.name) for one in await people.everyone(tx)}
    names = (name, *(f"{name} {number}" for number in range(2, len(taken) + 3)))
    free = next(one for one in names if people.name_key(one) not in taken)
    return await people.add(tx, free, Role.ADMIN, now=now())


async def _still_here(tx: AsyncConnection, person: Person) -> None:
    """Somebody else may have removed them since they were looked up."""
    if await people.get(tx, person.id) is None:
        raise Sorry(GONE, name=person.name)


async def _keep_an_admin(tx: AsyncConnection, person: Person) -> None:
    """As of now, not as of when the person was looked up."""
    admins = {one.id for one in await people.admins(tx)}
    if admins == {person.id}:
        raise Sorry(LAST_ADMIN)


async def _note(
    tx: AsyncConnection,
    by: Person | None,
    action: str,
    person: Person,
    now: Now,
    **details: object,
) -> None:
    subject = f"{person.name} ({person.id})"
    await audit.add(tx, by.id if by else None, action, subject, details, now())
