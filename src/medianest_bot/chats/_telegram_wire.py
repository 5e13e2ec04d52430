"""Our values as python-telegram-bot's: where to, what beside it, which buttons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from telegram import (
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    ReplyParameters,
)
from telegram import Message as Made

from medianest_bot.chats._telegram_incoming import Spot
from medianest_bot.chats._telegram_lane import Rank
from medianest_bot.chats._telegram_render import Button, Message

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True, slots=True)
class Sent:
    """A message of ours: a photo message or a text message for life."""

    chat: str
    number: int
    is_photo: bool

    @property
    def name(self) -> str:
        """How a card remembers it: "123", or "123p" for a photo message."""
        return f"{self.number}{'p' if self.is_photo else ''}"


def named(chat: str, name: str) -> Sent:
    """The message a card remembers."""
    return Sent(chat, int(name.removesuffix("p")), name.endswith("p"))


@dataclass(frozen=True, slots=True)
class How:
    """How a message is sent: its rank, what it answers, whether it is heard."""

    rank: Rank = Rank.REPLY
    reply_to: int | None = None
    asker: str | None = None
    is_silent: bool = False


def as_sent(made: Made) -> Sent:
    return Sent(str(made.chat_id), made.message_id, bool(made.photo))


def into(spot: Spot, how: How) -> dict[str, Any]:
    """Where to: the topic the question came from, as an answer to it."""
    reply_to = None
    if how.reply_to is not None:
        reply_to = ReplyParameters(how.reply_to, allow_sending_without_reply=True)
    return {
        "message_thread_id": thread(spot),
        "reply_parameters": reply_to,
        "disable_notification": how.is_silent or None,
    }


def thread(spot: Spot) -> int | None:
    return int(spot.thread) if spot.thread else None


def preview(message: Message) -> LinkPreviewOptions:
    """The poster of a text message, above it; no other link is ever previewed."""
    if not message.preview:
        return NO_PREVIEW
    return LinkPreviewOptions(
        url=message.preview, prefer_large_media=True, show_above_text=True
    )


def as_keyboard(
    message: Message, *, only_ours: bool = False
) -> InlineKeyboardMarkup | None:
    rows = [
        [_button(one) for one in row if one.data or not only_ours]
        for row in message.rows
    ]
    kept = [row for row in rows if row]
    return InlineKeyboardMarkup(kept) if kept else None


def _button(button: Button) -> InlineKeyboardButton:
    copied = CopyTextButton(button.copy) if button.copy else None
    return InlineKeyboardButton(
        button.text,
        url=button.url or None,
        callback_data=button.data or None,
        copy_text=copied,
        style=button.style or None,
    )
