"""What a room of admins is shown stays alive when the admin it is drawn for leaves."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.store import cards, news, people
from medianest_bot.core.store.people import Account, Person


async def hand_over(
    tx: AsyncConnection, person: Person, leaving: Collection[tuple[str, str]] | None
) -> None:
    """Have rooms drawn as other admins see them: their cards, and news on their way.

    `leaving` are the accounts that go, None all of them. Another admin's account in
    the same chat takes over; where there is none, any other admin hears the news.
    Nothing happens for who is no admin, so it comes before they are none any more.
    """
    admins = await people.admins(tx)
    if person.id not in {one.id for one in admins}:
        return
    own = await people.accounts_of(tx, person.id)
    going = [one for one in own if leaving is None or _named(one) in leaving]
    staying = {one.platform for one in own if one not in going}
    others = await _others(tx, admins, person)
    for account in going:
        here = next((one for one in others if one.platform == account.platform), None)
        if here is not None:
            await cards.hand_over(tx, account, here)
        reader = here or next(iter(others), None)
        if reader is not None and account.platform not in staying:
            await news.hand_over(tx, account, reader.person_id)


def _named(account: Account) -> tuple[str, str]:
    return account.platform, account.account


async def _others(
    tx: AsyncConnection, admins: Collection[Person], person: Person
) -> list[Account]:
    """In the order they came, so that one of them is asked for all."""
    return [
        account
        for admin in admins
        if admin.id != person.id
        for account in await people.accounts_of(tx, admin.id)
    ]
