"""The Uptime Kuma stand-in, judged by what real servers of both versions sent."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import socketio

from medianest_bot.demo import household
from medianest_bot.demo._kuma_past import spent_day
from medianest_bot.demo.uptime_kuma import UptimeKumaStandIn

RECORDED = Path(__file__).parent.parent / "fixtures" / "uptime_kuma"
VERSIONS = ("1.23.17", "2.5.3")
WORDS = {"username": "mum", "password": "demo-kuma-password", "token": ""}
PHOTOS = 4

PER_MONITOR = {
    "avgPing",
    "uptime",
    "heartbeatList",
    "importantHeartbeatList",
    "certInfo",
}
KEYED = {"monitorList", "updateMonitorIntoList", "maintenanceList", "statusPageList"}

Event = tuple[str, list[Any]]


class Ear:
    """A plain Socket.IO client that writes down what it hears, in order."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = url
        self.heard: list[Event] = []
        self._more = asyncio.Event()
        self.sio: Any = socketio.AsyncClient(
            reconnection=False, handle_sigint=False, http_session=session
        )
        self.sio.on("*", self._hear)

    def _hear(self, event: str, *args: Any) -> None:
        self.heard.append((event, list(args)))
        self._more.set()

    async def open(self) -> None:
        await self.sio.connect(self._url, transports=["websocket"])
        await self.until("info")

    async def until(self, event: str, count: int = 1) -> None:
        async with asyncio.timeout(20):
            while [name for name, _ in self.heard].count(event) < count:
                self._more.clear()
                await self._more.wait()

    async def ask(self, event: str, *args: Any, within_s: float = 20) -> Any:
        answer = await self.sio.call(event, args, timeout=within_s)
        self.heard.append(("ack", [event]))
        return answer


@asynccontextmanager
async def ear(url: str) -> AsyncIterator[Ear]:
    async with aiohttp.ClientSession() as session:
        listening = Ear(url, session)
        await listening.open()
        try:
            yield listening
        finally:
            await listening.sio.disconnect()


@asynccontextmanager
async def server(version: str, **options: Any) -> AsyncIterator[Any]:
    pace = options.pop("pace", 0)
    stand_in = UptimeKumaStandIn(
        household.read(), version=version, pace=pace, **options
    )
    url = await stand_in.start()
    try:
        yield stand_in, url
    finally:
        await stand_in.stop()


@pytest.fixture(params=VERSIONS)
async def both(request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    async with server(request.param) as (stand_in, url):
        yield request.param, stand_in, url


async def test_events_have_the_recorded_shapes(both: Any) -> None:
    version, stand_in, url = both
    recorded = _recorded(version)
    async with ear(url) as told:
        await told.ask("login", WORDS)
        await told.until("initServerTimezone")
        for state in (2, 0, 1, 3, 1):
            await stand_in.beat(PHOTOS, state, 30 if state == 1 else None)
        await stand_in.beat(5, 1)
        await stand_in.beat(6, 1, 80)
        await told.ask("pauseMonitor", PHOTOS)
        await told.until("heartbeat", 7)
    strange = [
        (event, args)
        for event, args in told.heard
        if event not in ("ack", "monitorTypeList")
        and not any(_fits(event, args, of) for name, of in recorded if name == event)
    ]
    assert strange == []
    heard, known = {event for event, _ in told.heard}, {name for name, _ in recorded}
    assert known - heard <= {"deleteMonitorFromList"}


async def test_a_sign_in_comes_in_the_recorded_order(both: Any) -> None:
    version, _, url = both
    async with ear(url) as told:
        token = (await told.ask("login", WORDS))["token"]
        await told.until("initServerTimezone")
    async with ear(url) as again:
        await again.ask("loginByToken", token)
        await again.until("initServerTimezone")
    lines = (RECORDED / version / "sign-in.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    order = [row.get("server", "ack") for row in rows if "client" not in row]
    assert _order(event for event, _ in again.heard) == _order(order)


async def test_answers_have_the_recorded_shapes(both: Any) -> None:
    version, _, url = both
    recorded = json.loads((RECORDED / version / "acks.json").read_text())
    async with ear(url) as told:
        answers = [("needSetup", await told.ask("needSetup"))]
        answers += [("getMonitorList", await told.ask("getMonitorList"))]
        answers += [
            ("login", await told.ask("login", WORDS | {"password": "wrong"})),
            ("loginByToken", await told.ask("loginByToken", "wrong")),
            ("login", await told.ask("login", WORDS)),
        ]
        calls = [
            ("loginByToken", (answers[-1][1]["token"],)),
            ("getMonitorBeats", (PHOTOS, 1)),
            ("pauseMonitor", (PHOTOS,)),
            ("resumeMonitor", (PHOTOS,)),
        ]
        if version.startswith("2"):
            calls += [
                ("getMonitorChartData", (PHOTOS, 1)),
                ("monitorImportantHeartbeatListPaged", (None, 0, 3)),
                ("monitorImportantHeartbeatListCount", (None,)),
            ]
        for name, args in calls:
            answers.append((name, await told.ask(name, *args)))
    for name, answer in answers:
        fitting = [one for one in recorded[name] if _same(answer, one)]
        assert fitting, (name, answer)
        said = answer.get("msg") if isinstance(answer, dict) else answer
        assert said in [
            one.get("msg") if isinstance(one, dict) else said for one in fitting
        ]


async def test_codes_work_once(both: Any) -> None:
    version, stand_in, url = both
    stand_in.accounts.totp = "123456"
    async with ear(url) as told:
        answers = [
            await told.ask("login", WORDS | {"token": code})
            for code in ("", "000000", "123456", "123456")
        ]
    recorded = json.loads((RECORDED / version / "acks.json").read_text())["login"]
    assert answers[0] == {"tokenRequired": True}
    assert answers[1] == answers[3]
    assert answers[1] in recorded
    assert answers[2]["ok"] is True


async def test_twenty_tries_a_minute_are_all_there_are(both: Any) -> None:
    _, _, url = both
    wrong = WORDS | {"password": "guess"}
    async with ear(url) as told:
        answers = [await told.ask("login", wrong) for _ in range(21)]
    assert [a["msg"] == "Too frequently, try again later." for a in answers] == [
        *[False] * 20,
        True,
    ]


async def test_lists_are_sent_again_to_everybody_who_is_signed_in(both: Any) -> None:
    _, _, url = both
    async with ear(url) as first, ear(url) as stranger, ear(url) as second:
        await first.ask("login", WORDS)
        await first.until("initServerTimezone")
        first.heard.clear()
        await second.ask("login", WORDS)
        await second.until("initServerTimezone")
        await first.until("uptime", 14)
        again = {event for event, _ in first.heard}
        assert {"monitorList", "statusPageList", "avgPing", "uptime"} <= again
        assert "heartbeatList" not in again
        assert {event for event, _ in stranger.heard} <= {"info", "loginRequired"}


async def test_1_23_never_acknowledges_what_it_does_not_know() -> None:
    async with server("1.23.17") as (_, url), ear(url) as told:
        await told.ask("login", WORDS)
        with pytest.raises(socketio.exceptions.TimeoutError):
            await told.ask("getMonitorChartData", 1, 24, within_s=0.2)


async def test_2_5_loses_what_comes_before_its_greeting() -> None:
    async with server("2.5.3") as (stand_in, url), aiohttp.ClientSession() as session:
        stand_in.sockets.greet_after_s = 0.3
        told = Ear(url, session)
        await told.sio.connect(url, transports=["websocket"])
        with pytest.raises(socketio.exceptions.TimeoutError):
            await told.ask("needSetup", within_s=0.1)
        await told.until("info")
        assert await told.ask("needSetup") is False
        await told.sio.disconnect()


async def test_metrics_have_the_recorded_series(both: Any) -> None:
    version, stand_in, url = both
    recorded = (RECORDED / version / "metrics.txt").read_text()
    async with aiohttp.ClientSession(url) as session:
        auth = aiohttp.encode_basic_auth("mum", WORDS["password"])
        async with session.get("/metrics", headers={"Authorization": auth}) as answer:
            body = await answer.text()
        assert answer.headers["content-type"] == (
            "text/plain; version=0.0.4; charset=utf-8"
        )
    assert _series(body) == _series(recorded)
    assert f'version="{stand_in.house.shapes.version}"' in body


async def test_an_api_key_alone_opens_metrics(both: Any) -> None:
    _, stand_in, url = both
    words = {
        "": None,
        "mum": aiohttp.encode_basic_auth("mum", WORDS["password"]),
        "key": aiohttp.encode_basic_auth("", "uk1_key"),
    }
    seen = {}
    async with aiohttp.ClientSession(url) as session:
        for key in (None, "uk1_key"):
            stand_in.accounts.api_key = key
            for name, auth in words.items():
                headers = {"Authorization": auth} if auth else {}
                async with session.get("/metrics", headers=headers) as answer:
                    seen[key, name] = answer.status
    assert seen == {
        (None, ""): 401,
        (None, "mum"): 200,
        (None, "key"): 401,
        ("uk1_key", ""): 401,
        ("uk1_key", "mum"): 401,
        ("uk1_key", "key"): 200,
    }


async def test_the_status_page_has_the_recorded_shape(both: Any) -> None:
    version, _, url = both
    names = {
        "status-page": "/api/status-page/maple",
        "status-heartbeat": "/api/status-page/heartbeat/maple",
        "incident-history": "/api/status-page/maple/incident-history",
    }
    async with aiohttp.ClientSession(url) as session:
        for name, path in names.items():
            file = RECORDED / version / f"{name}.json"
            async with session.get(path) as answer:
                if not file.exists():
                    assert answer.status == 404
                    continue
                told = await answer.json()
            assert _same(told, json.loads(file.read_text())), name


async def test_pages_that_are_not_there(both: Any) -> None:
    version, _, url = both
    timeout = aiohttp.ClientTimeout(total=0.3)
    async with aiohttp.ClientSession(url, timeout=timeout) as session:
        async with session.get("/api/status-page/heartbeat/none") as answer:
            told = await answer.json()
        assert told == {"heartbeatList": {}, "uptimeList": {}}
        if version.startswith("1"):
            with pytest.raises(TimeoutError):
                await session.get("/api/status-page/none")
            return
        async with session.get("/api/status-page/none") as answer:
            assert (answer.status, await answer.json()) == (
                404,
                {"status": "fail", "msg": "Status Page Not Found"},
            )


async def test_a_pushed_beat_reaches_the_sockets(both: Any) -> None:
    version, _, url = both
    token = f"demopush{5:024d}"
    async with aiohttp.ClientSession(url) as session, ear(url) as told:
        await told.ask("login", WORDS)
        await told.until("initServerTimezone")
        for query in ("?status=down", "?status=down", "?status=up&ping=12"):
            async with session.get(f"/api/push/{token}{query}") as answer:
                assert (answer.status, await answer.json()) == (200, {"ok": True})
        await told.until("heartbeat", 3)
        async with session.get("/api/push/nope") as answer:
            assert (answer.status, await answer.json()) == (
                404,
                {"ok": False, "msg": "Monitor not found or not active."},
            )
    beats = [args[0] for event, args in told.heard if event == "heartbeat"]
    first = 2 if version.startswith("2") else 0
    assert [(b["status"], b["ping"]) for b in beats] == [
        (first, None),
        (0, None),
        (1, 12),
    ]


async def test_the_story_goes_down_and_comes_back() -> None:
    async with server("2.5.3", pace=0.01) as (_, url), ear(url) as told:
        await told.ask("login", WORDS)
        async with asyncio.timeout(20):
            while len(_turns(told)) < 4:
                told._more.clear()
                await told._more.wait()
    assert _turns(told)[:4] == [0, 1, 0, 1]


async def test_the_day_before_is_the_same_for_the_same_monitor() -> None:
    for monitor in household.read().monitors:
        now = UptimeKumaStandIn(household.read(), pace=0).house.started
        days = [spent_day(monitor, now, iter(range(10_000))) for _ in range(2)]
        assert days[0] == days[1]
        assert len(days[0].rows) == 24 * 30


def _turns(told: Ear) -> list[int]:
    beats = [args[0] for event, args in told.heard if event == "heartbeat"]
    return [
        beat["status"]
        for beat in beats
        if beat["monitorID"] == PHOTOS and beat["important"]
    ]


def _recorded(version: str) -> list[Event]:
    rows: list[Event] = []
    for name in ("events.jsonl", "sign-in.jsonl"):
        for line in (RECORDED / version / name).read_text().splitlines():
            row = json.loads(line)
            if "server" in row:
                rows.append((row["server"], row["args"]))
    return rows


def _order(events: Any) -> list[str]:
    """The lists as they come; what comes per monitor varies and is taken as one."""
    seen: list[str] = []
    for event in events:
        name = "each monitor" if event in PER_MONITOR else event
        if name != "heartbeat" and name not in seen[-1:]:
            seen.append(name)
    return seen


def _fits(event: str, args: list[Any], recorded: list[Any]) -> bool:
    if len(args) != len(recorded):
        return False
    if event in KEYED:
        return _same(_first(args[0]), _first(recorded[0]))
    if event == "certInfo":
        ours, theirs = json.loads(args[1]), json.loads(recorded[1])
        keys = {"subject", "issuer", "valid_to", "validTo", "daysRemaining", "certType"}
        theirs["certInfo"] = {k: theirs["certInfo"][k] for k in keys}
        ours["certInfo"] = dict(ours["certInfo"])
        return _same([args[0], ours], [recorded[0], theirs])
    return all(_same(a, b) for a, b in zip(args, recorded, strict=True))


def _first(rows: Any) -> Any:
    return next(iter(rows.values()), None) if isinstance(rows, dict) else rows


def _same(ours: Any, theirs: Any) -> bool:
    """The same shape: keys of objects, the first of lists, types; null fits all."""
    if ours is None or theirs is None:
        return True
    if isinstance(ours, dict) and isinstance(theirs, dict):
        if all(_is_id(key) for key in [*ours, *theirs]):
            return _same(_first(ours), _first(theirs))
        return ours.keys() == theirs.keys() and all(
            _same(ours[key], theirs[key]) for key in ours
        )
    if isinstance(ours, list) and isinstance(theirs, list):
        return not ours or not theirs or _same(ours[0], theirs[0])
    return _kind(ours) == _kind(theirs)


def _is_id(key: str) -> bool:
    return bool(re.fullmatch(r"\d+(_24)?", key))


def _kind(value: Any) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return "number" if is_number else type(value).__name__


def _series(body: str) -> list[tuple[str, tuple[str, ...], str]]:
    """Names, label names and windows, in order, once each."""
    found: list[tuple[str, tuple[str, ...], str]] = []
    for line in body.splitlines():
        match = re.match(r"(\w+)\{(.*)\} \S+$", line)
        if match:
            labels = tuple(re.findall(r'(\w+)="(?:[^"\\]|\\.)*"', match[2]))
            window = re.search(r'window="(\w+)"', match[2])
            entry = (match[1], labels, window[1] if window else "")
            if entry not in found:
                found.append(entry)
    return found
