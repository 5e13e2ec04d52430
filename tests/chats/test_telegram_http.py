"""Calls to Telegram on real sockets, and how they end when the bot leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from telegram.error import NetworkError, TelegramError

from medianest_bot.chats._telegram_http import Request


@pytest.fixture
async def silent() -> AsyncIterator[str]:
    """Somebody who takes every call and never answers."""

    async def hang(_request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    app = web.Application()
    app.router.add_post("/", hang)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


async def told(request: Request, url: str) -> TelegramError:
    with pytest.raises(TelegramError) as raised:
        await request.do_request(url, "POST")
    return raised.value


@pytest.mark.parametrize("steps", range(1, 30))
async def test_leaving_ends_a_call_however_far_it_has_come(
    silent: str, steps: int
) -> None:
    async with Request(2) as request:
        call = asyncio.create_task(told(request, silent))
        for _ in range(steps):
            await asyncio.sleep(0)

    assert type(await call) is NetworkError


async def test_who_has_left_calls_nobody(silent: str) -> None:
    request = Request(2)
    async with request:
        pass

    assert str(await told(request, silent)) == "not connected"
