"""Groups the bot is added to, removed from, and private chats that block it."""

from __future__ import annotations

import structlog
from telegram import Bot
from telegram.error import TelegramError

from medianest_bot.chats._telegram_chats import Chats
from medianest_bot.chats._telegram_errors import is_unwelcome
from medianest_bot.chats._telegram_incoming import PLATFORM, Membership, Spot
from medianest_bot.chats._telegram_room import Room
from medianest_bot.chats._telegram_wire import How
from medianest_bot.core.places import subject_of
from medianest_bot.core.roles import PlaceKind, Role
from medianest_bot.core.store import cards
from medianest_bot.core.words import reading

log = structlog.get_logger(__name__)


class Groups:
    """Asks what a new group is, and leaves what is not ours."""

    def __init__(self, room: Room, bot: Bot, chats: Chats) -> None:
        self._room = room
        self._bot = bot
        self._chats = chats

    async def changed(self, membership: Membership) -> None:
        """We were added, removed, blocked or let in again."""
        spot = membership.spot
        if spot.is_private:
            await self._chats.reachable(
                membership.sender.account, is_so=membership.is_here
            )
            return
        if not membership.is_here:
            await self._chats.left(spot.chat)
            return
        await self._added(membership)

    async def leave(self) -> None:
        """Leave what is not ours, or what nobody has said to be ours for a day."""
        for chat in self._room.house.places.to_leave(PLATFORM):
            await self._leave(chat)

    async def _leave(self, chat: str) -> None:
        try:
            await self._bot.leave_chat(chat)
        except TelegramError as error:
            log.info("not left", place=chat, reason=str(error))
            if not is_unwelcome(error):
                # Tried again at the next look.
                return
        await self._chats.left(chat)

    async def _added(self, membership: Membership) -> None:
        """Ask the admin who added us what the chat is; tell admins of others."""
        room, spot = self._room, membership.spot
        is_known = room.kind(spot) in (PlaceKind.HOUSEHOLD, PlaceKind.ADMIN)
        person = await room.person(membership.sender)
        is_admin = person is not None and person.role is Role.ADMIN
        by = person if is_admin else None
        await room.house.places.added(PLATFORM, spot.chat, spot.title, by)
        if is_known or not is_admin or await self._is_asked(spot.chat):
            return
        line = f"show place:{PLATFORM}:{spot.chat}"
        here = Spot(spot.chat, None, is_private=False, title=spot.title)
        with reading(membership.sender.locale):
            asked = room.asked(membership.sender, here)
            reply = await room.dispatch.run(line, asked)
            await room.send(here, reply, How(), membership.sender)

    async def _is_asked(self, chat: str) -> bool:
        """True where the question is there already: we were only given other rights."""
        subject = subject_of(PLATFORM, chat)
        async with self._room.house.store.read() as db:
            card = await cards.of_place_subject(db, PLATFORM, chat, subject)
        return card is not None
