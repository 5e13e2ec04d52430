"""The bot is killed at its worst moments; the next start makes it good."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from medianest_bot.demo import _film, household
from medianest_bot.demo.plex import PlexStandIn
from medianest_bot.demo.videos import VideoSite

pytestmark = pytest.mark.slow

FILM_BYTES = 300_000
NAMES = ("sowing", "watering", "weeding", "harvest")


@dataclass
class Left:
    """The films in the folder, the collections in their order, and what is stray."""

    files: list[str]
    collections: list[list[str]]
    unfinished: list[str]


ALL_OF_IT = Left(sorted(NAMES), [[name.capitalize() for name in NAMES]], [])
DONE = "1 done done,done,done,done"


@dataclass
class Street:
    """A video site and a Plex, which the kill of the bot does not touch."""

    site: VideoSite
    plex: PlexStandIn
    url: str
    downloads: Path
    environ: dict[str, str]

    @asynccontextmanager
    async def bot(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """A bot downloading the playlist; killed at the end, if it still runs."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(Path(__file__).with_name("bot.py")),
            f"{self.url}/playlist/garden.xml",
            env=self.environ,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            yield process
        finally:
            await kill(process)

    async def run_to_the_end(self) -> str:
        """What the next start makes of it."""
        async with self.bot() as process, asyncio.timeout(120):
            said, _ = await process.communicate()
        return said.decode().splitlines()[-1]

    def finished(self) -> list[str]:
        return sorted(one.name for one in self.downloads.glob("ana-1/*"))

    def unfinished(self) -> list[str]:
        names = (one.name for one in self.downloads.glob(".unfinished/*"))
        return [name for name in names if name.isdecimal()]

    def fetched_bytes(self) -> int:
        found = self.downloads.glob(".unfinished/*/*.part")
        return sum(one.stat().st_size for one in found)

    def left(self) -> Left:
        """What all of it has led to."""
        folder = self.downloads / "ana-1"
        films = {_film.film(name, FILM_BYTES): name for name in NAMES}
        contents = [(folder / name).read_bytes() for name in self.finished()]
        library = self.plex.library
        return Left(
            files=[films.get(one, "broken") for one in contents],
            collections=[
                [library.items[key]["title"].split()[0] for key in one.keys]
                for one in library.collections.values()
            ],
            unfinished=self.unfinished(),
        )


@pytest_asyncio.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street]:
    lives = household.read()
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    site = VideoSite(lives, pace=0, film_bytes=FILM_BYTES)
    plex = PlexStandIn(lives, downloads, pace=0)
    url, plex_url = await site.start(), await plex.start()
    environ = {
        "PATH": os.environ["PATH"],
        "PLEX_URL": plex_url,
        "PLEX_TOKEN": plex.token,
        "DATA_DIR": str(tmp_path / "data"),
        "DOWNLOADS_DIR": str(downloads),
        "DOWNLOAD_SITES": f"{url}/",
    }
    yield Street(site, plex, url, downloads, environ)
    await plex.stop()
    await site.stop()


async def kill(process: asyncio.subprocess.Process) -> None:
    """Kill -9, and see that its lanes go with it."""
    if process.returncode is not None:
        return
    lanes: list[psutil.Process] = []
    # It may have come to its end just now.
    with suppress(psutil.NoSuchProcess, ProcessLookupError):
        lanes = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGKILL)
    await process.wait()
    _gone, alive = await asyncio.to_thread(psutil.wait_procs, lanes, 20)
    assert [one for one in alive if one.status() != psutil.STATUS_ZOMBIE] == []


async def until(is_so: Callable[[], object], pause_s: float = 0.005) -> None:
    async with asyncio.timeout(60):
        # Another process does it, and sends no event.
        while not is_so():  # noqa: ASYNC110
            await asyncio.sleep(pause_s)


async def test_killed_while_the_link_is_looked_at(street: Street) -> None:
    street.site.knobs.hang = True
    async with street.bot():
        await until(lambda: street.site.requests["/playlist/garden.xml"])
    street.site.knobs.reset()
    assert await street.run_to_the_end() == DONE
    assert street.left() == ALL_OF_IT


async def test_killed_in_a_download(street: Street) -> None:
    street.site.bytes_per_s = 150_000
    async with street.bot():
        await until(lambda: street.fetched_bytes() > 100_000)
    kept = street.fetched_bytes()
    street.site.bytes_per_s = None
    street.site.calls.clear()
    assert await street.run_to_the_end() == DONE
    assert street.left() == ALL_OF_IT
    # Only what was missing was fetched.
    assert sum(call.start for call in street.site.calls) >= kept


async def test_killed_between_the_file_and_its_row(street: Street) -> None:
    """The lane has moved the file; nobody lives to write it down."""
    street.site.bytes_per_s = 500_000
    async with street.bot() as process:
        await until(street.finished, pause_s=0)
        process.send_signal(signal.SIGKILL)
    finished = [name.split()[0].lower() for name in street.finished()]
    street.site.bytes_per_s = None
    street.site.calls.clear()
    assert await street.run_to_the_end() == DONE
    assert street.left() == ALL_OF_IT
    asked = [street.site.requests[f"/video/{name}.mp4"] for name in finished]
    assert asked == [0] * len(finished)


async def test_killed_while_plex_is_asked(street: Street) -> None:
    street.plex.knobs.hang = True
    async with street.bot():
        await until(lambda: len(street.finished()) == 4 and not street.unfinished())
        await asyncio.sleep(0.3)
    street.plex.knobs.reset()
    street.site.calls.clear()
    assert await street.run_to_the_end() == DONE
    assert street.left() == ALL_OF_IT
    assert street.site.calls == []


async def test_killed_again_and_again(street: Street) -> None:
    street.site.bytes_per_s = 400_000
    for pause_s in (0.9, 1.3, 1.7, 2.1):
        async with street.bot():
            await asyncio.sleep(pause_s)
    assert await street.run_to_the_end() == DONE
    assert street.left() == ALL_OF_IT
