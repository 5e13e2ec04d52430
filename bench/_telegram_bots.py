"""The two bots as processes of their own, each on a Telegram and one upstream."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from aiohttp import web
from tests.bot_api import Call, Server, bot_api

from medianest_bot.demo.serve import serve

TOKEN = "123456:TEST-token_abcdefghijklmnopqrstuvwxyz"
UPSTREAM_S = 0.05
HERE = Path(__file__).parent.parent
SERIES = 70523
FIRST_SERIES = 1_000_000


class Calls(list[Call]):
    """All calls; whoever waits for one is woken by it alone."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: dict[tuple[str, int], asyncio.Future[Call]] = {}

    def next(self, method: str, chat: int) -> asyncio.Future[Call]:
        future = asyncio.get_running_loop().create_future()
        self._waiting[method, chat] = future
        return future

    def append(self, call: Call) -> None:
        super().append(call)
        waiting = self._waiting.pop((call.method, call.chat), None)
        if waiting is not None and not waiting.done():
            waiting.set_result(call)


@dataclass(frozen=True)
class Bot:
    """A running bot and the Telegram it is in; `start_s` is until its first poll."""

    name: str
    server: Server
    calls: Calls
    pid: int
    start_s: float


@dataclass(frozen=True)
class Upstream:
    """A Seerr that answers after 50 ms, and what it takes to ask it."""

    url: str
    key: str

    async def warm(self, series: int) -> None:
        """Have it know its answers, so that each takes 50 ms and no more."""
        headers = {"X-Api-Key": self.key}
        numbers = range(FIRST_SERIES, FIRST_SERIES + series)
        paths = ["search?query=dune&page=1", *(f"tv/{number}" for number in numbers)]
        async with httpx.AsyncClient(headers=headers, timeout=60) as client:
            asked = (client.get(f"{self.url}/api/v1/{path}") for path in paths)
            for answer in await asyncio.gather(*asked):
                answer.raise_for_status()


@asynccontextmanager
async def upstream(folder: Path, series: int) -> AsyncIterator[Upstream]:
    """The demo's Seerr, with as many series as are pressed for."""
    async with AsyncExitStack() as stack:
        served = await stack.enter_async_context(serve(folder / "household", pace=0))
        url, key = (served.settings[f"OVERSEERR_{name}"] for name in ("URL", "API_KEY"))
        many = await stack.enter_async_context(_many_series(url))
        command = ("-m", "bench.upstream", str(UPSTREAM_S), many)
        process = await stack.enter_async_context(_process(command, os.environ, HERE))
        assert process.stdout is not None
        found = Upstream((await process.stdout.readline()).decode().strip(), key)
        await found.warm(series)
        yield found


@asynccontextmanager
async def floor(people: int, seerr: Upstream) -> AsyncIterator[Bot]:
    """The least a bot can do."""
    async with _telegram(people) as (server, calls):
        command = ("-m", "bench.floor_bot", server.url, TOKEN, seerr.url, seerr.key)
        # Told to be silent, it complains at length; that is not looked at here.
        async with _started("floor", command, os.environ, server, calls) as bot:
            yield bot


@asynccontextmanager
async def ours(
    people: int, seerr: Upstream, data: Path, *, admins: int = 0
) -> AsyncIterator[Bot]:
    """The program as it is started by people; the folder `data` is there.

    The first of the people become admins, whom it then knows.
    """
    async with _telegram(people) as (server, calls):
        accounts = (f"telegram:{number}" for number in range(1, admins + 1))
        environ = {
            "PATH": os.environ["PATH"],
            "TELEGRAM_TOKEN": TOKEN,
            "TELEGRAM_API_URL": server.url,
            "DATA_DIR": str(data),
            "OVERSEERR_URL": seerr.url,
            "OVERSEERR_API_KEY": seerr.key,
            "ADMINS": ",".join(accounts),
            "WEB_PORT": str(_free_port()),
            "LOG_LEVEL": "warning",
        }
        command = ("-m", "medianest_bot", "run")
        async with _started("ours", command, environ, server, calls, data) as bot:
            yield bot


def memory_mb(bot: Bot) -> float:
    """Resident megabytes, as the kernel counts them."""
    status = Path(f"/proc/{bot.pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found, status
    return int(found[1]) / 1024


@asynccontextmanager
async def _telegram(people: int) -> AsyncIterator[tuple[Server, Calls]]:
    async with bot_api(TOKEN) as server:
        calls = Calls()
        server.calls = calls
        for number in range(1, people + 1):
            server.person(number, f"Person {number}")
        yield server, calls


@asynccontextmanager
async def _started(
    name: str,
    command: tuple[str, ...],
    environ: Mapping[str, str],
    server: Server,
    calls: Calls,
    folder: Path = HERE,
) -> AsyncIterator[Bot]:
    started = time.monotonic()
    async with _process(command, environ, folder) as process:
        await server.until(lambda: server.called("getUpdates"), 30)
        first = server.called("getUpdates")[0].at - started
        await server.until(lambda: server.updates.is_polled, 30)
        yield Bot(name, server, calls, process.pid, first)


@asynccontextmanager
async def _process(
    command: tuple[str, ...], environ: Mapping[str, str], folder: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        env=environ,
        cwd=folder,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=None if "medianest_bot" in command else asyncio.subprocess.DEVNULL,
    )
    assert process.stdin is not None
    try:
        yield process
    finally:
        # Some leave when their input ends, ours when it is told to.
        process.stdin.close()
        if "medianest_bot" in command and process.returncode is None:
            process.terminate()
        await process.wait()


@asynccontextmanager
async def _many_series(seerr: str) -> AsyncIterator[str]:
    """The same Seerr, where each number is a series of its own."""

    async def answer(request: web.Request) -> web.Response:
        path = request.rel_url.raw_path_qs
        number = int(path.rpartition("/")[2]) if "/tv/" in path else 0
        is_made = number >= FIRST_SERIES
        path = f"/api/v1/tv/{SERIES}" if is_made else path
        headers = {
            name: value
            for name, value in request.headers.items()
            if name.lower().startswith("x-")
        }
        found = await client.request(
            request.method, seerr + path, headers=headers, content=await request.read()
        )
        told: Any = found.json()
        if is_made:
            told |= {"id": number, "name": f"Series {number}"}
        return web.json_response(told, status=found.status_code)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with httpx.AsyncClient(timeout=30) as client:
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
