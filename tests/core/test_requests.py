"""From the first press until it can be watched, through bad days and restarts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path
from typing import NoReturn, cast

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.core.desk import (
    BREAKING_BAD,
    DARK,
    DUNE,
    MATRIX,
    METROPOLIS,
    Desk,
    open_desk,
)

from medianest_bot.core.limits import Limits, What
from medianest_bot.core.requests import Asked, Reason, Requests, State, Wish
from medianest_bot.core.store import people
from medianest_bot.core.store import requests as rows
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.errors import StoreUnusable, Why
from medianest_bot.core.store.requests import MediaRequest
from medianest_bot.core.words import Sorry
from medianest_bot.demo import household
from medianest_bot.demo.seerr import SeerrStandIn
from medianest_bot.services.media import Kind
from medianest_bot.services.seerr import Seerr


@pytest_asyncio.fixture
async def standin() -> AsyncIterator[SeerrStandIn]:
    standin = SeerrStandIn(household.read(), pace=0)
    yield standin
    await standin.stop()


@pytest_asyncio.fixture
async def desk(database: Path, standin: SeerrStandIn) -> AsyncIterator[Desk]:
    async with open_desk(database, standin, await standin.start()) as opened:
        yield opened


def mine(desk: Desk) -> list[int]:
    """Seerr users who asked for Dune, as Seerr has it."""
    asked = desk.standin.asked.values()
    return [one.by.id for one in asked if one.media.tmdb == DUNE]


def stands(row: MediaRequest | None) -> tuple[str, str | None]:
    assert row is not None
    return row.state, row.reason


# Asking


async def test_a_film_is_asked_for_as_the_person_who_asks(desk: Desk) -> None:
    row = await desk.film("ana")

    assert mine(desk) == [2]
    assert (row.state, row.title, row.year) == ("pending", "Dune", 2021)
    assert row.seerr_id in desk.standin.asked


async def test_who_may_approve_alone_needs_no_approval(desk: Desk) -> None:
    assert stands(await desk.film("tim")) == ("approved", None)


async def test_ten_presses_at_once_are_one_request(desk: Desk) -> None:
    asked = await asyncio.gather(
        *(desk.ask("ana", Kind.MOVIE, DUNE) for _ in range(10))
    )

    assert sum(one.is_new for one in asked) == 1
    assert len({one.request.id for one in asked if one.request}) == 1
    assert (len(await desk.rows()), mine(desk)) == (1, [2])
    assert await desk.left((await desk.person("ana")).id) == 19


async def test_whoever_asks_second_follows_for_nothing_and_is_told_too(
    desk: Desk,
) -> None:
    first = await desk.film("ana")
    tim, zoe = await desk.film("tim"), await desk.film("zoe")
    again = await desk.film("zoe")

    assert [row.seerr_id for row in (tim, zoe)] == [first.seerr_id] * 2
    assert [stands(row) for row in (tim, zoe)] == [("pending", "followed")] * 2
    assert (again.id, mine(desk)) == (zoe.id, [2])
    assert await desk.left(tim.person_id) == 20
    desk.standin.approve(first.seerr_id or 0)
    async with desk.watching():
        for row in (first, tim, zoe):
            await desk.until(row.id, State.APPROVED)
    assert sorted(await desk.news()) == sorted(
        (row.person_id, f"request:{row.id}:approved") for row in (first, tim, zoe)
    )


async def test_who_follows_lets_go_without_taking_it_from_the_other(
    desk: Desk,
) -> None:
    await desk.film("ana")
    row = await desk.film("tim")
    await desk.requests.cancel(await desk.person("tim"), row.id)

    assert mine(desk) == [2]


async def test_while_seerr_is_down_it_is_followed_from_what_is_known(
    desk: Desk,
) -> None:
    first = await desk.film("ana")
    desk.standin.knobs.fail_status = 503
    row = await desk.film("tim")

    assert (stands(row), row.seerr_id) == (("pending", "followed"), first.seerr_id)


async def test_two_who_ask_while_seerr_is_down_are_one_request(desk: Desk) -> None:
    desk.standin.knobs.fail_status = 503
    first, second = await desk.film("ana"), await desk.film("tim")
    desk.standin.knobs.reset()
    async with desk.watching():
        await desk.seerr.probe()
        desk.requests.wake()
        for row in (first, second):
            await _until_given(desk, row.id)

    given = [await desk.row(row.id) for row in (first, second)]
    assert len(mine(desk)) == 1
    assert sorted(str(row.reason) for row in given) == ["None", "followed"]


async def test_seasons_another_asked_for_are_followed_besides_ones_own(
    desk: Desk,
) -> None:
    await desk.ask("ana", Kind.TV, DARK, "1")
    await desk.ask("tim", Kind.TV, DARK, "2")
    both = (await desk.ask("tim", Kind.TV, DARK, "1-2")).request

    assert both is not None
    assert (stands(both), tuple(both.seasons)) == (("pending", "followed"), (1,))


async def test_what_is_there_is_not_asked_for(desk: Desk) -> None:
    assert await desk.ask("ana", Kind.MOVIE, METROPOLIS) == Asked(None)
    assert await desk.ask("ana", Kind.TV, BREAKING_BAD, "1,2") == Asked(None)
    assert await desk.rows() == ()


async def test_what_was_asked_for_in_seerr_is_followed(desk: Desk) -> None:
    row = await desk.film("ana", MATRIX)

    assert stands(row) == ("pending", "followed")
    own = await desk.film("tim", MATRIX)
    assert (stands(own), own.seerr_id) == (("pending", None), row.seerr_id)


async def test_ones_own_from_seerr_is_followed_as_ones_own(desk: Desk) -> None:
    assert stands(await desk.film("tim", MATRIX)) == ("pending", None)


async def test_a_wrong_number_is_no_title(desk: Desk) -> None:
    with pytest.raises(Sorry, match="cannot find"):
        await desk.ask("ana", Kind.MOVIE, 999_999)
    assert await desk.rows() == ()


async def test_the_limit_is_spent_with_the_row(desk: Desk) -> None:
    ana = await desk.person("ana")
    limits = Limits(desk.store, desk.clock)
    async with desk.store.begin() as tx:
        for _ in range(20):
            await limits.spend(tx, ana.id, What.REQUEST)

    with pytest.raises(Sorry, match="within the hour"):
        await desk.film("ana")
    assert (await desk.rows(), mine(desk)) == ((), [])


# Seasons


@pytest.mark.parametrize(
    ("meant", "seasons"),
    [
        ("latest", (5,)),
        ("missing", (3, 4, 5)),
        ("2-4", (3, 4)),
        ("3", (3,)),
    ],
)
async def test_only_seasons_that_are_missing_are_asked_for(
    desk: Desk, meant: str, seasons: tuple[int, ...]
) -> None:
    asked = await desk.ask("ana", Kind.TV, BREAKING_BAD, meant)

    assert asked.request is not None
    assert tuple(asked.request.seasons) == seasons
    assert [tuple(one.seasons) for one in desk.standin.asked.values()][1:] == [seasons]


async def test_seasons_asked_for_before_are_left_out(desk: Desk) -> None:
    first = await desk.ask("ana", Kind.TV, DARK, "1")
    second = await desk.ask("tim", Kind.TV, DARK, "missing")

    assert second.request is not None
    assert tuple(second.request.seasons) == (2, 3)
    assert await desk.ask("ana", Kind.TV, DARK, "first") == Asked(first.request)


@pytest.mark.parametrize("meant", ["", "x", "3-1", "77"])
async def test_seasons_must_be_named(desk: Desk, meant: str) -> None:
    with pytest.raises(Sorry, match=r"[Ss]easons"):
        await desk.ask("ana", Kind.TV, DARK, meant)


# What Seerr refuses


async def test_a_quota_ends_the_request_with_the_reason(desk: Desk) -> None:
    desk.standin.accounts[2].movie = (0, 7)

    assert stands(await desk.film()) == ("declined", "quota")


async def test_no_permission_ends_the_request_with_the_reason(desk: Desk) -> None:
    desk.standin.accounts[2].permissions = 0

    assert stands(await desk.film()) == ("declined", "permission")


async def test_a_user_seerr_does_not_have_may_not_ask(desk: Desk) -> None:
    async with desk.store.begin() as tx:
        await people.set_seerr(tx, (await desk.person("ana")).id, 99)

    assert stands(await desk.film()) == ("declined", "permission")


async def test_a_duplicate_that_appeared_meanwhile_is_followed(desk: Desk) -> None:
    await desk.seerr.details(Kind.MOVIE, DUNE)
    other = await _behind_our_back(desk, DUNE, as_user=3)

    row = await desk.film("ana")

    assert (stands(row), row.seerr_id) == (("approved", "followed"), other)


async def test_csrf_keeps_the_request_and_tells_the_admins_once(desk: Desk) -> None:
    desk.standin.knobs.csrf = True
    row = await desk.film("ana")
    other = await desk.ask("ana", Kind.TV, DARK, "1")

    assert stands(row) == ("kept", "csrf")
    assert stands(other.request) == ("kept", "csrf")
    admin = await desk.person("mum")
    assert [person for person, _about in await desk.news()] == [admin.id]

    desk.standin.knobs.csrf = False
    async with desk.watching():
        await desk.until(row.id, State.PENDING)


# A person whom Seerr does not know


async def test_without_a_seerr_user_it_is_kept_and_an_admin_asked(desk: Desk) -> None:
    row = await desk.film("zoe")

    assert stands(row) == ("needs_admin", None)
    assert mine(desk) == []
    admin = await desk.person("mum")
    assert await desk.news() == [(admin.id, f"request:{row.id}:who:{admin.id}")]


async def test_it_goes_out_once_an_admin_says_who_it_is(desk: Desk) -> None:
    row = await desk.film("zoe")
    zoe = await desk.person("zoe")
    async with desk.watching():
        async with desk.store.begin() as tx:
            await people.set_seerr(tx, zoe.id, 3)
        await desk.requests.assign(zoe.id)
        await desk.until(row.id, State.APPROVED)

    assert mine(desk) == [3]
    assert (zoe.id, f"request:{row.id}:approved") in await desk.news()


async def test_an_admin_who_is_faster_than_the_asking_is_heard(desk: Desk) -> None:
    zoe = await desk.person("zoe")
    async with desk.store.begin() as tx:
        await people.set_seerr(tx, zoe.id, 3)
    await desk.requests.assign(zoe.id)
    asked = await desk.requests.ask(zoe, Wish(Kind.MOVIE, DUNE))

    assert (zoe.seerr_id, stands(asked.request)) == (None, ("approved", None))


# Following


async def test_a_request_is_followed_until_it_can_be_watched(desk: Desk) -> None:
    row = await desk.film()
    number = row.seerr_id or 0
    desk.standin.know_plex_key("movie", DUNE, "77")
    async with desk.watching():
        desk.standin.approve(number)
        await desk.until(row.id, State.APPROVED)
        desk.standin.progress(number, 40)
        fetching = await desk.until(row.id, State.DOWNLOADING)
        desk.standin.finish(number)
        await desk.until(row.id, State.AVAILABLE)

    assert fetching.percent == pytest.approx(40, abs=1)
    assert desk.requests.plex_key(Kind.MOVIE, DUNE) == "77"
    told = [about for _person, about in await desk.news()]
    assert told == [f"request:{row.id}:approved", f"request:{row.id}:available"]


async def test_a_declined_request_ends_and_its_owner_is_told(desk: Desk) -> None:
    row = await desk.film()
    async with desk.watching():
        desk.standin.decline(row.seerr_id or 0)
        await desk.until(row.id, State.DECLINED)

    assert await desk.news() == [(row.person_id, f"request:{row.id}:declined")]


async def test_a_request_deleted_in_seerr_ends_and_all_its_owners_are_told(
    desk: Desk,
) -> None:
    row, tims = await desk.film(), await desk.film("tim")
    await desk.seerr.cancel(row.seerr_id or 0, as_user=2)
    async with desk.watching():
        ended = await desk.until(row.id, State.CANCELLED)
        await desk.until(tims.id, State.CANCELLED)

    assert ended.reason == Reason.DELETED
    assert sorted(await desk.news()) == sorted(
        (one.person_id, f"request:{one.id}:cancelled") for one in (row, tims)
    )


async def test_some_seasons_of_a_series_are_enough_when_they_were_all_asked_for(
    desk: Desk,
) -> None:
    asked = await desk.ask("tim", Kind.TV, DARK, "1")
    assert asked.request is not None
    async with desk.watching():
        desk.standin.finish(asked.request.seerr_id or 0)
        await desk.until(asked.request.id, State.AVAILABLE)


async def test_overseerr_never_completes_but_the_title_tells(database: Path) -> None:
    standin = SeerrStandIn(household.read(), pace=0, product="overseerr")
    try:
        async with open_desk(database, standin, await standin.start()) as desk:
            row = await desk.film("tim")
            series = await desk.ask("tim", Kind.TV, DARK, "1")
            assert series.request is not None
            async with desk.watching():
                standin.finish(row.seerr_id or 0)
                standin.finish(series.request.seerr_id or 0)
                await desk.until(row.id, State.AVAILABLE)
                await desk.until(series.request.id, State.AVAILABLE)
    finally:
        await standin.stop()


async def test_news_are_promised_once_however_often_it_is_looked_at(
    desk: Desk,
) -> None:
    row = await desk.film()
    desk.standin.approve(row.seerr_id or 0)
    async with desk.watching():
        await desk.until(row.id, State.APPROVED)
    desk.requests.wake()
    async with desk.watching():
        await asyncio.sleep(0.1)

    assert len(await desk.news()) == 1


# Seerr away, and restarts


async def test_what_is_asked_while_seerr_is_down_goes_out_later(desk: Desk) -> None:
    desk.standin.knobs.fail_status = 503
    row = await desk.film()
    assert stands(row) == ("kept", "away")

    desk.standin.knobs.reset()
    async with desk.watching():
        await desk.until(row.id, State.PENDING)
    assert mine(desk) == [2]
    assert await desk.news() == [(row.person_id, f"request:{row.id}:pending")]


async def test_a_seerr_that_only_reads_does_not_lose_the_request(desk: Desk) -> None:
    desk.standin.knobs.only = "/api/v1/request"
    desk.standin.knobs.fail_status = 502
    row = await desk.film()
    async with desk.watching():
        await asyncio.sleep(0.1)
        assert (await desk.row(row.id)).state == "kept"
        desk.standin.knobs.reset()
        await desk.seerr.probe()
        await desk.until(row.id, State.PENDING)

    assert mine(desk) == [2]


async def test_without_seerr_words_for_seasons_cannot_be_understood(
    desk: Desk,
) -> None:
    desk.standin.knobs.fail_status = 503

    with pytest.raises(Sorry, match="later"):
        await desk.ask("ana", Kind.TV, DARK, "latest")
    asked = await desk.ask("ana", Kind.TV, DARK, "1-2")
    assert stands(asked.request) == ("kept", "away")


async def test_killed_before_seerr_was_asked_it_is_asked_at_the_next_start(
    database: Path, standin: SeerrStandIn
) -> None:
    url = await standin.start()
    async with open_desk(database, standin, url) as desk:
        number = await _promise(desk)
    async with open_desk(database, standin, url) as desk, desk.watching():
        await desk.until(number, State.PENDING)
        assert mine(desk) == [2]


async def test_killed_after_seerr_took_it_it_is_found_not_asked_again(
    database: Path, standin: SeerrStandIn
) -> None:
    url = await standin.start()
    async with open_desk(database, standin, url) as desk:
        number = await _promise(desk)
        taken = await _behind_our_back(desk, DUNE, as_user=2)
    async with open_desk(database, standin, url) as desk, desk.watching():
        row = await desk.until(number, State.PENDING)
        assert (row.seerr_id, mine(desk)) == (taken, [2])


async def test_what_happened_while_the_bot_was_off_is_seen_at_its_start(
    database: Path, standin: SeerrStandIn
) -> None:
    url = await standin.start()
    async with open_desk(database, standin, url) as desk:
        row = await desk.film()
    standin.finish(row.seerr_id or 0)
    async with open_desk(database, standin, url) as desk, desk.watching():
        await desk.until(row.id, State.AVAILABLE)


async def test_an_odd_answer_neither_ends_nor_loses_a_request(desk: Desk) -> None:
    row = await desk.film()
    async with desk.watching():
        for garbage in ("<html>", "[]", '{"id": 1}', '{"status": 77'):
            desk.standin.knobs.garbage = garbage
            desk.requests.wake()
            await asyncio.sleep(0.05)
        assert (await desk.row(row.id)).state == "pending"
        desk.standin.knobs.reset()
        await desk.seerr.probe()
        desk.standin.approve(row.seerr_id or 0)
        desk.requests.wake()
        await desk.until(row.id, State.APPROVED)


@pytest.mark.parametrize("held", [(3,), (3, 5)])
async def test_a_kept_series_loses_no_season_to_an_older_request(
    desk: Desk, held: tuple[int, ...]
) -> None:
    number = await _promise(desk, Kind.TV, BREAKING_BAD, (3, 4))
    await desk.seerr.request(Kind.TV, BREAKING_BAD, as_user=2, seasons=held)
    async with desk.watching():
        await desk.until(number, State.PENDING)

    asked = [tuple(one.seasons) for one in desk.standin.asked.values()]
    assert asked[1:] == [held, (4,)]


async def test_a_kept_series_that_is_held_whole_is_not_asked_again(desk: Desk) -> None:
    number = await _promise(desk, Kind.TV, BREAKING_BAD, (3, 4))
    made = await desk.seerr.request(Kind.TV, BREAKING_BAD, as_user=2, seasons=(3, 4, 5))
    async with desk.watching():
        row = await desk.until(number, State.PENDING)

    assert (row.seerr_id, len(desk.standin.asked)) == (made.id, 2)


async def test_killed_after_seerr_took_it_what_came_meanwhile_is_there(
    desk: Desk,
) -> None:
    film = await _promise(desk)
    taken = await _behind_our_back(desk, DUNE, as_user=2)
    desk.standin.finish(taken)
    series = await _promise(desk, Kind.TV, BREAKING_BAD, (1, 2))
    async with desk.watching():
        await desk.until(film, State.AVAILABLE)
        await desk.until(series, State.AVAILABLE)

    assert len(desk.standin.asked) == 2


async def test_killed_after_seerr_took_it_what_was_declined_meanwhile_ends(
    desk: Desk,
) -> None:
    number = await _promise(desk)
    taken = await _behind_our_back(desk, DUNE, as_user=2)
    desk.standin.decline(taken)
    async with desk.watching():
        row = await desk.until(number, State.DECLINED)

    assert (row.seerr_id, mine(desk)) == (taken, [2])


async def test_what_was_declined_long_before_is_asked_for_again(desk: Desk) -> None:
    desk.standin.decline(await _behind_our_back(desk, DUNE, as_user=2))
    desk.clock.ahead = timedelta(minutes=1)
    number = await _promise(desk)
    async with desk.watching():
        await desk.until(number, State.PENDING)

    assert mine(desk) == [2, 2]


class FullDisk:
    """A store that still reads but takes nothing any more; counts both."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.reads = 0
        self.tries = 0

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        self.reads += 1
        return self._store.read()

    def begin(self) -> NoReturn:
        self.tries += 1
        raise StoreUnusable(Why.FULL)


async def _runs_on_a_full_disk(desk: Desk, seerr: Seerr | None) -> FullDisk:
    """What a run of a moment does that should look every 15 s."""
    disk = FullDisk(desk.store)
    store = cast("Store", disk)
    limits = Limits(desk.store, desk.clock)
    requests = Requests(store, seerr, desk.outbox, limits, desk.clock, poll_s=15)
    running = asyncio.create_task(requests.run())
    async with asyncio.timeout(20):
        while not (disk.reads if seerr is None else disk.tries):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.3)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return disk


async def test_without_seerr_open_requests_cost_nothing(desk: Desk) -> None:
    await desk.film()
    disk = await _runs_on_a_full_disk(desk, None)

    assert (disk.reads, disk.tries) == (1, 0)


async def test_a_full_disk_is_not_tried_again_at_once(desk: Desk) -> None:
    desk.standin.knobs.fail_status = 503
    await desk.film()
    desk.standin.knobs.reset()
    await desk.seerr.probe()
    desk.clock.ahead += timedelta(hours=1)
    disk = await _runs_on_a_full_disk(desk, desk.seerr)

    assert disk.tries == 1
    assert mine(desk) == [2]


# Taking back


async def test_ones_own_pending_request_can_be_taken_back(desk: Desk) -> None:
    row = await desk.film()
    ana = await desk.person("ana")

    assert stands(await desk.requests.cancel(ana, row.id)) == ("cancelled", None)
    assert stands(await desk.requests.cancel(ana, row.id)) == ("cancelled", None)
    assert mine(desk) == []
    assert (await desk.ask("ana", Kind.MOVIE, DUNE)).is_new


async def test_what_one_takes_back_oneself_is_no_news(desk: Desk) -> None:
    row = await desk.film()
    async with desk.watching():
        await desk.requests.cancel(await desk.person("ana"), row.id)
        desk.requests.wake()
        await asyncio.sleep(0.05)

    assert await desk.news() == []


async def test_nobody_takes_back_what_is_somebody_elses(desk: Desk) -> None:
    row = await desk.film()

    with pytest.raises(Sorry, match="no request"):
        await desk.requests.cancel(await desk.person("tim"), row.id)
    assert mine(desk) == [2]


async def test_what_was_decided_cannot_be_taken_back(desk: Desk) -> None:
    row = await desk.film()
    desk.standin.approve(row.seerr_id or 0)

    with pytest.raises(Sorry, match="too late"):
        await desk.requests.cancel(await desk.person("ana"), row.id)
    assert mine(desk) == [2]


async def test_what_is_only_followed_stays_in_seerr_when_let_go(desk: Desk) -> None:
    row = await desk.film("ana", MATRIX)
    await desk.requests.cancel(await desk.person("ana"), row.id)

    assert len(desk.standin.asked) == 1


async def test_a_kept_request_is_taken_back_without_seerr(desk: Desk) -> None:
    desk.standin.knobs.fail_status = 503
    row = await desk.film()
    cancelled = await desk.requests.cancel(await desk.person("ana"), row.id)
    desk.standin.knobs.reset()
    async with desk.watching():
        await asyncio.sleep(0.1)

    assert (cancelled.state, mine(desk)) == ("cancelled", [])


async def test_a_quiet_request_is_looked_at_less_often(desk: Desk) -> None:
    row = await desk.film()
    desk.clock.stands_at = desk.clock() + timedelta(days=1)
    answered = asyncio.Event()

    async def note(_answer: object) -> None:
        answered.set()

    desk.seerr._http._client.event_hooks["response"].append(note)
    async with desk.watching():
        await answered.wait()
        desk.standin.approve(row.seerr_id or 0)
        await asyncio.sleep(0.1)
        assert (await desk.row(row.id)).state == "pending"
        desk.requests.wake()
        await desk.until(row.id, State.APPROVED)


async def _until_given(desk: Desk, number: int) -> None:
    async with asyncio.timeout(20):
        while (await desk.row(number)).seerr_id is None:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def _promise(
    desk: Desk,
    kind: Kind = Kind.MOVIE,
    tmdb_id: int = DUNE,
    seasons: tuple[int, ...] = (),
) -> int:
    """The row as it stands when the process dies before Seerr was asked."""
    ana = await desk.person("ana")
    async with desk.store.begin() as tx:
        row = await rows.add(
            tx,
            ana.id,
            kind,
            tmdb_id,
            title="Dune",
            seasons=seasons,
            state=State.KEPT,
            now=desk.clock(),
        )
    return row.id


async def _behind_our_back(desk: Desk, tmdb_id: int, *, as_user: int) -> int:
    """Somebody asks in Seerr's own pages; our kept answers know nothing of it."""
    made = await desk.seerr._calls.act(
        "POST",
        "/request",
        as_user=as_user,
        json={"mediaType": "movie", "mediaId": tmdb_id, "is4k": False},
    )
    number: int = made.object()["id"]
    return number
