"""What Uptime Kuma tells us, as frozen values, and how its loose fields are read."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any

SERVICE = "uptime_kuma"
DAY = timedelta(days=1)
TEXT = 200
"""The longest name, title or message we keep; longer ones are cut."""
MOST_MONITORS = 1000


class State(IntEnum):
    """Kuma's status codes; UNKNOWN is ours, for paused and never checked ones."""

    DOWN = 0
    UP = 1
    PENDING = 2
    MAINTENANCE = 3
    UNKNOWN = -1


class Source(StrEnum):
    """Where a snapshot came from, best first."""

    SOCKET = "socket"
    METRICS = "metrics"
    STATUS_PAGE = "status_page"


class SignInTrouble(StrEnum):
    """Why Kuma did not let us in: the `said` of `UptimeKuma.trouble`."""

    NO_CREDENTIALS = "no_credentials"
    WRONG_CREDENTIALS = "wrong_credentials"
    TOTP_NEEDED = "totp_needed"
    TOKEN_REFUSED = "token_refused"  # noqa: S105 — a name, no secret


@dataclass(frozen=True, slots=True)
class SignIn:
    """What is used once to get a token; `totp` is the six digits of the moment."""

    username: str
    password: str = field(repr=False)
    totp: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Beat:
    """One check of one monitor."""

    at: datetime
    state: State
    ping_ms: float | None


@dataclass(frozen=True, slots=True)
class Monitor:
    """One monitor as of now.

    `since` is when the present state began, as far as the known beats tell.
    Uptimes are 0..1. `beats` are oldest first and of the last day at most.
    `message` is what the last check said, "" where unknown.
    """

    id: int
    name: str
    type: str
    active: bool
    state: State
    since: datetime | None = None
    ping_ms: float | None = None
    avg_ping_ms: float | None = None
    uptime_day: float | None = None
    uptime_month: float | None = None
    certificate_days: int | None = None
    beats: tuple[Beat, ...] = ()
    group: str | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Incident:
    """What the household's status page announces."""

    title: str
    content: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Maintenance:
    """A maintenance that is on (`active`) or planned; `until` where it has an end."""

    title: str
    active: bool
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything Kuma knows, from one source; `version` is the server's."""

    monitors: tuple[Monitor, ...]
    incidents: tuple[Incident, ...]
    maintenance: tuple[Maintenance, ...]
    source: Source
    at: datetime
    version: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """A monitor went down, came back or entered maintenance.

    `before` is what it settled on last: UP → PENDING → DOWN is a change from UP.
    """

    monitor_id: int
    name: str
    before: State
    now: State
    at: datetime


SETTLED = (State.DOWN, State.UP, State.MAINTENANCE)


def text(value: Any) -> str:
    """A short string; "" for anything that is none."""
    return value[:TEXT] if isinstance(value, str) else ""


def number(value: Any) -> float | None:
    """A finite number, also one sent as a string; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        read = float(value)
    except (ValueError, OverflowError):
        return None
    return read if math.isfinite(read) else None


def ping(value: Any) -> float | None:
    """Milliseconds; Kuma's metrics say -1 where there is none."""
    read = number(value)
    return read if read is not None and read >= 0 else None


def ratio(value: Any) -> float | None:
    """An uptime between 0 and 1."""
    read = number(value)
    return min(max(read, 0.0), 1.0) if read is not None else None


def state(value: Any) -> State:
    read = number(value)
    try:
        return State(int(read)) if read is not None else State.UNKNOWN
    except ValueError:
        return State.UNKNOWN


def when(value: Any) -> datetime | None:
    """An aware time in UTC; Kuma's own "YYYY-MM-DD HH:MM:SS.mmm" carries no zone."""
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(value)
        aware = read if read.tzinfo else read.replace(tzinfo=UTC)
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def beat(row: Any) -> Beat | None:
    """One row of beats, of an event or an answer; None where it has no time."""
    at = when(row.get("time")) if isinstance(row, dict) else None
    if at is None:
        return None
    return Beat(at, state(row.get("status")), ping(row.get("ping")))


def beats(rows: Any) -> tuple[Beat, ...]:
    """All readable rows, oldest first, one a moment."""
    read = (beat(row) for row in (rows if isinstance(rows, list) else ()))
    by_time = {one.at: one for one in read if one is not None}
    return tuple(by_time[at] for at in sorted(by_time))


def began(known: tuple[Beat, ...]) -> datetime | None:
    """When the state of the last beat began: the first beat of the unbroken run."""
    since = None
    for one in reversed(known):
        if one.state != known[-1].state:
            break
        since = one.at
    return since


def maintenances(rows: Any) -> tuple[Maintenance, ...]:
    """Those that are on or planned, of an event's object or a status page's list."""
    values = list(rows.values()) if isinstance(rows, dict) else rows
    return tuple(
        Maintenance(text(row.get("title")), _is_on(row), _until(row))
        for row in (values if isinstance(values, list) else ())
        if isinstance(row, dict)
        and row.get("status") in ("under-maintenance", "scheduled")
    )


def _is_on(row: dict[str, Any]) -> bool:
    return row.get("status") == "under-maintenance"


def _until(row: dict[str, Any]) -> datetime | None:
    """The end of the earliest slot; one without a zone is in the maintenance's own."""
    slots = row.get("timeslotList")
    zone = text(row.get("timezoneOffset"))
    ends = [
        when(f"{slot.get('endDate')}{zone}") or when(slot.get("endDate"))
        for slot in (slots if isinstance(slots, list) else ())
        if isinstance(slot, dict)
    ]
    return min((end for end in ends if end is not None), default=None)
