"""The Uptime Kuma client fed with what real servers of both versions sent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import socketio
from aiohttp import web

from medianest_bot.services import _kuma_metrics, _kuma_page, http
from medianest_bot.services._kuma_models import maintenances
from medianest_bot.services.uptime_kuma import Beat, Monitor, Snapshot, UptimeKuma

RECORDED = Path(__file__).parent.parent / "fixtures" / "uptime_kuma"
VERSIONS = ("1.23.17", "2.5.3")
LATER = datetime(2026, 11, 20, 13, 0, tzinfo=UTC)

SOCKET_2 = """\
socket 2.5.3
1 Plex (fake) [http] UP since 12:26:38.639, ping 2.0, mean 4.9, 0.667 0.667 "200 - OK"
  U17 U4 U2 U8 P- D- D- D- D- U4 U2 U3 M- M- M- U2 U5 U2
2 TLS [http] UP since 12:26:26.681, ping 6.0, mean 8.69, 0.722 0.722 19 days "200 - OK"
  U13 U9 U6 U16 P- D- D- D- D- U10 U6 U14 U8 U6 U6 U6 U7 U6
3 Bot heartbeat [push] DOWN since 12:26:37.889, mean 12.0, 0.400 0.400 \
"No heartbeat in the time window"
  U12 P- U- P- D-
4 Media stack [group] PENDING since 12:26:08.722, ping 0.0, 0.000 0.000 "Group empty"
  P0 P0 P0 P1 P0 P0 P0 P0 P2 P0 P1 P0 P0 P0 P1 P1 P1 P0"""

SOCKET_1 = """\
socket 1.23.17
1 Plex (fake) [http] UP since 12:41:49.680, ping 2.0, mean 6.0, 0.750 0.750 "200 - OK"
  U4 U4 U4 P- D- D- U5 U10 U17 U3 M- M- U2
2 TLS [http] UP since 12:39:49.576, ping 5.0, mean 26.0, 0.759 0.759 20 days "200 - OK"
  U8 U12 U11 P- D- D- U137 U29 U35 U30 U9 U12 U5 U5
3 Bot heartbeat [push] DOWN since 12:39:12.614, mean 12.0, 0.009 0.009 \
"No heartbeat in the time window"
  P- D- U12 D- U- P- D- D- D- D- D- D- D- D- D-
4 Media stack [group] PENDING since 12:37:49.488, 0.000 0.000 "Group empty"
  P- P- P- P- P- P- P- P- P- P- P- P- P-"""

METRICS_2 = """\
metrics 2.5.3
1 Plex (fake) [http] UP, ping 2.0, mean 4.9, 0.667 0.667 ""
2 TLS [http] UP, ping 6.0, mean 8.69, 0.722 0.722 19 days ""
3 Bot heartbeat [push] DOWN, mean 12.0, 0.400 0.400 ""
4 Media stack [group] PENDING, ping 0.0, mean 0.0, 0.000 0.000 \"\""""

METRICS_1 = """\
metrics 1.23.17
11 Plex (fake) [http] UP, ping 2.0 ""
12 TLS [http] UP, ping 5.0 20 days ""
13 Bot heartbeat [push] DOWN ""
14 Media stack [group] PENDING \"\""""

PAGE_2 = """\
1 Plex (fake) [http] in Media UP since 12:26:26.637, ping 3.0, 0.583 ""
  U17 U4 U2 U8 P- D- D- D- D- U4 U2 U3
2 TLS [http] in Media UP since 12:26:26.681, ping 14.0, 0.583 ""
  U13 U9 U6 U16 P- D- D- D- D- U10 U6 U14"""

PAGE_1 = """\
1 Plex (fake) [http] in Media UP since 12:39:49.546, ping 17.0, 0.625 ""
  U4 U4 U4 P- D- D- U5 U10 U17
2 TLS [http] in Media UP since 12:39:49.576, ping 35.0, 0.625 ""
  U8 U12 U11 P- D- D- U137 U29 U35"""


class Replay:
    """Says word for word what a real server said at a sign-in by token."""

    def __init__(self, version: str) -> None:
        lines = (RECORDED / version / "sign-in.jsonl").read_text().splitlines()
        self._rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
        self._asks = next(i for i, row in enumerate(self._rows) if "client" in row)
        self._tasks: set[asyncio.Task[None]] = set()
        self.sio: Any = socketio.AsyncServer(async_mode="aiohttp", always_connect=True)
        self.sio.on("connect", self._greet)
        self.sio.on("loginByToken", self._let_in)
        turns = "monitorImportantHeartbeatListPaged"
        acks = json.loads((RECORDED / version / "acks.json").read_text())
        if turns in acks:
            self.sio.on(turns, lambda *_: acks[turns][0])

    async def _greet(self, sid: str, *_: Any) -> None:
        self._later(self._say(sid, self._rows[: self._asks]))

    async def _let_in(self, sid: str, _token: str) -> Any:
        rows = self._rows[self._asks + 1 :]
        at = next(i for i, row in enumerate(rows) if "ack" in row)
        await self._say(sid, rows[:at])
        self._later(self._say(sid, rows[at + 1 :]))
        return rows[at]["ack"]

    async def _say(self, sid: str, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            await self.sio.emit(row["server"], tuple(row["args"]), to=sid)

    def _later(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


@asynccontextmanager
async def replayed(version: str) -> AsyncIterator[str]:
    replay = Replay(version)
    app = web.Application()
    replay.sio.attach(app)
    runner = web.AppRunner(app, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield "http://{}:{}".format(*runner.addresses[0])
    finally:
        await replay.sio.shutdown()
        await runner.cleanup()


@pytest.mark.parametrize(
    ("version", "drawing"), [(VERSIONS[0], SOCKET_1), (VERSIONS[1], SOCKET_2)]
)
async def test_a_recorded_sign_in_is_read_whole(version: str, drawing: str) -> None:
    changes: list[Any] = []
    async with replayed(version) as url:
        road = http.Http("uptime_kuma", http.client(url))
        kuma = UptimeKuma(
            url,
            road,
            token="kept",
            keep_token=_never,
            changed=changes.append,
            now=lambda: LATER,
        )
        run = asyncio.create_task(kuma.run())
        await asyncio.sleep(0)
        kept = await kuma.snapshot(within_s=12)
        await kuma.aclose()
        await road.aclose()
    assert run.done()
    assert _drawn(kept.value) == drawing
    assert (kept.at, kept.value.at, kept.is_stale) == (LATER, LATER, False)
    assert (kept.value.incidents, kept.value.maintenance, changes) == ((), (), [])


@pytest.mark.parametrize(
    ("version", "drawing"), [(VERSIONS[0], METRICS_1), (VERSIONS[1], METRICS_2)]
)
def test_recorded_metrics_are_read_whole(version: str, drawing: str) -> None:
    names = ("Plex (fake)", "TLS", "Bot heartbeat", "Media stack")
    known = {name: 11 + number for number, name in enumerate(names)}
    body = (RECORDED / version / "metrics.txt").read_text()
    monitors, told = _kuma_metrics.read(body, known)
    drawn = [f"metrics {told}", *(_drawn_monitor(one) for one in monitors)]
    assert "\n".join(drawn) == drawing


def test_without_ids_a_name_has_the_same_one_each_time() -> None:
    body = (RECORDED / "1.23.17" / "metrics.txt").read_text()
    first, again = _kuma_metrics.read(body), _kuma_metrics.read(body)
    assert first == again
    assert len({monitor.id for monitor in first[0]}) == 4


@pytest.mark.parametrize(
    ("version", "drawing"), [(VERSIONS[0], PAGE_1), (VERSIONS[1], PAGE_2)]
)
def test_a_recorded_status_page_is_read_whole(version: str, drawing: str) -> None:
    page = json.loads((RECORDED / version / "status-page.json").read_text())
    beating = json.loads((RECORDED / version / "status-heartbeat.json").read_text())
    monitors = _kuma_page.monitors(page, beating)
    assert "\n".join(_drawn_monitor(one) for one in monitors) == drawing
    assert [(i.title, i.content) for i in _kuma_page.incidents(page)] == [
        ("Plex slow", "looking")
    ]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_recorded_maintenance_is_read(version: str) -> None:
    lines = (RECORDED / version / "events.jsonl").read_text().splitlines()
    rows = next(
        row["args"][0]
        for row in map(json.loads, lines)
        if row["server"] == "maintenanceList" and row["args"][0]
    )
    assert [(m.title, m.active, m.until) for m in maintenances(rows)] == [
        ("Upgrade Plex", True, None)
    ]


def _drawn(snapshot: Snapshot) -> str:
    head = f"{snapshot.source} {snapshot.version}"
    return "\n".join([head, *(_drawn_monitor(one) for one in snapshot.monitors)])


def _drawn_monitor(monitor: Monitor) -> str:
    words = [f"{monitor.id} {monitor.name} [{monitor.type}]"]
    words += [f"in {monitor.group}"] if monitor.group else []
    words.append(f"{'' if monitor.active else 'paused '}{monitor.state.name}")
    if monitor.since is not None:
        words.append(f"since {monitor.since:%H:%M:%S.%f}"[:-3])
    line = " ".join(words)
    if monitor.ping_ms is not None:
        line += f", ping {monitor.ping_ms}"
    if monitor.avg_ping_ms is not None:
        line += f", mean {monitor.avg_ping_ms}"
    uptimes = (monitor.uptime_day, monitor.uptime_month)
    told = " ".join(f"{ratio:.3f}" for ratio in uptimes if ratio is not None)
    line += f", {told}" if told else ""
    if monitor.certificate_days is not None:
        line += f" {monitor.certificate_days} days"
    line += f' "{monitor.message}"'
    beats = " ".join(_drawn_beat(beat) for beat in monitor.beats)
    return f"{line}\n  {beats}" if beats else line


def _drawn_beat(beat: Beat) -> str:
    ping = "-" if beat.ping_ms is None else f"{beat.ping_ms:g}"
    return f"{beat.state.name[0]}{ping}"


async def _never(_token: str) -> None:
    raise AssertionError("nobody signed in by password")
