"""Presses: one local check, the single answer Telegram waits for, then the work."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from telegram import Bot
from telegram.error import TelegramError

from medianest_bot.chats import _telegram_errors as errors
from medianest_bot.chats._telegram_incoming import PLATFORM, Pressed, Spot
from medianest_bot.chats._telegram_lane import PerhapsSent, Rank
from medianest_bot.chats._telegram_render import is_of_row, unpacked
from medianest_bot.chats._telegram_room import Room
from medianest_bot.chats._telegram_saying import (
    LATE,
    Saying,
    is_private,
    is_stranger,
    question_key,
)
from medianest_bot.chats._telegram_text import cut, escape
from medianest_bot.chats._telegram_wire import How, Sent
from medianest_bot.core.context import Asked
from medianest_bot.core.dispatch import STILL, Checked
from medianest_bot.core.reply import Reply, Show
from medianest_bot.core.store import tickets
from medianest_bot.core.words import Sorry, _, reading

log = structlog.get_logger(__name__)

NOTE = 200
"""Characters a callback answer may have."""
QUESTION_FOR = timedelta(days=1)


class Pressing:
    """Answers presses. Every one of them, whatever its button says."""

    def __init__(self, room: Room, saying: Saying, bot: Bot) -> None:
        self._room = room
        self._saying = saying
        self._bot = bot

    async def pressed(
        self, pressed: Pressed, received_at: datetime, *, is_again: bool
    ) -> None:
        """Do what a button says. `is_again`: an earlier process had begun with it."""
        spot = pressed.spot
        if spot is None:
            await self._answer(pressed)
            return
        room = self._room
        line, asker = unpacked(pressed.data)
        asked = room.asked(pressed.sender, spot, pressed=True, asker=asker)
        with reading(pressed.sender.locale):
            checked = await room.dispatch.check(line, asked)
            if checked.refused is not None:
                await self._refuse(checked, pressed, spot)
                return
            question = await room.dispatch.question(line)
            if question is not None:
                too_many = self._too_many(checked, pressed, spot)
                await self._answer(pressed, note=too_many)
                await self._ask("" if too_many else question, line, pressed, spot)
                return
            if not spot.is_private and is_private(checked):
                await self._lead_away(line, pressed, spot)
                return
            in_time = await self._answer(pressed)
            is_old = room.house.now() - received_at > LATE
            changes = checked.command is not None and not checked.command.reads
            if changes and (is_old or not (in_time or is_again)):
                reply = await room.dispatch.ask_again(line, asked)
                how = _behind(pressed)
                await self._saying.answer(line, reply, pressed.sender, spot, how)
                return
            await self._work(line, asked, pressed, spot)

    def _too_many(self, checked: Checked, pressed: Pressed, spot: Spot) -> str:
        """What to say to strangers who press too often; each question is a row."""
        if not is_stranger(checked, spot):
            return ""
        who = f"{PLATFORM}:{pressed.sender.account}"
        try:
            self._room.house.limits.command(who)
        except Sorry as sorry:
            return sorry.worded()
        return ""

    async def _work(
        self, line: str, asked: Asked, pressed: Pressed, spot: Spot
    ) -> None:
        async with self._room.typing(spot):
            reply = await self._room.dispatch.run(line, asked)
        await self._show(line, reply, pressed, spot)

    async def _show(
        self, line: str, reply: Reply, pressed: Pressed, spot: Spot
    ) -> None:
        """Over the card that was pressed where it says so, else as a new message."""
        sent = _card(pressed, spot)
        is_here = reply.show is Show.HERE or _becomes(reply, pressed, spot)
        if is_here and sent is not None and pressed.is_accessible:
            if reply.menus and not spot.is_private:
                await self._room.to_private(pressed.sender, spot, line, How())
                return
            if await self._edit(sent, reply, pressed, spot):
                await self._room.follow(spot, sent, reply, pressed.sender)
                return
        answers = sent.number if sent is not None and not spot.is_private else None
        how = How(reply_to=answers, is_silent=reply.show is Show.NOTE)
        await self._saying.answer(line, reply, pressed.sender, spot, how)

    async def _edit(
        self, sent: Sent, reply: Reply, pressed: Pressed, spot: Spot
    ) -> bool:
        """True where the card shows it; False where a new message must."""
        asker = pressed.sender.account if reply.only and not spot.is_private else None
        try:
            return await self._room.sending.edit(sent, reply, Rank.REPLY, asker)
        except (PerhapsSent, errors.Unwelcome):
            # A new message would be too much, or would not arrive either.
            return True
        except TelegramError as error:
            log.warning("not edited", place=spot.chat, exc_info=error)
            return False

    async def _refuse(self, checked: Checked, pressed: Pressed, spot: Spot) -> None:
        """Say why not: to the presser alone, where it fits into the answer."""
        refused = checked.refused
        assert refused is not None
        if checked.is_stranger:
            who = pressed.sender.account
            async with self._room.strangers.first_today(who) as is_first:
                note = refused.text if is_first else ""
                await self._answer(pressed, note=note)
            return
        if refused.choices:
            # The message says it, and has a button besides.
            await self._answer(pressed)
            await self._show("", refused, pressed, spot)
            return
        await self._answer(pressed, note=refused.text)

    async def _ask(
        self, question: str, line: str, pressed: Pressed, spot: Spot
    ) -> None:
        """Ask for the words a button needs; the answer to that message has them."""
        if not question:
            return
        sender, room = pressed.sender, self._room
        html = escape(cut(question, 1000))
        if not spot.is_private:
            # A forced reply opens for whoever is mentioned.
            name = escape(cut(sender.name, 64))
            html = f'<a href="tg://user?id={sender.account}">{name}</a>: {html}'
        try:
            sent = await room.sending.ask(spot, html, How())
        except (TelegramError, PerhapsSent, errors.Unwelcome) as error:
            log.warning("not asked", place=spot.chat, exc_info=error)
            return
        key = question_key(spot.chat, str(sent.number))
        house = room.house
        async with house.store.begin() as tx:
            until = house.now() + QUESTION_FOR
            await tickets.keep(tx, key, PLATFORM, sender.account, line, until)

    async def _lead_away(self, line: str, pressed: Pressed, spot: Spot) -> None:
        """Open the private chat; a message with a button where that is not taken."""
        url = await self._room.ticket(pressed.sender, line)
        try:
            await self._bot.answer_callback_query(pressed.id, url=url)
        except TelegramError as error:
            log.info("not led away", reason=type(error).__name__)
            await self._answer(pressed)
            await self._room.to_private(pressed.sender, spot, line, _behind(pressed))

    async def _answer(self, pressed: Pressed, *, note: str = "") -> bool:
        """The one answer Telegram waits for; False where it came too late."""
        try:
            await self._bot.answer_callback_query(
                pressed.id, cut(note, NOTE) or None, show_alert=bool(note) or None
            )
        except TelegramError as error:
            log.info("press not answered", reason=type(error).__name__)
            return not errors.is_late(error)
        return True


def _becomes(reply: Reply, pressed: Pressed, spot: Spot) -> bool:
    """True where the pressed card turns into what was asked for.

    Not a list, whose other rows may be wanted too, nor what others see as well.
    """
    if not pressed.label or not spot.is_private:
        return False
    if pressed.label == _(STILL):
        # The question is answered; a picture would be lost in its place.
        return reply.picture is None or not reply.picture.data
    return reply.follows is not None and not is_of_row(pressed.label)


def _behind(pressed: Pressed) -> How:
    """It is to be seen which card was pressed."""
    return How(reply_to=int(pressed.message) if pressed.message else None)


def _card(pressed: Pressed, spot: Spot) -> Sent | None:
    if pressed.message is None:
        return None
    return Sent(spot.chat, int(pressed.message), pressed.is_photo)
