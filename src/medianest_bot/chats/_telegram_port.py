"""What the outbox sends by Telegram: redrawn cards, and news."""

from __future__ import annotations

import structlog
from telegram.error import BadRequest, TelegramError

from medianest_bot.chats._announcing import Announcing, told
from medianest_bot.chats._telegram_errors import Unwelcome
from medianest_bot.chats._telegram_incoming import PLATFORM, Sender, Spot
from medianest_bot.chats._telegram_lane import PerhapsSent, Rank
from medianest_bot.chats._telegram_room import Room, spot_of
from medianest_bot.chats._telegram_wire import How, named
from medianest_bot.core.outbox import Away, Closed
from medianest_bot.core.reply import Reply
from medianest_bot.core.roles import PlaceKind
from medianest_bot.core.store import cards
from medianest_bot.core.store.cards import Card

log = structlog.get_logger(__name__)

PRIVATE_PACE_S = 3.0
GROUP_PACE_S = 10.0
"""In a group twenty calls a minute is all there is (facts, 3.1)."""


class TelegramPort:
    """Telegram as the outbox sees it."""

    platform = PLATFORM
    only_place: str | None = None

    def __init__(self, room: Room, *, announces: bool = False) -> None:
        self._room = room
        self._announcing = Announcing(room.house, PLATFORM, announces)

    def pace_s(self, card: Card) -> float:
        is_private = card.place_kind == PlaceKind.PRIVATE.value
        return PRIVATE_PACE_S if is_private else GROUP_PACE_S

    async def edit(self, card: Card, reply: Reply) -> bool:
        """Redraw a card; where it was deleted, another takes its place.

        Raises Away, or what is wrong with the card itself.
        """
        try:
            is_there = await self._edit(card, reply)
        except BadRequest:
            raise
        except (PerhapsSent, TelegramError) as error:
            raise Away from error
        if is_there and await self._announcing.is_due(card, reply):
            await self._announce(card, reply)
        return is_there

    async def tell(self, account: str, reply: Reply) -> bool:
        """Send news to somebody; False where they take none from us.

        Where they have a card of the same thing, the news hang on it and rest;
        elsewhere the news are the card from now on.
        """
        spot = Spot(account, None, is_private=True)
        card = await self._card(account, reply)
        answers = named(account, card.message).number if card else None
        how = How(Rank.NEWS, reply_to=answers)
        return await self._bring(spot, reply, how, None if card else account)

    async def post(
        self, place: str, thread: str | None, account: str, reply: Reply
    ) -> bool:
        """Send a card to an admin room; False where we cannot, or it is none."""
        spot = Spot(place, thread)
        if self._room.kind(spot) is not PlaceKind.ADMIN:
            return False
        asker = account if reply.only else None
        return await self._bring(spot, reply, How(Rank.NEWS, asker=asker), account)

    async def _bring(
        self, spot: Spot, reply: Reply, how: How, reader: str | None
    ) -> bool:
        """Send it; what follows something is a card of `reader`, if there is one."""
        try:
            sent = await self._room.sending.send(spot, reply, how)
        except PerhapsSent:
            # Telling once more would be worse than not knowing.
            return True
        except Unwelcome:
            return False
        except BadRequest:
            raise
        except TelegramError as error:
            raise Away from error
        if reader is not None and reply.follows is not None:
            await self._room.follow(spot, sent, reply, Sender(reader, ""))
        return True

    async def _announce(self, card: Card, reply: Reply) -> None:
        spot = spot_of(card.place)
        how = How(Rank.NEWS, reply_to=named(spot.chat, card.message).number)
        try:
            await self._room.sending.send(spot, told(reply), how)
        except (PerhapsSent, Unwelcome, TelegramError) as error:
            log.info("not announced", reason=type(error).__name__)

    async def _edit(self, card: Card, reply: Reply) -> bool:
        spot = spot_of(card.place)
        sent = named(spot.chat, card.message)
        rank = Rank.PROGRESS if reply.busy else Rank.NEWS
        asker = card.account if reply.only and not spot.is_private else None
        try:
            if await self._room.sending.edit(sent, reply, rank, asker):
                return True
        except Unwelcome as error:
            if spot.is_private:
                raise Closed from error
            return False
        how = How(rank, asker=asker, is_silent=True)
        try:
            again = await self._room.sending.send(spot, reply, how)
        except (PerhapsSent, Unwelcome):
            # Another one that nobody knows the number of cannot be redrawn.
            return False
        await self._room.follow(spot, again, reply, _reader(card))
        return False

    async def _card(self, account: str, reply: Reply) -> Card | None:
        if reply.follows is None:
            return None
        async with self._room.house.store.read() as db:
            return await cards.of_place_subject(db, PLATFORM, account, reply.follows)


def _reader(card: Card) -> Sender:
    return Sender(card.account, "")
