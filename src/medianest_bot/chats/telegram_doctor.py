"""What Telegram says about our bot, asked once and changing nothing."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from urllib.parse import urlsplit

from telegram import Bot, ChatMember, User, WebhookInfo
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    TelegramError,
)

from medianest_bot.chats._telegram_errors import WrongToken
from medianest_bot.chats._telegram_http import Request
from medianest_bot.chats.telegram_settings import TelegramSettings
from medianest_bot.services.clock import loop_time

__all__ = ["Away", "ChatSeen", "How", "Odd", "Seen", "WrongToken", "look"]

READ_S = 5.0


class Away(Exception):
    """Nobody answers there."""


class Odd(Exception):
    """Somebody answers there, but with something else. Holds what they said."""


class How(Enum):
    """How we are in a chat."""

    IN = auto()
    OUT = auto()
    """We are not in it, or there is no such chat: Telegram tells no difference."""
    MOVED = auto()
    """It is another chat by now."""
    UNSAID = auto()


@dataclass(frozen=True, slots=True)
class ChatSeen:
    """One group chat; `moved_to` is its new number where it has got one."""

    id: str
    how: How
    title: str = ""
    has_topics: bool = False
    moved_to: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """Our bot, and the chats that were asked about."""

    username: str
    ms: float
    reads_all: bool
    """True where it is brought every message of its groups (no privacy mode)."""
    is_inline: bool
    can_join: bool
    webhook_host: str
    """Where updates are brought, "" where they are fetched; paths may be secret."""
    webhook_is_ours: bool
    webhook_trouble: str
    chats: tuple[ChatSeen, ...]


async def look(settings: TelegramSettings, chats: Sequence[str]) -> Seen:
    """Ask Telegram. Raises WrongToken, Away or Odd."""
    # The library's own switch: without it, every "too many requests" is a warning.
    os.environ.setdefault("PTB_TIMEDELTA", "1")
    request = Request(8, read_timeout=READ_S)
    bot = Bot(
        settings.token,
        base_url=f"{settings.api_url}/bot",
        base_file_url=f"{settings.file_url}/file/bot",
        request=request,
    )
    await request.initialize()
    try:
        return await _seen(bot, settings, chats)
    except InvalidToken as error:
        raise WrongToken from error
    except TelegramError as error:
        is_away = isinstance(error, NetworkError) and not isinstance(error, BadRequest)
        raise (Away if is_away else Odd)(_plain(error.message)) from error
    finally:
        await request.shutdown()


async def _seen(bot: Bot, settings: TelegramSettings, chats: Sequence[str]) -> Seen:
    began = loop_time()
    me = await bot.get_me()
    ms = (loop_time() - began) * 1000
    webhook = await bot.get_webhook_info()
    found = await asyncio.gather(*(_chat(bot, me, chat) for chat in chats))
    return Seen(
        username=me.username or "",
        ms=ms,
        reads_all=bool(me.can_read_all_group_messages),
        is_inline=bool(me.supports_inline_queries),
        can_join=bool(me.can_join_groups),
        webhook_host=urlsplit(webhook.url).hostname or "",
        webhook_is_ours=webhook.url == (settings.webhook_url or ""),
        webhook_trouble=_trouble(webhook),
        chats=tuple(found),
    )


def _trouble(webhook: WebhookInfo) -> str:
    """Old errors stay with Telegram; where nothing waits, they are over."""
    is_waiting = webhook.pending_update_count > 0
    return _plain(webhook.last_error_message or "") if is_waiting else ""


async def _chat(bot: Bot, me: User, chat: str) -> ChatSeen:
    try:
        found = await bot.get_chat(chat)
        member = await bot.get_chat_member(chat, me.id)
    except ChatMigrated as error:
        return ChatSeen(chat, How.MOVED, moved_to=str(error.new_chat_id))
    except (BadRequest, Forbidden) as error:
        is_unknown = isinstance(error, Forbidden) or "not found" in str(error).lower()
        return ChatSeen(chat, How.OUT if is_unknown else How.UNSAID)
    gone = (ChatMember.LEFT, ChatMember.BANNED)
    return ChatSeen(
        chat,
        How.OUT if member.status in gone else How.IN,
        title=_plain(found.title or ""),
        has_topics=bool(found.is_forum),
    )


def _plain(text: str) -> str:
    """For a terminal: whoever wrote it may have meant to paint there."""
    return "".join(one if one.isprintable() else " " for one in text)
