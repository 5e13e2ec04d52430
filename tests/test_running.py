"""The bot at work in chats that are set up: who is told what, and how it ends."""

from __future__ import annotations

import asyncio
import signal
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from tests.bot_api import Server, bot_api
from tests.discord_api import Server as Discord
from tests.discord_api import discord_api
from tests.ports import free_port
from tests.sitting import PROGRAM, environ

from medianest_bot.app import App, open_app
from medianest_bot.core.roles import Role
from medianest_bot.running import (
    DISCORD_REFUSED,
    HOPELESS,
    NO_ADMIN,
    TELEGRAM_REFUSED,
    Seat,
    offer,
    sit_down,
)
from medianest_bot.settings import read
from medianest_bot.web import PortTaken, Route


class Hopeless(Exception):
    """It can never work."""


@dataclass
class Chat:
    """A chat that is there at once, or has no hope."""

    name: str
    has_hope: bool = True
    here: asyncio.Event = field(default_factory=asyncio.Event)
    left: bool = False

    @property
    def healthy(self) -> bool:
        return self.here.is_set()

    async def run(self) -> None:
        if not self.has_hope:
            raise Hopeless
        self.here.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.left = True

    async def probe(self) -> float:
        return 7.0

    async def take(self, headers: Mapping[str, str], body: bytes) -> int:
        return 200 if (headers["x-from"], body) == (self.name, b"hello") else 400

    def seat(self) -> Seat:
        return Seat(
            self,
            is_here=lambda: f"{self.name} is here",
            hopeless=Hopeless,
            has_no_hope=f"{self.name} has no hope",
            routes=(Route(f"/{self.name}", self.take),),
        )


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
async def app(tmp_path: Path, port: int) -> AsyncIterator[App]:
    texts = {"DATA_DIR": str(tmp_path), "WEB_PORT": str(port)}
    async with open_app(read(texts, None, None)) as opened:
        yield opened


class Said(list[str]):
    """What the bot has told its owner, and a way to wait for the next line."""

    def __init__(self) -> None:
        super().__init__()
        self._more = asyncio.Event()

    def __call__(self, line: str) -> None:
        self.append(line)
        self._more.set()

    async def until(self, count: int) -> list[str]:
        async with asyncio.timeout(20):
            while len(self) < count:
                self._more.clear()
                await self._more.wait()
        return sorted(self)


@asynccontextmanager
async def at_work(
    app: App, said: Said, *chats: Chat
) -> AsyncIterator[httpx.AsyncClient]:
    """The bot at work in these chats, and somebody who asks its pages."""
    url = f"http://127.0.0.1:{app.settings.web_port}"
    seats = [chat.seat() for chat in chats]
    work = asyncio.create_task(sit_down(app, seats, said, said))
    try:
        async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
            yield http
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


async def test_every_chat_says_when_it_is_there(app: App) -> None:
    said, one, two = Said(), Chat("one"), Chat("two")
    async with at_work(app, said, one, two) as http:
        assert await said.until(2) == ["one is here", "two is here"]
        health = await http.get("/healthz")
        brought = await http.post("/two", content=b"hello", headers={"X-From": "two"})

    assert (health.status_code, brought.status_code) == (200, 200)
    assert (one.left, two.left) == (True, True)


async def test_a_chat_without_hope_is_told_and_hurts_no_other(app: App) -> None:
    said, one = Said(), Chat("one")
    async with at_work(app, said, Chat("wrong", has_hope=False), one) as http:
        assert await said.until(2) == ["one is here", "wrong has no hope"]
        health = await http.get("/healthz")

    assert health.status_code == 503
    assert health.json() == {"ok": False, "unhealthy": ["wrong"]}


async def test_without_any_hope_the_bot_stops(app: App) -> None:
    said = Said()
    seats = [Chat(name, has_hope=False).seat() for name in ("one", "two")]

    assert await sit_down(app, seats, said, said) == HOPELESS
    assert said == ["one has no hope", "two has no hope"]


async def test_a_chat_is_looked_after_like_any_neighbour(app: App) -> None:
    said, health = Said(), app.house.health
    async with at_work(app, said, Chat("one")):
        await said.until(1)
        await health.check()
        standing = await health.standing(ask=False)

    assert [(it.service, it.state, it.response_ms) for it in standing.services] == [
        ("one", "up", 7.0)
    ]


async def test_a_port_that_is_taken_keeps_the_bot_from_starting(app: App) -> None:
    chat, said = Chat("one"), Said()
    with (
        socket.create_server(("127.0.0.1", app.settings.web_port)),
        pytest.raises(PortTaken),
    ):
        await sit_down(app, [chat.seat()], said, said)

    assert (said, chat.here.is_set()) == ([], False)


TOKEN = "123456:ABC-def_1234"
PATIENCE_S = 60.0
LEAVE_S = 20.0
"""The promise is two seconds; a machine under load is given more."""


DISCORD_TOKEN = "MTAwMDAwMDAwMDAw.GaBcDe.signature-of_1234"


def telegram(api: Server) -> dict[str, str]:
    return {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": api.url}


def discord(api: Discord) -> dict[str, str]:
    return {
        "DISCORD_TOKEN": DISCORD_TOKEN,
        "DISCORD_API_URL": api.url,
        "DISCORD_GATEWAY_URL": api.gateway_url,
    }


@asynccontextmanager
async def program(
    folder: Path, *chats: dict[str, str], **more: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`medianest-bot run` in a process of its own, in these chats."""
    told = {"LOG_LEVEL": "warning", "ADMINS": "telegram:1"}
    for one in (*chats, more):
        told |= one
    process = await asyncio.create_subprocess_exec(
        *PROGRAM,
        "run",
        cwd=folder,
        env=environ(**told),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.mark.parametrize(
    "sign",
    [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)],
)
async def test_the_program_listens_until_it_is_told_to_leave(
    sign: signal.Signals, tmp_path: Path, port: int
) -> None:
    async with (
        bot_api(TOKEN, username="our_bot") as api,
        program(tmp_path, telegram(api), WEB_PORT=str(port)) as process,
        httpx.AsyncClient(trust_env=False) as http,
    ):
        assert process.stdout is not None
        first = await process.stdout.readline()
        health = await http.get(f"http://127.0.0.1:{port}/healthz")
        process.send_signal(sign)
        began = time.monotonic()
        rest, logged = await process.communicate()

    assert time.monotonic() - began < LEAVE_S
    assert (first, rest) == (b"Telegram: listening as @our_bot\n", b"")
    assert (health.status_code, process.returncode, logged) == (200, 0, b"")


async def test_without_an_admin_a_code_is_shown_once_a_chat_is_there(
    app: App,
) -> None:
    said, one, two = Said(), Chat("one"), Chat("two")
    offering = asyncio.create_task(offer(app, [one, two], said))
    await asyncio.sleep(0)
    assert said == []

    two.here.set()
    await offering

    (line,) = said
    code = line.partition("/claim ")[2].partition(" ")[0]
    assert line == NO_ADMIN.format(code=code)
    admin = await app.house.claims.claim(("telegram", "7"), "Ana", code)
    assert admin.role is Role.ADMIN
    await offer(app, [two], said)
    assert said == [line, "Ana is the admin now."]


async def test_the_program_shows_the_code_on_its_terminal_and_not_in_its_log(
    tmp_path: Path, port: int
) -> None:
    more = {"WEB_PORT": str(port), "ADMINS": "", "LOG_LEVEL": "debug"}
    async with (
        bot_api(TOKEN, username="our_bot") as api,
        program(tmp_path, telegram(api), **more) as process,
    ):
        assert process.stdout is not None
        here, shown = [await process.stdout.readline() for _ in range(2)]
        code = shown.decode().partition("/claim ")[2].partition(" ")[0]
        ana = api.person(7, "Ana")
        api.says(ana, f"/claim {code}")
        answer = await api.until(
            lambda: [one for one in api.answers(ana) if "Welcome" in one.text],
            PATIENCE_S,
        )
        process.send_signal(signal.SIGTERM)
        _rest, logged = await process.communicate()

    assert here == b"Telegram: listening as @our_bot\n"
    assert "Welcome, Ana" in answer[0].text
    assert [half for half in code.split("-") if half in logged.decode()] == []


async def test_a_token_that_is_refused_is_told_in_one_line(
    tmp_path: Path, port: int
) -> None:
    more = {"TELEGRAM_TOKEN": "123456:another-one", "WEB_PORT": str(port)}
    async with (
        bot_api(TOKEN) as api,
        program(tmp_path, telegram(api), **more) as process,
    ):
        said, complained = await process.communicate()

    assert (said, complained.decode()) == (b"", f"{TELEGRAM_REFUSED}\n")
    assert process.returncode == HOPELESS


async def test_both_chats_are_listened_to_at_once(tmp_path: Path, port: int) -> None:
    async with (
        bot_api(TOKEN, username="our_bot") as api,
        discord_api(DISCORD_TOKEN) as other,
        program(tmp_path, telegram(api), discord(other), WEB_PORT=str(port)) as process,
        httpx.AsyncClient(trust_env=False) as http,
    ):
        assert process.stdout is not None
        first = [await process.stdout.readline() for _ in range(2)]
        health = await http.get(f"http://127.0.0.1:{port}/healthz")
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        rest, logged = await process.communicate()

    assert time.monotonic() - began < LEAVE_S
    assert sorted(first) == [
        b"Discord: listening as medianest\n",
        b"Telegram: listening as @our_bot\n",
    ]
    assert (health.status_code, process.returncode) == (200, 0)
    assert (rest, logged) == (b"", b"")


async def test_a_token_that_discord_refuses_leaves_telegram_alone(
    tmp_path: Path, port: int
) -> None:
    async with (
        bot_api(TOKEN, username="our_bot") as api,
        discord_api("MTAwMDAwMDAwMDAw.GaBcDe.another-one_1234") as other,
        program(tmp_path, telegram(api), discord(other), WEB_PORT=str(port)) as process,
        httpx.AsyncClient(trust_env=False) as http,
    ):
        assert process.stdout is not None
        assert process.stderr is not None
        complained = await process.stderr.readline()
        first = await process.stdout.readline()
        health = await http.get(f"http://127.0.0.1:{port}/healthz")

    assert complained.decode() == f"{DISCORD_REFUSED}\n"
    assert first == b"Telegram: listening as @our_bot\n"
    assert health.json() == {"ok": False, "unhealthy": ["discord"]}


async def test_discord_alone_is_enough(tmp_path: Path, port: int) -> None:
    async with (
        discord_api(DISCORD_TOKEN) as api,
        program(tmp_path, discord(api), WEB_PORT=str(port)) as process,
    ):
        home = api.guild("Maple Street")
        assert process.stdout is not None
        first = await process.stdout.readline()
        commands = await api.until(lambda: api.world.commands)

    assert first == b"Discord: listening as medianest\n"
    assert "search" in {one["name"] for one in commands}
    assert (home.has_bot, api.spec_errors) == (True, [])


async def test_a_port_that_is_taken_is_told_in_one_line(
    tmp_path: Path, port: int
) -> None:
    with socket.create_server(("127.0.0.1", port)):
        async with (
            bot_api(TOKEN) as api,
            program(tmp_path, telegram(api), WEB_PORT=str(port)) as process,
        ):
            said, complained = await process.communicate()

    sentence = f"Port {port} is taken by another program. Set WEB_PORT to another."
    assert (said, complained.decode()) == (b"", f"{sentence}\n")
    assert process.returncode == 2


async def test_telegram_may_bring_updates_itself(tmp_path: Path, port: int) -> None:
    """Through a proxy, which cuts the path or leaves it as it is."""
    more = {
        "WEB_PORT": str(port),
        "TELEGRAM_WEBHOOK": "yes",
        "PUBLIC_URL": "https://bot.example/home",
    }
    async with (
        bot_api(TOKEN) as api,
        program(tmp_path, telegram(api), **more) as process,
    ):
        api.updates.webhook_goes_to = f"http://127.0.0.1:{port}"
        assert process.stdout is not None
        await process.stdout.readline()
        stranger = api.person(900, "Stranger")
        api.starts(stranger)
        await api.until(lambda: api.answers(stranger))
        async with httpx.AsyncClient(trust_env=False) as http:
            forged = await http.post(f"http://127.0.0.1:{port}/telegram", json={})

    [answer] = api.answers(stranger)
    assert "telegram:900" in answer.text
    assert forged.status_code == 403
    assert api.spec_errors == []
