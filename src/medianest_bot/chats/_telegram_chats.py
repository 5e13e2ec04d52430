"""What we know of Telegram's chats: who moved, who takes nothing from us."""

from __future__ import annotations

import structlog

from medianest_bot.chats._telegram_incoming import PLATFORM
from medianest_bot.core.house import House
from medianest_bot.core.store import cards, people

log = structlog.get_logger(__name__)


class Chats:
    """Keeps what we know of chats true, whoever finds it out."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._unreachable: set[str] = set()

    async def open(self) -> None:
        """Take up who could not be written to before the restart."""
        async with self._house.store.read() as db:
            found = await people.of_platform(db, PLATFORM)
        self._unreachable = {one.account for one in found if one.unreachable_at}

    async def heard(self, account: str) -> None:
        """Whoever writes to us can be written to."""
        if account in self._unreachable:
            await self.reachable(account, is_so=True)

    async def moved(self, old: str, new: str) -> None:
        """A group became a supergroup: the same chat by another number."""
        await self._house.places.moved(PLATFORM, old, new)
        async with self._house.store.begin() as tx:
            await cards.moved(tx, PLATFORM, old, new)
        log.info("group moved", old=old, new=new)

    async def unwelcome(self, chat: str) -> None:
        """A chat takes nothing from us: remember it, and lose nothing else."""
        if chat.startswith("-"):
            await self.left(chat)
        else:
            await self.reachable(chat, is_so=False)

    async def reachable(self, account: str, *, is_so: bool) -> None:
        """Note whether somebody can be written to; their link stays either way."""
        async with self._house.store.read() as db:
            if await people.by_account(db, PLATFORM, account) is None:
                # Strangers may block us and let us in as often as they like.
                return
        if is_so:
            self._unreachable.discard(account)
        else:
            self._unreachable.add(account)
        async with self._house.store.begin() as tx:
            at = None if is_so else self._house.now()
            await people.set_unreachable(tx, PLATFORM, account, at)
        if is_so:
            # What could not be told them need not wait any longer.
            self._house.outbox.reachable_again(PLATFORM)

    async def left(self, chat: str) -> None:
        await self._house.places.gone(PLATFORM, chat)
        async with self._house.store.begin() as tx:
            await cards.forget_place(tx, PLATFORM, chat)
