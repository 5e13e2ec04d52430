"""What it means that somebody leaves: the same by themselves and by an admin."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core._request_states import Reason, State
from medianest_bot.core.store import leavings, people, take_backs
from medianest_bot.core.store import requests as rows
from medianest_bot.core.store.exports import Whose
from medianest_bot.core.store.people import Person

_ALL = 10_000


async def whose(db: AsyncConnection, person: Person) -> Whose:
    """The person with all their accounts."""
    known = await people.accounts_of(db, person.id)
    return Whose(person.id, tuple((one.platform, one.account) for one in known))


async def forget(tx: AsyncConnection, person: Person, now: datetime) -> None:
    """Forget a person and all that is theirs, and stop what is going on for them.

    What nobody has approved yet is taken back at Seerr, unless somebody else follows
    it; the promise to do so is kept without a name. What was approved, and files that
    are there, stay with the household.
    """
    for request in await to_take_back(tx, person):
        if person.seerr_id is not None:
            await take_backs.promise(tx, request, person.seerr_id, now)
    await leavings.forget(tx, await whose(tx, person))


async def to_take_back(db: AsyncConnection, person: Person) -> tuple[int, ...]:
    """What Seerr holds for them alone and nobody has approved, by its own numbers."""
    waiting = await rows.of_person(db, person.id, (State.PENDING,), _ALL)
    own = {
        row.seerr_id
        for row in waiting
        if row.seerr_id is not None and row.reason != Reason.FOLLOWED
    }
    return tuple(
        [one for one in sorted(own) if not await _is_followed(db, one, person)]
    )


async def _is_followed(db: AsyncConnection, seerr_id: int, person: Person) -> bool:
    found = await rows.by_seerr(db, seerr_id)
    return any(row.person_id != person.id for row in found)
