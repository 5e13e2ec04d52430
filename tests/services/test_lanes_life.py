from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from tests.unhurried import now

from medianest_bot.demo import _film
from medianest_bot.services.lanes import FailKind, Job, LaneFailed, Lanes

if TYPE_CHECKING:
    from tests.services.conftest import House

pytestmark = pytest.mark.asyncio(loop_scope="module")

SOON_S = 5.0
"""The promise is two seconds; a machine under load is given more."""


def lane_pids(lanes: Lanes) -> set[int]:
    return {lane.pid for lane in lanes._pool.busy}


def is_alive(pid: int) -> bool:
    """False for a zombie too: nobody may be there to bury an orphan."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def family(pids: set[int]) -> set[int]:
    return pids | {
        child.pid for pid in pids for child in psutil.Process(pid).children()
    }


def begin(house: House, lanes: Lanes, job: Job) -> asyncio.Task[object]:
    house.seen.clear()
    return asyncio.create_task(lanes.download(job, house.seen.append))


async def cancel(task: asyncio.Task[object]) -> float:
    """Cancel and wait; how many seconds it took."""
    started = now()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return now() - started


@pytest.mark.parametrize("path", ["/slow/sowing.mp4", "/stalled/sowing.mp4"])
async def test_cancelling_leaves_nothing(house: House, path: str) -> None:
    job = house.job(path)
    task = begin(house, house.lanes, job)
    await house.until(lambda: house.seen)
    pids = family(lane_pids(house.lanes))
    assert await cancel(task) < SOON_S
    assert [pid for pid in pids if is_alive(pid)] == []
    assert not job.temp.exists()
    assert not house.folder.exists()
    await house.until(lambda: house.site.open == 0)


async def test_cancelling_in_ffmpeg_leaves_nothing(
    house: House, endless_ffmpeg: str
) -> None:
    async with house.other_lanes(ffmpeg=endless_ffmpeg) as lanes:
        job = house.job("/video/sowing.mp4", audio=True)
        task = begin(house, lanes, job)
        await house.until(lambda: len(family(lane_pids(lanes))) == 2)
        pids = family(lane_pids(lanes))
        assert await cancel(task) < SOON_S
        assert [pid for pid in pids if is_alive(pid)] == []
        assert not job.temp.exists()


async def test_a_cancelled_lane_is_replaced(house: House) -> None:
    async with house.other_lanes() as lanes:
        task = begin(house, lanes, house.job("/stalled/sowing.mp4"))
        await house.until(lambda: house.seen)
        pids = lane_pids(lanes)
        await cancel(task)
        job = house.job("/video/sowing.mp4")
        await lanes.download(job, house.seen.append)
        assert {(await one).pid for one in lanes._pool.idle} & pids == set()


async def test_a_pause_keeps_what_came_and_goes_on_there(house: House) -> None:
    job = house.job("/slow/sowing.mp4")
    work = house.lanes.download(job, house.seen.append, keeps_part=lambda: True)
    task = asyncio.create_task(work)
    await house.until(lambda: _part_size(job) > 10_000)
    await cancel(task)
    kept = _part_size(job)
    house.site.calls.clear()
    again = Job(f"{house.url}/video/sowing.mp4", job.folder, job.temp)
    finished = await house.lanes.download(again, house.seen.append)
    assert [call.start for call in house.site.calls] == [0, kept]
    assert finished.path.read_bytes() == _film.film("sowing", 300_000)


async def test_a_killed_lane_is_a_failure_that_may_pass(house: House) -> None:
    job = house.job("/slow/sowing.mp4")
    task = begin(house, house.lanes, job)
    await house.until(lambda: _part_size(job) > 10_000)
    for pid in lane_pids(house.lanes):
        os.kill(pid, signal.SIGKILL)
    with pytest.raises(LaneFailed) as failed:
        await task
    assert failed.value.kind is FailKind.TRANSIENT
    house.site.calls.clear()
    again = Job(f"{house.url}/video/sowing.mp4", job.folder, job.temp)
    finished = await house.lanes.download(again, house.seen.append)
    assert house.site.calls[-1].start > 0
    assert finished.path.read_bytes() == _film.film("sowing", 300_000)


async def test_a_lane_that_died_while_idle_is_passed_over(house: House) -> None:
    async with house.other_lanes() as lanes:
        await lanes.prewarm()
        [idle] = [await one for one in lanes._pool.idle]
        os.kill(idle.pid, signal.SIGKILL)
        await house.until(lambda: not idle.is_usable)
        job = house.job("/video/sowing.mp4")
        await lanes.download(job, house.seen.append)
        assert [(await one).pid != idle.pid for one in lanes._pool.idle] == [True]


async def test_silence_is_ended(house: House) -> None:
    async with house.other_lanes(silence_s=3) as lanes:
        job = house.job("/stalled/sowing.mp4")
        with pytest.raises(LaneFailed) as failed:
            await lanes.download(job, house.seen.append)
    assert failed.value.kind is FailKind.TRANSIENT
    assert _part_size(job) > 0


async def test_closing_keeps_the_part_and_says_so(house: House) -> None:
    async with house.other_lanes() as lanes:
        job, waiting = house.job("/slow/sowing.mp4"), house.job("/video/train.mp4")
        tasks = [begin(house, lanes, one) for one in (job, waiting)]
        await house.until(lambda: _part_size(job) > 10_000)
        pids = lane_pids(lanes)
        await lanes.aclose(5)
        ends = await asyncio.gather(*tasks, return_exceptions=True)
    kinds = [end.kind for end in ends if isinstance(end, LaneFailed)]
    assert kinds == [FailKind.STOPPED, FailKind.STOPPED]
    assert [pid for pid in pids if is_alive(pid)] == []
    assert _part_size(job) > 0


async def test_a_listing_does_not_wait_behind_downloads(house: House) -> None:
    async with house.other_lanes() as lanes:
        task = begin(house, lanes, house.job("/stalled/sowing.mp4"))
        await house.until(lambda: house.seen)
        async with asyncio.timeout(20):
            listing = await lanes.expand(f"{house.url}/playlist/shorts.xml")
        assert (listing.title, task.done()) == ("Silent shorts", False)
        await cancel(task)


async def test_a_worn_lane_is_replaced(house: House) -> None:
    async with house.other_lanes(recycle_after=1) as lanes:
        await lanes.prewarm()
        first = [(await one).pid for one in lanes._pool.idle]
        await lanes.expand(f"{house.url}/playlist/shorts.xml")
        await lanes.expand(f"{house.url}/playlist/shorts.xml")
        assert not {(await one).pid for one in lanes._pool.idle} & set(first)


async def test_a_lane_knows_nothing_of_our_surroundings(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLEX_TOKEN", "secret")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    async with house.other_lanes() as lanes:
        await lanes.prewarm()
        [lane] = [await one for one in lanes._pool.idle]
        told = psutil.Process(lane.pid).environ()
    names = {"PATH", "HOME", "LANG", "YTDLP_NO_PLUGINS", "PYTHONPATH"}
    # LC_CTYPE is Python's own doing (PEP 538).
    assert told.keys() - {"LC_CTYPE"} == names
    assert _names_in(told["HOME"]) == []


async def test_a_lane_that_cannot_start_is_our_own_trouble(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    async with house.other_lanes() as lanes:
        with pytest.raises(LaneFailed) as failed:
            await lanes.expand(f"{house.url}/feed.xml")
    assert failed.value.kind is FailKind.LOCAL


_PARENT = """
import asyncio, sys
from pathlib import Path
from medianest_bot.services import sites
from medianest_bot.services.lanes import Job, Lanes, LaneSettings

async def main(url, folder, ffmpeg, audio):
    rules = sites.parse(url.rpartition("/")[0] + "/")
    temp = Path(folder) / "temp"
    lanes = Lanes(LaneSettings(rules, temp, ffmpeg=ffmpeg or None), 1)
    job = Job(url, Path(folder), temp / "job", audio=bool(audio))
    def say(progress):
        print("pid", [lane.pid for lane in lanes._pool.busy][0], flush=True)
    await lanes.download(job, say)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize("where", ["download", "ffmpeg"])
async def test_lanes_die_with_a_killed_parent(
    house: House, where: str, request: pytest.FixtureRequest
) -> None:
    arguments = [f"{house.url}/stalled/sowing.mp4", str(house.folder), "", ""]
    if where == "ffmpeg":
        tool = request.getfixturevalue("endless_ffmpeg")
        arguments = [f"{house.url}/video/sowing.mp4", str(house.folder), tool, "1"]
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _PARENT, *arguments),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert parent.stdout is not None
    try:
        lane = await _told_pid(parent.stdout)
        expected = 2 if where == "ffmpeg" else 1
        await house.until(lambda: len(family({lane})) == expected)
        pids = family({lane})
    finally:
        parent.kill()
        await parent.communicate()
    await house.until(lambda: not any(map(is_alive, pids)))


def _part_size(job: Job) -> int:
    return sum(path.stat().st_size for path in job.temp.glob("*.part"))


async def _told_pid(output: asyncio.StreamReader) -> int:
    """The first line that is no log line."""
    while True:
        line = await output.readline()
        assert line, "the parent ended"
        if line.startswith(b"pid "):
            return int(line.removeprefix(b"pid "))


def _names_in(folder: str) -> list[str]:
    return [path.name for path in Path(folder).iterdir()]


@pytest.fixture
def endless_ffmpeg(ffmpeg: str, tmp_path: Path) -> str:
    """The real one, reading its input at real speed over and over."""
    script = tmp_path / "ffmpeg"
    again = f'*" -i "*" -vn "*) exec {ffmpeg} -re -stream_loop -1 "$@";;'
    script.write_text(f'#!/bin/sh\ncase " $* " in {again} *) exec {ffmpeg} "$@";; esac')
    script.chmod(0o755)
    return str(script)
