"""What `search` adds to the slowest upstream, alone and with twenty at once."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bench.figures import ROUNDS, Figure, median, percentile
from medianest_bot.app import App, open_app
from medianest_bot.core.context import Asked, Place
from medianest_bot.core.roles import PlaceKind
from medianest_bot.demo.serve import serve
from medianest_bot.demo_house import move_in
from medianest_bot.settings import read

UPSTREAM_S = 0.1
AT_ONCE = 20


async def measure() -> list[Figure]:
    alone, crowd, warm = [], [], []
    async with _house() as app:
        await _search(app, "metropolis", "mum")
        for turn in range(ROUNDS):
            for number in range(6):
                took = await _search(app, f"dune {turn} {number}", "mum")
                alone.append(took - UPSTREAM_S * 1000)
            crowd += await _crowd(app, turn)
            again = f"dune {turn} 0"
            warm += [await _search(app, again, "ana") for _again in range(5)]
    return [
        Figure("search minus slowest upstream, p50", median(alone), "ms", "≤ 5"),
        Figure("the same with 20 at once, p95", percentile(crowd, 95), "ms", "≤ 15"),
        Figure("search from a warm cache, p50", median(warm), "ms", "≤ 5"),
    ]


async def _crowd(app: App, turn: int) -> list[float]:
    took = await asyncio.gather(
        *(_search(app, f"matrix {turn} {number}", "tim") for number in range(AT_ONCE))
    )
    return [one - UPSTREAM_S * 1000 for one in took]


async def _search(app: App, title: str, who: str) -> float:
    place = Place("console", who, PlaceKind.PRIVATE)
    asked = Asked("console", who, who, place)
    started = time.perf_counter()
    reply = await app.dispatch.run(f"search {title}", asked)
    assert not reply.failed, reply
    return (time.perf_counter() - started) * 1000


@asynccontextmanager
async def _house() -> AsyncIterator[App]:
    """The bot, on upstreams in another process that answer after 100 ms."""
    with tempfile.TemporaryDirectory() as name:
        async with serve(Path(name) / "household", pace=0) as served:
            plex, seerr = served.settings["PLEX_URL"], served.settings["OVERSEERR_URL"]
            async with _replaying(plex, seerr) as (plex_url, seerr_url):
                environ = {
                    "DATA_DIR": f"{name}/data",
                    "PLEX_URL": plex_url,
                    "PLEX_TOKEN": served.settings["PLEX_TOKEN"],
                    "OVERSEERR_URL": seerr_url,
                    "OVERSEERR_API_KEY": served.settings["OVERSEERR_API_KEY"],
                }
                settings = read(environ, env_file=None, secrets_dir=None)
                async with open_app(settings) as app:
                    await move_in(app, served.household)
                    yield app


@asynccontextmanager
async def _replaying(*origins: str) -> AsyncIterator[list[str]]:
    command = ("-m", "bench.upstream", str(UPSTREAM_S), *origins)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        lines = [await process.stdout.readline() for _origin in origins]
        yield [line.decode().strip() for line in lines]
    finally:
        process.stdin.close()
        await process.wait()
