"""Rules about other ways in: each change leaves an audit row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from medianest_bot.core.store import audit
from medianest_bot.core.store import entrances as rows
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.people import Person
from medianest_bot.core.words import Sorry, marked

IN_A_RING = marked("{parent} is looked after by {name} already.")

Now = Callable[[], datetime]


async def expect(store: Store, by: Person, who: str, plex: str, now: Now) -> None:
    """`who` needs no approval when they sign in with the Plex account `plex`."""
    async with store.begin() as tx:
        await rows.expect(tx, who, plex, by.id, now())
        await audit.add(tx, by.id, "expected", who, {"plex": plex}, now())


async def unexpect(store: Store, by: Person, who: str, now: Now) -> bool:
    """False where they were not expected."""
    async with store.begin() as tx:
        was = await rows.forget_expected(tx, who)
        if was:
            await audit.add(tx, by.id, "not expected", who, {}, now())
    return was


async def unblock(store: Store, by: Person, account: str, now: Now) -> bool:
    """False where the account was not blocked."""
    platform, _colon, number = account.partition(":")
    async with store.begin() as tx:
        was = await rows.unblock(tx, (platform, number))
        if was:
            await audit.add(tx, by.id, "unblocked", account, {}, now())
    return was


async def set_parent(
    store: Store, by: Person, person: Person, parent: Person | None, now: Now
) -> None:
    """Say who looks after somebody. Raises Sorry where it is the other way round."""
    async with store.begin() as tx:
        known = await rows.all_parents(tx)
        if parent is not None and known.get(parent.id) == person.id:
            raise Sorry(IN_A_RING, parent=parent.name, name=person.name)
        await rows.set_parent(tx, person.id, parent.id if parent else None)
        subject = f"{person.name} ({person.id})"
        told = {"parent": parent.id if parent else None}
        await audit.add(tx, by.id, "parent set", subject, told, now())
