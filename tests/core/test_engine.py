"""The engine on real lanes: a cancelled job is never heard of again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from medianest_bot.core.engine import Event, TaskEngine
from medianest_bot.demo import household
from medianest_bot.demo.videos import VideoSite
from medianest_bot.services import sites
from medianest_bot.services.lanes import FailKind, Job, Lanes, LaneSettings

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Works:
    """A site, lanes, and folders for both."""

    def __init__(self, site: VideoSite, url: str, folder: Path) -> None:
        self.site = site
        self.url = url
        self.folder = folder
        rules = sites.parse(f"{url}/")
        self.lanes = Lanes(LaneSettings(rules, folder / "temp"), 2)

    def job(self, path: str) -> Job:
        temp = self.folder / "temp" / "1"
        return Job(f"{self.url}{path}", self.folder / "done", temp)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def works(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Works]:
    site = VideoSite(household.read(), pace=0, film_bytes=300_000)
    works = Works(site, await site.start(), tmp_path_factory.mktemp("works"))
    yield works
    await works.lanes.aclose(1)
    await site.stop()


async def last_event(engine: TaskEngine) -> Event:
    async with asyncio.timeout(20):
        while (event := await engine.next_event()).progress is not None:
            pass
    return event


async def is_silent(engine: TaskEngine) -> bool:
    """Nothing that was said so far is passed on."""
    try:
        async with asyncio.timeout(0.05):
            await engine.next_event()
    except TimeoutError:
        return True
    return False


async def test_a_job_tells_how_it_goes_and_ends_once(works: Works) -> None:
    engine = TaskEngine(works.lanes)
    engine.start(1, works.job("/video/sowing.mp4"))

    event = await last_event(engine)
    assert event.number == 1
    assert event.finished is not None
    assert event.finished.path.stat().st_size == 300_000
    assert await is_silent(engine)


async def test_a_failure_is_heard_with_its_kind(works: Works) -> None:
    engine = TaskEngine(works.lanes)
    engine.start(1, works.job("/busy/sowing.mp4"))

    failed = (await last_event(engine)).failed
    assert failed is not None
    assert (failed.kind, failed.retry_after_s) == (FailKind.RATE, 7)


async def test_a_cancelled_job_leaves_nothing_and_says_nothing(works: Works) -> None:
    engine = TaskEngine(works.lanes)
    job = works.job("/slow/sowing.mp4")
    engine.start(1, job)
    await engine.next_event()

    await engine.cancel(1)
    assert not job.temp.exists()
    assert await is_silent(engine)
    await engine.cancel(1)


async def test_what_a_job_said_before_it_was_cancelled_is_not_passed_on(
    works: Works,
) -> None:
    engine = TaskEngine(works.lanes)
    engine.start(1, works.job("/video/sowing.mp4"))
    task = engine._runs[1].task
    assert task is not None
    await asyncio.wait({task})
    await engine.cancel(1)
    engine.start(1, works.job("/private/sowing.mp4"))

    event = await last_event(engine)
    assert (event.number, event.finished) == (1, None)


async def test_closing_keeps_what_was_fetched(works: Works) -> None:
    engine = TaskEngine(works.lanes)
    job = works.job("/slow/sowing.mp4")
    engine.start(1, job)
    async with asyncio.timeout(20):
        while (event := await engine.next_event()).progress:
            if event.progress.downloaded:
                break

    await engine.aclose()
    assert [one.suffix for one in job.temp.iterdir()] == [".part"]
