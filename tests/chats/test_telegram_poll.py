"""Telegram away, broken, jealous or forgetful: the chat goes on, or says why not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest
from tests.bot_api import Person, Server
from tests.telegram_house import link, settings, telegram_api  # noqa: F401
from tests.telegram_program import (  # noqa: F401
    PATIENCE_S,
    Outside,
    listening,
    outside,
)

from medianest_bot._watching import keep_running
from medianest_bot.chats.telegram import Telegram, WrongToken
from medianest_bot.core.store import inbox
from medianest_bot.demo_house import Demo
from medianest_bot.running import HOPELESS, TELEGRAM_REFUSED

CONFLICT = (
    "Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running"
)


@dataclass
class Waits:
    """Waits no longer than it takes to let others run, and remembers how long."""

    server: Server
    waited: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.server.woke()
        await asyncio.sleep(0.001 * seconds)


@dataclass
class Chat:
    telegram: Telegram
    server: Server
    task: asyncio.Task[None]
    waits: Waits
    ana: Person

    async def answers(self) -> bool:
        """True where somebody who says something now is answered."""
        seen = len(self.server.answers(self.ana))
        self.server.says(self.ana, "/me")
        await self.server.until(lambda: len(self.server.answers(self.ana)) > seen)
        return True


@asynccontextmanager
async def chatting(demo: Demo, server: Server) -> AsyncIterator[Chat]:
    """The chat as it starts; it may not be here yet."""
    await link(demo)
    waits = Waits(server)
    house, dispatch = demo.app.house, demo.app.dispatch
    telegram = Telegram(house, dispatch, settings(server), wait=waits)
    task = asyncio.create_task(telegram.run())
    try:
        yield Chat(telegram, server, task, waits, server.person(102, "Ana"))
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def chat(demo: Demo, telegram_api: Server) -> AsyncIterator[Chat]:  # noqa: F811
    async with chatting(demo, telegram_api) as found:
        await asyncio.wait_for(found.telegram.here.wait(), 20)
        yield found


async def test_the_chat_waits_for_telegram_to_be_there(
    demo: Demo,
    telegram_api: Server,  # noqa: F811
) -> None:
    telegram_api.goes_down()
    async with chatting(demo, telegram_api) as chat:
        await telegram_api.until(lambda: chat.waits.waited[:4] == [1.0, 2.0, 4.0, 8.0])
        assert (chat.telegram.healthy, chat.telegram.here.is_set()) == (False, False)
        telegram_api.comes_back()
        assert await chat.answers()
        assert chat.telegram.healthy


async def test_telegram_may_go_away_and_come_back(chat: Chat) -> None:
    assert await chat.answers()
    chat.server.goes_down()
    await chat.server.until(lambda: 4.0 in chat.waits.waited)
    chat.server.comes_back()
    assert await chat.answers()


async def test_telegram_may_break_for_a_while(chat: Chat) -> None:
    await chat.server.until(lambda: chat.server.updates.is_polled)
    chat.server.fail("getUpdates", 502, "Bad Gateway", times=5)
    chat.server.updates.end_poll("trouble")
    assert await chat.answers()
    assert [one for one in chat.waits.waited if one >= 1][:4] == [2.0, 1.0, 2.0, 4.0]


async def test_somebody_else_with_our_token_makes_us_unhealthy(chat: Chat) -> None:
    await chat.server.until(lambda: chat.server.updates.is_polled)
    hold = chat.server.hold("getUpdates")
    chat.server.fail("getUpdates", 409, CONFLICT, times=2)
    chat.server.updates.end_poll(CONFLICT)
    await hold.arrived.wait()
    assert chat.telegram.healthy
    chat.server.faults.release()
    await chat.server.until(lambda: not chat.telegram.healthy)

    assert await chat.answers()
    assert chat.telegram.healthy


async def test_two_of_us_with_one_token_know_it(
    chat: Chat,
    demo: Demo,
) -> None:
    async with chatting_beside(demo, chat) as other:
        both = (chat.telegram, other)
        await chat.server.until(lambda: not any(one.healthy for one in both))
    assert await chat.answers()


async def test_told_to_be_silent_the_poll_is(chat: Chat) -> None:
    chat.server.fail("getUpdates", 429, "retry after 37", retry_after=37)
    chat.server.updates.end_poll("trouble")
    assert await chat.answers()
    assert 37.0 in chat.waits.waited


async def test_a_token_that_was_revoked_ends_the_chat(chat: Chat) -> None:
    chat.server.token = "123456:another"
    chat.server.updates.end_poll("revoked")
    with pytest.raises(WrongToken):
        await asyncio.wait_for(asyncio.shield(chat.task), 20)
    assert not chat.telegram.healthy


async def test_one_answer_that_the_token_is_wrong_is_not_believed(chat: Chat) -> None:
    chat.server.fail("getUpdates", 404, "Not Found", times=4)
    chat.server.updates.end_poll("gateway")
    assert await chat.answers()


async def test_garbage_for_updates_is_asked_for_once_more(chat: Chat) -> None:
    chat.server.close_connection("getUpdates", "after", times=2)
    assert await chat.answers()


async def test_a_chat_that_ended_begins_anew(chat: Chat, demo: Demo) -> None:
    """As `keep_running` has it after a failure."""
    assert await chat.answers()
    chat.task.cancel()
    await asyncio.gather(chat.task, return_exceptions=True)
    assert (chat.telegram.healthy, chat.telegram.here.is_set()) == (False, False)
    again = asyncio.create_task(
        keep_running("telegram", chat.telegram.run, unless=WrongToken)
    )
    assert await chat.answers()
    assert (chat.telegram.healthy, chat.telegram.here.is_set()) == (True, True)
    again.cancel()
    await asyncio.gather(again, return_exceptions=True)
    async with demo.app.house.store.read() as db:
        assert await inbox.unfinished(db, "telegram") == ()


@asynccontextmanager
async def chatting_beside(demo: Demo, chat: Chat) -> AsyncIterator[Telegram]:
    house, dispatch = demo.app.house, demo.app.dispatch
    other = Telegram(house, dispatch, settings(chat.server), wait=chat.waits)
    task = asyncio.create_task(other.run())
    try:
        yield other
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.slow
async def test_a_wrong_token_is_one_clear_line(outside: Outside) -> None:  # noqa: F811
    outside.server.token = "123456:another"
    async with outside.bot(LOG_LEVEL="warning") as process:
        said, complained = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    assert (said, complained.decode()) == (b"", f"{TELEGRAM_REFUSED}\n")
    assert process.returncode == HOPELESS


@pytest.mark.slow
async def test_the_token_is_in_no_line_of_the_log(outside: Outside) -> None:  # noqa: F811
    """Nor in any file, whatever goes wrong; all that is logged is looked at."""
    server, ana = outside.server, outside.who("ana")
    server.goes_down()
    async with outside.bot(LOG_LEVEL="debug") as process:
        await server.until(lambda: len(server.calls) >= 2, PATIENCE_S)
        server.comes_back()
        await listening(process)
        server.fail("getUpdates", 409, CONFLICT)
        server.fail("sendMessage", 400, "Bad Request: can't parse entities")
        server.fail("sendChatAction", 500, "Internal Server Error")
        server.close_connection("sendMessage", "after")
        for line in ("/me", "/status", "dune"):
            server.says(ana, line)
        await outside.answer("ana", "What I found")
        server.token = "123456:another"
        server.updates.end_poll("revoked")
        async with httpx.AsyncClient(trust_env=False) as http:
            await http.get(f"{outside.url}/healthz")
    secret = outside.environ["TELEGRAM_TOKEN"].partition(":")[2]
    files = [one for one in outside.folder.rglob("*") if one.is_file()]
    assert [one for one in outside.logged if secret in one] == []
    assert [one for one in files if secret.encode() in one.read_bytes()] == []
    assert "debug" in outside.logged[1]
