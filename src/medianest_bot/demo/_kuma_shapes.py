"""What Uptime Kuma 1.23 and 2.5 put on the wire, which differs between them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

from medianest_bot.demo._kuma_past import Row, Status, Watched

SLUG = "maple"
SHOWN = 100
"""Checks of a monitor that are sent at sign-in and on the status page."""
WINDOWS = {
    24: timedelta(hours=24),
    720: timedelta(hours=720),
    "1y": timedelta(days=365),
}

Json = dict[str, Any]


def stamp(at: datetime) -> str:
    """The server's own form: UTC without saying so, with milliseconds."""
    return at.strftime("%Y-%m-%d %H:%M:%S.") + f"{at.microsecond // 1000:03d}"


@dataclass(frozen=True, slots=True)
class Shapes:
    """The forms of one version; `kept` are the parts that never change."""

    version: str
    kept: Json

    @property
    def is_two(self) -> bool:
        return not self.version.startswith("1.")

    def info(self, *, signed_in: bool) -> Json:
        place: Json = {
            "primaryBaseURL": None,
            "serverTimezone": "UTC",
            "serverTimezoneOffset": "+00:00",
        }
        if not signed_in:
            return place
        what: Json = {
            "version": self.version,
            "latestVersion": None,
            "isContainer": False,
        }
        if not self.is_two:
            return what | place
        more = {"dbType": "sqlite", "runtime": {"platform": "linux", "arch": "x64"}}
        return place | what | more

    def monitor(self, watched: Watched) -> Json:
        monitor = watched.monitor
        names = {"path": [monitor.name]} if self.is_two else {}
        row: Json = self.kept["monitor"] | {
            "id": monitor.id,
            "name": monitor.name,
            "type": monitor.type,
            "url": "http://127.0.0.1/" if monitor.type == "http" else None,
            "hostname": "127.0.0.1" if monitor.type in ("ping", "port") else None,
            "port": 9100 if monitor.type == "port" else None,
            "active": watched.is_active,
            "pathName": monitor.name,
            "maintenance": watched.last.status is Status.MAINTENANCE,
            "pushToken": push_token(monitor.id) if monitor.type == "push" else None,
            **names,
        }
        return row

    def row(self, row: Row) -> Json:
        """As heartbeatList and getMonitorBeats send it."""
        plain = {
            "id": row.id,
            "important": int(row.important),
            "monitor_id": row.monitor_id,
            "status": int(row.status),
            "msg": row.msg,
            "time": stamp(row.at),
            "ping": row.ping_ms,
            "duration": row.duration_s,
            "down_count": 0,
        }
        if not self.is_two:
            return plain
        more = {"end_time": stamp(row.at), "retries": row.retries, "response": None}
        return plain | more

    def important(self, row: Row) -> Json:
        """As the lists of important checks send it."""
        plain = {
            "monitorID": row.monitor_id,
            "status": int(row.status),
            "time": stamp(row.at),
            "msg": row.msg,
            "ping": row.ping_ms,
            "important": int(row.important),
            "duration": row.duration_s,
        }
        more = {"retries": row.retries, "response": None}
        return plain | more if self.is_two else plain

    def heartbeat(self, row: Row, kind: str) -> Json:
        """As the live event: no `ping` at all after a failed check, null on push."""
        beat: Json = {
            "monitorID": row.monitor_id,
            "status": int(row.status),
            "time": stamp(row.at),
            "msg": row.msg,
            "important": row.important,
        }
        if row.ping_ms is not None or kind == "push":
            beat["ping"] = row.ping_ms
        if kind == "push" or not self.is_two:
            beat["duration"] = row.duration_s
        if self.is_two:
            beat["retries"] = row.retries
        return beat

    def maintenance(self, watched: Iterable[Watched], start: datetime) -> Json:
        """One, which is on while a monitor is in it."""
        if not any(one.last.status is Status.MAINTENANCE for one in watched):
            return {}
        first = start - timedelta(minutes=90)
        ends = (first, first + timedelta(hours=4))
        begin, end = (f"{at:%Y-%m-%d %H:%M:%S}" for at in ends)
        row = self.kept["maintenance"] | {
            "strategy": "single",
            "dateRange": [begin, end],
            "timeslotList": [{"startDate": begin, "endDate": end}],
        }
        return {str(row["id"]): row}

    def incident(self, start: datetime) -> Json:
        at = start - timedelta(hours=3)
        row: Json = self.kept["incident"] | {"createdDate": f"{at:%Y-%m-%d %H:%M:%S}"}
        return row

    def certificate(self, watched: Watched, now: datetime) -> str | None:
        """JSON in a string, as certInfo carries it; None for what has none."""
        days = watched.monitor.certificate_days
        if days is None:
            return None
        ends = now + timedelta(days=days)
        told: Json = {
            "valid": True,
            "certInfo": {
                "subject": {"CN": "door.home.arpa"},
                "issuer": {"CN": "Maple House"},
                "valid_to": f"{ends:%b %d %H:%M:%S %Y} GMT",
                "validTo": f"{ends:%Y-%m-%dT%H:%M:%S}.000Z",
                "daysRemaining": days,
                "certType": "server",
            },
        }
        if self.is_two:
            told["hostnameMatchMonitorUrl"] = True
        return json.dumps(told)

    def said(self, words: str, key: str) -> Json:
        """Messages are English in 1.23 and keys into a catalogue in 2.x."""
        return {"msg": key, "msgi18n": True} if self.is_two else {"msg": words}


def push_token(monitor_id: int) -> str:
    return f"demopush{monitor_id:024d}"


def read(version: str) -> Shapes:
    text = files(__package__).joinpath("uptime_kuma.json").read_text("utf-8")
    kept = json.loads(text)["1" if version.startswith("1.") else "2"]
    return Shapes(version, kept)
