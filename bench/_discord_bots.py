"""The two bots as processes of their own, each in a Discord, on the same upstreams."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
from tests.discord_api import Channel, Person, Server, discord_api

from medianest_bot.demo.serve import serve

TOKEN = "of-the-bench.and.nobodys-bot"
UPSTREAM_S = 0.05
SLOW_S = 5.0
FIRST_PERSON = 200_000_000_000_000_000
HERE = Path(__file__).parent.parent
READY = "Discord: listening"


@dataclass(frozen=True)
class Upstream:
    """A Seerr that takes its time, and what it takes to ask it."""

    url: str
    key: str

    async def warm(self) -> None:
        """Have it know its answer, so that it takes what it takes and no more."""
        headers = {"X-Api-Key": self.key}
        async with httpx.AsyncClient(headers=headers, timeout=60) as client:
            answer = await client.get(f"{self.url}/api/v1/search?query=dune&page=1")
            answer.raise_for_status()


@dataclass(frozen=True)
class Place:
    """A Discord with its people, and the channel they talk in."""

    server: Server
    people: list[Person]
    channel: Channel

    @property
    def guild(self) -> int:
        assert self.channel.guild is not None
        return self.channel.guild.id

    @property
    def admins(self) -> str:
        return ",".join(f"discord:{one.id}" for one in self.people)


@dataclass(frozen=True)
class Bot:
    """A running bot; `start_s` is until it could be talked to."""

    name: str
    place: Place
    process: asyncio.subprocess.Process
    start_s: float


@asynccontextmanager
async def upstreams(folder: Path) -> AsyncIterator[tuple[Upstream, Upstream]]:
    """The demo's Seerr: one that answers after 50 ms, one after 5 s."""
    async with AsyncExitStack() as stack:
        served = await stack.enter_async_context(serve(folder / "household", pace=0))
        url, key = (served.settings[f"OVERSEERR_{name}"] for name in ("URL", "API_KEY"))
        found = []
        for latency_s in (UPSTREAM_S, SLOW_S):
            command = ("-m", "bench.upstream", str(latency_s), url)
            process = await stack.enter_async_context(
                running(command, os.environ, HERE)
            )
            found.append(Upstream(await _line(process), key))
        await asyncio.gather(*(one.warm() for one in found))
        yield found[0], found[1]


@asynccontextmanager
async def place(people: int) -> AsyncIterator[Place]:
    """A Discord; what is sent there is held to its limits, not to its description."""
    async with discord_api(TOKEN, checks_spec=False) as server:
        everybody = [
            server.person(f"Person {number}", FIRST_PERSON + number)
            for number in range(1, people + 1)
        ]
        home = server.guild("Home", *everybody)
        yield Place(server, everybody, server.general(home))


@asynccontextmanager
async def floor(where: Place, seerr: Upstream) -> AsyncIterator[Bot]:
    """The least a bot can do."""
    server = where.server
    command = (
        *("-m", "bench.discord_floor_bot", server.url, server.gateway_url),
        *(TOKEN, seerr.url, seerr.key),
    )
    started = time.monotonic()
    async with running(command, os.environ, HERE, is_quiet=True) as process:
        await server.until(lambda: server.gateway.is_connected, 30)
        yield Bot("floor", where, process, time.monotonic() - started)


@asynccontextmanager
async def ours(
    where: Place, seerr: Upstream, data: Path, *command: str, **more: str
) -> AsyncIterator[Bot]:
    """The program as it is started by people; the folder `data` is there.

    `command` is another one than theirs, which says the same when it is ready.
    """
    environ = environment(where, seerr, data) | more
    # Our own finds what of the bench it needs; people start theirs elsewhere.
    folder = HERE if command else data
    command = command or ("-m", "medianest_bot", "run")
    started = time.monotonic()
    async with running(command, environ, folder) as process:
        while READY not in await _line(process):
            continue
        start_s = time.monotonic() - started
        # The first time, its commands come after that.
        await where.server.until(lambda: where.server.world.commands, 30)
        yield Bot("ours", where, process, start_s)


def environment(where: Place, seerr: Upstream, data: Path) -> dict[str, str]:
    """The settings of our program; everybody is an admin, whom it then knows."""
    kept = ("PATH", "PYTHONPATH")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "DISCORD_TOKEN": TOKEN,
        "DISCORD_API_URL": where.server.url,
        "DISCORD_GATEWAY_URL": where.server.gateway_url,
        "DISCORD_GUILDS": str(where.guild),
        "DATA_DIR": str(data),
        "OVERSEERR_URL": seerr.url,
        "OVERSEERR_API_KEY": seerr.key,
        "ADMINS": where.admins,
        "WEB_PORT": str(_free_port()),
        "LOG_LEVEL": "error",
    }


@asynccontextmanager
async def running(
    command: tuple[str, ...],
    environ: Mapping[str, str],
    folder: Path,
    *,
    is_quiet: bool = False,
) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        env=environ,
        cwd=folder,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL if is_quiet else None,
    )
    assert process.stdin is not None
    try:
        yield process
    finally:
        # Some leave when their input ends, ours when it is told to.
        process.stdin.close()
        if "medianest_bot" in command:
            with suppress(ProcessLookupError):
                process.terminate()
        await process.wait()


async def _line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode().strip()
    assert line, "it ended before it had begun"
    return line


def address(number: int) -> str:
    """Of a video that is never fetched."""
    return f"https://www.youtube.com/watch?v=bench{number}"


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
