"""Lanes against what they replace, two lanes against one, and how fast they stop."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from bench.figures import ROUNDS, Figure, median, percentile
from medianest_bot import log
from medianest_bot.demo import household
from medianest_bot.demo.videos import VideoSite
from medianest_bot.services import sites
from medianest_bot.services.lanes import Job, Lanes, LaneSettings, Progress, Stage

SMALL = 120_000
FILES = 30
LIST = 50
CANCELS = 10
CANCELLED = {
    "while downloading": "slow",
    "on a stalled server": "stalled",
    "in ffmpeg": "video",
}

WARM = """
import sys, time
import yt_dlp
folder, *urls = sys.argv[1:]
options = {"quiet": True, "noprogress": True, "cachedir": False,
           "outtmpl": folder + "/%(title)s [%(id)s].%(ext)s"}
with yt_dlp.YoutubeDL(options) as warm:
    warm.download(urls[:1])
    started = time.perf_counter()
    for url in urls[1:]:
        warm.download([url])
    print(time.perf_counter() - started)
"""


async def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return [
            *await _one_by_one(folder),
            await _two_lanes(folder),
            *await _loop_lag(folder),
            *await _cancels(folder),
        ]


async def _one_by_one(folder: Path) -> list[Figure]:
    """30 small files, one after another: a lane, a warm yt-dlp, one command each."""
    lane_s, warm_s, command_s = [], [], []
    async with _site(film_bytes=SMALL) as (site, url):
        urls = [f"{url}/video/clip-{number}.mp4" for number in range(FILES + 1)]
        async with _lanes(url, folder, 1) as lanes:
            for turn in range(ROUNDS):
                lane_s.append(await _by_lane(lanes, urls, folder / f"lane{turn}"))
                warm_s.append(await _warm(urls, folder / f"warm{turn}"))
                command_s.append(await _commands(urls[:5], folder / f"cli{turn}"))
        assert site.calls
    return [
        Figure(
            "30 small files: lane ÷ warm yt-dlp in its process",
            median(lane_s) / median(warm_s),
            "×",
            "≤ 1.3",
        ),
        Figure(
            "30 small files: one command each ÷ lane",
            median(command_s) / (median(lane_s) / FILES),
            "×",
            "≥ 6",
        ),
    ]


async def _by_lane(lanes: Lanes, urls: list[str], target: Path) -> float:
    await _fetch(lanes, urls[0], target)
    started = time.perf_counter()
    for url in urls[1:]:
        await _fetch(lanes, url, target)
    return time.perf_counter() - started


async def _warm(urls: list[str], target: Path) -> float:
    await asyncio.to_thread(target.mkdir)
    return float(await _python("-c", WARM, str(target), *urls))


async def _commands(urls: list[str], target: Path) -> float:
    """Seconds for one command, as the median of a few."""
    took = []
    for url in urls:
        started = time.perf_counter()
        form = f"{target}/%(title)s [%(id)s].%(ext)s"
        await _python("-m", "yt_dlp", "-q", "-o", form, url)
        took.append(time.perf_counter() - started)
    return median(took)


async def _two_lanes(folder: Path) -> Figure:
    """A playlist of 50 from a site with 150 ms a request and 1 MB/s a connection."""
    ratios = []
    slow = _site(film_bytes=SMALL, latency_s=0.15, bytes_per_s=1_000_000)
    async with slow as (_, url):
        for turn in range(3):
            one = await _playlist(url, folder / f"one{turn}", 1)
            two = await _playlist(url, folder / f"two{turn}", 2)
            ratios.append(two / one)
    return Figure("playlist of 50: two lanes ÷ one", median(ratios), "×", "≤ 0.6")


async def _playlist(url: str, folder: Path, count: int) -> float:
    async with _lanes(url, folder, count) as lanes:
        await lanes.prewarm()
        started = time.perf_counter()
        listing = await lanes.expand(f"{url}/many/{LIST}.xml")
        fetches = (_fetch(lanes, entry.url, folder) for entry in listing.entries)
        await asyncio.gather(*fetches)
        return time.perf_counter() - started


async def _loop_lag(folder: Path) -> list[Figure]:
    """How late the loop is while two playlists download, and beside idle talk."""
    busy, beside = [], []
    async with _site(film_bytes=SMALL, bytes_per_s=1_000_000) as (_, url):
        for turn in range(ROUNDS):
            async with _lanes(url, folder / f"lag{turn}", 2) as lanes:
                await lanes.prewarm()
                listing = await lanes.expand(f"{url}/many/20.xml")
                work = [
                    asyncio.create_task(_fetch(lanes, one.url, folder / f"lag{turn}"))
                    for one in listing.entries
                ]
                busy.append(await _lag_while(work))
            beside.append(await _lag_beside(url, folder / f"beside{turn}"))
    return [
        Figure("loop lag p99 while playlists download", median(busy), "ms", "≤ 40"),
        Figure(
            "the same ÷ an empty loop beside the same lanes",
            median(busy) / median(beside),
            "×",
            "≤ 1.5",
        ),
    ]


async def _lag_beside(url: str, folder: Path) -> float:
    """The lag of an empty loop while another process drives the same lanes."""
    code = (
        "import asyncio, sys, bench.downloading as bench;"
        "asyncio.run(bench.drive(*sys.argv[1:]))"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, url, str(folder)
    )
    return await _lag_while([asyncio.create_task(process.wait())])


async def drive(url: str, folder: str) -> None:
    """The same downloads as in the measured loop, in a process of their own."""
    log.configure("WARNING", "console")
    async with _lanes(url, Path(folder), 2) as lanes:
        listing = await lanes.expand(f"{url}/many/20.xml")
        fetches = (_fetch(lanes, one.url, Path(folder)) for one in listing.entries)
        await asyncio.gather(*fetches)


async def _lag_while(work: list[asyncio.Task[Any]]) -> float:
    late = []
    while not all(task.done() for task in work):
        started = time.perf_counter()
        await asyncio.sleep(0.005)
        late.append((time.perf_counter() - started - 0.005) * 1000)
    await asyncio.gather(*work)
    return percentile(late, 99)


async def _cancels(folder: Path) -> list[Figure]:
    """From cancel to nothing left: processes, sockets and files."""
    figures = []
    async with _site() as (_, url):
        for what, path in CANCELLED.items():
            ffmpeg = await asyncio.to_thread(_endless_ffmpeg, folder)
            if path == "video" and ffmpeg is None:
                continue
            took = []
            target = folder / path
            async with _lanes(url, target, 1, ffmpeg) as lanes:
                for number in range(CANCELS):
                    address = f"{url}/{path}/clip-{number}.mp4"
                    job = Job(address, target, target / "cut", audio=path == "video")
                    took.append(await _cancel_one(lanes, job))
            p95 = percentile(took, 95)
            figures.append(Figure(f"cancel {what}, p95", p95, "s", "≤ 0.5"))
    return figures


def _endless_ffmpeg(folder: Path) -> str | None:
    """The real ffmpeg, but taking out the sound never ends; None where it lacks."""
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        return None
    script = folder / "ffmpeg"
    again = f'*" -i "*" -vn "*) exec {ffmpeg} -re -stream_loop -1 "$@";;'
    script.write_text(f'#!/bin/sh\ncase " $* " in {again} *) exec {ffmpeg} "$@";; esac')
    script.chmod(0o755)
    return str(script)


async def _cancel_one(lanes: Lanes, job: Job) -> float:
    moving = asyncio.Event()
    wanted = Stage.PROCESSING if job.audio else Stage.DOWNLOADING

    def heard(progress: Progress) -> None:
        if progress.stage is wanted:
            moving.set()

    task = asyncio.create_task(lanes.download(job, heard))
    async with asyncio.timeout(20):
        await moving.wait()
    # Long enough for ffmpeg to be at it, where it is asked for.
    await asyncio.sleep(0.3)
    started = time.perf_counter()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    took = time.perf_counter() - started
    assert not await asyncio.to_thread(job.temp.exists)
    return took


async def _fetch(lanes: Lanes, url: str, folder: Path) -> None:
    temp = folder / "temp" / url.rsplit("/", 1)[-1]
    await lanes.download(Job(url, folder, temp), lambda _progress: None)


async def _python(*args: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, *args, stdout=asyncio.subprocess.PIPE
    )
    out, _err = await process.communicate()
    assert process.returncode == 0, args[:2]
    return out.decode().strip().splitlines()[-1] if out else ""


@asynccontextmanager
async def _site(**more: Any) -> AsyncIterator[tuple[VideoSite, str]]:
    site = VideoSite(household.read(), pace=0, **more)
    try:
        yield site, await site.start()
    finally:
        await site.stop()


@asynccontextmanager
async def _lanes(
    url: str, folder: Path, count: int, ffmpeg: str | None = None
) -> AsyncIterator[Lanes]:
    ffmpeg = ffmpeg or shutil.which("ffmpeg")
    settings = LaneSettings(sites.parse(f"{url}/"), folder / "lanes", ffmpeg=ffmpeg)
    lanes = Lanes(settings, count)
    try:
        yield lanes
    finally:
        await lanes.aclose(1)
