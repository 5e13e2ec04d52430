"""The Seerr client reads what both products really answered."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from medianest_bot.services import http
from medianest_bot.services.cache import Cache
from medianest_bot.services.errors import (
    Missing,
    Refused,
    ServiceError,
    Unreachable,
    Unreadable,
)
from medianest_bot.services.media import Kind
from medianest_bot.services.seerr import (
    About,
    Details,
    Hit,
    MediaState,
    Progress,
    Quota,
    Quotas,
    Refusal,
    Request,
    RequestState,
    Season,
    Seerr,
    User,
    is_csrf,
    refusal,
)

FIXTURES = Path(__file__).parents[1] / "fixtures" / "seerr"
PRODUCTS = ("seerr-3.1.0", "overseerr-1.34.0")
RECORDED = {
    product: {
        row["name"]: row
        for path in sorted(FIXTURES.glob(f"{product}*.jsonl"))
        for row in map(json.loads, path.read_text("utf-8").splitlines())
    }
    for product in PRODUCTS
}
POSTER = "https://image.tmdb.org/t/p/w500"


class Replay:
    """A server that says what it was given, in turn, and remembers what it heard."""

    def __init__(self) -> None:
        self.next: list[tuple[int, Any]] = []
        self.heard: list[tuple[str, str, str | None, Any]] = []

    def say(self, *names: str, product: str = "seerr-3.1.0") -> None:
        rows = (RECORDED[product][name] for name in names)
        self.next += [(row["status"], row["answer"]) for row in rows]

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.json() if request.can_read_body else None
        as_user = request.headers.get("X-API-User")
        self.heard.append((request.method, request.raw_path, as_user, body))
        status, answer = self.next.pop(0)
        return web.json_response(answer, status=status)


@pytest_asyncio.fixture
async def replay() -> Replay:
    return Replay()


@pytest_asyncio.fixture
async def seerr(replay: Replay) -> AsyncIterator[Seerr]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", replay.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    client = Seerr(http.Http("seerr", http.client(url)), Cache(), "the key")
    yield client
    await client.aclose()
    await runner.cleanup()


@pytest.mark.parametrize(
    ("product", "about"),
    [
        ("seerr-3.1.0", About("Seerr", "3.1.0")),
        ("overseerr-1.34.0", About("Overseerr", "1.34.0")),
    ],
)
async def test_the_two_products_are_told_apart_once(
    replay: Replay, seerr: Seerr, product: str, about: About
) -> None:
    replay.say("status", "settings-public", product=product)
    assert [await seerr.about(), await seerr.about()] == [about, about]


@pytest.mark.parametrize("product", PRODUCTS)
async def test_the_key_stands_for_the_owner(
    replay: Replay, seerr: Seerr, product: str
) -> None:
    replay.say("auth-me-apikey", product=product)
    assert await seerr.check_key() == User(1, "plexadmin", 1001, 2)


@pytest.mark.parametrize("product", PRODUCTS)
async def test_everybody_is_listed(replay: Replay, seerr: Seerr, product: str) -> None:
    replay.say("users", product=product)
    assert await seerr.users() == (
        User(1, "plexadmin", 1001, 2),
        User(2, "anna", 1002, 32),
        User(3, "ben", 1003, 32),
    )


async def test_users_are_read_page_by_page(replay: Replay, seerr: Seerr) -> None:
    page = {"pageInfo": {"results": 150}, "results": [{"id": 7, "username": "eve"}]}
    replay.next = [(200, page), (200, page)]
    assert await seerr.users() == (User(7, "eve", None, 0),) * 2
    assert [path for _, path, _, _ in replay.heard] == [
        "/api/v1/user?take=100&skip=0",
        "/api/v1/user?take=100&skip=100",
    ]


@pytest.mark.parametrize("product", PRODUCTS)
async def test_a_search_finds_films_and_no_people(
    replay: Replay, seerr: Seerr, product: str
) -> None:
    replay.say("search-after", product=product)
    kept = await seerr.search("matrix")
    found = [(hit.tmdb_id, hit.title, hit.year, hit.state) for hit in kept.value]
    assert found == [
        (603, "The Matrix", 1999, MediaState.PENDING),
        (604, "The Matrix Reloaded", 2003, MediaState.PROCESSING),
        (605, "The Matrix Revolutions", 2003, MediaState.UNKNOWN),
    ]


@pytest.mark.parametrize("product", PRODUCTS)
async def test_a_series_is_found(replay: Replay, seerr: Seerr, product: str) -> None:
    replay.say("search-breaking", product=product)
    assert (await seerr.search("breaking bad")).value == (
        Hit(
            Kind.TV,
            1396,
            "Breaking Bad",
            2008,
            "Overview of Breaking Bad.",
            f"{POSTER}/p1396.jpg",
            MediaState.UNKNOWN,
        ),
    )


async def test_the_same_words_are_asked_once(replay: Replay, seerr: Seerr) -> None:
    replay.say("search-matrix")
    first = await seerr.search("Matrix")
    assert await seerr.search("  matrix ") == first
    assert len(replay.heard) == 1


async def test_no_words_ask_nobody(replay: Replay, seerr: Seerr) -> None:
    assert (await seerr.search(" \n ")).value == ()
    assert replay.heard == []


@pytest.mark.parametrize("product", PRODUCTS)
async def test_a_film_is_read_with_its_requests(
    replay: Replay, seerr: Seerr, product: str
) -> None:
    replay.say("movie-603-available", product=product)
    details = await seerr.details(Kind.MOVIE, 603)
    is_seerr = product == "seerr-3.1.0"
    done = RequestState.COMPLETED if is_seerr else RequestState.APPROVED
    asked = details.requests
    assert details == Details(
        kind=Kind.MOVIE,
        tmdb_id=603,
        tvdb_id=None,
        imdb_id="tt0133093",
        title="The Matrix",
        year=1999,
        overview="Overview of The Matrix.",
        poster=f"{POSTER}/p603.jpg",
        genres=("Action", "Science Fiction"),
        minutes=136,
        state=MediaState.AVAILABLE,
        seasons=(),
        requests=asked,
        downloading=(),
        media_id=1,
        plex_key=None,
    )
    assert (asked[0].state, asked[0].requested_by_name) == (done, "anna")


async def test_requested_seasons_are_marked(replay: Replay, seerr: Seerr) -> None:
    replay.say("tv-1396-after")
    details = await seerr.details(Kind.TV, 1396)
    assert details.seasons[0] == Season(
        0, 10, "Specials", MediaState.UNKNOWN, requested=False
    )
    assert [one.number for one in details.seasons if one.requested] == [1, 2, 3]
    assert (details.tvdb_id, details.imdb_id) == (81189, "tt0903747")


@pytest.mark.parametrize("product", PRODUCTS)
async def test_seasons_of_a_declined_request_are_free_again(
    replay: Replay, seerr: Seerr, product: str
) -> None:
    replay.say("tv-1396-declined", product=product)
    details = await seerr.details(Kind.TV, 1396)
    assert [one.number for one in details.seasons if one.requested] == [3]


async def test_available_seasons_are_told(replay: Replay, seerr: Seerr) -> None:
    replay.say("tv-1396-after")
    media = replay.next[0][1]["mediaInfo"]
    media["seasons"] = [{"seasonNumber": 1, "status": 5}, {"seasonNumber": 2}]
    details = await seerr.details(Kind.TV, 1396)
    states = [season.state for season in details.seasons[1:4]]
    assert states == [MediaState.AVAILABLE, MediaState.UNKNOWN, MediaState.UNKNOWN]


async def test_details_are_kept_a_minute_unless_they_must_be_fresh(
    replay: Replay, seerr: Seerr
) -> None:
    replay.say("movie-603", "movie-603-after")
    states = [(await seerr.details(Kind.MOVIE, 603)).state for _ in range(2)]
    states.append((await seerr.details(Kind.MOVIE, 603, fresh=True)).state)
    assert states == [MediaState.UNKNOWN, MediaState.UNKNOWN, MediaState.PENDING]


async def test_a_download_is_read_with_its_progress(
    replay: Replay, seerr: Seerr
) -> None:
    replay.say("movie-processing")
    replay.next[0][1]["mediaInfo"]["downloadStatus"] = [
        {
            "title": "The.Matrix",
            "status": "downloading",
            "size": 4000.0,
            "sizeLeft": 1000,
            "timeLeft": "00:01:00",
            "estimatedCompletionTime": "2026-11-20T12:36:47.000Z",
        },
        {"title": "odd", "size": "big"},
    ]
    details = await seerr.details(Kind.MOVIE, 603)
    eta = datetime(2026, 11, 20, 12, 36, 47, tzinfo=UTC)
    assert details.downloading == (Progress("The.Matrix", 4000, 1000, eta),)
    assert details.downloading[0].percent == 75


@pytest.mark.parametrize(
    ("size", "left", "percent"), [(0, 0, 0), (10, 0, 100), (10, 30, 0), (3, 1, 67)]
)
def test_percent_stays_within_bounds(size: int, left: int, percent: int) -> None:
    assert Progress("", size, left, None).percent == percent


@pytest.mark.parametrize("product", PRODUCTS)
async def test_a_request_is_made(replay: Replay, seerr: Seerr, product: str) -> None:
    replay.say("req-tv-seasons", product=product)
    made = await seerr.request(Kind.TV, 1396, as_user=2, seasons=(1, 2))
    assert made == Request(
        id=4,
        kind=Kind.TV,
        tmdb_id=1396,
        state=RequestState.PENDING,
        media_state=MediaState.PENDING,
        seasons=(1, 2),
        requested_by=2,
        requested_by_name="anna",
        created=made.created,
        updated=made.updated,
        downloading=(),
        is_4k=False,
    )
    assert made.created is not None
    assert made.created.tzinfo is UTC


@pytest.mark.parametrize("product", PRODUCTS)
async def test_requests_come_in_pages(
    replay: Replay, seerr: Seerr, product: str
) -> None:
    replay.say("reqs-page2", product=product)
    page = await seerr.requests(take=2, skip=2)
    assert page.total == (6 if product == "seerr-3.1.0" else 7)
    assert len(page.items) == 2
    path = "/api/v1/request?take=2&skip=2&filter=all&sort=added"
    assert replay.heard == [("GET", path, None, None)]


async def test_a_users_own_requests_are_asked_for_as_that_user(
    replay: Replay, seerr: Seerr
) -> None:
    replay.say("reqs-as-anna")
    page = await seerr.requests(as_user=2, filter="pending")
    path = "/api/v1/request?take=20&skip=0&filter=pending&sort=added&requestedBy=2"
    assert replay.heard == [("GET", path, "2", None)]
    assert {one.requested_by for one in page.items} == {2}


async def test_quotas_are_read_with_and_without_limits(
    replay: Replay, seerr: Seerr
) -> None:
    replay.say("quota-default", "quota-after")
    none = Quota(0, None, None, None, restricted=False)
    movie = Quota(2, 4, 2, 7, restricted=False)
    tv = Quota(2, 3, 1, 7, restricted=False)
    found = [await seerr.quota(2), await seerr.quota(2)]
    assert found == [Quotas(none, none), Quotas(movie, tv)]


async def test_an_exhausted_quota_is_told(replay: Replay, seerr: Seerr) -> None:
    replay.say("quota-after", product="overseerr-1.34.0")
    assert (await seerr.quota(2)).tv == Quota(3, 3, 0, 7, restricted=True)


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("req-movie-dup", Refusal.DUPLICATE),
        ("req-4k-no-perm", Refusal.PERMISSION),
        ("req-no-perm", Refusal.PERMISSION),
        ("req-q3-exceeded", Refusal.QUOTA),
        ("req-tv-exceeded", Refusal.QUOTA),
        ("req-tv-same-seasons", Refusal.NO_SEASONS),
        ("req-bad-type", Refusal.UNKNOWN),
        ("status-no-key-protected", Refusal.KEY),
    ],
)
async def test_each_refusal_is_told_by_its_words(
    replay: Replay, seerr: Seerr, product: str, name: str, why: Refusal
) -> None:
    replay.say(name, name, product=product)
    with pytest.raises(Refused) as caught:
        await seerr.request(Kind.MOVIE, 603, as_user=2)
    assert refusal(caught.value) is why


async def test_csrf_protection_is_told(replay: Replay, seerr: Seerr) -> None:
    replay.say("csrf-on")
    with pytest.raises(Refused) as caught:
        await seerr.request(Kind.MOVIE, 603, as_user=2)
    assert is_csrf(caught.value)


async def test_a_blocklisted_title_is_told(replay: Replay, seerr: Seerr) -> None:
    replay.next = [(403, {"message": "This media is blocklisted."})]
    with pytest.raises(Refused) as caught:
        await seerr.request(Kind.MOVIE, 603, as_user=2)
    assert refusal(caught.value) is Refusal.BLOCKLISTED


def test_what_is_no_refusal_has_no_reason() -> None:
    error: ServiceError = Unreachable("seerr", said="csrf")
    assert (refusal(error), is_csrf(error)) == (Refusal.UNKNOWN, False)


async def test_a_wrong_key_is_told_from_a_person_who_may_not(
    replay: Replay, seerr: Seerr
) -> None:
    reasons = []
    for second in ("auth-me-apikey", "bad-key"):
        replay.say("approve-as-plain", second)
        with pytest.raises(Refused) as caught:
            await seerr.approve(1, as_user=2)
        reasons.append(refusal(caught.value))
    assert reasons == [Refusal.PERMISSION, Refusal.KEY]


@pytest.mark.parametrize("product", PRODUCTS)
async def test_an_id_tmdb_does_not_know_is_missing(
    replay: Replay, seerr: Seerr, product: str
) -> None:
    replay.say("req-tmdb-404", product=product)
    with pytest.raises(Missing):
        await seerr.request(Kind.MOVIE, 999999, as_user=2)


@pytest.mark.parametrize("status", [200, 204])
async def test_success_is_exactly_201(
    replay: Replay, seerr: Seerr, status: int
) -> None:
    replay.next = [(status, RECORDED["seerr-3.1.0"]["req-movie-as-anna"]["answer"])]
    with pytest.raises(Unreadable):
        await seerr.request(Kind.MOVIE, 603, as_user=2)


async def test_verdicts_are_given_as_the_manager(replay: Replay, seerr: Seerr) -> None:
    replay.say("approve", "decline")
    states = [
        (await seerr.approve(1, as_user=1)).state,
        (await seerr.decline(4, as_user=1)).state,
    ]
    assert states == [RequestState.APPROVED, RequestState.DECLINED]
    assert replay.heard == [
        ("POST", "/api/v1/request/1/approve", "1", None),
        ("POST", "/api/v1/request/4/decline", "1", None),
    ]


async def test_a_fault_at_a_verdict_is_no_verdict(replay: Replay, seerr: Seerr) -> None:
    replay.next = [(500, {"message": "It broke."})]
    with pytest.raises(Unreachable):
        await seerr.approve(1, as_user=1)


def test_values_of_a_later_version_are_unknown() -> None:
    assert (MediaState(42), RequestState(42)) == (
        MediaState.UNKNOWN,
        RequestState.UNKNOWN,
    )
