"""Reads a public status page of Uptime Kuma and the beats that belong to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from medianest_bot.services._kuma_models import (
    MOST_MONITORS,
    Incident,
    Monitor,
    State,
    beats,
    began,
    ratio,
    text,
    when,
)


def incidents(page: Mapping[str, Any]) -> tuple[Incident, ...]:
    """What the page announces: a list since 2.x, one object or null before."""
    rows = page.get("incidents")
    rows = rows if isinstance(rows, list) else [page.get("incident")]
    return tuple(
        Incident(
            title=text(row.get("title")),
            content=text(row.get("content")),
            at=when(row.get("lastUpdatedDate")) or when(row.get("createdDate")),
        )
        for row in rows
        if isinstance(row, dict)
    )


def monitors(
    page: Mapping[str, Any], beating: Mapping[str, Any]
) -> tuple[Monitor, ...]:
    """The page's monitors with the state and past of `beating` (heartbeat/<slug>)."""
    found = {
        monitor.id: monitor
        for group, row in _rows(page)
        if (monitor := _monitor(group, row, beating)) is not None
    }
    return tuple(found[key] for key in sorted(found)[:MOST_MONITORS])


def _rows(page: Mapping[str, Any]) -> Iterator[tuple[str | None, Any]]:
    groups = page.get("publicGroupList")
    for group in groups if isinstance(groups, list) else ():
        rows = group.get("monitorList") if isinstance(group, dict) else None
        for row in rows if isinstance(rows, list) else ():
            yield text(group.get("name")) or None, row


def _monitor(group: str | None, row: Any, beating: Mapping[str, Any]) -> Monitor | None:
    try:
        key = int(row["id"])
    except (TypeError, ValueError, KeyError):
        return None
    rows = _part(beating, "heartbeatList").get(str(key))
    past = beats(rows)
    last = past[-1] if past else None
    return Monitor(
        id=key,
        name=text(row.get("name")),
        type=text(row.get("type")),
        active=True,
        state=last.state if last else State.UNKNOWN,
        since=began(past),
        ping_ms=last.ping_ms if last else None,
        uptime_day=ratio(_part(beating, "uptimeList").get(f"{key}_24")),
        beats=past,
        group=group,
    )


def _part(beating: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = beating.get(name)
    return part if isinstance(part, dict) else {}
