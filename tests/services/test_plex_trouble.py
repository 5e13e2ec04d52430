"""What the Plex client says when Plex is wrong, slow, old or strange."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web
from structlog.testing import capture_logs
from tests.services.plex_home import Home, connect, open_home
from tests.unhurried import now

from medianest_bot.services.errors import Missing, Refused, Unreachable, Unreadable
from medianest_bot.services.plex import Plex

SECRET = "very-secret-token"


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    async with open_home(tmp_path) as one:
        yield one


@asynccontextmanager
async def oddly(
    answer: Callable[[web.Request], web.StreamResponse],
) -> AsyncIterator[Plex]:
    """A client of a server that answers everything by one function."""

    async def handle(request: web.Request) -> web.StreamResponse:
        return answer(request)

    app = web.Application(client_max_size=10**8)
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    plex = connect(f"http://127.0.0.1:{runner.addresses[0][1]}", SECRET)
    try:
        yield plex
    finally:
        await plex.aclose()
        await runner.cleanup()


@pytest.mark.parametrize("token", ["wrong", "with\nbreak", "ключ", ""])
async def test_a_wrong_token_is_refused(home: Home, token: str) -> None:
    other = connect(home.url, token)
    for ask in (other.check_token, other.identity, other.sections):
        with pytest.raises(Refused) as refused:
            await ask()
        assert refused.value.status == 401
        assert token not in str(refused.value) or not token
    await other.aclose()


async def test_one_who_is_not_the_owner_may_look_but_not_scan(home: Home) -> None:
    other = connect(home.url, home.server.tokens["ana"])
    assert len((await other.sections()).value) == 3
    with pytest.raises(Refused):
        await other.scan("3")
    await other.aclose()


async def test_the_last_good_answer_is_kept_while_plex_is_silent(home: Home) -> None:
    fresh = await home.plex.sections()
    home.cache._now = lambda: datetime(2100, 1, 1, tzinfo=UTC)
    home.server.knobs.fail_status = 500
    assert await home.plex.sections() == replace(fresh, is_stale=True)


@pytest.mark.parametrize(
    "garbage",
    [
        "<html>Please sign in</html>",
        '{"MediaContainer": {"Meta',
        "[]",
        "{}",
        '{"MediaContainer": 1}',
        '{"MediaContainer": {"Metadata": {}, "Directory": "x", "Hub": 7}}',
    ],
)
async def test_garbage_is_unreadable(home: Home, garbage: str) -> None:
    home.server.knobs.garbage = garbage
    asks: tuple[Awaitable[object], ...] = (
        home.plex.identity(),
        home.plex.sections(),
        home.plex.recent(),
        home.plex.owned(),
        home.plex.search("dune"),
        home.plex.item("101"),
        home.plex.seasons("101"),
        home.plex.collections("1"),
        home.plex.poster("/library/metadata/101/thumb/1"),
    )
    for ask in asks:
        with pytest.raises(Unreadable):
            await ask


async def test_silence_is_unreachable_in_time(home: Home) -> None:
    home.server.knobs.hang = True
    started = now()
    with pytest.raises(Unreachable):
        await home.plex.search("dune", within_s=0.2)
    assert now() - started < 5
    home.server.knobs.reset()
    assert await home.plex.probe() < 3000


async def test_a_library_without_a_count_is_still_shown(home: Home) -> None:
    home.server.knobs.fail_status = 500
    home.server.knobs.only = "/library/sections/2/all"
    counts = [one.count for one in (await home.plex.sections()).value]
    assert counts == [5, None, 2]


async def test_an_old_server_may_not_know_pages() -> None:
    rows = [
        {"ratingKey": str(n), "type": "season", "title": "S", "index": n}
        for n in range(3)
    ]
    asked = []

    def answer(request: web.Request) -> web.Response:
        asked.append(request.headers["X-Plex-Container-Start"])
        return web.json_response({"MediaContainer": {"size": "3", "Metadata": rows}})

    async with oddly(answer) as plex:
        assert await plex.seasons("1") == (0, 1, 2)
    assert asked == ["0", "3"]


async def test_a_server_that_only_takes_post_still_scans() -> None:
    asked = []

    def answer(request: web.Request) -> web.Response:
        asked.append((request.method, request.raw_path.partition("?")[2]))
        return web.Response(status=200 if request.method == "POST" else 405)

    async with oddly(answer) as plex:
        await plex.scan("3", "/a b/Ü&c")
    query = "path=%2Fa%20b%2F%C3%9C%26c"
    assert asked == [("GET", query), ("POST", query)]


async def test_a_refused_scan_is_not_tried_otherwise() -> None:
    asked = []

    def answer(request: web.Request) -> web.Response:
        asked.append(request.method)
        return web.Response(status=403)

    async with oddly(answer) as plex:
        with pytest.raises(Refused):
            await plex.scan("3")
    assert asked == ["GET"]


@pytest.mark.parametrize(
    ("type_", "body"),
    [
        ("text/html", b"<html>"),
        ("image/svg+xml", b"<svg/>"),
        ("image/jpeg", b""),
        ("image/jpeg", b"x" * (5 * 1024 * 1024 + 1)),
    ],
)
async def test_only_a_picture_of_some_size_is_a_poster(type_: str, body: bytes) -> None:
    def answer(_request: web.Request) -> web.Response:
        return web.Response(body=body, content_type=type_)

    async with oddly(answer) as plex:
        with pytest.raises(Unreadable):
            await plex.poster("/library/metadata/1/thumb/2")


@pytest.mark.parametrize("status", [404, 500])
async def test_without_a_transcoder_the_picture_itself_is_taken(status: int) -> None:
    def answer(request: web.Request) -> web.Response:
        if request.path.startswith("/photo"):
            return web.Response(status=status)
        return web.Response(body=b"png", content_type="image/png")

    async with oddly(answer) as plex:
        assert await plex.poster("/library/metadata/1/thumb/2") == b"png"


async def test_no_picture_at_all_is_missing() -> None:
    async with oddly(lambda _request: web.Response(status=404)) as plex:
        with pytest.raises(Missing):
            await plex.poster("/library/metadata/1/thumb/2")


async def test_the_token_travels_in_a_header_only(home: Home) -> None:
    with capture_logs() as logs:
        await home.plex.search("dune")
        await home.plex.poster("/library/metadata/101/thumb/1")
        await home.plex.sync_collection("1", "x", await home.films())
    for request in home.sent:
        assert request.headers["X-Plex-Token"] == home.server.token
        assert home.server.token not in str(request.url)
    assert home.server.token not in str(logs)


async def test_a_probe_sends_no_token(home: Home) -> None:
    await home.plex.probe()
    assert [str(one.url.path) for one in home.sent] == ["/identity"]
    assert "X-Plex-Token" not in home.sent[0].headers


async def test_a_search_that_answers_everything_is_cut_short() -> None:
    rows = [
        {"type": "movie", "ratingKey": str(1_000_000 + one), "title": "Dune"}
        for one in range(12_000)
    ]

    def answer(request: web.Request) -> web.StreamResponse:
        held = {"Hub": [{"Metadata": rows}]} if request.path == "/hubs/search" else {}
        return web.json_response({"MediaContainer": held})

    async with oddly(answer) as plex:
        found = (await plex.search("dune", limit=10)).value
    assert [one.key for one in found] == [str(1_000_000 + one) for one in range(40)]
