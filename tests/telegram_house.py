"""The whole house in Telegram, on a stand-in of it: what Telegram tests talk to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest_asyncio
from tests.bot_api import Server, bot_api

from medianest_bot.chats.telegram import Telegram, TelegramSettings
from medianest_bot.core.store import people
from medianest_bot.demo_house import Demo

TOKEN = "123456:TEST-token_abcdefghijklmnopqrstuvwxyz"
NUMBERS = {"mum": 101, "ana": 102, "tim": 103, "zoe": 104}
"""Who has which Telegram account; 900 and above are strangers."""


@dataclass
class InTelegram:
    """A running chat; `server` is Telegram, `people` are its users by name."""

    demo: Demo
    server: Server
    telegram: Telegram
    people: dict[str, object] = field(default_factory=dict)


def settings(server: Server) -> TelegramSettings:
    return TelegramSettings(TOKEN, server.url, server.file_url)


async def link(demo: Demo) -> None:
    """Give the household's people their Telegram accounts."""
    house = demo.app.house
    async with house.store.begin() as tx:
        for name, number in NUMBERS.items():
            person = await people.find(tx, name)
            assert person is not None
            await people.link(tx, person.id, "telegram", str(number), name, house.now())


@asynccontextmanager
async def running(
    demo: Demo,
    server: Server,
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[Telegram]:
    """The chat, from its first poll until it has ended cleanly."""
    house, dispatch = demo.app.house, demo.app.dispatch
    telegram = Telegram(house, dispatch, settings(server), wait=wait)
    task = asyncio.create_task(telegram.run())
    here = asyncio.create_task(telegram.here.wait())
    await asyncio.wait({task, here}, return_when=asyncio.FIRST_COMPLETED)
    here.cancel()
    try:
        if task.done():
            task.result()
        yield telegram
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest_asyncio.fixture
async def telegram_api() -> AsyncIterator[Server]:
    """Telegram itself; at the end, every call must have been as its spec says."""
    async with bot_api(TOKEN) as server:
        yield server
        assert server.spec_errors == []


@pytest_asyncio.fixture
async def in_telegram(demo: Demo, telegram_api: Server) -> AsyncIterator[InTelegram]:
    await link(demo)
    async with running(demo, telegram_api) as telegram:
        yield InTelegram(demo, telegram_api, telegram)
