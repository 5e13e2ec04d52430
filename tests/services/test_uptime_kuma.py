"""The Uptime Kuma client against a stand-in on a real socket."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog

from medianest_bot.demo import household
from medianest_bot.demo.uptime_kuma import UptimeKumaStandIn
from medianest_bot.services import http
from medianest_bot.services.errors import (
    Missing,
    Refused,
    ServiceError,
    Unreachable,
)
from medianest_bot.services.uptime_kuma import (
    Change,
    SignIn,
    SignInTrouble,
    Source,
    State,
    UptimeKuma,
)

VERSIONS = ("1.23.17", "2.5.3")
MUM = SignIn("mum", "demo-kuma-password")
PHOTOS = 4


class Clock:
    """Both clocks of the client, set by hand."""

    def __init__(self) -> None:
        self.passed_s = 1000.0
        self._start = datetime.now(UTC)

    def seconds(self) -> float:
        return self.passed_s

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.passed_s - 1000.0)


class Pauses:
    """Stands in for the pause before the next connection: ends when told."""

    def __init__(self) -> None:
        self.asked: asyncio.Queue[float] = asyncio.Queue()
        self._over = asyncio.Semaphore(0)

    async def __call__(self, seconds: float) -> None:
        self.asked.put_nowait(seconds)
        await self._over.acquire()

    async def next(self) -> float:
        return await asyncio.wait_for(self.asked.get(), 20)

    def end(self) -> None:
        self._over.release()


@dataclass
class Told:
    """A client and what it told us."""

    kuma: UptimeKuma
    clock: Clock
    pauses: Pauses
    tokens: list[str]
    changes: asyncio.Queue[Change]
    run: asyncio.Task[None] | None = field(default=None)

    def start(self) -> None:
        self.run = asyncio.create_task(self.kuma.run())

    async def change(self) -> Change:
        return await asyncio.wait_for(self.changes.get(), 20)

    async def live(self) -> None:
        """Wait until the socket is there."""
        await asyncio.sleep(0)
        kept = await self.kuma.snapshot(within_s=8)
        assert kept.value.source is Source.SOCKET


@asynccontextmanager
async def client(url: str, **options: Any) -> AsyncIterator[Told]:
    clock, pauses = Clock(), Pauses()
    tokens: list[str] = []
    changes: asyncio.Queue[Change] = asyncio.Queue()

    async def keep(token: str) -> None:
        tokens.append(token)

    road = http.Http("uptime_kuma", http.client(url))
    kuma = UptimeKuma(
        url,
        road,
        keep_token=keep,
        changed=changes.put_nowait,
        wait=pauses,
        clock=clock.seconds,
        now=clock.now,
        **options,
    )
    told = Told(kuma, clock, pauses, tokens, changes)
    try:
        yield told
    finally:
        await kuma.aclose()
        await road.aclose()


@asynccontextmanager
async def server(**options: Any) -> AsyncIterator[tuple[UptimeKumaStandIn, str]]:
    stand_in = UptimeKumaStandIn(household.read(), pace=0, **options)
    url = await stand_in.start()
    try:
        yield stand_in, url
    finally:
        await stand_in.stop()


@pytest.fixture(params=VERSIONS)
async def both(
    request: pytest.FixtureRequest,
) -> AsyncIterator[tuple[UptimeKumaStandIn, str]]:
    async with server(version=request.param) as pair:
        yield pair


async def test_the_socket_tells_everything(both: tuple[UptimeKumaStandIn, str]) -> None:
    stand_in, url = both
    async with client(url, sign_in=MUM, status_page="maple") as told:
        told.start()
        await asyncio.sleep(0)
        kept = await told.kuma.snapshot(within_s=8)
    snapshot = kept.value
    started = stand_in.house.started.replace(microsecond=0)
    assert (snapshot.source, snapshot.version, kept.is_stale) == (
        Source.SOCKET,
        stand_in.house.shapes.version,
        False,
    )
    assert [
        (m.name, m.state.name, m.active, m.certificate_days, m.message)
        for m in snapshot.monitors
    ] == [
        ("Plex", "UP", True, None, "200 - OK"),
        ("Seerr", "UP", True, None, "200 - OK"),
        ("Home internet", "UP", True, None, ""),
        ("Photo album", "UP", True, None, "200 - OK"),
        ("Backup job", "UP", True, None, "OK"),
        ("Front door certificate", "UP", True, 43, "200 - OK"),
        ("Printer", "MAINTENANCE", True, None, "Monitor under maintenance"),
    ]
    photos = stand_in.house.watched[PHOTOS]
    monitor = snapshot.monitors[3]
    assert (monitor.ping_ms, monitor.avg_ping_ms, monitor.uptime_day) == (
        photos.last.ping_ms,
        photos.mean_ping_ms(),
        photos.uptime(timedelta(days=1)),
    )
    assert [(i.title, i.at) for i in snapshot.incidents] == [
        ("Photos load slowly", started - timedelta(hours=3))
    ]
    assert [(m.title, m.active, m.until) for m in snapshot.maintenance] == [
        ("Printer gets new toner", True, started + timedelta(minutes=150))
    ]


async def test_since_is_when_the_state_really_began(
    both: tuple[UptimeKumaStandIn, str],
) -> None:
    stand_in, url = both
    turned = {
        key: next(row.at for row in stand_in.house.turns(key))
        for key in stand_in.house.watched
    }
    async with client(url, sign_in=MUM) as told:
        told.start()
        await asyncio.sleep(0)
        snapshot = (await told.kuma.snapshot(within_s=8)).value
    assert {m.id: m.since for m in snapshot.monitors} == {
        key: at.replace(microsecond=at.microsecond // 1000 * 1000)
        for key, at in turned.items()
    }


async def test_the_password_is_used_once_and_then_the_token(
    both: tuple[UptimeKumaStandIn, str],
) -> None:
    stand_in, url = both
    async with client(url, sign_in=MUM) as told:
        told.start()
        await told.live()
        await stand_in.sockets.drop_all()
        await told.pauses.next()
        troubles = [type(told.kuma.trouble)]
        told.pauses.end()
        await told.live()
        troubles.append(type(told.kuma.trouble))
    assert troubles == [Unreachable, type(None)]
    calls = [name for name in stand_in.sockets.received if name.startswith("login")]
    assert (calls, told.tokens) == (
        ["login", "loginByToken"],
        [stand_in.accounts.token()],
    )


async def test_a_kept_token_needs_no_password() -> None:
    async with (
        server() as (stand_in, url),
        client(url, token=stand_in.accounts.token()) as told,
    ):
        told.start()
        await told.live()
        assert (told.tokens, "login" in stand_in.sockets.received) == ([], False)


async def test_a_refused_token_is_replaced_by_one_sign_in() -> None:
    async with server() as (stand_in, url), client(url, sign_in=MUM, token="x") as told:
        told.start()
        await told.live()
        assert told.tokens == [stand_in.accounts.token()]


async def test_a_refused_token_without_a_password_is_said() -> None:
    async with server() as (stand_in, url), client(url, token="x") as told:
        told.start()
        pause_s = await told.pauses.next()
        assert _said(told.kuma.trouble) is SignInTrouble.TOKEN_REFUSED
        assert pause_s >= 60
        assert "login" not in stand_in.sockets.received


async def test_a_changed_password_is_noticed(
    both: tuple[UptimeKumaStandIn, str],
) -> None:
    stand_in, url = both
    async with client(url, sign_in=MUM) as told:
        told.start()
        await told.live()
        await stand_in.change_password("another")
        await told.pauses.next()
        told.pauses.end()
        pause_s = await told.pauses.next()
        assert _said(told.kuma.trouble) is SignInTrouble.WRONG_CREDENTIALS
        assert pause_s >= 60


async def test_a_wrong_password_is_tried_less_and_less_often() -> None:
    async with server() as (stand_in, url):
        wrong = SignIn("mum", "guess")
        async with client(url, sign_in=wrong) as told:
            told.start()
            pauses = [await told.pauses.next()]
            for _ in range(2):
                told.pauses.end()
                pauses.append(await told.pauses.next())
        assert [round(pause_s) // 60 for pause_s in pauses] == [1, 2, 4]
        assert stand_in.sockets.received.count("login") == 3


async def test_a_code_is_asked_for_and_used_once(
    both: tuple[UptimeKumaStandIn, str],
) -> None:
    stand_in, url = both
    stand_in.accounts.totp = "123456"
    async with client(url, sign_in=MUM) as told:
        told.start()
        await told.pauses.next()
        assert _said(told.kuma.trouble) is SignInTrouble.TOTP_NEEDED
    with_code = SignIn(MUM.username, MUM.password, "123456")
    async with client(url, sign_in=with_code) as told:
        told.start()
        await told.live()
        await stand_in.sockets.drop_all()
        await told.pauses.next()
        told.pauses.end()
        await told.live()
    async with client(url, sign_in=with_code) as told:
        told.start()
        await told.pauses.next()
        assert _said(told.kuma.trouble) is SignInTrouble.WRONG_CREDENTIALS


async def test_nobody_to_sign_in_as_is_said() -> None:
    async with server() as (_, url), client(url, patience_s=0.5) as told:
        told.start()
        await told.pauses.next()
        assert _said(told.kuma.trouble) is SignInTrouble.NO_CREDENTIALS


async def test_signing_in_waits_for_the_greeting() -> None:
    """2.5.3 loses what it is sent before its `info`."""
    async with server() as (stand_in, url), client(url, sign_in=MUM) as told:
        stand_in.sockets.greet_after_s = 0.2
        told.start()
        await told.live()


async def test_going_down_and_coming_back_is_told_once_each(
    both: tuple[UptimeKumaStandIn, str],
) -> None:
    stand_in, url = both
    async with client(url, sign_in=MUM) as told:
        told.start()
        await told.live()
        for state in (2, 0, 0, 2, 0, 1, 3, 1):
            await stand_in.beat(PHOTOS, state, 20 if state == 1 else None)
        changes = [await told.change() for _ in range(4)]
        assert told.changes.empty()
        monitor = (await told.kuma.snapshot()).value.monitors[PHOTOS - 1]
    rows = stand_in.house.watched[PHOTOS].rows
    assert [(c.name, c.before.name, c.now.name) for c in changes] == [
        ("Photo album", "UP", "DOWN"),
        ("Photo album", "DOWN", "UP"),
        ("Photo album", "UP", "MAINTENANCE"),
        ("Photo album", "MAINTENANCE", "UP"),
    ]
    assert [beat.state for beat in monitor.beats][-9:] == [1, 2, 0, 0, 2, 0, 1, 3, 1]
    assert monitor.since == rows[-1].at.replace(
        microsecond=rows[-1].at.microsecond // 1000 * 1000
    )


async def test_what_turned_while_we_were_away_is_told_after_coming_back(
    both: tuple[UptimeKumaStandIn, str],
) -> None:
    stand_in, url = both
    async with client(url, sign_in=MUM) as told:
        told.start()
        await told.live()
        await stand_in.sockets.drop_all()
        await told.pauses.next()
        await stand_in.beat(PHOTOS, 0)
        told.pauses.end()
        change = await told.change()
        await told.live()
    assert (change.monitor_id, change.before, change.now) == (
        PHOTOS,
        State.UP,
        State.DOWN,
    )


async def test_somebody_else_signing_in_changes_nothing(
    both: tuple[UptimeKumaStandIn, str],
) -> None:
    """Row 13: the lists are sent again to everybody, ids as strings or numbers."""
    _, url = both
    async with client(url, sign_in=MUM) as told, client(url, sign_in=MUM) as other:
        told.start()
        await told.live()
        await asyncio.wait_for(_day_is_there(told.kuma), 20)
        before = (await told.kuma.snapshot()).value
        other.start()
        await other.live()
        assert (await told.kuma.snapshot()).value == before
        assert told.changes.empty()


async def test_calls_that_1_23_does_not_know_are_not_made(
    both: tuple[UptimeKumaStandIn, str],
) -> None:
    """Row 14: it would never answer them."""
    stand_in, url = both
    async with client(url, sign_in=MUM) as told:
        told.start()
        await told.live()
    asked = "monitorImportantHeartbeatListPaged" in stand_in.sockets.received
    assert asked is stand_in.house.shapes.is_two


async def test_the_beats_of_a_day_come_over_the_socket(
    both: tuple[UptimeKumaStandIn, str],
) -> None:
    stand_in, url = both
    async with client(url, sign_in=MUM) as told:
        assert await told.kuma.beats(PHOTOS) == ()
        told.start()
        await told.live()
        hour = await told.kuma.beats(PHOTOS, 1)
        await asyncio.wait_for(_day_is_there(told.kuma), 20)
    rows = stand_in.house.watched[PHOTOS].rows[-len(hour) :]
    assert [(b.state.value, b.ping_ms) for b in hour] == [
        (row.status.value, row.ping_ms) for row in rows
    ]
    assert 28 <= len(hour) <= 30


async def test_without_a_socket_metrics_answer(
    both: tuple[UptimeKumaStandIn, str],
) -> None:
    stand_in, url = both
    async with client(url, sign_in=MUM, status_page="maple") as told:
        kept = await told.kuma.snapshot()
        again = await told.kuma.snapshot()
    watched = stand_in.house.watched.values()
    snapshot = kept.value
    assert again == kept
    assert (snapshot.source, snapshot.version, len(snapshot.incidents)) == (
        Source.METRICS,
        stand_in.house.shapes.version,
        1,
    )
    assert {m.name: (m.state.value, m.ping_ms) for m in snapshot.monitors} == {
        one.monitor.name: (one.last.status.value, one.last.ping_ms) for one in watched
    }
    has_ids = {m.id for m in snapshot.monitors} == set(stand_in.house.watched)
    assert has_ids is stand_in.house.shapes.is_two


async def test_after_the_socket_1_23_metrics_keep_the_real_ids() -> None:
    async with server(version="1.23.17") as (stand_in, url):
        async with client(url, sign_in=MUM) as told:
            told.start()
            await told.live()
            await stand_in.sockets.drop_all()
            await told.pauses.next()
            snapshot = (await told.kuma.snapshot()).value
        assert snapshot.source is Source.METRICS
        assert [m.id for m in snapshot.monitors] == [1, 2, 3, 4, 5, 6, 7]


async def test_an_api_key_opens_metrics_and_shuts_the_password_out(
    both: tuple[UptimeKumaStandIn, str],
) -> None:
    """Row 15: and a wrong try there is not repeated at once."""
    stand_in, url = both
    stand_in.accounts.api_key = "uk1_key"
    async with client(url, api_key="uk1_key") as told:
        assert (await told.kuma.snapshot()).value.source is Source.METRICS
    async with client(url, sign_in=MUM, status_page="maple") as told:
        for _ in range(2):
            kept = await told.kuma.snapshot()
            assert kept.value.source is Source.STATUS_PAGE
            told.clock.passed_s += 30
        assert len(stand_in.accounts._tries) == 1
        told.clock.passed_s += 31
        await told.kuma.snapshot()
        assert len(stand_in.accounts._tries) == 2


async def test_the_status_page_is_the_last_way(
    both: tuple[UptimeKumaStandIn, str],
) -> None:
    stand_in, url = both
    async with client(url, status_page="maple") as told:
        snapshot = (await told.kuma.snapshot()).value
    photos = snapshot.monitors[PHOTOS - 1]
    watched = stand_in.house.watched[PHOTOS]
    assert (snapshot.source, photos.group, photos.uptime_day, len(photos.beats)) == (
        Source.STATUS_PAGE,
        "At home",
        watched.uptime(timedelta(days=1)),
        100,
    )
    assert [m.title for m in snapshot.maintenance] == ["Printer gets new toner"]


async def test_an_unknown_status_page_does_not_hold_anybody_up() -> None:
    """Row 16: 1.23 never answers for a page it does not know, 2.5 says 404."""
    async with server(version="1.23.17") as (_, url):
        async with client(url, status_page="nowhere") as told:
            with pytest.raises(Unreachable):
                await told.kuma.snapshot(within_s=0.4)
        async with client(url, sign_in=MUM, status_page="nowhere") as told:
            told.start()
            await told.live()
            async with asyncio.timeout(5):  # known to be silent: not asked again
                assert (await told.kuma.snapshot(within_s=8)).value.incidents == ()
    async with server() as (_, url), client(url, status_page="nowhere") as told:
        with pytest.raises(Missing):
            await told.kuma.snapshot()


async def test_metrics_are_not_the_whole_truth() -> None:
    """Row 17: a new tag makes 2.5 drop a monitor there, but not from the socket."""
    async with server() as (stand_in, url), client(url, sign_in=MUM) as told:
        stand_in.house.untold.add(PHOTOS)
        by_metrics = (await told.kuma.snapshot()).value
        told.start()
        await asyncio.sleep(0)
        by_socket = (await told.kuma.snapshot(within_s=8)).value
    names = {m.name for m in by_socket.monitors} - {m.name for m in by_metrics.monitors}
    assert (by_metrics.source, by_socket.source, names) == (
        Source.METRICS,
        Source.SOCKET,
        {"Photo album"},
    )


async def test_when_nobody_answers_the_last_known_is_told_with_its_age() -> None:
    async with server() as (stand_in, url), client(url, sign_in=MUM) as told:
        stand_in.knobs.fail_status = 500
        with pytest.raises(Unreachable):
            await told.kuma.snapshot(within_s=0.5)
        stand_in.knobs.reset()
        told.start()
        await told.live()
        told.clock.passed_s += 500
        await stand_in.stop()
        await told.pauses.next()
        kept = await told.kuma.snapshot(within_s=0.5)
        assert (kept.is_stale, len(kept.value.monitors)) == (True, 7)
        assert kept.at < told.clock.now()


async def test_nothing_set_up_is_unreachable_not_empty() -> None:
    async with server() as (_, url), client(url) as told:
        with pytest.raises(Unreachable):
            await told.kuma.snapshot()


async def test_a_mute_server_is_given_up() -> None:
    options = {"sign_in": MUM, "patience_s": 0.1}
    async with server() as (stand_in, url), client(url, **options) as told:
        stand_in.sockets.is_mute = True
        told.start()
        await told.pauses.next()
        assert isinstance(told.kuma.trouble, Unreachable)


async def test_connections_are_tried_with_growing_pauses() -> None:
    async with client("http://127.0.0.1:9", sign_in=MUM) as told:
        told.start()
        pauses = [await told.pauses.next()]
        for _ in range(7):
            told.pauses.end()
            pauses.append(await told.pauses.next())
    for pause_s, most_s in zip(pauses, (1, 2, 4, 8, 16, 32, 60, 60), strict=True):
        assert most_s * 0.75 <= pause_s <= most_s


async def test_garbage_is_noted_once_and_the_socket_lives_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as logs:
        async with server() as (stand_in, url), client(url, sign_in=MUM) as told:
            told.start()
            await told.live()
            await _send_garbage(stand_in)
            await stand_in.beat(PHOTOS, 0)
            assert (await told.change()).now is State.DOWN
            token = stand_in.accounts.token()
    noted = [log["kind"] for log in logs if log["event"] == "unreadable event"]
    kinds = ["certInfo", "heartbeat", "heartbeatList", "monitorList", "uptime"]
    assert sorted(noted) == ["", *kinds]
    lines = [r.getMessage() for r in caplog.records if not r.name.startswith("http")]
    for secret in ("s3cret", MUM.password, token, url):
        assert secret not in f"{logs} {lines}"


async def _send_garbage(stand_in: UptimeKumaStandIn) -> None:
    sio = stand_in.sockets.server
    for event, args in (
        ("heartbeat", ("s3cret",)),
        ("heartbeat", ()),
        ("heartbeat", ({"monitorID": None},)),
        ("heartbeatList", ("one", "two")),
        ("monitorList", (7,)),
        ("monitorList", ({"x": {"name": "s3cret"}},)),
        ("uptime", ()),
        ("certInfo", ("6", '{"s3cret":')),
        ("notificationList", ([{"config": "s3cret"}],)),
        ("somethingNew", ({"a": [1, 2]},)),
    ):
        await sio.emit(event, args)
    for sid in list(sio.eio.sockets):
        await sio.eio.send(sid, "2[s3cret")
        await sio.eio.send(sid, "9")


async def test_paused_and_resumed_monitors_follow(
    both: tuple[UptimeKumaStandIn, str],
) -> None:
    stand_in, url = both
    async with client(url, sign_in=MUM) as told:
        told.start()
        await told.live()
        seen = []
        for is_active in (False, True):
            await stand_in.sockets._set_active(PHOTOS, is_active=is_active)
            await stand_in.beat(1, 0 if is_active else 3)
            await told.change()
            monitor = (await told.kuma.snapshot()).value.monitors[PHOTOS - 1]
            seen.append((monitor.active, monitor.state))
    assert seen == [(False, State.UNKNOWN), (True, State.UP)]


async def test_the_probe_takes_the_cheapest_question() -> None:
    async with server() as (stand_in, url), client(url) as told:
        assert await told.kuma.probe() > 0
        stand_in.knobs.fail_status = 503
        with pytest.raises(Unreachable):
            await told.kuma.probe()


@pytest.mark.parametrize("steps", [1, 2, 3, 10, 40])
async def test_closing_at_any_moment_leaves_nothing_behind(steps: int) -> None:
    async with server() as (_, url):
        before = asyncio.all_tasks()
        async with client(url, sign_in=MUM) as told:
            told.start()
            for _ in range(steps):
                await asyncio.sleep(0.002)
        assert told.run is not None
        assert told.run.done()
        left = {task for task in asyncio.all_tasks() - before if _is_ours(task)}
        assert left == set()
    gc.collect()


def _is_ours(task: asyncio.Task[Any]) -> bool:
    """The stand-in serves in tasks of its own, which end a moment later."""
    name = getattr(task.get_coro(), "__qualname__", "")
    return "Client" in name or "Kuma" in name or "careful" in name


async def _day_is_there(kuma: UptimeKuma) -> None:
    """The day is asked for after the socket is there; nothing else tells of it."""
    while len((await kuma.snapshot()).value.monitors[-1].beats) < 700:  # noqa: ASYNC110
        await asyncio.sleep(0.01)


def _said(trouble: ServiceError | None) -> str:
    assert isinstance(trouble, Refused)
    return trouble.said
