"""Answers that are owed: written down while "thinking…" stands, for fifteen minutes.

So a crash leaves nobody waiting: the next start says so in the same message.
"""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta

import discord
import structlog
from discord.http import handle_message_parameters
from discord.webhook.async_ import async_context

from medianest_bot.chats import _discord_errors as errors
from medianest_bot.chats._discord_parts import Message
from medianest_bot.chats._discord_render import render
from medianest_bot.chats._discord_room import PLATFORM, Interaction, Room
from medianest_bot.chats._discord_wire import NO_MENTIONS, layout
from medianest_bot.core.reply import Choice, Reply, Tone
from medianest_bot.core.store import tickets
from medianest_bot.core.store.errors import StoreError
from medianest_bot.core.words import _, marked, reading

log = structlog.get_logger(__name__)

TOKEN_FOR = timedelta(minutes=14)
"""An interaction can be answered for fifteen minutes; what is older is forgotten."""
RESTARTED = marked("I was restarted while I was at it. Please press again.")
AGAIN = marked("Again")
BROKEN = marked("That did not work. It has been noted for the admin.")
_PREFIX = "discord owed "


class Owed:
    """What we said we would answer."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._kept: dict[str, datetime] = {}
        """What is written down, and when it is to be forgotten."""

    async def note(self, interaction: Interaction, line: str) -> None:
        """Write down that an answer is owed."""
        house = self._room.house
        kept = {
            "application": str(interaction.application_id),
            "token": interaction.token,
            "line": line,
            "locale": str(interaction.locale),
        }
        key = f"{_PREFIX}{interaction.id}"
        until = house.now() + TOKEN_FOR
        account = str(interaction.user.id)
        self._kept[key] = until
        try:
            async with house.store.begin() as tx:
                text = json.dumps(kept)
                await tickets.keep(tx, key, PLATFORM, account, text, until)
        except StoreError:
            log.warning("owed answer not noted", exc_info=True)

    async def paid(self, interaction: Interaction) -> None:
        """It was answered; its token is kept no longer."""
        self._kept[f"{_PREFIX}{interaction.id}"] = self._room.house.now()
        await self.tidy()

    async def keep(self, every_s: float) -> None:
        """Forget every token in its time, though its answer or the store failed."""
        while True:
            await asyncio.sleep(every_s)
            await self.tidy()

    async def tidy(self) -> None:
        """Forget what was answered, and what cannot be answered any more."""
        now = self._room.house.now()
        over = [key for key, until in self._kept.items() if until <= now]
        if not over:
            return
        try:
            async with self._room.house.store.begin() as tx:
                await tickets.forget(tx, over)
        except StoreError:
            log.warning("owed answers not forgotten", exc_info=True)
            return
        for key in over:
            self._kept.pop(key, None)

    async def pay_all(self, client: discord.Client) -> None:
        """Say to all who still wait that we were restarted."""
        house = self._room.house
        try:
            async with house.store.begin() as tx:
                left = await tickets.take_all(tx, _PREFIX, PLATFORM, house.now())
        except StoreError:
            log.warning("owed answers not looked at", exc_info=True)
            return
        await asyncio.gather(*(self._pay(client, text) for text in left))

    async def _pay(self, client: discord.Client, text: str) -> None:
        try:
            kept = json.loads(text)
            message = await self._message(str(kept["line"]), str(kept["locale"]))
            assert message.card is not None
            shown = handle_message_parameters(
                view=layout(message.card), allowed_mentions=NO_MENTIONS
            )
            webhook = discord.Webhook.partial(
                int(kept["application"]), str(kept["token"]), client=client
            )
            await async_context.get().edit_original_interaction_response(
                webhook.id,
                str(webhook.token),
                session=webhook.session,
                payload=shown.payload,
            )
        except (*errors.FAILURES, ValueError, KeyError) as error:
            log.info("owed answer not paid", reason=type(error).__name__)

    async def _message(self, line: str, locale: str) -> Message:
        with reading(locale):
            return render(await self._room.dispatch.shorten(restarted(line)))


def restarted(line: str) -> Reply:
    """What somebody reads whose answer was lost in a restart."""
    again = Choice(_(AGAIN), line)
    return Reply(text=_(RESTARTED), choices=(again,), tone=Tone.WARN)


def broken() -> Reply:
    """What somebody reads whose answer could not even be worded."""
    return Reply(text=_(BROKEN), tone=Tone.BAD)
