"""The Socket.IO side of the Uptime Kuma stand-in: greeting, sign-in, lists, calls."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from medianest_bot.demo._kuma_house import House
from medianest_bot.demo._kuma_past import Row, Watched
from medianest_bot.demo._kuma_shapes import SHOWN, WINDOWS, Json
from medianest_bot.demo._kuma_tasks import Tasks
from medianest_bot.demo._kuma_wire import socketio_server

ROOM = "signed in"
_PAUSE_S = 0.02
"""What 1.23 waits (half a second there) between its lists and the checks."""

Call = Callable[..., Awaitable[Any]]


class Sockets:
    """All connections. `greet_after_s` and `is_mute` are knobs.

    Before its greeting 2.5 loses what it is sent; a mute server takes everything
    and says nothing.
    """

    def __init__(self, house: House) -> None:
        self.house = house
        self.greet_after_s = 0.0
        self.is_mute = False
        self.received: list[str] = []
        """The names of all events that clients have sent."""
        self._work, self._pings = Tasks(), Tasks()
        self.server = socketio_server(self._pings)
        self._greeted: set[str] = set()
        self._signed_in: set[str] = set()
        self._register()

    async def stop(self) -> None:
        await self._work.aclose()
        await self.drop_all()
        await self.server.shutdown()
        await self._pings.aclose()

    async def drop_all(self) -> None:
        """Every connection ends, as when the server restarts."""
        for sid in list(self._greeted):
            await self.server.disconnect(sid)

    async def tell_beat(self, row: Row) -> None:
        """What everybody signed in hears of a check."""
        watched = self.house.watched[row.monitor_id]
        kind = watched.monitor.type
        await self._tell("heartbeat", self.house.shapes.heartbeat(row, kind))
        if row.important:
            await self._tell("maintenanceList", self._maintenance())
        await self._tell_sums(watched, row.monitor_id)
        await self._tell_certificate(watched, row.monitor_id)

    def _register(self) -> None:
        on = self.server.on
        on("connect", self._connect)
        on("disconnect", self._disconnect)
        open_calls: dict[str, Call] = {
            "needSetup": self._need_setup,
            "login": self._login,
            "loginByToken": self._login_by_token,
        }
        calls: dict[str, Call] = {
            "getMonitorList": self._get_list,
            "getMonitor": self._get_monitor,
            "getMonitorBeats": self._get_beats,
            "pauseMonitor": self._pause,
            "resumeMonitor": self._resume,
        }
        if self.house.shapes.is_two:  # 1.23 knows none of these: no answer at all
            calls["monitorImportantHeartbeatListPaged"] = self._turns
            calls["monitorImportantHeartbeatListCount"] = self._count_turns
            calls["getMonitorChartData"] = self._chart
        for name, call in open_calls.items():
            on(name, self._heard(name, call))
        for name, call in calls.items():
            on(name, self._heard(name, self._guarded(call)))

    def _heard(self, name: str, call: Call) -> Call:
        async def take(sid: str, *args: Any) -> Any:
            self.received.append(name)
            is_early = self.house.shapes.is_two and sid not in self._greeted
            if self.is_mute or is_early:
                return self.server.not_handled
            return await call(sid, *args)

        return take

    def _guarded(self, call: Call) -> Call:
        async def take(sid: str, *args: Any) -> Any:
            if sid not in self._signed_in:
                return {"ok": False, "msg": "You are not logged in."}
            return await call(sid, *args)

        return take

    async def _connect(self, sid: str, _environ: Json, _auth: object = None) -> None:
        self._work.begin(self._greet, sid)

    async def _greet(self, sid: str) -> None:
        if self.greet_after_s:
            await asyncio.sleep(self.greet_after_s)
        self._greeted.add(sid)
        if self.is_mute:
            return
        await self._say(sid, "info", self.house.shapes.info(signed_in=False))
        if self.house.shapes.is_two:
            await self._say(sid, "loginRequired")

    async def _disconnect(self, sid: str, *_: object) -> None:
        self._greeted.discard(sid)
        self._signed_in.discard(sid)

    async def _need_setup(self, _sid: str) -> bool:
        return False

    async def _login(self, sid: str, words: Json, *_: object) -> Json:
        accounts, said = self.house.accounts, self.house.shapes.said
        if not accounts.may_try():
            return {"ok": False, "msg": "Too frequently, try again later."}
        if not accounts.knows(words.get("username"), words.get("password")):
            wrong = "Incorrect username or password."
            return {"ok": False, **said(wrong, "authIncorrectCreds")}
        if accounts.totp is not None and not words.get("token"):
            return {"tokenRequired": True}
        if accounts.totp is not None and not accounts.accepts_code(words["token"]):
            return {"ok": False, **said("Invalid Token!", "authInvalidToken")}
        await self._let_in(sid)
        return {"ok": True, "token": accounts.token()}

    async def _login_by_token(self, sid: str, token: object) -> Json:
        if token != self.house.accounts.token():
            said = self.house.shapes.said("Invalid token.", "authInvalidToken")
            return {"ok": False, **said}
        await self._let_in(sid)
        return {"ok": True}

    async def _let_in(self, sid: str) -> None:
        self._signed_in.add(sid)
        await self.server.enter_room(sid, ROOM)
        if self.house.shapes.is_two:
            await self._burst_of_two(sid)
        else:  # the answer first, then the lists
            self._work.begin(self._burst_of_one, sid)

    async def _burst_of_two(self, sid: str) -> None:
        await self._lists(sid)
        for watched in self.house.watched.values():
            key = str(watched.monitor.id)
            await self._tell("avgPing", key, watched.mean_ping_ms())
            await self._tell("uptime", key, 24, watched.uptime(WINDOWS[24]))
        for window in (720, "1y"):
            for watched in self.house.watched.values():
                ratio = watched.uptime(WINDOWS[window])
                await self._tell("uptime", str(watched.monitor.id), window, ratio)
        for watched in self.house.watched.values():
            await self._past(sid, watched)
        for watched in self.house.watched.values():
            await self._tell_certificate(watched, str(watched.monitor.id))
        await self._say(sid, "initServerTimezone")

    async def _burst_of_one(self, sid: str) -> None:
        await asyncio.sleep(_PAUSE_S / 2)
        await self._lists(sid)
        await asyncio.sleep(_PAUSE_S)
        for watched in self.house.watched.values():
            await self._past(sid, watched)
        for watched in self.house.watched.values():
            key = watched.monitor.id
            rows = self.house.turns(key)[:500]
            told = [self.house.shapes.important(row) for row in rows]
            await self._say(sid, "importantHeartbeatList", str(key), told, False)
        for watched in self.house.watched.values():
            await self._tell_sums(watched, str(watched.monitor.id))
            await self._tell_certificate(watched, str(watched.monitor.id))
        await self._say(sid, "initServerTimezone")

    async def _lists(self, sid: str) -> None:
        """Everybody signed in gets these again whenever anybody signs in."""
        shapes = self.house.shapes
        await self._tell("monitorList", self._monitors())
        if shapes.is_two:
            await self._tell("monitorTypeList", {})
        await self._tell("maintenanceList", self._maintenance())
        await self._say(sid, "info", shapes.info(signed_in=True))
        for name in ("notificationList", "proxyList", "dockerHostList", "apiKeyList"):
            await self._tell(name, [])
        if shapes.is_two:
            await self._tell("remoteBrowserList", [])
        await self._tell("statusPageList", {"1": shapes.kept["page"]})

    async def _past(self, sid: str, watched: Watched) -> None:
        rows = [self.house.shapes.row(row) for row in watched.rows[-SHOWN:]]
        await self._say(sid, "heartbeatList", str(watched.monitor.id), rows, False)

    async def _tell_sums(self, watched: Watched, key: int | str) -> None:
        await self._tell("avgPing", key, watched.mean_ping_ms())
        for window, length in WINDOWS.items():
            if window != "1y" or self.house.shapes.is_two:
                await self._tell("uptime", key, window, watched.uptime(length))

    async def _tell_certificate(self, watched: Watched, key: int | str) -> None:
        told = self.house.shapes.certificate(watched, datetime.now(UTC))
        if told is not None:
            await self._tell("certInfo", key, told)

    async def _get_list(self, _sid: str) -> Json:
        await self._tell("monitorList", self._monitors())
        return {"ok": True}

    async def _get_monitor(self, _sid: str, key: int) -> Json:
        watched = self.house.watched[key]
        return {"ok": True, "monitor": self.house.shapes.monitor(watched)}

    async def _get_beats(self, _sid: str, key: int, hours: float) -> Json:
        watched = self.house.watched.get(key)
        start = datetime.now(UTC) - timedelta(hours=hours)
        rows = watched.since(start) if watched else []
        return {"ok": True, "data": [self.house.shapes.row(row) for row in rows]}

    async def _pause(self, _sid: str, key: int) -> Json:
        await self._set_active(key, is_active=False)
        said = self.house.shapes.said("Paused Successfully.", "successPaused")
        return {"ok": True, **said}

    async def _resume(self, _sid: str, key: int) -> Json:
        await self._set_active(key, is_active=True)
        said = self.house.shapes.said("Resumed Successfully.", "successResumed")
        return {"ok": True, **said}

    async def _set_active(self, key: int, *, is_active: bool) -> None:
        watched = self.house.watched[key]
        watched.is_active = is_active
        if self.house.shapes.is_two:
            told = {str(key): self.house.shapes.monitor(watched)}
            await self._tell("updateMonitorIntoList", told)
        else:
            await self._tell("monitorList", self._monitors())

    async def _turns(self, _sid: str, key: int | None, offset: int, count: int) -> Json:
        rows = self.house.turns(key)[offset : offset + count]
        return {"ok": True, "data": [self.house.shapes.important(row) for row in rows]}

    async def _count_turns(self, _sid: str, key: int | None) -> Json:
        return {"ok": True, "count": len(self.house.turns(key))}

    async def _chart(self, _sid: str, key: int, hours: float) -> Json:
        rows = self.house.watched[key].since(datetime.now(UTC) - timedelta(hours=hours))
        minutes: dict[int, list[Row]] = {}
        for row in rows:
            minutes.setdefault(int(row.at.timestamp()) // 60 * 60, []).append(row)
        return {"ok": True, "data": [_point(at, of) for at, of in minutes.items()]}

    def _monitors(self) -> Json:
        shapes, watched = self.house.shapes, self.house.watched
        return {str(key): shapes.monitor(one) for key, one in watched.items()}

    def _maintenance(self) -> Json:
        house = self.house
        return house.shapes.maintenance(house.watched.values(), house.started)

    async def _tell(self, event: str, *args: Any) -> None:
        await self.server.emit(event, args, room=ROOM)

    async def _say(self, sid: str, event: str, *args: Any) -> None:
        await self.server.emit(event, args, to=sid)


def _point(at: int, rows: list[Row]) -> Json:
    pings = [row.ping_ms for row in rows if row.ping_ms is not None]
    up = sum(row.status == 1 for row in rows)
    return {
        "up": up,
        "down": len(rows) - up,
        "avgPing": sum(pings) / len(pings) if pings else 0,
        "minPing": min(pings, default=0),
        "maxPing": max(pings, default=0),
        "timestamp": at,
    }
