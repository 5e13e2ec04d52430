"""The Seerr client avoids what real servers do unexpectedly, one test a trap."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, Literal

import httpx
import pytest
import pytest_asyncio

from medianest_bot.demo import household
from medianest_bot.demo.seerr import SeerrStandIn
from medianest_bot.services import http
from medianest_bot.services.cache import Cache
from medianest_bot.services.errors import Missing, Refused, Unreachable, Unreadable
from medianest_bot.services.media import Kind
from medianest_bot.services.seerr import (
    MediaState,
    Refusal,
    RequestState,
    Seerr,
    UnknownTitle,
    is_csrf,
    refusal,
)

MUM, ANA, TIM = 1, 2, 3
DUNE = 438631
DARK = 70523


class Wire:
    """What really went out, and how often."""

    def __init__(self) -> None:
        self.sent: list[httpx.Request] = []

    async def note(self, request: httpx.Request) -> None:
        self.sent.append(request)

    def bodies(self) -> list[Any]:
        return [json.loads(one.content) for one in self.sent if one.content]


@pytest_asyncio.fixture(params=["seerr", "overseerr"])
async def stand_in(
    request: pytest.FixtureRequest,
) -> AsyncIterator[SeerrStandIn]:
    product: Literal["seerr", "overseerr"] = request.param
    server = SeerrStandIn(household.read(), product=product, pace=0)
    yield server
    await server.stop()


@pytest_asyncio.fixture
async def wire() -> Wire:
    return Wire()


@pytest_asyncio.fixture
async def seerr(stand_in: SeerrStandIn, wire: Wire) -> AsyncIterator[Seerr]:
    connection = http.client(await stand_in.start())
    connection.event_hooks["request"] = [wire.note]
    client = Seerr(http.Http("seerr", connection), Cache(), stand_in.key)
    yield client
    await client.aclose()


async def test_row_1_a_persons_request_waits_for_approval(
    seerr: Seerr, wire: Wire
) -> None:
    made = await seerr.request(Kind.MOVIE, DUNE, as_user=ANA)
    assert (made.state, made.requested_by) == (RequestState.PENDING, ANA)
    assert "userId" not in wire.bodies()[0]
    assert wire.sent[0].headers["X-API-User"] == str(ANA)


async def test_row_1_whoever_may_is_approved_at_once(seerr: Seerr) -> None:
    made = await seerr.request(Kind.MOVIE, DUNE, as_user=TIM)
    now = await seerr.read_request(made.id)
    assert (now.state, now.media_state, now.requested_by) == (
        RequestState.APPROVED,
        MediaState.PROCESSING,
        TIM,
    )


async def test_row_2_a_second_request_for_the_same_is_noticed(
    seerr: Seerr, wire: Wire
) -> None:
    await seerr.request(Kind.MOVIE, DUNE, as_user=ANA)
    with pytest.raises(Refused) as caught:
        await seerr.request(Kind.MOVIE, DUNE, as_user=TIM)
    assert refusal(caught.value) is Refusal.DUPLICATE
    assert [body["is4k"] for body in wire.bodies()] == [False, False]


async def test_row_3_of_four_equal_requests_at_once_one_is_made(seerr: Seerr) -> None:
    tries = [seerr.request(Kind.MOVIE, DUNE, as_user=ANA) for _ in range(4)]
    ended = await asyncio.gather(*tries, return_exceptions=True)
    kinds = sorted(type(one).__name__ for one in ended)
    assert kinds == ["Refused", "Refused", "Refused", "Request"]


async def test_row_3_different_titles_do_not_wait_for_each_other(
    seerr: Seerr, stand_in: SeerrStandIn
) -> None:
    stand_in.knobs.hang = True
    tries = [
        asyncio.create_task(seerr.request(Kind.MOVIE, tmdb, as_user=ANA))
        for tmdb in (DUNE, 841)
    ]
    await asyncio.sleep(0.1)
    stand_in.knobs.hang = False
    made = await asyncio.gather(*tries)
    assert {one.tmdb_id for one in made} == {DUNE, 841}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("dune: part two", [693134]),
        ("part & (two)", [693134]),
        ("amelie+?", [194]),
        ("AMÉLIE", [194]),
        ("tmdb:603", [603]),
        ("imdb:tt0903747", [1396]),
        ("tvdb:81189", [1396]),
        ("/#[]@!$'*,;=%", []),
        ("\x00\x07\u202e🎬", []),
        ("\ud800", []),
        ("x" * 100_000, []),
    ],
)
async def test_row_4_any_words_can_be_searched(
    seerr: Seerr, words: str, found: list[int]
) -> None:
    hits = (await seerr.search(words)).value
    assert [hit.tmdb_id for hit in hits] == found


async def test_row_5_tmdb_being_away_is_not_seerr_being_away(
    seerr: Seerr, stand_in: SeerrStandIn
) -> None:
    stand_in.tmdb_down(is_down=True)
    assert (await seerr.search("dune")).value == ()
    for _ in range(8):
        with pytest.raises(Unreachable):
            await seerr.details(Kind.MOVIE, DUNE)
        with pytest.raises(Unreachable):
            await seerr.request(Kind.MOVIE, DUNE, as_user=ANA)
    stand_in.tmdb_down(is_down=False)
    assert (await seerr.details(Kind.MOVIE, DUNE)).title == "Dune"


@pytest.mark.parametrize("kind", [Kind.MOVIE, Kind.TV])
async def test_row_5_an_unknown_id_looks_the_same(seerr: Seerr, kind: Kind) -> None:
    with pytest.raises(UnknownTitle) as caught:
        await seerr.details(kind, 999_999)
    assert caught.value.status == 500


@pytest.mark.parametrize("as_user", ["2", 2.0, True, None])
async def test_row_6_a_user_that_is_no_int_never_goes_out(
    seerr: Seerr, wire: Wire, as_user: Any
) -> None:
    with pytest.raises(TypeError):
        await seerr.request(Kind.MOVIE, DUNE, as_user=as_user)
    with pytest.raises(TypeError):
        await seerr.cancel(1, as_user=as_user)
    assert wire.sent == []


async def test_row_6_a_user_that_cannot_be_never_goes_out(
    seerr: Seerr, wire: Wire
) -> None:
    with pytest.raises(ValueError, match="positive"):
        await seerr.requests(as_user=-1)
    assert wire.sent == []


async def test_row_6_an_unknown_user_has_no_permission(seerr: Seerr) -> None:
    with pytest.raises(Refused) as caught:
        await seerr.request(Kind.MOVIE, DUNE, as_user=999)
    assert refusal(caught.value) is Refusal.PERMISSION


async def test_row_6_what_never_answers_ends(
    seerr: Seerr, stand_in: SeerrStandIn
) -> None:
    stand_in.knobs.hang = True
    with pytest.raises(Unreachable):
        await seerr.search("dune", within_s=0.1)


async def test_row_7_csrf_protection_stops_writing_only(
    seerr: Seerr, stand_in: SeerrStandIn
) -> None:
    stand_in.knobs.csrf = True
    assert (await seerr.details(Kind.MOVIE, DUNE)).title == "Dune"
    with pytest.raises(Refused) as caught:
        await seerr.request(Kind.MOVIE, DUNE, as_user=ANA)
    assert is_csrf(caught.value)


async def test_row_8_no_season_left_is_a_refusal(seerr: Seerr) -> None:
    await seerr.request(Kind.TV, DARK, as_user=ANA, seasons=(1, 2))
    with pytest.raises(Refused) as caught:
        await seerr.request(Kind.TV, DARK, as_user=ANA, seasons=(1,))
    assert refusal(caught.value) is Refusal.NO_SEASONS
    assert caught.value.status == 202
    assert (await seerr.requests(as_user=ANA)).total == 1


async def test_row_9_seasons_are_always_sent(seerr: Seerr, wire: Wire) -> None:
    some = await seerr.request(Kind.TV, DARK, as_user=ANA, seasons=(2,))
    rest = await seerr.request(Kind.TV, DARK, as_user=TIM)
    assert (some.seasons, rest.seasons) == ((2,), (1, 3))
    assert [body["seasons"] for body in wire.bodies()] == [[2], "all"]


async def test_row_10_nobody_cancels_the_request_of_another(seerr: Seerr) -> None:
    made = await seerr.request(Kind.MOVIE, DUNE, as_user=ANA)
    with pytest.raises(Refused) as caught:
        await seerr.cancel(made.id, as_user=TIM)
    assert refusal(caught.value) is Refusal.PERMISSION
    assert (await seerr.read_request(made.id)).state is RequestState.PENDING


async def test_row_10_what_is_approved_is_not_cancelled(
    seerr: Seerr, stand_in: SeerrStandIn
) -> None:
    made = await seerr.request(Kind.MOVIE, DUNE, as_user=ANA)
    stand_in.approve(made.id)
    with pytest.raises(Refused) as caught:
        await seerr.cancel(made.id, as_user=ANA)
    assert refusal(caught.value) is Refusal.NOT_PENDING


async def test_row_10_ones_own_pending_request_is_cancelled(seerr: Seerr) -> None:
    made = await seerr.request(Kind.MOVIE, DUNE, as_user=ANA)
    assert (await seerr.details(Kind.MOVIE, DUNE)).state is MediaState.PENDING
    await seerr.cancel(made.id, as_user=ANA)
    assert (await seerr.details(Kind.MOVIE, DUNE)).state is MediaState.UNKNOWN
    with pytest.raises(Missing):
        await seerr.read_request(made.id)


async def test_row_11_no_server_profile_or_folder_is_ever_chosen(
    seerr: Seerr, wire: Wire
) -> None:
    await seerr.request(Kind.MOVIE, DUNE, as_user=ANA)
    await seerr.request(Kind.TV, DARK, as_user=ANA, seasons=(1,))
    assert wire.bodies() == [
        {"mediaType": "movie", "mediaId": DUNE, "is4k": False},
        {"mediaType": "tv", "mediaId": DARK, "is4k": False, "seasons": [1]},
    ]


async def test_a_request_is_seen_in_the_next_search(seerr: Seerr) -> None:
    before = (await seerr.search("tmdb:438631")).value[0].state
    await seerr.request(Kind.MOVIE, DUNE, as_user=ANA)
    after = (await seerr.search("tmdb:438631")).value[0].state
    assert (before, after) == (MediaState.UNKNOWN, MediaState.PENDING)


async def test_a_request_is_followed_to_its_end(
    seerr: Seerr, stand_in: SeerrStandIn
) -> None:
    made = await seerr.request(Kind.TV, DARK, as_user=ANA, seasons=(1, 2, 3))
    stand_in.approve(made.id)
    stand_in.progress(made.id, 40)
    on_its_way = await seerr.read_request(made.id)
    stand_in.finish(made.id)
    there = await seerr.details(Kind.TV, DARK, fresh=True)
    assert [one.percent for one in on_its_way.downloading] == [40, 40, 40]
    assert there.state is MediaState.AVAILABLE
    assert [one.number for one in there.seasons if one.state is there.state] == [
        1,
        2,
        3,
    ]


async def test_quota_is_refused_and_told_beforehand(
    seerr: Seerr, stand_in: SeerrStandIn
) -> None:
    stand_in.accounts[ANA].movie = (1, 7)
    await seerr.request(Kind.MOVIE, DUNE, as_user=ANA)
    assert (await seerr.quota(ANA)).movie.restricted
    with pytest.raises(Refused) as caught:
        await seerr.request(Kind.MOVIE, 841, as_user=ANA)
    assert refusal(caught.value) is Refusal.QUOTA


async def test_only_managers_give_verdicts(seerr: Seerr) -> None:
    with pytest.raises(Refused) as caught:
        await seerr.approve(1, as_user=ANA)
    assert refusal(caught.value) is Refusal.PERMISSION
    assert (await seerr.decline(1, as_user=MUM)).state is RequestState.DECLINED


@pytest.mark.parametrize("key", ["wrong", "", "schlüssel", "a\nb"])
async def test_a_wrong_key_is_told(stand_in: SeerrStandIn, key: str) -> None:
    connection = http.client(await stand_in.start())
    client = Seerr(http.Http("seerr", connection), Cache(), key)
    with pytest.raises(Refused) as caught:
        await client.check_key()
    assert refusal(caught.value) is Refusal.KEY
    assert await client.probe() > 0
    await client.aclose()


async def test_kept_answers_are_shown_while_it_is_away(
    seerr: Seerr, stand_in: SeerrStandIn
) -> None:
    fresh = await seerr.about()
    stand_in.knobs.fail_status = 503
    with pytest.raises(Unreachable):
        await seerr.probe()
    assert await seerr.about() == fresh


@pytest.mark.parametrize("garbage", ["<html>", "[]", "{", "null", '{"results": 3}'])
async def test_what_makes_no_sense_is_unreadable(
    seerr: Seerr, stand_in: SeerrStandIn, garbage: str
) -> None:
    stand_in.knobs.garbage = garbage
    with pytest.raises(Unreadable):
        await seerr.search("dune")
    with pytest.raises(Unreadable):
        await seerr.details(Kind.MOVIE, DUNE)
    with pytest.raises(Unreadable):
        await seerr.requests()
    with pytest.raises(Unreadable):
        await seerr.users()
    with pytest.raises(Unreadable):
        await seerr.quota(2)


async def test_no_error_shows_the_key_or_the_address(
    seerr: Seerr, stand_in: SeerrStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in.knobs.fail_status = 500
    with pytest.raises(Unreachable) as caught:
        await seerr.request(Kind.MOVIE, DUNE, as_user=ANA)
    shown = str(caught.value) + repr(caught.value) + capsys.readouterr().out
    assert stand_in.key not in shown
    assert "127.0.0.1" not in shown
