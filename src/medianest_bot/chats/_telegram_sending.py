"""Sends and edits: the only place where a Message becomes a call of the Bot API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import structlog
from telegram import (
    Bot,
    ForceReply,
    InputMediaPhoto,
)
from telegram import (
    Message as Made,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, TelegramError

from medianest_bot.chats import _telegram_errors as errors
from medianest_bot.chats._telegram_chats import Chats
from medianest_bot.chats._telegram_errors import Unwelcome
from medianest_bot.chats._telegram_incoming import Spot
from medianest_bot.chats._telegram_lane import Lane, PerhapsSent, Rank
from medianest_bot.chats._telegram_pictures import Pictures
from medianest_bot.chats._telegram_render import TEXT, Message, render
from medianest_bot.chats._telegram_text import cut, escape, plain
from medianest_bot.chats._telegram_wire import (
    NO_PREVIEW,
    How,
    Sent,
    as_keyboard,
    as_sent,
    into,
    preview,
    thread,
)
from medianest_bot.core.reply import Reply

log = structlog.get_logger(__name__)

T = TypeVar("T")


class Sending:
    """Messages on their way through the lane."""

    def __init__(self, bot: Bot, lane: Lane, pictures: Pictures, chats: Chats) -> None:
        self._bot = bot
        self._lane = lane
        self._pictures = pictures
        self._chats = chats

    async def send(self, spot: Spot, reply: Reply, how: How) -> Sent:
        """Send a new message, and its files behind it.

        Raises Unwelcome, PerhapsSent, or TelegramError where it did not work.
        """
        message = render(reply, asker=how.asker)
        try:
            sent = await self._sent(spot, reply, message, how)
        except TelegramError as error:
            if how.reply_to is None or not errors.is_question_gone(error):
                raise
            sent = await self._sent(spot, reply, message, replace(how, reply_to=None))
        for file in message.files:
            await self._in_turn(
                spot,
                how.rank,
                lambda at, file=file: self._bot.send_document(  # type: ignore[misc]
                    at.chat, file.data, filename=file.name, **into(at, How())
                ),
            )
        return sent

    async def ask(self, spot: Spot, html: str, how: How) -> Sent:
        """Ask somebody something: their phone opens an answer to it."""

        async def call(at: Spot) -> Made:
            return await self._bot.send_message(
                at.chat,
                html,
                ParseMode.HTML,
                reply_markup=ForceReply(selective=True),
                **into(at, how),
            )

        made = await self._in_turn(spot, how.rank, call)
        return as_sent(made)

    async def edit(
        self, sent: Sent, reply: Reply, rank: Rank, asker: str | None = None
    ) -> bool:
        """Show `reply` in a message of ours; False where that message is gone.

        Raises what `send` raises.
        """
        message = render(reply, as_photo=sent.is_photo, asker=asker)
        spot = Spot(sent.chat)
        call = partial(self._edited, sent=sent, message=message)
        try:
            await self._twice(spot, rank, call)
        except TelegramError as error:
            if errors.is_message_gone(error):
                return False
            if errors.is_our_fault(error):
                log.warning("edited without markup", reason=error.message)
                bare = replace(message, html=escape(plain(message.html)), preview="")
                call = partial(self._edited, sent=sent, message=bare)
                await self._twice(spot, rank, call)
            elif not errors.is_unmodified(error):
                raise
        return True

    async def typing(self, spot: Spot, rank: Rank) -> None:
        """Show that we are at it, for the next five seconds."""
        await self._lane.send(
            spot.chat,
            rank,
            lambda: self._bot.send_chat_action(
                spot.chat, "typing", message_thread_id=thread(spot)
            ),
        )

    async def _sent(self, spot: Spot, reply: Reply, message: Message, how: How) -> Sent:
        sent = None
        if message.photo is not None:
            sent = await self._send_photo(spot, message, how)
        if sent is None:
            text = message if message.photo is None else _as_text(reply, how)
            sent = await self._send_text(spot, text, how)
        return sent

    async def _send_photo(self, spot: Spot, message: Message, how: How) -> Sent | None:
        """None where the picture could not be had or was not taken."""
        assert message.photo is not None
        picture = await self._pictures.get(message.photo)
        while picture is not None:
            try:
                made = await self._in_turn(
                    spot, how.rank, self._photo_call(message, picture, how)
                )
            except TelegramError as error:
                if not errors.is_bad_picture(error):
                    if isinstance(error, BadRequest):
                        return None
                    raise
                await self._pictures.refused(message.photo)
                was_name = isinstance(picture, str)
                picture = await self._pictures.get(message.photo) if was_name else None
                continue
            await self._pictures.sent(message.photo, made.photo[-1].file_id)
            return as_sent(made)
        return None

    def _photo_call(
        self, message: Message, picture: str | bytes, how: How
    ) -> Callable[[Spot], Awaitable[Made]]:
        return lambda at: self._bot.send_photo(
            at.chat,
            picture,
            message.html,
            parse_mode=ParseMode.HTML,
            reply_markup=as_keyboard(message),
            **into(at, how),
        )

    async def _send_text(self, spot: Spot, message: Message, how: How) -> Sent:
        async def call(at: Spot) -> Made:
            return await self._bot.send_message(
                at.chat,
                message.html,
                ParseMode.HTML,
                link_preview_options=preview(message),
                reply_markup=as_keyboard(message),
                **into(at, how),
            )

        async def bare(at: Spot) -> Made:
            return await self._bot.send_message(
                at.chat,
                cut(plain(message.html), TEXT),
                link_preview_options=NO_PREVIEW,
                reply_markup=as_keyboard(message, only_ours=True),
                **into(at, how),
            )

        try:
            made = await self._in_turn(spot, how.rank, call)
        except BadRequest as error:
            # An answer must arrive, whatever it was that Telegram did not take.
            log.warning("sent without markup", reason=error.message)
            made = await self._in_turn(spot, how.rank, bare)
        return as_sent(made)

    async def _edited(self, at: Spot, sent: Sent, message: Message) -> Any:
        keyboard = as_keyboard(message)
        if not sent.is_photo:
            return await self._bot.edit_message_text(
                message.html,
                at.chat,
                sent.number,
                parse_mode=ParseMode.HTML,
                link_preview_options=preview(message),
                reply_markup=keyboard,
            )
        if message.photo is not None and message.photo.data:
            media = InputMediaPhoto(
                message.photo.data, message.html, parse_mode=ParseMode.HTML
            )
            return await self._bot.edit_message_media(
                media, at.chat, sent.number, reply_markup=keyboard
            )
        return await self._bot.edit_message_caption(
            at.chat,
            sent.number,
            caption=message.html,
            parse_mode=ParseMode.HTML,
            reply_markup=keyboard,
        )

    async def _twice(
        self, spot: Spot, rank: Rank, call: Callable[[Spot], Awaitable[Any]]
    ) -> None:
        """Edit, once more where nobody knows: what shows already is no harm."""
        try:
            await self._in_turn(spot, rank, call)
        except PerhapsSent:
            await self._in_turn(spot, rank, call)

    async def _in_turn(
        self, spot: Spot, rank: Rank, call: Callable[[Spot], Awaitable[T]]
    ) -> T:
        """Call when it is this chat's turn; once more where the chat has moved."""
        try:
            return await self._lane.send(spot.chat, rank, lambda: call(spot))
        except ChatMigrated as error:
            new = str(error.new_chat_id)
            await self._chats.moved(spot.chat, new)
            there = Spot(new, spot.thread, spot.is_private, spot.title)
            return await self._lane.send(new, rank, lambda: call(there))
        except TelegramError as error:
            if errors.is_topic_gone(error) and spot.thread is not None:
                flat = Spot(spot.chat, None, spot.is_private, spot.title)
                return await self._lane.send(spot.chat, rank, lambda: call(flat))
            if not errors.is_unwelcome(error):
                raise
            await self._chats.unwelcome(spot.chat)
            raise Unwelcome(spot.chat) from error


def _as_text(reply: Reply, how: How) -> Message:
    return render(reply, as_photo=False, asker=how.asker)
