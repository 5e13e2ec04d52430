"""What `search` adds to the slowest upstream, alone and with twenty at once."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

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
    async with _house() as (app, bare):
        for title in ("metropolis", "dune", "matrix"):
            await _search(app, title, "mum")
        for turn in range(ROUNDS):
            for number in range(6):
                took = await _search(app, f"dune {_word(turn, number)}", "mum")
                alone.append(took - await bare.both())
            together = [f"matrix {_word(turn, number)}" for number in range(AT_ONCE)]
            asked = [_search(app, title, _WHO[turn % 3]) for title in together]
            ours = await asyncio.gather(*asked)
            theirs = await asyncio.gather(*(bare.both() for _title in together))
            crowd.append(percentile(ours, 95) - percentile(theirs, 95))
            warm += [await _search(app, together[0], "ana") for _again in range(5)]
    return [
        Figure("search minus slowest upstream, p50", median(alone), "ms", "≤ 5"),
        Figure("the same with 20 at once, p95", median(crowd), "ms", "≤ 15"),
        Figure("search from a warm cache, p50", median(warm), "ms", "≤ 5"),
    ]


_WHO = ("tim", "ana", "zoe")


class Bare:
    """The same two questions from a bare client: what the upstreams take."""

    def __init__(self, client: httpx.AsyncClient, plex: str, seerr: str) -> None:
        self._client = client
        self._urls = (f"{plex}/hubs/search", f"{seerr}/api/v1/search")

    async def both(self) -> float:
        started = time.perf_counter()
        await asyncio.gather(*(self._client.get(url) for url in self._urls))
        return (time.perf_counter() - started) * 1000


def _word(turn: int, number: int) -> str:
    """Another one each time, and no number: those are looked for in two ways."""
    return chr(ord("a") + turn) * 3 + chr(ord("a") + number) * 3


async def _search(app: App, title: str, who: str) -> float:
    place = Place("console", who, PlaceKind.PRIVATE)
    asked = Asked("console", who, who, place)
    started = time.perf_counter()
    reply = await app.dispatch.run(f"search {title}", asked)
    assert reply.items, reply
    return (time.perf_counter() - started) * 1000


@asynccontextmanager
async def _house() -> AsyncIterator[tuple[App, Bare]]:
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
                async with open_app(settings) as app, httpx.AsyncClient() as client:
                    await move_in(app, served.household)
                    yield app, Bare(client, plex_url, seerr_url)


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
