"""Downloads after restarts, on bad days, and on their way into Plex."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
import structlog
from sqlalchemy import text
from tests.core.yard import (
    Clock,
    Place,
    Yard,
    at_once,
    open_plex,
    open_yard,
    until,
)
from tests.unhurried import now

from medianest_bot.core.downloads import Job, Part
from medianest_bot.core.store import downloads, errors_log
from medianest_bot.core.store.downloads import NewItem
from medianest_bot.demo import _film, household
from medianest_bot.demo._plex_rows import VIDEOS
from medianest_bot.demo.plex import PlexStandIn
from medianest_bot.demo.videos import VideoSite
from medianest_bot.services import sites
from medianest_bot.services.lanes import FailKind, Lanes, LaneSettings
from medianest_bot.services.plex import Plex

pytestmark = pytest.mark.asyncio(loop_scope="module")

FILM_BYTES = 200_000
SOWING = "/video/sowing.mp4"
GARDEN = "/playlist/garden.xml"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site() -> AsyncIterator[VideoSite]:
    site = VideoSite(household.read(), pace=0, film_bytes=FILM_BYTES)
    await site.start()
    yield site
    await site.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lanes(
    site: VideoSite, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Lanes]:
    folder = tmp_path_factory.mktemp("yard") / "downloads"
    lanes = new_lanes(site, folder)
    yield lanes
    await lanes.aclose(1)


def new_lanes(site: VideoSite, folder: Path, *, reserve_bytes: int = 0) -> Lanes:
    rules = sites.parse(f"{site._url}/")
    settings = LaneSettings(rules, folder / ".unfinished", reserve_bytes=reserve_bytes)
    return Lanes(settings, 2)


@pytest.fixture
def place(site: VideoSite, lanes: Lanes, database: Path) -> Place:
    """The module's site and lanes, tidied up, with a database of this test's own."""
    folder = lanes._settings.temp.parent
    for one in folder.glob("*"):
        if one.name != ".unfinished":
            shutil.rmtree(one)
    site.calls.clear()
    site.knobs.reset()
    site.bytes_per_s = None
    return Place(site, site._url, lanes, folder, database)


# Restarts


async def test_the_part_that_was_fetched_is_not_fetched_again(place: Place) -> None:
    place.site.bytes_per_s = 100_000
    async with open_yard(place) as yard:
        number = await yard.add(SOWING)
        await yard.until(
            number, lambda whole: whole.live and whole.live[0].downloaded > 30_000
        )
    place.site.calls.clear()
    place.site.bytes_per_s = None
    async with open_yard(place) as yard:
        assert yard.unfinished() == ["1"]
        whole = await yard.until_in(number, Job.DONE)

    assert [call.start > 30_000 for call in place.site.calls] == [False, True]
    assert yard.read(whole) == [_film.film("sowing", FILM_BYTES)]


@pytest.mark.parametrize(
    ("job", "part"),
    [
        (Job.QUEUED, None),
        (Job.DOWNLOADING, Part.WAITING),
        (Job.DOWNLOADING, Part.DOWNLOADING),
        (Job.DOWNLOADING, Part.RETRY_WAIT),
        (Job.INDEXING, Part.DONE),
    ],
)
async def test_every_state_is_taken_up(
    place: Place, job: Job, part: Part | None
) -> None:
    async with open_yard(place, is_running=part is not None) as yard:
        number = await yard.add(SOWING)
        if part is not None:
            await yard.until_in(number, Job.DONE)
    async with open_yard(place, is_running=False) as yard:
        await yard.set(number, state=job)
        if part not in (None, Part.DONE):
            yard.lose_files()
            await yard.set_items(number, state=part, path=None)
    async with open_yard(place) as yard:
        await yard.until_in(number, Job.DONE)
        assert len(yard.files()) == 1


async def test_a_question_is_still_open_after_a_restart(place: Place) -> None:
    async with open_yard(place) as yard:
        number = await yard.add("/many/51.xml")
        await yard.until_in(number, Job.ASKING)
    async with open_yard(place) as yard:
        yard.wake()
        await asyncio.sleep(0.05)
        assert (await yard.whole(number)).state is Job.ASKING
        await yard.cancel(number)


async def test_a_file_that_was_moved_but_not_noted_is_found(place: Place) -> None:
    """As after a kill between the lane's last move and our row."""
    async with open_yard(place) as yard:
        number = await yard.add(SOWING)
        await yard.until_in(number, Job.DONE)
    async with open_yard(place, is_running=False) as yard:
        await yard.set(number, state=Job.DOWNLOADING)
        await yard.set_items(number, state=Part.DOWNLOADING, path=None, size=None)
    place.site.calls.clear()
    async with open_yard(place) as yard:
        whole = await yard.until_in(number, Job.DONE)
        assert [item.size for item in whole.items] == [FILM_BYTES]
        assert len(yard.files()) == 1
    assert place.site.calls == []


async def test_strays_of_earlier_runs_are_removed(place: Place) -> None:
    stray = place.folder / ".unfinished" / "77"
    stray.mkdir(parents=True)
    (stray / "film.mp4.part").write_bytes(b"film")
    async with open_yard(place) as yard:
        await until(lambda: not stray.exists())
        assert yard.unfinished() == []


# Bad days


async def test_a_site_that_breaks_while_it_is_looked_at_is_asked_again(
    place: Place,
) -> None:
    place.site.knobs.fail_status = 500
    async with open_yard(place) as yard:
        number = await yard.add(GARDEN)
        await yard.until(number, lambda whole: whole.rests_until)
        place.site.knobs.reset()
        yard.wait_on(seconds=6)
        await yard.until_in(number, Job.DONE)


async def test_a_site_that_stays_broken_is_given_up(place: Place) -> None:
    place.site.knobs.fail_status = 500
    async with open_yard(place) as yard:
        number = await yard.add(GARDEN)
        for _ in range(2):
            await yard.until(number, lambda whole: whole.rests_until)
            yard.wait_on(minutes=1)
        whole = await yard.until_in(number, Job.FAILED)
        assert whole.download.error == FailKind.TRANSIENT
        assert whole.items == ()


async def test_a_connection_that_breaks_is_tried_three_times(place: Place) -> None:
    place.site.knobs.only, place.site.knobs.fail_status = "/video", 500
    async with open_yard(place) as yard:
        number = await yard.add("/playlist/shorts.xml")
        for tries in (1, 2):
            whole = await yard.until(number, lambda whole: whole.rests_until)
            assert [item.attempts for item in whole.items] == [tries] * 3
            yard.wait_on(seconds=11)
        whole = await yard.until_in(number, Job.FAILED)
        assert whole.download.error == FailKind.TRANSIENT
        assert yard.unfinished() == []


async def test_one_video_that_is_gone_does_not_stop_the_others(place: Place) -> None:
    place.site.knobs.only, place.site.knobs.fail_status = "/video/weeding", 404
    async with open_yard(place) as yard:
        number = await yard.add(GARDEN)
        whole = await yard.until_in(number, Job.DONE)
        assert [item.error for item in whole.failed] == [FailKind.PERMANENT]
        assert len(yard.files()) == 3

        place.site.knobs.reset()
        await yard.retry(number)
        await yard.until(number, lambda whole: len(whole.done) == 4)


async def test_a_site_that_wants_a_pause_is_left_alone(place: Place) -> None:
    """Nothing of the site is asked for while it rests, whoever wants it."""
    place.site.knobs.only, place.site.knobs.rate_limited = "/video", 2
    async with open_yard(place) as yard:
        number = await yard.add(GARDEN)
        await yard.until(number, lambda whole: whole.rests_until)
        other = await yard.add("/playlist/shorts.xml", "tim")
        calls = len(place.site.calls)
        yard.wake()
        await asyncio.sleep(0.1)
        assert len(place.site.calls) == calls
        assert (await yard.whole(other)).state is Job.QUEUED

        yard.wait_on(minutes=10)
        await yard.until_in(number, Job.DONE)
        await yard.until_in(other, Job.DONE)


async def test_a_site_that_does_not_want_to_is_given_up_for_the_whole_list(
    place: Place,
) -> None:
    place.site.knobs.only, place.site.knobs.rate_limited = "/video", 1000
    async with open_yard(place) as yard:
        number = await yard.add(GARDEN)
        for _ in range(3):
            await yard.until(
                number,
                lambda whole: whole.rests_until or whole.state is Job.FAILED,
            )
            yard.wait_on(hours=2)
        whole = await yard.until_in(number, Job.FAILED)
        assert {item.error for item in whole.items} == {FailKind.RATE}
        assert place.site.requests["/video/harvest.mp4"] == 0


@pytest.mark.slow
async def test_a_full_disk_is_told_to_the_person_and_the_admins(
    place: Place, tmp_path: Path
) -> None:
    lanes = new_lanes(place.site, tmp_path, reserve_bytes=10**18)
    full = Place(place.site, place.url, lanes, tmp_path, place.database)
    async with open_yard(full) as yard:
        first, second = await yard.add(GARDEN), await yard.add(SOWING)
        whole = await yard.until_in(first, Job.FAILED)
        await yard.until_in(second, Job.FAILED)
        news = await yard.news()
        async with yard.store.read() as db:
            (record, *_more) = await errors_log.latest(db, 9)
    await lanes.aclose(1)

    assert whole.download.error == FailKind.LOCAL
    assert news == [(4, f"show download:{news[0][1].rpartition(':')[2]}")]
    assert record.cause.startswith("local: ")
    assert place.url not in record.details


# Into Plex


@pytest.fixture
def standin(place: Place) -> PlexStandIn:
    return PlexStandIn(household.read(), place.folder, pace=0)


@pytest_asyncio.fixture(loop_scope="module")
async def plex(standin: PlexStandIn) -> AsyncIterator[Plex]:
    async with open_plex(standin) as plex:
        yield plex


async def collections(plex: Plex) -> dict[str, list[str]]:
    """What is in each collection of the videos' library, in order."""
    found = {}
    for section in (await plex.sections()).value:
        if not section.is_personal:
            continue
        for one in await plex.collections(section.key):
            items = await plex.collection_items(one.key)
            found[one.title] = [item.title for item in items]
    return found


async def test_a_playlist_is_a_collection_in_its_order(
    place: Place, plex: Plex
) -> None:
    async with open_yard(place, plex=plex) as yard:
        whole = await yard.until_in(await yard.add(GARDEN), Job.DONE)

    found = await collections(plex)
    assert list(found) == ["Garden in a year"]
    names = [title.split(" ")[0] for title in found["Garden in a year"]]
    assert names == ["Sowing", "Watering", "Weeding", "Harvest"]
    key = whole.download.collection_key
    assert whole.download.link is not None
    assert whole.download.link.endswith(f"collections%2F{key}")
    assert [item.plex_key is not None for item in whole.items] == [True] * 4


async def test_the_same_playlist_of_two_people_is_two_collections(
    place: Place, plex: Plex
) -> None:
    async with open_yard(place, plex=plex) as yard:
        await yard.until_in(await yard.add(GARDEN, "ana"), Job.DONE)
        await yard.until_in(await yard.add(GARDEN, "tim"), Job.DONE)

    found = await collections(plex)
    assert {title: len(items) for title, items in found.items()} == {
        "Garden in a year": 4,
        "Garden in a year (tim)": 4,
    }


async def test_while_plex_is_away_the_files_wait(
    place: Place, plex: Plex, standin: PlexStandIn
) -> None:
    standin.knobs.fail_status = 503
    clock = Clock()
    async with open_yard(place, clock, plex=plex) as yard:
        number = await yard.add(SOWING)
        whole = await yard.until(number, lambda whole: whole.download.error)
        assert (whole.state, whole.download.error) == (Job.INDEXING, "not_in_plex")
        assert len(yard.files()) == 1
    standin.knobs.reset()
    async with open_yard(place, clock, plex=plex) as yard:
        whole = await yard.until_in(number, Job.DONE)
    assert (whole.download.error, whole.download.link is None) == (None, False)


async def test_plex_is_looked_at_again_by_itself_but_not_for_ever(
    place: Place, plex: Plex, standin: PlexStandIn
) -> None:
    standin.knobs.fail_status = 503
    async with open_yard(place, plex=plex) as yard:
        number = await yard.add(SOWING)
        await yard.until(number, lambda whole: whole.download.error)
        await until(lambda: yard.downloads._queue._rests.until(number))
        yard.wait_on(hours=25)
        whole = await yard.until_in(number, Job.DONE)
        assert whole.download.error == "not_in_plex"

        standin.knobs.reset()
        await yard.retry(number)
        whole = await yard.until(number, lambda whole: whole.download.link)
        assert (await yard.until_in(number, Job.DONE)).download.error is None


async def test_cancelled_while_plex_is_looking(
    place: Place, plex: Plex, standin: PlexStandIn
) -> None:
    standin.knobs.hang = True
    async with open_yard(place, plex=plex) as yard:
        number = await yard.add(SOWING)
        await yard.until_in(number, Job.INDEXING)
        await yard.cancel(number)
        standin.knobs.reset()
        await asyncio.sleep(0.05)
        whole = await yard.whole(number)
        assert (whole.state, len(yard.files())) == (Job.CANCELLED, 1)

        await yard.retry(number)
        await yard.until_in(number, Job.DONE)


async def test_waiting_for_plex_holds_up_nobody_else(
    place: Place, plex: Plex, standin: PlexStandIn
) -> None:
    standin.knobs.hang = True
    async with open_yard(place, plex=plex) as yard:
        first = await yard.add(SOWING)
        await yard.until_in(first, Job.INDEXING)
        second = await yard.add("/playlist/shorts.xml", "tim")
        await yard.until_in(second, Job.INDEXING)
        standin.knobs.reset()
        await yard.until_in(first, Job.DONE)
        await yard.until_in(second, Job.DONE)


async def test_without_a_library_of_that_folder_it_is_done_with_a_note(
    place: Place, plex: Plex, standin: PlexStandIn
) -> None:
    del standin.library.sections[VIDEOS]
    async with open_yard(place, plex=plex) as yard:
        whole = await yard.until_in(await yard.add(SOWING), Job.DONE)
        assert (whole.download.error, whole.download.link) == ("no_library", None)


async def test_sound_alone_is_not_looked_for_in_a_library_of_videos(
    place: Place, plex: Plex, standin: PlexStandIn
) -> None:
    standin.knobs.fail_status = 503
    async with open_yard(place, plex=plex) as yard:
        number = await yard.add(SOWING, audio=True)
        whole = await yard.until(number, lambda whole: whole.state.is_over)
        assert whole.download.error != "not_in_plex"


async def test_what_is_deleted_disappears_from_plex(
    place: Place, plex: Plex, standin: PlexStandIn
) -> None:
    async with open_yard(place, plex=plex, wait=at_once) as yard:
        number = await yard.add(GARDEN)
        await yard.until_in(number, Job.DONE)
        before = len(standin.library.items)
        await yard.delete(number)
        await until(lambda: len(standin.library.items) == before - 4)
        await until(lambda: not yard.downloads._queue._tasks)
        assert yard.files() == []
    assert await collections(plex) == {}


async def test_a_store_that_takes_nothing_is_not_asked_again_at_once(
    place: Place,
) -> None:
    async with open_yard(place, is_running=False) as yard:
        number = await yard.add(SOWING)
        await _list(yard, number, 1)
        await _refuse_writing(yard, "ON")
        with structlog.testing.capture_logs() as logged:
            running = asyncio.create_task(yard.downloads.run())
            await until(lambda: logged)
            yard.wake()
            await asyncio.sleep(0.3)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        await _refuse_writing(yard, "OFF")
    errors = [one["event"] for one in logged if one["log_level"] == "error"]
    assert errors == ["download queue"]


async def _list(yard: Yard, number: int, videos: int) -> None:
    """As if the link had been looked at: so many videos wait to be fetched."""
    url = yard.place.url
    new = [
        NewItem(one, f"{url}/video/{one}.mp4", f"Film {one}", Part.WAITING)
        for one in range(videos)
    ]
    async with yard.store.begin() as tx:
        await downloads.add_items(tx, number, new, yard.clock())
    await yard.set(number, state=Job.DOWNLOADING)


async def _refuse_writing(yard: Yard, how: str) -> None:
    """Have the database take nothing, as on a full disk."""
    async with yard.store.begin() as tx:
        await tx.execute(text(f"PRAGMA query_only={how}"))


async def test_a_list_of_thousands_is_cancelled_and_tried_again_in_a_moment(
    place: Place,
) -> None:
    async with open_yard(place, is_running=False) as yard:
        number = await yard.add(SOWING)
        await _list(yard, number, 5000)
        before = now()
        await yard.cancel(number)
        await yard.retry(number)
        took_s = now() - before
        whole = await yard.whole(number)
    assert took_s < 10
    assert (whole.state, {item.state for item in whole.items}) == (
        Job.ASKING,
        {Part.WAITING},
    )


async def test_a_turn_looks_at_few_videos_of_a_long_list_the_due_first(
    place: Place,
) -> None:
    async with open_yard(place, is_running=False) as yard:
        number = await yard.add(SOWING)
        await _list(yard, number, 60)
        rests = yard.clock() + timedelta(hours=1)
        async with yard.store.begin() as tx:
            for item in (await downloads.items(tx, number))[:55]:
                await downloads.update_item(tx, item.id, yard.clock(), next_at=rests)
        (found,) = await yard.downloads._rows.next_open(7)
    assert [item.position for item in found.items] == [55, 56, 57, 58, 59, 0, 1]
