"""The HTTP side of the Uptime Kuma stand-in: metrics, the status page, push."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from datetime import timedelta

from aiohttp import web

from medianest_bot.demo._kuma_house import House
from medianest_bot.demo._kuma_past import Row, Status, Watched
from medianest_bot.demo._kuma_shapes import SHOWN, SLUG, Json, push_token, stamp

_DAYS = {"1d": 1, "30d": 30, "365d": 365}

Tell = Callable[[Row], Awaitable[None]]


class Pages:
    """Routes that need no socket; `tell` passes a pushed check on to the sockets."""

    def __init__(self, house: House, tell: Tell) -> None:
        self._house = house
        self._tell = tell

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/metrics", self._metrics),
            web.get("/api/entry-page", self._entry),
            web.get("/api/push/{token}", self._push),
            web.get("/api/status-page/heartbeat/{slug}", self._beats),
            web.get("/api/status-page/{slug}/incident-history", self._history),
            web.get("/api/status-page/{slug}", self._page),
        ]

    async def _entry(self, _request: web.Request) -> web.Response:
        return web.json_response({"type": "entryPage", "entryPage": None})

    async def _metrics(self, request: web.Request) -> web.Response:
        accounts = self._house.accounts
        if not accounts.opens_metrics(*_basic(request)):
            if request.headers.get("Authorization"):
                accounts.may_try()  # a wrong one counts with the sign-ins
            headers = {"WWW-Authenticate": "Basic"}
            return web.Response(status=401, headers=headers, content_type="text/html")
        return web.Response(
            body=metrics(self._house).encode(),
            headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
        )

    async def _push(self, request: web.Request) -> web.Response:
        token = request.match_info["token"]
        watched = next(
            (one for one in self._house.active if _is_pushed(one, token)), None
        )
        if watched is None:
            told = {"ok": False, "msg": "Monitor not found or not active."}
            return web.json_response(told, status=404)
        status = self._pushed_status(request.query.get("status", "up"), watched)
        ping = request.query.get("ping", "")
        ping_ms = int(ping) if ping.isdigit() else None
        row = self._house.check(watched.monitor.id, status, ping_ms)
        await self._tell(row)
        return web.json_response({"ok": True})

    def _pushed_status(self, word: str, watched: Watched) -> Status:
        """2.x retries before it believes that something is down."""
        if word != "down":
            return Status.UP
        is_first = watched.last.status is Status.UP
        return Status.PENDING if self._house.shapes.is_two and is_first else Status.DOWN

    async def _page(self, request: web.Request) -> web.StreamResponse:
        shapes, watched = self._house.shapes, self._house.watched.values()
        if request.match_info["slug"] != SLUG:
            return await self._no_page(request)
        incident = shapes.incident(self._house.started)
        news = {"incidents": [incident]} if shapes.is_two else {"incident": incident}
        rows = [_shown(one) for one in self._house.active]
        group = {"id": 1, "name": "At home", "weight": 1, "monitorList": rows}
        on = shapes.maintenance(watched, self._house.started)
        told: Json = {
            "config": shapes.kept["config"],
            **news,
            "publicGroupList": [group],
            "maintenanceList": list(on.values()),
        }
        return web.json_response(told)

    async def _no_page(self, request: web.Request) -> web.Response:
        if self._house.shapes.is_two:
            told = {"status": "fail", "msg": "Status Page Not Found"}
            return web.json_response(told, status=404)
        # 1.23 never answers; nobody tells a handler that the caller has left.
        while request.transport and not request.transport.is_closing():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        return web.Response(status=499)

    async def _beats(self, request: web.Request) -> web.Response:
        is_known = request.match_info["slug"] == SLUG
        shown = self._house.active if is_known else []
        day = timedelta(days=1)
        told = {
            "heartbeatList": {
                str(one.monitor.id): [_bare(row) for row in one.rows[-SHOWN:]]
                for one in shown
            },
            "uptimeList": {f"{one.monitor.id}_24": one.uptime(day) for one in shown},
        }
        return web.json_response(told)

    async def _history(self, request: web.Request) -> web.Response:
        shapes = self._house.shapes
        if not shapes.is_two:
            raise web.HTTPNotFound
        is_known = request.match_info["slug"] == SLUG
        rows = [shapes.incident(self._house.started)] if is_known else []
        told = {"ok": True, "incidents": rows, "total": len(rows)}
        return web.json_response(told | {"nextCursor": None, "hasMore": False})


def metrics(house: House) -> str:
    """The server's whole list in the Prometheus text format."""
    shown = [one for one in house.active if one.monitor.id not in house.untold]
    blocks = [
        _block("cert_days_remaining", _certificates(house, shown)),
        _block(
            "cert_is_valid", [_line(house, one, 1) for one in shown if _is_tls(one)]
        ),
        _block("response_time", [_line(house, one, _last_ping(one)) for one in shown]),
        _block("status", [_line(house, one, one.last.status) for one in shown]),
    ]
    if house.shapes.is_two:
        blocks[2:2] = [
            _block("uptime_ratio", _windows(house, shown, Watched.uptime)),
            _block("response_time_seconds", _windows(house, shown, _mean_s)),
        ]
    parts = zip(
        ("major", "minor", "patch"), house.shapes.version.split("."), strict=True
    )
    labels = ",".join(f'{name}="{part}"' for name, part in parts)
    version = f'app_version{{version="{house.shapes.version}",{labels}}} 1'
    return "\n".join([*blocks, "# TYPE app_version gauge", version, ""])


def _block(name: str, lines: list[str]) -> str:
    full = f"monitor_{name}"
    told = [f"# TYPE {full} gauge", *(full + line for line in lines), ""]
    return "\n".join(told)


def _certificates(house: House, shown: list[Watched]) -> list[str]:
    days = [(one, one.monitor.certificate_days) for one in shown]
    return [_line(house, one, left) for one, left in days if left is not None]


def _is_tls(watched: Watched) -> bool:
    return watched.monitor.certificate_days is not None


def _windows(
    house: House, shown: list[Watched], read: Callable[[Watched, timedelta], float]
) -> list[str]:
    return [
        _line(house, one, read(one, timedelta(days=days)), f',window="{window}"')
        for one in shown
        for window, days in _DAYS.items()
    ]


def _mean_s(watched: Watched, _window: timedelta) -> float:
    return (watched.mean_ping_ms() or 0) / 1000


def _last_ping(watched: Watched) -> int:
    return -1 if watched.last.ping_ms is None else watched.last.ping_ms


def _line(house: House, watched: Watched, value: float, more: str = "") -> str:
    row = house.shapes.monitor(watched)
    head = f'monitor_id="{row["id"]}",' if house.shapes.is_two else ""
    names = ("name", "type", "url", "hostname", "port")
    told = (f'monitor_{name}="{_escaped(row[name])}"' for name in names)
    return f"{{{head}{','.join(told)}{more}}} {value:g}"


def _escaped(value: object) -> str:
    text = "null" if value is None else str(value)
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _basic(request: web.Request) -> tuple[str, str]:
    scheme, _, packed = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Basic":
        return "", ""
    try:
        words = base64.b64decode(packed).decode()
    except ValueError:
        return "", ""
    username, _, password = words.partition(":")
    return username, password


def _is_pushed(watched: Watched, token: str) -> bool:
    key = watched.monitor.id
    return watched.monitor.type == "push" and token == push_token(key)


def _shown(watched: Watched) -> Json:
    monitor = watched.monitor
    plain: Json = {"id": monitor.id, "name": monitor.name, "sendUrl": 0}
    return plain | {"type": monitor.type, "tags": []}


def _bare(row: Row) -> Json:
    return {
        "status": int(row.status),
        "time": stamp(row.at),
        "msg": "",
        "ping": row.ping_ms,
    }
