"""Each kind of thing somebody can do, and who answers it."""

from __future__ import annotations

import structlog

from medianest_bot.chats._telegram_chats import Chats
from medianest_bot.chats._telegram_groups import Groups
from medianest_bot.chats._telegram_inbox import Stored
from medianest_bot.chats._telegram_incoming import (
    Asking,
    Incoming,
    Membership,
    Migrated,
    Nothing,
    Other,
    Pressed,
    Said,
    Shared,
)
from medianest_bot.chats._telegram_inline import Inline
from medianest_bot.chats._telegram_lists import Lists
from medianest_bot.chats._telegram_pressing import Pressing
from medianest_bot.chats._telegram_saying import Saying
from medianest_bot.core.dispatch import Checked
from medianest_bot.core.store.errors import StoreError

log = structlog.get_logger(__name__)


class Doing:
    """Hands what was done to whoever answers it."""

    def __init__(
        self,
        saying: Saying,
        pressing: Pressing,
        inline: Inline,
        groups: Groups,
        chats: Chats,
        lists: Lists,
    ) -> None:
        self._saying = saying
        self._pressing = pressing
        self._inline = inline
        self._groups = groups
        self._chats = chats
        self._lists = lists

    async def do(self, what: Incoming, update: Stored) -> None:
        """Answer it. Raises StoreError where nobody was answered for want of one."""
        match what:
            case Said():
                who = await self._saying.said(what, update.received_at)
                if what.spot.is_private and who is not None:
                    await self._met(what.sender.account, who)
            case Pressed():
                await self._pressing.pressed(
                    what, update.received_at, is_again=update.is_again
                )
            case Asking():
                await self._inline.asked(what)
            case Shared():
                await self._saying.shared(what)
            case Other():
                await self._saying.other(what)
            case Membership():
                await self._groups.changed(what)
            case Migrated(old=old, new=new):
                await self._chats.moved(old, new)
            case Nothing(why=why):
                log.debug("nothing to do", number=update.number, why=why)

    async def _met(self, account: str, who: Checked) -> None:
        """Remember somebody who was answered; the next message is as good for that."""
        try:
            await self._chats.heard(account)
        except StoreError:
            log.warning("not remembered", exc_info=True)
        if who.role is not None or who.is_stranger:
            # A stranger who may ask something is a stranger all the same.
            self._lists.seen(account, who.role if who.person else None)
