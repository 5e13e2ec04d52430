"""Reads Uptime Kuma's /metrics, the fallback that knows states but no history.

Text format: Prometheus, "Exposition formats". Version 1.23 has neither monitor_id
nor averages; paused monitors are absent, and 2.5 may lose one whose tag is newer
than the server's start, so this is never the whole truth.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from medianest_bot.services._kuma_models import (
    MOST_MONITORS,
    Monitor,
    number,
    ping,
    ratio,
    state,
    text,
)

_SAMPLE = re.compile(r"^(\w+)\{(.*)\}\s+(\S+)(?:\s+\d+)?\s*$")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r"\\(.)")

_Labels = Mapping[str, str]


@dataclass(slots=True)
class _Series:
    """All numbers of one monitor; the key joins a name and its window."""

    labels: _Labels
    values: dict[str, str] = field(default_factory=dict)


def read(
    body: str, known: Mapping[str, int] | None = None
) -> tuple[tuple[Monitor, ...], str | None]:
    """The monitors and the server's version.

    Where the server sends no ids, one is taken from `known` (name to id, as the
    socket told before) or made from the name, the same one each time.
    """
    version: str | None = None
    found: dict[tuple[str, ...], _Series] = {}
    for name, labels, value in _samples(body):
        if name == "app_version":
            version = text(labels.get("version")) or None
        elif name.startswith("monitor_") and labels.get("monitor_name"):
            series = found.setdefault(_key(labels), _Series(labels))
            series.values[name + labels.get("window", "")] = value
    return _monitors(found, known or {}), version


def _samples(body: str) -> Iterator[tuple[str, _Labels, str]]:
    for line in body.splitlines():
        match = None if line.startswith("#") else _SAMPLE.match(line)
        if match:
            labels = {k: _unescape(v) for k, v in _LABEL.findall(match[2])}
            yield match[1], labels, match[3]


def _unescape(value: str) -> str:
    return _ESCAPE.sub(lambda m: "\n" if m[1] == "n" else m[1], value)


def _key(labels: _Labels) -> tuple[str, ...]:
    names = ("monitor_id", "monitor_name", "monitor_type", "monitor_url")
    more = ("monitor_hostname", "monitor_port")
    return tuple(labels.get(name, "") for name in names + more)


def _monitors(
    found: Mapping[tuple[str, ...], _Series], known: Mapping[str, int]
) -> tuple[Monitor, ...]:
    monitors: dict[int, Monitor] = {}
    for series in list(found.values())[:MOST_MONITORS]:
        if "monitor_status" in series.values:
            monitor = _monitor(series, _id(series.labels, known, monitors))
            monitors[monitor.id] = monitor
    return tuple(monitors[key] for key in sorted(monitors))


def _id(labels: _Labels, known: Mapping[str, int], taken: Mapping[int, Monitor]) -> int:
    told = labels.get("monitor_id", "")
    if told.isascii() and told.isdigit():
        return int(told[:15])
    name = labels["monitor_name"]
    if name in known and known[name] not in taken:
        return known[name]
    digest = hashlib.blake2b("\0".join(_key(labels)).encode(), digest_size=6)
    plain = hashlib.blake2b(name.encode(), digest_size=6)
    made = int.from_bytes(plain.digest())
    return int.from_bytes(digest.digest()) if made in taken else made


def _monitor(series: _Series, key: int) -> Monitor:
    value = series.values.get
    mean_s = ping(value("monitor_response_time_seconds1d"))
    days = number(value("monitor_cert_days_remaining"))
    return Monitor(
        id=key,
        name=text(series.labels["monitor_name"]),
        type=text(series.labels.get("monitor_type")),
        active=True,
        state=state(value("monitor_status")),
        ping_ms=ping(value("monitor_response_time")),
        avg_ping_ms=None if mean_s is None else round(mean_s * 1000, 2),
        uptime_day=ratio(value("monitor_uptime_ratio1d")),
        uptime_month=ratio(value("monitor_uptime_ratio30d")),
        certificate_days=None if days is None else int(days),
    )
