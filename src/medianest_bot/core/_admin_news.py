"""News for whoever looks after the household: in their rooms, else to each of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core._rooms import Spot, name_of
from medianest_bot.core.outbox import Outbox
from medianest_bot.core.store import people


async def promise(
    tx: AsyncConnection, outbox: Outbox, rooms: Iterable[Spot], line: str, dedupe: str
) -> None:
    """Promise `line` in every room; in private to each admin where no room hears it.

    A room is written to as one of the admins with an account on its platform sees it.
    """
    readers = await _readers(tx)
    heard = [room for room in rooms if room[0] in readers]
    for room in heard:
        once = f"{dedupe}:{name_of(room)}"
        await outbox.tell_room(tx, room, readers[room[0]], line, once)
    if heard:
        return
    for admin in await people.admins(tx):
        await outbox.tell(tx, admin.id, line, f"{dedupe}:{admin.id}")


async def _readers(tx: AsyncConnection) -> Mapping[str, int]:
    """For each platform the first admin of those who have an account there."""
    found: dict[str, int] = {}
    for admin in await people.admins(tx):
        for account in await people.accounts_of(tx, admin.id):
            found.setdefault(account.platform, admin.id)
    return found
