"""What a room of admins is shown stays alive when the admin it is drawn for leaves."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.store import cards, news, people
from medianest_bot.core.store.people import Account, Person


async def hand_over(tx: AsyncConnection, person: Person) -> None:
    """Have rooms drawn as other admins see them: their cards, and news on their way.

    For each chat, the first admin who has an account there; without one they stay.
    """
    for reader in (await _others(tx, person)).values():
        await news.hand_over(tx, person.id, reader.platform, reader.person_id)
        await cards.hand_over(tx, person.id, reader)


async def _others(tx: AsyncConnection, person: Person) -> dict[str, Account]:
    found: dict[str, Account] = {}
    for admin in await people.admins(tx):
        if admin.id != person.id:
            for account in await people.accounts_of(tx, admin.id):
                found.setdefault(account.platform, account)
    return found
