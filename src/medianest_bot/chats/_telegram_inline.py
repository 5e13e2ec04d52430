"""Inline mode: `@bot dune` in any chat offers titles with their posters."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
    LinkPreviewOptions,
)
from telegram.constants import ParseMode
from telegram.error import TelegramError

from medianest_bot.chats._telegram_incoming import Asking, Spot
from medianest_bot.chats._telegram_links import InlineEntry, inline_result
from medianest_bot.chats._telegram_room import Room
from medianest_bot.core.words import _, marked, reading

log = structlog.get_logger(__name__)

ANSWER_S = 3.0
MOST = 20
LEAST_TYPED = 2
COME_IN = marked("Say hello to the bot first")
_CACHE_S = 20
_CACHE_NOTHING_S = 1


class Inline:
    """Answers inline queries; of one person only the newest is still wanted."""

    def __init__(self, room: Room, bot: Bot) -> None:
        self._room = room
        self._bot = bot
        self._newest: dict[str, asyncio.Task[None]] = {}

    async def asked(self, asking: Asking) -> None:
        """Offer titles, unless somebody types on: then nobody waits for this."""
        account = asking.sender.account
        # Before anything is waited for, so that the newest is the last one typed.
        if (before := self._newest.get(account)) is not None:
            before.cancel()
        task = self._newest[account] = asyncio.create_task(self._offer(asking))
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
            if self._newest.get(account) is task:
                del self._newest[account]
        if not task.cancelled():
            task.result()

    async def _offer(self, asking: Asking) -> None:
        """Offer titles; to a stranger, the way to the private chat."""
        spot = Spot(asking.sender.account, None, is_private=True)
        asked = self._room.asked(asking.sender, spot)
        with reading(asking.sender.locale):
            checked = await self._room.dispatch.check("help", asked)
            if checked.refused is not None:
                await self._answer(asking, (), _(COME_IN))
                return
            await self._answer(asking, await self._find(asking))

    async def _find(self, asking: Asking) -> tuple[InlineEntry, ...]:
        query = asking.query.strip()
        if len(query) < LEAST_TYPED:
            return ()
        person = await self._room.person(asking.sender)
        try:
            async with asyncio.timeout(ANSWER_S):
                titles = await self._room.house.search.suggest(query, person=person)
        except TimeoutError:
            return ()
        name = self._room.me.username
        found = (inline_result(one, name) for one in titles)
        # Telegram takes no two results of one name.
        return tuple({one.id: one for one in found}.values())[:MOST]

    async def _answer(
        self, asking: Asking, entries: Sequence[InlineEntry], way_in: str = ""
    ) -> None:
        button = InlineQueryResultsButton(way_in, start_parameter="hello")
        try:
            await self._bot.answer_inline_query(
                asking.id,
                [_article(one) for one in entries],
                cache_time=_CACHE_S if entries else _CACHE_NOTHING_S,
                is_personal=True,
                button=button if way_in else None,
            )
        except TelegramError as error:
            # Typed on, or gone: the next letter asks anew.
            log.info("inline query not answered", reason=type(error).__name__)


def _article(entry: InlineEntry) -> InlineQueryResultArticle:
    button = InlineKeyboardButton(entry.button_text, url=entry.button_url)
    return InlineQueryResultArticle(
        entry.id,
        entry.title,
        InputTextMessageContent(
            entry.html,
            parse_mode=ParseMode.HTML,
            link_preview_options=LinkPreviewOptions(
                is_disabled=not entry.thumbnail,
                url=entry.thumbnail or None,
                prefer_large_media=True if entry.thumbnail else None,
                show_above_text=True if entry.thumbnail else None,
            ),
        ),
        reply_markup=InlineKeyboardMarkup([[button]]),
        description=entry.description or None,
        thumbnail_url=entry.thumbnail or None,
    )
