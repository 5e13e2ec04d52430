"""An answer that finds nobody at home is brought again, not thrown away."""

from __future__ import annotations

import asyncio

from telegram import Bot
from tests.bot_api import bot_api
from tests.ports import free_port
from tests.telegram_house import TOKEN

from medianest_bot.chats._telegram_chats import Chats
from medianest_bot.chats._telegram_http import Request
from medianest_bot.chats._telegram_incoming import Me, Spot
from medianest_bot.chats._telegram_lane import Lane
from medianest_bot.chats._telegram_pictures import Pictures
from medianest_bot.chats._telegram_room import Room
from medianest_bot.chats._telegram_sending import Sending
from medianest_bot.chats._telegram_wire import How
from medianest_bot.core.reply import Reply
from medianest_bot.demo_house import Demo


async def test_an_answer_waits_for_telegram_to_be_back(demo: Demo) -> None:
    port, waited, is_back = free_port(), [], asyncio.Event()
    is_waiting = asyncio.Event()

    async def wait(seconds: float) -> None:
        waited.append(seconds)
        if seconds >= 5:
            is_waiting.set()
            await is_back.wait()

    house, request = demo.app.house, Request(4)
    bot = Bot(TOKEN, base_url=f"http://127.0.0.1:{port}/bot", request=request)
    lane = Lane(wait=wait)
    sending = Sending(bot, lane, Pictures(house), Chats(house))
    room = Room(house, demo.app.dispatch, sending, Me("123456", "our_bot"), wait)
    async with request:
        task = asyncio.create_task(
            room.send(Spot("102", None, is_private=True), Reply(text="Here."), How())
        )
        await is_waiting.wait()
        async with bot_api(TOKEN, port=port) as server:
            ana = server.person(102, "Ana")
            is_back.set()
            await task
            assert [one.text for one in server.answers(ana)] == ["Here."]
    assert waited == [0.5, 1.0, 2.0, 5.0]
