"""Lanes on a video site, for the tests that fetch real files over real sockets."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from medianest_bot.demo import household
from medianest_bot.demo.videos import VideoSite
from medianest_bot.services import sites
from medianest_bot.services.lanes import Finished, Job, Lanes, LaneSettings, Progress


class House:
    """A video site, the lanes that fetch from it, and folders for both."""

    def __init__(self, folder: Path, url: str, site: VideoSite) -> None:
        self.site = site
        self.url = url
        self.folder = folder / "library"
        self.temp = folder / "temp"
        self.seen: list[Progress] = []
        self.lanes = self.new_lanes()

    def new_lanes(self, count: int = 2, below: str = "/", **settings: Any) -> Lanes:
        rules = sites.parse(f"{self.url}{below}")
        return Lanes(LaneSettings(rules, self.temp, **settings), count)

    @asynccontextmanager
    async def other_lanes(self, **settings: Any) -> AsyncIterator[Lanes]:
        """One lane with settings of its own."""
        lanes = self.new_lanes(count=1, **settings)
        try:
            yield lanes
        finally:
            await lanes.aclose(1)

    def job(self, path: str, **more: Any) -> Job:
        temp = self.temp / f"job{len(self.site.calls)}"
        return Job(f"{self.url}{path}", self.folder, temp, **more)

    async def fetch(self, path: str, **more: Any) -> Finished:
        self.seen.clear()
        return await self.lanes.download(self.job(path, **more), self.seen.append)

    @staticmethod
    async def until(is_so: Callable[[], object], within_s: float = 20) -> None:
        """Wait for something that happens elsewhere and sends no event."""
        ends = time.monotonic() + within_s
        while not is_so():
            assert time.monotonic() < ends, "it did not happen in time"
            await asyncio.sleep(0.01)

    def clear(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.site.calls.clear()
        self.site.knobs.reset()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_house(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[House]:
    site = VideoSite(household.read(), pace=0, film_bytes=300_000)
    url = await site.start()
    house = House(tmp_path_factory.mktemp("videos"), url, site)
    yield house
    await house.lanes.aclose(1)
    await site.stop()


@pytest.fixture
def house(shared_house: House) -> House:
    """The module's house, tidied up."""
    shared_house.clear()
    return shared_house


@pytest.fixture
def ffmpeg() -> str:
    path = shutil.which("ffmpeg")
    if path is None:
        pytest.skip("ffmpeg is not installed here")
    return path
