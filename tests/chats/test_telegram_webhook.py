"""Telegram brings updates itself: only what is kept is taken, and only from it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from tests.bot_api import Person, Server
from tests.locks import impatient, locked
from tests.telegram_house import TOKEN, link, telegram_api  # noqa: F401
from tests.telegram_program import (  # noqa: F401
    PATIENCE_S,
    Outside,
    listening,
    outside,
)

from medianest_bot.chats._telegram_poll import ALLOWED
from medianest_bot.chats.telegram import Telegram, TelegramSettings
from medianest_bot.core.store.engine import Store
from medianest_bot.demo_house import Demo
from medianest_bot.web import LARGEST, Route, serve

SECRET = "a-secret_of_64"
HEADER = "X-Telegram-Bot-Api-Secret-Token"
RIGHT = {HEADER: SECRET}
URL = "https://bot.example/telegram"


@dataclass
class Brought:
    telegram: Telegram
    server: Server
    http: httpx.AsyncClient
    task: asyncio.Task[None]
    ana: Person

    async def post(self, content: bytes, headers: dict[str, str] | None = None) -> int:
        given = RIGHT if headers is None else headers
        answer = await self.http.post("/telegram", content=content, headers=given)
        return answer.status_code

    async def answered(self, count: int) -> list[str]:
        await self.server.until(lambda: len(self.server.answers(self.ana)) >= count)
        return [one.text for one in self.server.answers(self.ana)]

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


@asynccontextmanager
async def bringing(
    demo: Demo, server: Server, *, store: Store | None = None
) -> AsyncIterator[Brought]:
    await link(demo)
    told = TelegramSettings(TOKEN, server.url, server.file_url, URL, SECRET)
    house = replace(demo.app.house, store=store or demo.app.house.store)
    telegram = Telegram(house, demo.app.dispatch, told)
    routes = [Route("/telegram", telegram.webhook)]
    async with (
        serve("127.0.0.1", 0, routes, dict) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http,
    ):
        server.updates.webhook_goes_to = str(http.base_url)
        task = asyncio.create_task(telegram.run())
        found = Brought(telegram, server, http, task, server.person(102, "Ana"))
        await asyncio.wait_for(telegram.here.wait(), 20)
        try:
            yield found
        finally:
            await found.end()


@pytest.fixture
async def brought(demo: Demo, telegram_api: Server) -> AsyncIterator[Brought]:  # noqa: F811
    async with bringing(demo, telegram_api) as found:
        yield found


def update(number: int, text: str = "/me") -> bytes:
    ana = {"id": 102, "is_bot": False, "first_name": "Ana"}
    chat = {"id": 102, "type": "private", "first_name": "Ana"}
    message: dict[str, Any] = {"message_id": number, "date": 2**31, "text": text}
    message |= {"from": ana, "chat": chat}
    return json.dumps({"update_id": number, "message": message}).encode()


async def test_telegram_is_told_where_and_with_which_secret(brought: Brought) -> None:
    [call] = brought.server.called("setWebhook")
    assert call.params == {
        "url": URL,
        "max_connections": 100,
        "allowed_updates": list(ALLOWED),
        "secret_token": SECRET,
    }
    assert brought.server.called("getUpdates") == []
    assert brought.telegram.healthy


async def test_what_telegram_brings_is_answered(brought: Brought) -> None:
    for text in ("/me", "/help", "/library"):
        brought.server.says(brought.ana, text)
    assert len(await brought.answered(3)) == 3
    assert brought.server.updates.pending == {}


async def test_what_is_brought_twice_is_done_once(brought: Brought) -> None:
    assert [await brought.post(update(9)) for _ in range(3)] == [200, 200, 200]
    assert await brought.post(update(10, "/help")) == 200
    assert len(await brought.answered(2)) == 2


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {HEADER: ""},
        {HEADER: SECRET[:-1]},
        {HEADER: SECRET.upper()},
        {HEADER: f"{SECRET}x"},
        {"Authorization": SECRET},
    ],
)
async def test_without_the_secret_nothing_is_taken(
    brought: Brought, headers: dict[str, str]
) -> None:
    assert await brought.post(update(9), headers) == 403
    assert await brought.post(b"garbage", headers) == 403


async def test_a_secret_of_odd_bytes_is_just_wrong(brought: Brought) -> None:
    url = f"{brought.http.base_url}/telegram".replace("//t", "/t")
    headers = [(HEADER.encode(), b"\xff\xe4"), (b"Content-Type", b"text/plain")]
    answer = await brought.http.post(url, content=b"{}", headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize("body", [b"", b"garbage", b"{", b"\xff\xfe", b'{"a": 1} x'])
async def test_garbage_is_refused(brought: Brought, body: bytes) -> None:
    assert await brought.post(body) == 400


@pytest.mark.parametrize("body", [b"[]", b"7", b"null", b'{"update_id": "x"}'])
async def test_what_is_no_update_is_taken_and_forgotten(
    brought: Brought, body: bytes
) -> None:
    """Refused, it would be brought again for ever."""
    assert await brought.post(body) == 200


async def test_what_is_too_large_is_not_read(brought: Brought) -> None:
    assert await brought.post(b" " * (LARGEST + 1)) == 413


async def test_only_posts_bring_updates(brought: Brought) -> None:
    asked = [
        await brought.http.request(method, "/telegram", headers=RIGHT)
        for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS")
    ]
    assert [one.status_code for one in asked] == [405] * 5


async def test_what_cannot_be_kept_is_brought_again(
    demo: Demo,
    telegram_api: Server,  # noqa: F811
) -> None:
    address = demo.app.settings.database_address
    path = address.removeprefix("sqlite:///")
    async with (
        impatient(path) as store,
        bringing(demo, telegram_api, store=store) as brought,
    ):
        async with locked(path) as other:
            assert await brought.post(update(9)) == 503
            telegram_api.says(brought.ana, "/me")
            await telegram_api.until(
                lambda: "last_error_message" in telegram_api.updates.webhook_info()
            )
            other.execute("ROLLBACK")
        assert len(await brought.answered(1)) == 1
        told = telegram_api.updates.webhook_info()["last_error_message"]
    assert told == "Wrong response from the webhook: 503 Service Unavailable"


async def test_before_and_after_the_chat_nothing_is_taken(brought: Brought) -> None:
    await brought.end()
    assert await brought.post(update(9)) == 503


async def test_back_to_polling_the_webhook_is_gone(brought: Brought) -> None:
    server = brought.server
    await brought.end()
    server.says(brought.ana, "/me")
    told = replace(brought.telegram._settings, webhook_url=None)
    house, dispatch = brought.telegram._house, brought.telegram._dispatch
    task = asyncio.create_task(Telegram(house, dispatch, told).run())
    assert len(await brought.answered(1)) == 1
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert server.updates.webhook_info()["url"] == ""
    assert server.called("getUpdates") != []


@pytest.mark.slow
async def test_the_program_is_brought_what_was_said_while_it_was_away(
    outside: Outside,  # noqa: F811
) -> None:
    server = outside.server
    server.updates.webhook_goes_to = outside.url
    more = {"TELEGRAM_WEBHOOK": "yes", "PUBLIC_URL": "https://bot.example/home/"}
    async with outside.bot(**more) as process:
        await listening(process)
        server.says(outside.who("ana"), "/me")
        await outside.answer("ana", "Role")
        process.terminate()
        await asyncio.wait_for(process.wait(), PATIENCE_S)
        assert process.returncode == 0
    server.says(outside.who("tim"), "/me")
    async with outside.bot(**more):
        await outside.answer("tim", "Role")
    assert (len(outside.answers("ana")), server.updates.pending) == (1, {})
    assert server.called("getUpdates") == []
