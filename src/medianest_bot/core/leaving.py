"""Going away, wholly or in part: one's accounts, one's Plex account, all of it.

Everything here is what people do with themselves; `people.remove` forgets somebody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core import _forgetting
from medianest_bot.core._handing_over import hand_over
from medianest_bot.core._request_states import WATCHED
from medianest_bot.core.people import Account, Now, keep_an_admin, note, still_here
from medianest_bot.core.roles import Role
from medianest_bot.core.store import downloads as jobs
from medianest_bot.core.store import exports, leavings, people
from medianest_bot.core.store import requests as rows
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.exports import Rows, Whose
from medianest_bot.core.store.people import Person
from medianest_bot.core.words import Sorry, marked

NOT_YOURS = marked("You have no account {who}. unlink shows those you have.")
NO_PLEX = marked("There is no Plex account of yours here.")


@dataclass(frozen=True, slots=True)
class Ends:
    """What is open and would end: counts."""

    taken_back: int
    staying: int
    downloads: int


async def unlink(
    store: Store, person: Person, accounts: tuple[Account, ...], now: Now
) -> None:
    """Take accounts away from their person; at once, for old buttons and cards too.

    Raises Sorry where one is not theirs, or the household would lose its last admin.
    """
    async with store.begin() as tx:
        await still_here(tx, person)
        known = (await _forgetting.whose(tx, person)).accounts
        for account in accounts:
            if account not in known:
                raise Sorry(NOT_YOURS, who=":".join(account))
        if not set(known) - set(accounts):
            await keep_an_admin(tx, person)
        await hand_over(tx, person, accounts)
        for account in accounts:
            await _unlink(tx, person, account, now)


async def forget_plex(store: Store, person: Person, now: Now) -> Role:
    """Forget whose Plex account is theirs; returns what they are from now on.

    A member becomes a guest: it is by that account that we see who still belongs to
    the household. Admins stay admins.
    """
    async with store.begin() as tx:
        await still_here(tx, person)
        as_now = await people.get(tx, person.id) or person
        if as_now.plex_id is None:
            raise Sorry(NO_PLEX)
        await people.set_plex(tx, person.id, None)
        await leavings.forget_plex(tx, person.id)
        await note(tx, person, "plex unlinked", person, now)
        if as_now.role is not Role.MEMBER:
            return as_now.role
        await people.set_role(tx, person.id, Role.GUEST)
        await note(tx, person, "role changed", person, now, role=Role.GUEST.value)
    return Role.GUEST


async def forget_stranger(store: Store, account: Account) -> None:
    """Forget what is kept about an account that is nobody's here."""
    async with store.begin() as tx:
        if await people.by_account(tx, *account) is None:
            await leavings.forget(tx, Whose(None, (account,)))


async def about(
    store: Store, person: Person | None, account: Account
) -> Mapping[str, Rows]:
    """All rows about a person; of a stranger, those about the account they use."""
    async with store.read() as db:
        nobody = Whose(None, (account,))
        whose = await _forgetting.whose(db, person) if person else nobody
        return await exports.all_about(db, whose)


async def ends(store: Store, person: Person) -> Ends:
    """What would end with them, and what would stay."""
    async with store.read() as db:
        taken = len(await _forgetting.to_take_back(db, person))
        held = await rows.count_of(db, person.id, WATCHED)
        running = await jobs.unfinished(db)
    own = [one for one in running if one.person_id == person.id]
    return Ends(taken, held - taken, len(own))


async def _unlink(
    tx: AsyncConnection, person: Person, account: Account, now: Now
) -> None:
    await people.unlink(tx, *account)
    await leavings.forget_cards(tx, *account)
    who = ":".join(account)
    await note(tx, person, "account unlinked", person, now, account=who)
