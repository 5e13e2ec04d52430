"""Monitors that remember their checks, and a believable day of them to start with."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from functools import cache
from typing import NamedTuple

from medianest_bot.demo.household import Monitor

INTERVAL_S = 120
MOST_ROWS = 6000
MESSAGES = {"http": "200 - OK", "push": "OK", "ping": "", "port": ""}
DOWN_MESSAGE = "Request failed with status code 502"
MAINTENANCE_MESSAGE = "Monitor under maintenance"
_NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Status(IntEnum):
    DOWN = 0
    UP = 1
    PENDING = 2
    MAINTENANCE = 3


_TURNS = {
    (Status.UP, Status.DOWN),
    (Status.PENDING, Status.DOWN),
    (Status.DOWN, Status.UP),
}


class Row(NamedTuple):
    """One check, as the server's table holds it. `ping_ms` None where it failed."""

    id: int
    monitor_id: int
    important: bool
    status: Status
    msg: str
    at: datetime
    ping_ms: int | None
    duration_s: int
    retries: int


@dataclass(slots=True)
class Watched:
    """A monitor of the household and its checks, oldest first."""

    monitor: Monitor
    rows: list[Row] = field(default_factory=list)
    is_active: bool = True

    @property
    def last(self) -> Row:
        return self.rows[-1]

    def check(
        self, row_id: int, status: Status, ping_ms: int | None, at: datetime
    ) -> Row:
        """Note a check; the server's rules decide whether it is important."""
        before = self.rows[-1] if self.rows else None
        retries = before.retries + 1 if before else 1
        row = Row(
            id=row_id,
            monitor_id=self.monitor.id,
            important=before is None or is_important(before.status, status),
            status=status,
            msg=_message(self.monitor, status),
            at=at,
            ping_ms=ping_ms,
            duration_s=round((at - before.at).total_seconds()) if before else 0,
            retries=retries if status in (Status.DOWN, Status.PENDING) else 0,
        )
        self.rows.append(row)
        del self.rows[:-MOST_ROWS]
        return row

    def since(self, start: datetime) -> list[Row]:
        return self.rows[bisect_left(self.rows, start, key=lambda row: row.at) :]

    def uptime(self, window: timedelta) -> float:
        """0..1; pending and maintenance count as the server counts them."""
        rows = self.since(self.last.at - window)
        good = sum(row.status in (Status.UP, Status.MAINTENANCE) for row in rows)
        return good / len(rows)

    def mean_ping_ms(self) -> float | None:
        rows = self.since(self.last.at - timedelta(days=1))
        pings = [row.ping_ms for row in rows if row.ping_ms is not None]
        return round(sum(pings) / len(pings), 2) if pings else None


def is_important(before: Status, now: Status) -> bool:
    """Worth a line in the list of events (server/model/monitor.js, isImportantBeat)."""
    if Status.MAINTENANCE in (before, now):
        return before != now
    return (before, now) in _TURNS


def spent_day(monitor: Monitor, until: datetime, ids: Iterator[int]) -> Watched:
    """The monitor after a day of checks; the same one for the same id."""
    rows = _usual_day(monitor)
    moved = until - _NOON
    return Watched(
        monitor, [row._replace(id=next(ids), at=row.at + moved) for row in rows]
    )


@cache
def _usual_day(monitor: Monitor) -> tuple[Row, ...]:
    """Its checks before a certain noon: many houses of one household begin alike."""
    chance = random.Random(monitor.id)  # noqa: S311 — scenery, no secret
    watched = Watched(monitor)
    usual = Status[monitor.state.upper()]
    trouble = _trouble(monitor, chance)
    for checks in range(24 * 3600 // INTERVAL_S, 0, -1):
        status = trouble.get(checks, Status.UP)
        if usual is Status.MAINTENANCE and checks * INTERVAL_S <= 90 * 60:
            status = usual
        at = _NOON - timedelta(seconds=checks * INTERVAL_S)
        ping_ms = usual_ping(monitor, chance) if status is Status.UP else None
        watched.check(0, status, ping_ms, at)
    return tuple(watched.rows)


def usual_ping(monitor: Monitor, chance: random.Random) -> int | None:
    if monitor.ping is None:
        return None
    return max(1, round(monitor.ping * chance.uniform(0.7, 1.4)))


def _trouble(monitor: Monitor, chance: random.Random) -> dict[int, Status]:
    """How the monitor was when it was not up, by the checks until now."""
    if not monitor.story and monitor.id % 3:
        return {}
    start, count = chance.randrange(110, 640), chance.randrange(2, 8)
    down = dict.fromkeys(range(start - count, start), Status.DOWN)
    return down | {start: Status.PENDING}


def _message(monitor: Monitor, status: Status) -> str:
    if status is Status.MAINTENANCE:
        return MAINTENANCE_MESSAGE
    if status is Status.UP:
        return MESSAGES.get(monitor.type, "")
    if monitor.type == "push":
        return "No heartbeat in the time window"
    return DOWN_MESSAGE
