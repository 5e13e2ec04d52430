"""What the events of Uptime Kuma's socket have told so far. Pure: no socket here.

Every event may come twice, in another order, or for a monitor that is gone; ids
come as numbers or strings. Each handler therefore sets, and never adds up.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from medianest_bot.services._kuma_models import (
    DAY,
    MOST_MONITORS,
    SETTLED,
    Beat,
    Change,
    Maintenance,
    Monitor,
    State,
    beat,
    beats,
    began,
    maintenances,
    number,
    ping,
    ratio,
    state,
    text,
    when,
)

MOST_BEATS = 1500
"""Beats kept of one monitor: a day of one a minute, and some."""


@dataclass(slots=True)
class _Known:
    """What is known of one monitor."""

    name: str = ""
    type: str = ""
    active: bool = True
    parent: int | None = None
    beats: list[Beat] = field(default_factory=list)
    message: str = ""
    settled: State | None = None
    turned: tuple[State, datetime] | None = None
    avg_ping_ms: float | None = None
    uptime_day: float | None = None
    uptime_month: float | None = None
    certificate_days: int | None = None


class Live:
    """The state of all monitors, kept up to date by `take`."""

    def __init__(self) -> None:
        self.version: str | None = None
        self.maintenance: tuple[Maintenance, ...] = ()
        self.pages: tuple[str, ...] = ()
        """The slugs of the published status pages."""
        self._monitors: dict[int, _Known] = {}
        self._is_listed = False
        self._heard: set[int] = set()
        self._summed: set[int] = set()
        self._readers: dict[str, Callable[..., tuple[Change, ...]]] = {
            "info": self._info,
            "monitorList": self._monitor_list,
            "updateMonitorIntoList": self._update_monitors,
            "deleteMonitorFromList": self._delete_monitor,
            "heartbeat": self._heartbeat,
            "heartbeatList": self._heartbeat_list,
            "importantHeartbeatList": self._important_list,
            "avgPing": self._avg_ping,
            "uptime": self._uptime,
            "certInfo": self._cert_info,
            "maintenanceList": self._maintenance_list,
            "statusPageList": self._status_pages,
        }

    def begin(self) -> None:
        """A new connection: what follows must be told again before it is whole."""
        self._is_listed = False
        self._heard.clear()
        self._summed.clear()

    @property
    def is_whole(self) -> bool:
        """True when the list, and beats and sums of all on it, have been told."""
        told = self._heard & self._summed
        return self._is_listed and told >= self._monitors.keys()

    @property
    def major(self) -> int:
        """The server's major version, 0 while unknown."""
        head = (self.version or "").split(".")[0]
        return int(head) if head.isascii() and head.isdigit() else 0

    def take(self, event: str, args: Sequence[Any]) -> tuple[Change, ...]:
        """Note one event; unknown ones are passed over.

        Raises ValueError, TypeError, KeyError or AttributeError where it is not
        what Kuma sends; nothing is then changed but perhaps in part.
        """
        reader = self._readers.get(event)
        return reader(*args) if reader else ()

    def note_turns(self, rows: Any) -> None:
        """Note important beats, newest first, as the paged call of 2.x answers."""
        for row in reversed(rows if isinstance(rows, list) else []):
            known = self._monitors.get(int(row["monitorID"]))
            if known is not None:
                known.turned = _turn(row) or known.turned

    def note_day(self, monitor_id: int, rows: Any) -> None:
        """Note the beats of a longer time, as getMonitorBeats answers them."""
        known, past = self._monitors.get(monitor_id), beats(rows)
        if known is not None and past:
            _add(known, past, rows[-1].get("msg"))

    def ids(self) -> Mapping[str, int]:
        """The id of each name."""
        return {known.name: key for key, known in self._monitors.items()}

    def monitors(self, now: datetime) -> tuple[Monitor, ...]:
        return tuple(self._monitor(key, now) for key in sorted(self._monitors))

    def _monitor(self, key: int, now: datetime) -> Monitor:
        known = self._monitors[key]
        parent = self._monitors.get(known.parent) if known.parent is not None else None
        last = known.beats[-1] if known.beats else None
        is_told = last is not None and known.active
        return Monitor(
            id=key,
            name=known.name,
            type=known.type,
            active=known.active,
            state=last.state if last and is_told else State.UNKNOWN,
            since=_since(known) if is_told else None,
            ping_ms=last.ping_ms if last else None,
            avg_ping_ms=known.avg_ping_ms,
            uptime_day=known.uptime_day,
            uptime_month=known.uptime_month,
            certificate_days=known.certificate_days,
            beats=tuple(one for one in known.beats if now - one.at <= DAY),
            group=parent.name if parent else None,
            message=known.message,
        )

    def _info(self, row: Any, *_: Any) -> tuple[Change, ...]:
        self.version = text(row.get("version")) or self.version
        return ()

    def _monitor_list(self, rows: Any, *_: Any) -> tuple[Change, ...]:
        read = _monitor_rows(rows)
        kept = {key: self._monitors.get(key) or _Known() for key in read}
        self._monitors = kept
        self._update(read)
        self._is_listed = True
        return ()

    def _update_monitors(self, rows: Any, *_: Any) -> tuple[Change, ...]:
        self._update(_monitor_rows(rows))
        return ()

    def _update(self, rows: Mapping[int, Mapping[str, Any]]) -> None:
        for key, row in rows.items():
            if key not in self._monitors and len(self._monitors) >= MOST_MONITORS:
                continue
            known = self._monitors.setdefault(key, _Known())
            parent = row.get("parent")
            known.name = text(row.get("name")) or f"#{key}"
            known.type = text(row.get("type"))
            known.active = bool(row.get("active")) and not row.get("forceInactive")
            known.parent = None if parent is None else int(parent)

    def _delete_monitor(self, key: Any, *_: Any) -> tuple[Change, ...]:
        self._monitors.pop(int(key), None)
        return ()

    def _heartbeat(self, row: Any, *_: Any) -> tuple[Change, ...]:
        key = int(row["monitorID"])
        known = self._monitors.get(key)
        one = beat(row)
        if known is None or one is None:
            return ()
        change = _changed(key, known, one) if row.get("important") else ()
        _add(known, (one,), row.get("msg"))
        if row.get("important"):
            known.turned = (one.state, one.at)
        return change

    def _heartbeat_list(self, key: Any, rows: Any, *_: Any) -> tuple[Change, ...]:
        id_ = int(key)
        known = self._monitors.get(id_)
        if known is None or not isinstance(rows, list):
            return ()
        self._heard.add(id_)
        past = beats(rows)
        if not past:
            return ()
        # What turned while we were away is told now, once.
        missed = _changed(id_, known, past[-1])
        _add(known, past, rows[-1].get("msg"))
        return missed

    def _important_list(self, key: Any, rows: Any, *_: Any) -> tuple[Change, ...]:
        known = self._monitors.get(int(key))
        if known is not None and isinstance(rows, list) and rows:
            known.turned = _turn(rows[0]) or known.turned
        return ()

    def _avg_ping(self, key: Any, mean: Any, *_: Any) -> tuple[Change, ...]:
        known = self._monitors.get(int(key))
        if known is not None:
            known.avg_ping_ms = ping(mean)
        return ()

    def _uptime(self, key: Any, window: Any, value: Any, *_: Any) -> tuple[Change, ...]:
        known = self._monitors.get(int(key))
        if known is not None and window == 24:
            known.uptime_day = ratio(value)
        if known is not None and window == 720:
            known.uptime_month = ratio(value)
            self._summed.add(int(key))
        return ()

    def _cert_info(self, key: Any, packed: Any, *_: Any) -> tuple[Change, ...]:
        known = self._monitors.get(int(key))
        if known is not None:
            days = number(json.loads(packed)["certInfo"].get("daysRemaining"))
            known.certificate_days = None if days is None else int(days)
        return ()

    def _maintenance_list(self, rows: Any, *_: Any) -> tuple[Change, ...]:
        self.maintenance = maintenances(rows)
        return ()

    def _status_pages(self, rows: Any, *_: Any) -> tuple[Change, ...]:
        self.pages = tuple(
            row["slug"]
            for row in rows.values()
            if row.get("published") and isinstance(row.get("slug"), str)
        )
        return ()


def _monitor_rows(rows: Any) -> dict[int, Mapping[str, Any]]:
    read = [(int(key), row) for key, row in rows.items() if isinstance(row, dict)]
    return dict(read[:MOST_MONITORS])


def _changed(key: int, known: _Known, one: Beat) -> tuple[Change, ...]:
    """The change this beat makes; none for a monitor's first beat or an old one."""
    if one.state not in SETTLED or (known.beats and one.at < known.beats[-1].at):
        return ()
    if not known.beats:
        return ()
    before = known.beats[-1].state if known.settled is None else known.settled
    if before == one.state:
        return ()
    return (Change(key, known.name, before, one.state, one.at),)


def _add(known: _Known, new: Sequence[Beat], message: Any) -> None:
    is_newest = not known.beats or new[-1].at >= known.beats[-1].at
    if known.beats and new[0].at <= known.beats[-1].at:
        by_time = {one.at: one for one in (*known.beats, *new)}
        known.beats = [by_time[at] for at in sorted(by_time)]
    else:
        known.beats.extend(new)
    if is_newest:
        known.message = text(message)
    del known.beats[:-MOST_BEATS]
    known.settled = next(
        (one.state for one in reversed(known.beats) if one.state in SETTLED), None
    )


def _turn(row: Any) -> tuple[State, datetime] | None:
    at = when(row.get("time"))
    return None if at is None else (state(row.get("status")), at)


def _since(known: _Known) -> datetime | None:
    """The start of the run of equal beats, or earlier where Kuma marked the turn."""
    since = began(tuple(known.beats))
    if since and known.turned and known.turned[0] == known.beats[-1].state:
        return min(since, known.turned[1])
    return since
