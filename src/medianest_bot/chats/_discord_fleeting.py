"""Cards that only one person sees: redrawn as long as their token lives, in memory.

Where somebody takes no direct messages, what they asked for is followed here for
a quarter of an hour. What comes later goes the outbox's way.
"""

from __future__ import annotations

from datetime import datetime

import structlog
from discord.webhook.async_ import async_context

from medianest_bot.chats import _discord_errors as errors
from medianest_bot.chats._discord_answering import Sent
from medianest_bot.chats._discord_calls import or_bare
from medianest_bot.chats._discord_owed import TOKEN_FOR
from medianest_bot.chats._discord_render import render
from medianest_bot.chats._discord_room import Interaction, Room
from medianest_bot.chats._discord_wire import changed
from medianest_bot.core.reply import Reply
from medianest_bot.core.roles import PlaceKind
from medianest_bot.core.store.cards import Card

log = structlog.get_logger(__name__)

PREFIX = "fleeting:"
"""Before the channel of such a card: nobody must find it there as a message."""


class Fleeting:
    """Nothing of it is stored but that there is such a card: tokens are secret."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._kept: dict[str, tuple[Interaction, Sent, datetime]] = {}
        self._calls = async_context.get()
        """The outbox, which runs elsewhere, makes its calls just as surely."""

    async def keep(
        self,
        interaction: Interaction,
        sent: Sent,
        reply: Reply,
        account: str,
        kind: PlaceKind,
    ) -> None:
        """Have it redrawn until its token ends."""
        now = self._room.house.now()
        self._kept = {n: one for n, one in self._kept.items() if one[2] > now}
        self._kept[str(sent.number)] = (interaction, sent, now + TOKEN_FOR)
        place = f"{PREFIX}{sent.channel}"
        if kind is PlaceKind.ADMIN:
            # Only they see it: it is nothing that the room is shown.
            kind = PlaceKind.PRIVATE
        await self._room.follow(place, sent.number, reply, account, kind)

    async def edit(self, card: Card, reply: Reply) -> bool:
        """Redraw it; False where that is over."""
        kept = self._kept.get(card.message)
        if kept is None or kept[2] <= self._room.house.now():
            self._kept.pop(card.message, None)
            return False
        interaction, sent, _until = kept
        reply = await self._room.presentable(reply)
        try:
            await or_bare(
                lambda shown: self._redraw(interaction, sent, card, shown), reply
            )
        except errors.FAILURES as error:
            if errors.is_worth_another_try(error):
                raise
            log.info("not redrawn for one", reason=type(error).__name__)
            self._kept.pop(card.message, None)
            return False
        return True

    async def _redraw(
        self, interaction: Interaction, sent: Sent, card: Card, reply: Reply
    ) -> None:
        message = render(reply, asker=card.account, was_card=True)
        async_context.set(self._calls)
        parts = changed(message, await self._room.pictures(message))
        if sent.is_behind:
            await interaction.followup.edit_message(sent.number, **parts)
        else:
            await interaction.edit_original_response(**parts)
