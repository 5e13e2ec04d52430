"""The demo's Plex on a socket with a client of its owner, for tests."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from medianest_bot.demo import household
from medianest_bot.demo.plex import PlexStandIn
from medianest_bot.services import http
from medianest_bot.services.cache import Cache
from medianest_bot.services.plex import Item, Plex

HOUSE = household.read()
FILMS, SHOWS, VIDEOS = "1", "2", "3"
FIRST_FILES = ("garden/Sowing [abc123].mp4", "garden/Watering [def456].mp4")


@dataclass
class Home:
    """`sent` has every call that the client made."""

    server: PlexStandIn
    url: str
    folder: Path
    plex: Plex
    cache: Cache
    sent: list[httpx.Request]

    def put(self, name: str) -> Path:
        return put(self.folder, name)

    async def scanned(self, ending: str) -> Item:
        """The item, once the scan that is under way has seen its file."""
        ends = time.monotonic() + 20
        while time.monotonic() < ends:
            item = await self.plex.find_file(VIDEOS, ending)
            if item is not None:
                return item
            await asyncio.sleep(0.01)
        raise AssertionError("the scan did not find it in time")

    async def films(self) -> tuple[str, ...]:
        """The keys of the five films, oldest first."""
        films = (await self.plex.owned()).value.movies.values()
        return tuple(one.key for one in sorted(films, key=lambda one: one.year or 0))


def put(folder: Path, name: str) -> Path:
    file = folder / name
    file.parent.mkdir(exist_ok=True, parents=True)
    file.write_bytes(b"film")
    return file


def connect(url: str, token: str, sent: list[httpx.Request] | None = None) -> Plex:
    return Plex(pooled(url, sent), Cache(), token, "test-client")


def pooled(url: str, sent: list[httpx.Request] | None = None) -> http.Http:
    connection = http.client(url)

    async def note(request: httpx.Request) -> None:
        if sent is not None:
            sent.append(request)

    connection.event_hooks["request"] = [note]
    return http.Http("plex", connection)


@asynccontextmanager
async def open_home(folder: Path) -> AsyncIterator[Home]:
    for name in FIRST_FILES:
        put(folder, name)
    server = PlexStandIn(HOUSE, folder, pace=0)
    url, sent, cache = await server.start(), list[httpx.Request](), Cache()
    plex = Plex(pooled(url, sent), cache, server.token, "test-client")
    try:
        yield Home(server, url, folder, plex, cache, sent)
    finally:
        await plex.aclose()
        await server.stop()
