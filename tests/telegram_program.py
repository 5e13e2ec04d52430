"""`medianest-bot run` in a process of its own: its Telegram and its household here."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest_asyncio
from aiohttp import web
from tests.bot_api import Message, Person, Server, bot_api
from tests.ports import free_port
from tests.sitting import PROGRAM, environ
from tests.telegram_house import NUMBERS, TOKEN

from medianest_bot.app import open_app
from medianest_bot.core.store import people
from medianest_bot.demo.serve import Served, serve
from medianest_bot.demo_house import move_in
from medianest_bot.settings import read

PATIENCE_S = 60.0
LISTENING = "Telegram: listening as @medianest_test_bot\n"


class Gate:
    """Stands before Seerr: counts the calls, and may keep answers back.

    `holds` is the method and path of the calls that are passed on, where
    `passes` is true, and answered only when `open` is called.
    """

    def __init__(self, target: str) -> None:
        self.target = target
        self.calls: Counter[str] = Counter()
        self.holds = ""
        self.passes = True
        self.arrived = asyncio.Event()
        self._free = asyncio.Event()

    def hold(self, call: str, *, passes: bool = True) -> None:
        self.holds, self.passes = call, passes
        self.arrived.clear()
        self._free.clear()

    def open(self) -> None:
        self.holds = ""
        self._free.set()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._take)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with aiohttp.ClientSession(auto_decompress=False) as self._client:
            try:
                yield f"http://127.0.0.1:{runner.addresses[0][1]}"
            finally:
                self.open()
                await runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        call = f"{request.method} {request.path}"
        body = await request.read()
        is_held = call == self.holds
        if is_held and not self.passes:
            await self._hold()
            if request.transport is None or request.transport.is_closing():
                # Whoever asked is dead, and so is what they asked.
                return web.Response()
        self.calls[call] += 1
        headers = {k: v for k, v in request.headers.items() if k != "Host"}
        url = f"{self.target}{request.raw_path}"
        async with self._client.request(
            request.method, url, data=body, headers=headers
        ) as answer:
            told = await answer.read()
        if is_held and self.passes:
            await self._hold()
        return web.Response(
            body=told, status=answer.status, content_type=answer.content_type
        )

    async def _hold(self) -> None:
        self.arrived.set()
        await self._free.wait()


@dataclass
class Outside:
    """What goes on while bots start and are killed."""

    folder: Path
    server: Server
    served: Served
    seerr: Gate
    port: int
    environ: dict[str, str]
    persons: dict[str, Person] = field(default_factory=dict)
    logged: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The bot's own pages."""
        return f"http://127.0.0.1:{self.port}"

    def who(self, name: str) -> Person:
        if name not in self.persons:
            self.persons[name] = self.server.person(NUMBERS[name], name.title())
        return self.persons[name]

    def answers(self, name: str) -> list[str]:
        return [one.text for one in self.server.answers(self.who(name))]

    async def answer(self, name: str, part: str) -> Message:
        """Wait until somebody was told something with `part` in it."""
        found: Message = await self.server.until(
            lambda: next(
                (x for x in self.server.answers(self.who(name)) if part in x.text),
                None,
            ),
            PATIENCE_S,
        )
        return found

    def asked_for(self, tmdb: int) -> int:
        """How many requests for that title Seerr has."""
        return sum(one.media.tmdb == tmdb for one in self.served.seerr.asked.values())

    @asynccontextmanager
    async def bot(self, **more: str) -> AsyncIterator[asyncio.subprocess.Process]:
        """A bot that has been started; killed at the end, if it still runs."""
        process = await asyncio.create_subprocess_exec(
            *PROGRAM,
            "run",
            cwd=self.folder,
            env=environ(**{**self.environ, **more}),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGKILL)
            async with asyncio.timeout(PATIENCE_S):
                said, complained = await process.communicate()
            self.logged += [said.decode(), complained.decode()]


async def listening(process: asyncio.subprocess.Process) -> None:
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        line = await process.stdout.readline()
    assert line.decode() == LISTENING


@pytest_asyncio.fixture
async def outside(tmp_path: Path) -> AsyncIterator[Outside]:
    """A household whose people are known to the bot, which is not running yet."""
    port = free_port()
    async with (
        serve(tmp_path / "household", pace=0) as served,
        bot_api(TOKEN) as server,
        (gate := Gate(served.settings["OVERSEERR_URL"])).serving() as seerr_url,
    ):
        told = {**served.settings, "DATA_DIR": str(tmp_path / "data")}
        told["OVERSEERR_URL"] = seerr_url
        await _moved_in(told, served)
        told |= {
            "TELEGRAM_TOKEN": TOKEN,
            "TELEGRAM_API_URL": server.url,
            "WEB_PORT": str(port),
            "LOG_LEVEL": os.environ.get("TEST_LOG_LEVEL", "debug"),
        }
        found = Outside(tmp_path, server, served, gate, port, told)
        yield found
        assert server.spec_errors == []
        assert [one for one in found.logged if TOKEN.partition(":")[2] in one] == []


async def _moved_in(told: dict[str, str], served: Served) -> None:
    async with open_app(read(told, env_file=None, secrets_dir=None)) as app:
        await move_in(app, served.household)
        async with app.house.store.begin() as tx:
            for name, number in NUMBERS.items():
                person = await people.find(tx, name)
                assert person is not None
                await people.link(
                    tx, person.id, "telegram", str(number), name, app.house.now()
                )
