"""The road to neighbours: deadlines, repeats, answers and refusals on real sockets."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
import structlog
from aiohttp import web
from tests.unhurried import now

from medianest_bot.services import _tries, http
from medianest_bot.services.answer import Answer
from medianest_bot.services.breaker import OPEN_S
from medianest_bot.services.errors import (
    Missing,
    Refused,
    ServiceError,
    Unreachable,
    Unreadable,
)
from medianest_bot.services.http import Http

KEY = "very-secret-key"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Waits:
    """A wait that takes no time and a clock that moves by it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waited: list[float] = []

    def clock(self) -> float:
        return self.now

    async def wait(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now += seconds


class Neighbour:
    """A real server that gives one answer after the other, the last one for good."""

    def __init__(self) -> None:
        self.url = ""
        self.answers: list[Handler] = []
        self.calls: list[tuple[str, str]] = []
        self.bodies: list[bytes] = []
        self.arrived = asyncio.Event()

    def says(self, *answers: Handler) -> None:
        self.answers = list(answers)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.calls.append((request.method, request.path))
        self.bodies.append(await request.read())
        self.arrived.set()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return await answer(request)


@asynccontextmanager
async def served(handler: Handler) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.fixture
async def neighbour() -> AsyncIterator[Neighbour]:
    one = Neighbour()
    async with served(one.handle) as one.url:
        yield one


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
async def plex(neighbour: Neighbour, waits: Waits) -> AsyncIterator[Http]:
    connection = http.client(neighbour.url, {"X-Plex-Token": KEY})
    road = Http("plex", connection, wait=waits.wait, clock=waits.clock)
    yield road
    await road.aclose()


def answer(status: int = 200, text: str = '{"a": 1}', **headers: str) -> Handler:
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def handle(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=text, headers=named)

    return handle


async def hangs(_request: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


async def hangs_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def breaks_off(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"a": ')
    assert request.transport is not None
    request.transport.close()
    return response


async def never_ends(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"x" * 1_000_000)


def packed(body: bytes) -> Handler:
    async def handle(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, headers={"Content-Encoding": "gzip"})

    return handle


async def fails(call: Awaitable[object]) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        await call
    return caught.value


async def test_an_answer_carries_what_was_said(
    neighbour: Neighbour, plex: Http
) -> None:
    neighbour.says(answer(201, '{"a": [1]}', X_Made="Yes"))
    got = await plex.send("PUT", "/x", json={"b": 2}, params={"q": "ä&b"})

    assert (got.service, got.status, got.object()) == ("plex", 201, {"a": [1]})
    assert got.headers["x-made"] == "Yes"
    assert (neighbour.calls, neighbour.bodies) == ([("PUT", "/x")], [b'{"b":2}'])


@pytest.mark.parametrize(
    ("status", "kind", "calls"),
    [
        (301, Refused, 1),
        (302, Refused, 1),
        (400, Refused, 1),
        (401, Refused, 1),
        (404, Missing, 1),
        (409, Refused, 1),
        (429, Unreachable, 3),
        (500, Unreachable, 1),
        (502, Unreachable, 3),
        (503, Unreachable, 3),
        (504, Unreachable, 3),
    ],
)
async def test_a_status_is_one_kind_of_error(
    neighbour: Neighbour, plex: Http, status: int, kind: type[ServiceError], calls: int
) -> None:
    neighbour.says(answer(status, "no", Location="/elsewhere"))
    error = await fails(plex.get("/x"))

    assert (type(error), error.service, error.status) == (kind, "plex", status)
    assert neighbour.calls == [("GET", "/x")] * calls


async def test_a_status_that_was_asked_for_is_an_answer(
    neighbour: Neighbour, plex: Http
) -> None:
    neighbour.says(answer(503, "starting"))
    got = await plex.get("/x", answers=(503,))

    assert (got.status, got.body, len(neighbour.calls)) == (503, b"starting", 1)
    assert plex.breaker.since is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"message": "no such user"}', "no such user"),
        ('{"error": "no"}', "no"),
        ('{"message": {"deep": 1}}', ""),
        ('{"message": "' + "x" * 900 + '"}', "x" * 200),
        ("[1]", ""),
        ("<html>", ""),
        ("[" * 100_000, ""),
    ],
)
async def test_what_a_refusal_says_is_kept_for_programs(
    neighbour: Neighbour, plex: Http, body: str, said: str
) -> None:
    neighbour.says(answer(400, body))

    assert (await fails(plex.get("/x"))).said == said


async def test_a_read_is_repeated_until_it_goes_well(
    neighbour: Neighbour, plex: Http, waits: Waits
) -> None:
    neighbour.says(answer(503), hangs_up, answer())
    got = await plex.get("/x")

    assert (got.status, len(neighbour.calls)) == (200, 3)
    assert [0 < wait < 1 for wait in waits.waited] == [True, True]


@pytest.mark.parametrize(
    "trouble", [answer(503, Retry_After="0"), hangs_up, breaks_off]
)
async def test_an_order_is_given_once(
    neighbour: Neighbour, plex: Http, trouble: Handler
) -> None:
    neighbour.says(trouble)
    error = await fails(plex.send("POST", "/x", json={}))

    assert (type(error), neighbour.calls) == (Unreachable, [("POST", "/x")])


async def test_an_order_that_may_be_repeated_is(
    neighbour: Neighbour, plex: Http
) -> None:
    neighbour.says(answer(502), answer(204, ""))
    got = await plex.send("DELETE", "/x", repeatable=True)

    assert (got.status, len(neighbour.calls)) == (204, 2)


async def test_a_wish_to_wait_is_granted(
    neighbour: Neighbour, plex: Http, waits: Waits
) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    neighbour.says(
        answer(429, Retry_After="1.5"), answer(503, Retry_After=soon), answer()
    )
    await plex.get("/x", within_s=100)

    first, second = waits.waited
    assert first == 1.5
    assert 30 < second <= 60


async def test_nobody_waits_past_the_deadline(
    neighbour: Neighbour, plex: Http, waits: Waits
) -> None:
    neighbour.says(answer(503, Retry_After="4"))
    error = await fails(plex.get("/x", within_s=4))

    assert (type(error), error.status) == (Unreachable, 503)
    assert (len(neighbour.calls), waits.waited) == (1, [])


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("7", 7.0),
        ("-1", 0.0),
        ("nan", 0.0),
        ("soon", None),
        ("", None),
        ("Sat, 21 Nov 2020 08:00:00 GMT", 0.0),
        ("Sat, 21 Nov 2020 08:00:00 -0000", None),
        ("Fri, 31 Dec 99999999999999999999 23:59:59 GMT", None),
        ("Fri, 31 Dec 2026 23:59:59 +99999999999999999999", None),
    ],
)
def test_any_wish_to_wait_can_be_read(
    header: str | None, seconds: float | None
) -> None:
    assert _tries.retry_after(header) == seconds


async def test_an_endless_wish_to_wait_is_not_granted(
    neighbour: Neighbour, plex: Http, waits: Waits
) -> None:
    neighbour.says(answer(503, Retry_After="inf"))
    await fails(plex.get("/x"))

    assert waits.waited == []


async def test_a_call_ends_at_its_deadline(neighbour: Neighbour, plex: Http) -> None:
    neighbour.says(hangs)
    started = now()
    error = await fails(plex.get("/x", within_s=0.1))

    assert type(error) is Unreachable
    assert 0.1 <= now() - started < 5


async def test_a_deadline_is_for_all_tries_together(neighbour: Neighbour) -> None:
    neighbour.says(answer(503, Retry_After="0.05"), answer(503, Retry_After="0"), hangs)
    road = Http("plex", http.client(neighbour.url))
    started = now()
    await fails(road.get("/x", within_s=1))

    assert 1 <= now() - started < 5
    assert len(neighbour.calls) == 3
    await road.aclose()


async def test_nobody_there_is_unreachable() -> None:
    async with served(answer()) as url:
        pass
    road = Http("plex", http.client(url), wait=Waits().wait)

    assert str(await fails(road.get("/x"))) == "plex: unreachable"
    await road.aclose()


async def test_redirects_are_not_followed(neighbour: Neighbour, plex: Http) -> None:
    async with served(answer()) as elsewhere:
        neighbour.says(answer(302, "", Location=f"{elsewhere}/take-the-key"))
        error = await fails(plex.get("/x"))

    assert (type(error), neighbour.calls) == (Refused, [("GET", "/x")])


async def test_an_answer_too_large_to_hold_is_unreadable(
    neighbour: Neighbour, plex: Http
) -> None:
    neighbour.says(never_ends)

    assert type(await fails(plex.get("/x"))) is Unreadable


async def test_a_packed_answer_too_large_to_hold_is_unreadable(
    neighbour: Neighbour, plex: Http
) -> None:
    neighbour.says(packed(gzip.compress(bytes(40_000_000), 1)))

    assert type(await fails(plex.get("/x"))) is Unreadable


async def test_a_badly_packed_answer_is_unreadable(
    neighbour: Neighbour, plex: Http
) -> None:
    neighbour.says(packed(b"this is no gzip"))

    assert type(await fails(plex.get("/x"))) is Unreadable
    assert (len(neighbour.calls), plex.breaker.since) == (1, None)


async def test_an_answer_that_breaks_off_is_unreachable(
    neighbour: Neighbour, plex: Http
) -> None:
    neighbour.says(breaks_off)

    assert type(await fails(plex.get("/x"))) is Unreachable


@pytest.mark.parametrize(
    "body", ["", '{"a": ', "<!DOCTYPE html>", "\ufeff", "[" * 100_000, "1" * 5_000]
)
async def test_what_is_no_json_is_unreadable(
    neighbour: Neighbour, plex: Http, body: str
) -> None:
    neighbour.says(answer(200, body))
    got = await plex.get("/x")

    with pytest.raises(Unreadable, match=r"^plex: unreadable \(200\)$"):
        got.json()


@pytest.mark.parametrize("body", [b"[]", b"1", b'"x"', b"null"])
def test_what_is_no_object_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        Answer("plex", 200, {}, body).object()


async def test_a_neighbour_that_is_down_is_left_in_peace(
    neighbour: Neighbour, plex: Http
) -> None:
    neighbour.says(answer(500))
    before = datetime.now(UTC)
    for _ in range(5):
        await fails(plex.get("/x"))
    error = await fails(plex.get("/x"))

    assert (type(error), error.status, len(neighbour.calls)) == (Unreachable, None, 5)
    assert error.since is not None
    assert before <= error.since <= datetime.now(UTC)


@pytest.mark.parametrize("status", [400, 401, 404, 429])
async def test_a_neighbour_that_says_no_is_not_down(
    neighbour: Neighbour, plex: Http, status: int
) -> None:
    neighbour.says(answer(status))
    errors = [await fails(plex.get("/x")) for _ in range(6)]
    for _ in range(3):
        await fails(plex.probe("/x"))

    assert not plex.breaker.is_open
    assert {error.since for error in errors} == {None}


async def test_one_call_tries_whether_it_is_back(
    neighbour: Neighbour, plex: Http, waits: Waits
) -> None:
    neighbour.says(answer(500))
    for _ in range(5):
        await fails(plex.get("/x"))
    waits.now += OPEN_S
    go = asyncio.Event()

    async def comes_back(_request: web.Request) -> web.StreamResponse:
        await go.wait()
        return web.Response(text="{}")

    neighbour.says(comes_back)
    neighbour.arrived.clear()
    trial = asyncio.create_task(plex.get("/x"))
    await neighbour.arrived.wait()
    others = [await fails(plex.get("/x")) for _ in range(10)]
    go.set()

    assert (await trial).status == 200
    assert {type(error) for error in others} == {Unreachable}
    assert len(neighbour.calls) == 6
    assert (await plex.get("/x")).status == 200


async def test_a_cancelled_trial_lets_the_next_one_try(
    neighbour: Neighbour, plex: Http, waits: Waits
) -> None:
    neighbour.says(answer(500))
    for _ in range(5):
        await fails(plex.get("/x"))
    waits.now += OPEN_S
    neighbour.says(hangs, answer())
    neighbour.arrived.clear()
    trial = asyncio.create_task(plex.get("/x"))
    await neighbour.arrived.wait()
    trial.cancel()
    await asyncio.gather(trial, return_exceptions=True)

    assert (await plex.get("/x")).status == 200


async def test_a_call_that_cannot_be_built_keeps_nobodys_turn(
    neighbour: Neighbour, plex: Http, waits: Waits
) -> None:
    neighbour.says(answer(500))
    for _ in range(5):
        await fails(plex.get("/x"))
    waits.now += OPEN_S
    neighbour.says(answer())
    with pytest.raises(TypeError):
        await plex.send("POST", "/x", json=object())

    assert (await plex.get("/x")).status == 200


@pytest.mark.parametrize("path", ["/" + "x" * 70_000, "/\x00"])
async def test_an_address_that_is_none_is_unreadable(
    neighbour: Neighbour, plex: Http, path: str
) -> None:
    neighbour.says(answer())

    assert type(await fails(plex.get(path))) is Unreadable
    assert type(await fails(plex.probe(path))) is Unreadable
    assert neighbour.calls == []


async def test_a_probe_goes_past_the_breaker_and_closes_it(
    neighbour: Neighbour, plex: Http
) -> None:
    neighbour.says(answer(500))
    errors = [await fails(plex.probe("/up")) for _ in range(2)]
    was_open = plex.breaker.is_open
    neighbour.says(answer())
    took_ms = await plex.probe("/up")

    assert (was_open, plex.breaker.is_open, took_ms) == (True, False, 0)
    assert errors[0].since == errors[1].since is not None
    assert (await plex.get("/x")).status == 200


async def test_a_probe_is_made_once(neighbour: Neighbour, plex: Http) -> None:
    neighbour.says(answer(503, Retry_After="0"))
    await fails(plex.probe("/up"))

    assert neighbour.calls == [("GET", "/up")]


def chain(error: BaseException | None) -> str:
    """Everything a printed traceback of it would say."""
    texts = []
    while error is not None:
        texts.append(f"{error!r} {error}")
        error = error.__cause__ or (
            None if error.__suppress_context__ else error.__context__
        )
    return "\n".join(texts)


@pytest.mark.parametrize(
    "trouble",
    [
        answer(401),
        answer(500),
        answer(503),
        hangs,
        hangs_up,
        breaks_off,
        answer(302, "", Location=f"http://x/?t={KEY}"),
        packed(b"no gzip"),
    ],
)
async def test_no_address_and_no_key_is_in_an_error_or_a_line(
    neighbour: Neighbour, plex: Http, trouble: Handler
) -> None:
    neighbour.says(trouble)
    with structlog.testing.capture_logs() as lines:
        error = await fails(plex.get("/secret/path", params={"t": KEY}, within_s=0.1))
    told = f"{chain(error)} {error!r} {lines}"

    assert lines
    for secret in (KEY, "secret/path", neighbour.url.removeprefix("http://")):
        assert secret not in told


async def test_a_key_that_cannot_be_sent_is_not_quoted(neighbour: Neighbour) -> None:
    connection = http.client(neighbour.url)
    road = Http("plex", connection, wait=Waits().wait)
    error = await fails(road.get("/x", headers={"X-Plex-Token": f"{KEY}\n"}))

    assert isinstance(error.__cause__, httpx.HTTPError) is False
    assert KEY not in chain(error)
    await road.aclose()


@pytest.mark.parametrize("steps", range(1, 24))
async def test_closing_ends_a_call_however_far_it_has_come(
    neighbour: Neighbour, steps: int
) -> None:
    """Also one that is just connecting, whose connection httpx would leave open."""
    neighbour.says(hangs)
    road = Http("plex", http.client(neighbour.url))
    call = asyncio.create_task(fails(road.get("/x")))
    for _ in range(steps):
        await asyncio.sleep(0)
    await road.aclose()

    assert call.done()
    assert str(await call) == "plex: unreachable"


async def test_after_closing_nobody_is_asked(neighbour: Neighbour) -> None:
    neighbour.says(answer())
    road = Http("plex", http.client(neighbour.url))
    await road.aclose()

    assert str(await fails(road.get("/x"))) == "plex: unreachable"
    assert str(await fails(road.probe("/x"))) == "plex: unreachable"
    assert neighbour.calls == []
