"""Rules about people: every change of rights leaves an audit row."""

from __future__ import annotations

from collections.abc import Callable
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
LAST_ADMIN = marked("There would be no admin left. Make somebody else an admin first.")

LONGEST_NAME = 32

Now = Callable[[], datetime]
Account = tuple[str, str]
"""A chat's name and the account's id in it."""


async def add(store: Store, by: Person, name: str, role: Role, now: Now) -> Person:
    """Make a person. Raises Sorry where the name is taken or is none."""
    if not name.strip() or len(name) > LONGEST_NAME or name.isdigit():
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
        if role is not Role.ADMIN:
            await _keep_an_admin(tx, person)
        await people.set_role(tx, person.id, role)
        await _note(tx, by, "role changed", person, now, role=role.value)


async def set_seerr(
    store: Store, by: Person, person: Person, number: int, now: Now
) -> None:
    async with store.begin() as tx:
        await people.set_seerr(tx, person.id, number)
        await _note(tx, by, "seerr user set", person, now, seerr=number)


async def remove(store: Store, by: Person, person: Person, now: Now) -> None:
    """Forget a person and all that is theirs. Raises Sorry for the last admin."""
    async with store.begin() as tx:
        await _keep_an_admin(tx, person)
        await _note(tx, by, "person removed", person, now)
        await people.remove(tx, person.id)


async def _keep_an_admin(tx: AsyncConnection, person: Person) -> None:
    others = [one for one in await people.admins(tx) if one.id != person.id]
    if person.role is Role.ADMIN and not others:
        raise Sorry(LAST_ADMIN)


async def _note(
    tx: AsyncConnection,
    by: Person,
    action: str,
    person: Person,
    now: Now,
    **details: object,
) -> None:
    await audit.add(tx, by.id, action, f"{person.name} ({person.id})", details, now())
