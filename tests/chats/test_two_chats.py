"""Telegram and Discord at once, in one process, on one house."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio
from tests.bot_api import bot_api
from tests.chats import telegram_phone
from tests.chats.discord_phone import Household, open_household, shown
from tests.chats.telegram_phone import drawn, quick_cards
from tests.discord_api.view import drawing
from tests.telegram_house import NUMBERS, TOKEN, InTelegram, link, running

WATCH = "[Watch"
DUNE = """\
(https://image.tmdb.org/t/p/w500/p841.jpg)
✅ Dune (1984)
It can be watched now.
[Watch]"""
CARD = """\
Medianest: │ ### ✅ Dune (1984) <p841.jpg: Dune (1984)>
  │ It can be watched now.
  │ [Watch ↗]"""
AMELIE = """\
(https://image.tmdb.org/t/p/w500/p194.jpg)
✅ Amélie (2001)
It can be watched now.
[Watch]"""
CLOSED = (
    "Medianest: I cannot write to tim in private: their direct messages are closed. "
    "Open them for this server, and news arrive again."
)


@dataclass
class TwoChats:
    """A household whose people have accounts in Discord and, since later, Telegram."""

    discord: Household
    telegram: InTelegram

    def at_seerr(self, tmdb: int) -> int:
        asked = self.discord.demo.served.seerr.asked
        return max(number for number, one in asked.items() if one.media.tmdb == tmdb)

    def on_telegram(self, name: str) -> telegram_phone.Phone:
        server = self.telegram.server
        return telegram_phone.Phone(server, NUMBERS[name], name.title())


@pytest_asyncio.fixture
async def house(tmp_path: Path) -> AsyncIterator[TwoChats]:
    async with AsyncExitStack() as stack:
        discord = await stack.enter_async_context(open_household(tmp_path))
        server = await stack.enter_async_context(bot_api(TOKEN))
        await link(discord.demo)
        telegram = await stack.enter_async_context(running(discord.demo, server))
        both = TwoChats(discord, InTelegram(discord.demo, server, telegram))
        discord.quickly()
        await stack.enter_async_context(quick_cards(both.telegram))
        yield both
        assert server.spec_errors == []


async def test_what_is_asked_in_one_chat_is_seen_in_the_other(house: TwoChats) -> None:
    telegram, discord = house.on_telegram("ana"), house.discord.of("ana")
    there = await telegram.says("/request movie:841")
    listed = await discord.asks("requests")
    assert shown(listed) == (
        "(only you) Medianest: │ ### Your requests\n"
        "  │ ──\n"
        "  │ **Dune (1984)** <p841.jpg: Dune (1984)>\n"
        "  │ waiting for approval\n"
        "  │ [Show] [Cancel]"
    )
    asked = await discord.asks("request", title="movie:841")
    here = asked.answer
    assert here is not None
    seerr = house.discord.demo.served.seerr
    seerr.approve(house.at_seerr(841))
    seerr.progress(house.at_seerr(841), 40)
    await telegram.server.until(lambda: "40 %" in drawn(there))
    await discord.server.until(lambda: "40 %" in drawing(here))
    seerr.finish(house.at_seerr(841))
    await telegram.server.until(lambda: WATCH in drawn(there))
    await discord.server.until(lambda: WATCH in drawing(here))
    news = discord.in_private
    await discord.server.until(lambda: WATCH in news.sees)
    assert (drawn(there), drawing(here), news.sees) == (DUNE, CARD, CARD)
    assert telegram.answers == [there]


async def test_what_is_taken_back_in_one_chat_is_gone_in_the_other(
    house: TwoChats,
) -> None:
    telegram, discord = house.on_telegram("tim"), house.discord.of("tim")
    here = (await discord.asks("request", title="movie:603")).answer
    assert here is not None
    there = await telegram.says("/request movie:603")
    await telegram.presses(there, "Cancel")
    gone = "It was cancelled."
    await telegram.server.until(lambda: gone in drawn(there))
    await discord.server.until(lambda: gone in drawing(here))
    assert (telegram.answers, discord.sees) == ([there], drawing(here))


async def test_news_come_through_the_chat_that_takes_them(house: TwoChats) -> None:
    telegram, discord = house.on_telegram("tim"), house.discord.of("tim")
    discord.person.refuses_dms = True
    here = (await discord.asks("request", title="movie:194")).answer
    assert here is not None
    seerr = house.discord.demo.served.seerr
    seerr.finish(house.at_seerr(194))
    await telegram.server.until(
        lambda: telegram.answers and WATCH in drawn(telegram.answers[0])
    )
    await discord.server.until(lambda: WATCH in drawing(here))
    assert [drawn(one) for one in telegram.answers] == [AMELIE]
    assert discord.sees == f"{drawing(here)}\n{CLOSED}"
    assert discord.in_private.messages == []
