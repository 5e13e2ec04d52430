"""How people see that the bot is at it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from telegram import Bot
from tests.chats.telegram_phone import Household, open_household
from tests.telegram_house import NUMBERS, TOKEN

from medianest_bot.chats._telegram_chats import Chats
from medianest_bot.chats._telegram_http import Request
from medianest_bot.chats._telegram_incoming import Me, Spot
from medianest_bot.chats._telegram_lane import Lane, Rank
from medianest_bot.chats._telegram_pictures import Pictures
from medianest_bot.chats._telegram_room import Room
from medianest_bot.chats._telegram_sending import Sending

BROADCAST = 300


@asynccontextmanager
async def room_of(household: Household, lane: Lane) -> AsyncIterator[Room]:
    """A room of this test's own, whose lane it can fill."""
    house, url = household.demo.app.house, f"{household.server.url}/bot"
    async with Bot(TOKEN, base_url=url, request=Request(8)) as bot:
        sending = Sending(bot, lane, Pictures(house), Chats(house))
        me = Me(str(bot.id), str(bot.username))
        yield Room(house, household.demo.app.dispatch, sending, me)


async def test_it_is_seen_at_once_in_the_midst_of_a_broadcast(tmp_path: Path) -> None:
    async with open_household(tmp_path) as household:
        lane = Lane()
        news = [
            asyncio.create_task(lane.send(f"9{n}", Rank.NEWS, _told))
            for n in range(BROADCAST)
        ]
        ana = NUMBERS["ana"]
        spot = Spot(str(ana), None, is_private=True)
        async with room_of(household, lane) as room, room.typing(spot):
            seen = household.server.world.actions
            await household.server.until(lambda: (ana, "typing") in seen)
        assert sum(one.done() for one in news) < BROADCAST / 2
        for one in news:
            one.cancel()
        await asyncio.gather(*news, return_exceptions=True)


async def _told() -> None:
    return None
