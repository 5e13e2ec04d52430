"""Downloads from the promise to the files: once, fairly, and only while wanted."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from tests.core.yard import Place, Yard, open_yard, until

from medianest_bot.core.downloads import Job, Part
from medianest_bot.core.store import people
from medianest_bot.core.words import Sorry
from medianest_bot.demo import household
from medianest_bot.demo.videos import VideoSite
from medianest_bot.services import sites
from medianest_bot.services.lanes import Lanes, LaneSettings

pytestmark = pytest.mark.asyncio(loop_scope="module")

FILM_BYTES = 200_000
GARDEN = ["sowing", "watering", "weeding", "harvest"]
GARDEN_FILES = sorted(f"ana-1/{name.capitalize()} [{name}].mp4" for name in GARDEN)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site_and_lanes(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[VideoSite, str, Lanes, Path]]:
    site = VideoSite(household.read(), pace=0, film_bytes=FILM_BYTES)
    url = await site.start()
    folder = tmp_path_factory.mktemp("yard")
    lanes = Lanes(LaneSettings(sites.parse(f"{url}/"), folder / ".unfinished"), 2)
    yield site, url, lanes, folder
    await lanes.aclose(1)
    await site.stop()


@pytest.fixture
def place(site_and_lanes: tuple[VideoSite, str, Lanes, Path], database: Path) -> Place:
    """The module's site and lanes, tidied up, with a database of this test's own."""
    site, url, lanes, folder = site_and_lanes
    for one in folder.iterdir():
        if one.name != ".unfinished":
            shutil.rmtree(one)
    site.calls.clear()
    site.knobs.reset()
    site.bytes_per_s = None
    return Place(site, url, lanes, folder, database)


@pytest_asyncio.fixture(loop_scope="module")
async def yard(place: Place) -> AsyncIterator[Yard]:
    async with open_yard(place) as opened:
        yield opened


def fetched(yard: Yard) -> list[str]:
    """The films that were fetched, in order; lists and looks left out."""
    paths = [call.path for call in yard.place.site.calls if call.path.endswith("4")]
    return [path.rpartition("/")[2].removesuffix(".mp4") for path in paths]


async def test_a_playlist_lands_in_the_persons_folder(yard: Yard) -> None:
    number = await yard.add("/playlist/garden.xml")

    whole = await yard.until_in(number, Job.DONE)
    assert whole.download.title == "Garden in a year"
    assert [item.title for item in whole.items] == [one.capitalize() for one in GARDEN]
    assert {item.size for item in whole.items} == {FILM_BYTES}
    assert yard.files() == GARDEN_FILES
    assert yard.unfinished() == []


async def test_a_single_video_needs_no_playlist(yard: Yard) -> None:
    whole = await yard.until_in(await yard.add("/video/train.mp4"), Job.DONE)
    assert not whole.download.is_playlist
    assert yard.files() == ["ana-1/train [train].mp4"]


async def test_the_same_link_again_is_the_same_download(yard: Yard) -> None:
    person = await yard.person()
    url = f"{yard.place.url}/video/train.mp4"
    first = await yard.downloads.add(person, url, audio=False)
    at_once = await yard.downloads.add(person, f"{url}#again", audio=False)
    await yard.until_in(first.download.id, Job.DONE)
    later = await yard.downloads.add(person, url, audio=False)

    assert (first.is_new, at_once.is_new, later.is_new) == (True, False, False)
    assert first.download.id == at_once.download.id == later.download.id


async def test_a_video_of_two_lists_is_one_file(yard: Yard) -> None:
    single = await yard.add("/video/sowing.mp4")
    await yard.until_in(single, Job.DONE)
    number = await yard.add("/playlist/garden.xml")
    whole = await yard.until_in(number, Job.DONE)

    path = f"{yard.place.folder}/ana-1/sowing [sowing].mp4"
    assert whole.items[0].path == path
    assert len(yard.files()) == 4


@pytest.mark.slow
async def test_a_video_that_is_on_its_way_for_another_list_is_waited_for(
    yard: Yard,
) -> None:
    yard.place.site.bytes_per_s = 400_000
    first = await yard.add("/playlist/garden.xml")
    await yard.until(first, lambda whole: whole.live)
    second = await yard.add("/feed.xml")
    await yard.until_in(second, Job.DONE)
    await yard.until_in(first, Job.DONE)

    # yt-dlp asks for each film twice: what it is, and the film.
    assert set(Counter(fetched(yard)).values()) == {2}
    assert len(yard.files()) == 7


async def test_a_film_of_the_same_name_elsewhere_is_another_film(yard: Yard) -> None:
    await yard.until_in(await yard.add("/video/train.mp4"), Job.DONE)
    whole = await yard.until_in(await yard.add("/moved/train.mp4"), Job.DONE)
    assert whole.items[0].state == Part.DONE
    assert fetched(yard).count("train") > 2


@pytest.mark.slow
async def test_nobody_waits_for_the_end_of_somebody_elses_list(yard: Yard) -> None:
    yard.place.site.bytes_per_s = 1_000_000
    long = await yard.add("/many/30.xml", "ana")
    longer = await yard.add("/many/29.xml", "tim")
    await yard.until(long, lambda whole: whole.done)
    short = await yard.add("/playlist/shorts.xml", "zoe")
    await yard.until_in(short, Job.DONE)

    left = [len((await yard.whole(one)).open) for one in (long, longer)]
    assert min(left) > 2
    await yard.cancel(long)
    await yard.cancel(longer, "tim")


async def test_at_most_two_are_fetched_at_once(yard: Yard) -> None:
    yard.place.site.bytes_per_s = 1_000_000
    most = 0
    number = await yard.add("/many/6.xml")
    await yard.until(number, lambda whole: whole.items)
    while (await yard.whole(number)).state is Job.DOWNLOADING:
        most = max(most, yard.place.site.open)
        await asyncio.sleep(0.01)
    assert most == 2


async def test_titles_of_a_hostile_feed_are_harmless(yard: Yard) -> None:
    whole = await yard.until_in(await yard.add("/odd.xml"), Job.DONE)

    assert whole.download.title == ".."
    titles = [item.title for item in whole.items]
    assert titles[0] == ".."
    assert titles[4] == "txet desrever"
    assert len(titles[5]) <= 200
    assert titles[6].startswith("odd-6")
    assert all(name.startswith("ana-1/") for name in yard.files())
    assert len(yard.files()) == len(titles)
    outside = {one.name for one in yard.place.folder.iterdir()}
    assert outside == {".unfinished", "ana-1"}


# Long playlists


async def test_a_long_playlist_asks_first_and_once_more_after_a_cancel(
    yard: Yard,
) -> None:
    number = await yard.add("/many/51.xml")
    whole = await yard.until_in(number, Job.ASKING)
    assert len(whole.items) == 51
    await yard.cancel(number)
    await yard.retry(number)
    assert (await yard.whole(number)).state is Job.ASKING
    assert fetched(yard) == []

    await yard.downloads.confirm(await yard.person(), number)
    await yard.downloads.confirm(await yard.person(), number)
    await yard.until(number, lambda whole: whole.done)
    await yard.cancel(number)


# Cancelling


async def assert_cancelled(yard: Yard, number: int) -> None:
    """It is cancelled with nothing left, and stays so."""
    for _ in range(2):
        whole = await yard.whole(number)
        assert whole.state is Job.CANCELLED
        assert {item.state for item in whole.items} <= {Part.CANCELLED}
        assert (yard.files(), yard.unfinished()) == ([], [])
        yard.wake()
        await asyncio.sleep(0.05)
    await until_quiet(yard)


async def until_quiet(yard: Yard) -> None:
    """No answer of the site is on its way any more."""
    await until(lambda: not yard.place.site.open)


async def test_cancelled_while_the_link_is_looked_at(yard: Yard) -> None:
    yard.place.site.knobs.hang = True
    number = await yard.add("/playlist/garden.xml")
    await until_asked(yard, "/playlist/garden.xml")
    await yard.cancel(number)
    yard.place.site.knobs.hang = False
    await assert_cancelled(yard, number)
    assert (await yard.whole(number)).items == ()


async def until_asked(yard: Yard, path: str) -> None:
    await until(lambda: path in yard.place.site.requests)


async def test_cancelled_before_the_first_byte(yard: Yard) -> None:
    number = await yard.add("/playlist/garden.xml")
    yard.place.site.knobs.only = "/video"
    yard.place.site.knobs.hang = True
    await until_asked(yard, "/video/sowing.mp4")
    await yard.cancel(number)
    await assert_cancelled(yard, number)


@pytest.mark.parametrize("path", ["/slow/sowing.mp4", "/stalled/sowing.mp4"])
async def test_cancelled_while_downloading(yard: Yard, path: str) -> None:
    number = await yard.add(path)
    await yard.until(number, lambda whole: whole.live)
    await yard.cancel(number)
    await assert_cancelled(yard, number)


async def test_cancelled_while_waiting_for_another_try(yard: Yard) -> None:
    number = await yard.add("/stalled/sowing.mp4")
    await yard.until(number, lambda whole: whole.items)
    await yard.cancel(number)
    await yard.set(number, state=Job.DOWNLOADING)
    later = yard.clock() + timedelta(days=30_000)
    await yard.set_items(number, state=Part.RETRY_WAIT, next_at=later)
    await yard.cancel(number)
    await assert_cancelled(yard, number)


async def test_cancelled_twice_at_once(yard: Yard) -> None:
    number = await yard.add("/stalled/sowing.mp4")
    await yard.until(number, lambda whole: whole.live)
    await asyncio.gather(yard.cancel(number), yard.cancel(number))
    await assert_cancelled(yard, number)


async def test_cancelled_and_tried_again_at_once(yard: Yard) -> None:
    yard.place.site.bytes_per_s = 400_000
    number = await yard.add("/playlist/garden.xml")
    await yard.until(number, lambda whole: whole.live)
    person = await yard.person()
    await asyncio.gather(
        yard.downloads.cancel(person, number), yard.downloads.retry(person, number)
    )
    yard.place.site.bytes_per_s = None

    await yard.until_in(number, Job.DONE)
    assert yard.files() == GARDEN_FILES
    assert yard.unfinished() == []


async def test_a_cancelled_list_keeps_what_was_finished(yard: Yard) -> None:
    yard.place.site.bytes_per_s = 400_000
    number = await yard.add("/playlist/garden.xml")
    await yard.until(number, lambda whole: whole.done)
    await yard.cancel(number)

    whole = await yard.whole(number)
    kept = {Path(item.path or "").name for item in whole.done}
    assert kept == {Path(name).name for name in yard.files()}
    assert {item.state for item in whole.items} == {Part.DONE, Part.CANCELLED}
    assert yard.unfinished() == []


async def test_what_is_over_cannot_be_cancelled(yard: Yard) -> None:
    number = await yard.add("/video/train.mp4")
    await yard.until_in(number, Job.DONE)
    with pytest.raises(Sorry):
        await yard.cancel(number)


async def test_a_file_that_was_finished_in_the_last_moment_is_kept(
    yard: Yard,
) -> None:
    """The lane has moved it, but nobody has heard of it when it is cancelled."""
    number = await yard.add("/stalled/sowing.mp4")
    await yard.until(number, lambda whole: whole.live)
    folder = yard.place.folder / "ana-1"
    folder.mkdir()
    (folder / "sowing [sowing].mp4").write_bytes(b"film")
    await yard.cancel(number)

    whole = await yard.whole(number)
    assert whole.state is Job.CANCELLED
    assert [item.size for item in whole.done] == [4]
    await yard.delete(number)
    assert yard.files() == []


# Deleting, and other people


async def test_deleting_removes_the_files_that_no_other_list_holds(
    yard: Yard,
) -> None:
    garden = await yard.add("/playlist/garden.xml")
    await yard.until_in(garden, Job.DONE)
    single = await yard.add("/video/sowing.mp4")
    await yard.until_in(single, Job.DONE)
    await yard.delete(garden)
    assert yard.files() == ["ana-1/Sowing [sowing].mp4"]
    assert await yard.downloads.whole(garden) is None
    await yard.delete(single)
    assert yard.files() == []


async def test_what_is_running_is_not_deleted(yard: Yard) -> None:
    number = await yard.add("/stalled/sowing.mp4")
    await yard.until(number, lambda whole: whole.live)
    with pytest.raises(Sorry):
        await yard.delete(number)
    await yard.cancel(number)


async def test_nobody_touches_somebody_elses(yard: Yard) -> None:
    number = await yard.add("/stalled/sowing.mp4")
    tim = await yard.person("tim")
    for touch in (
        yard.downloads.cancel,
        yard.downloads.retry,
        yard.downloads.delete,
        yard.downloads.confirm,
    ):
        with pytest.raises(Sorry):
            await touch(tim, number)
    await yard.cancel(number)


async def test_what_belongs_to_somebody_who_is_removed_is_stopped(yard: Yard) -> None:
    number = await yard.add("/stalled/sowing.mp4")
    await yard.until(number, lambda whole: whole.live)
    async with yard.store.begin() as tx:
        await people.remove(tx, 1)
    yard.wake()
    await until_quiet(yard)
    await until(lambda: not yard.unfinished())
