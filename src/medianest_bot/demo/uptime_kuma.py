"""A stand-in for Uptime Kuma 2.5 or 1.23, with a real Socket.IO server.

It watches nothing: a day of checks is made up at the start, and what the
household's story says happens by itself, or a test drives it with `beat`.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from typing import Any

from aiohttp import web

from medianest_bot.demo import _kuma_shapes
from medianest_bot.demo._kuma_house import Accounts, House
from medianest_bot.demo._kuma_past import Status, usual_ping
from medianest_bot.demo._kuma_sockets import Sockets
from medianest_bot.demo._kuma_web import Pages
from medianest_bot.demo.household import Household
from medianest_bot.demo.knobs import Knobs, middleware

_EVERY_S = 20.0
_BEFORE_S = 15.0
_DOWN_S = 20.0
_ROUND_S = 120.0


class UptimeKumaStandIn:
    """Uptime Kuma with the household's monitors and a status page named "maple".

    `pace` stretches the story: 1 is real time, 0 lets nothing happen by itself.
    `knobs` bend HTTP, `sockets` the socket, `accounts` who may sign in; `house`
    is what it watches.
    """

    def __init__(
        self,
        household: Household,
        *,
        username: str = "mum",
        password: str = "demo-kuma-password",  # noqa: S107 — of an invented house
        totp: str | None = None,
        api_key: str | None = None,
        version: str = "2.5.3",
        pace: float = 1.0,
    ) -> None:
        self.accounts = Accounts(username, password, totp, api_key)
        self.house = House(household, _kuma_shapes.read(version), self.accounts)
        self.sockets = Sockets(self.house)
        self.knobs = Knobs()
        self._pace = pace
        self._chance = random.Random(0)  # noqa: S311 — scenery, no secret
        self._runner: web.AppRunner | None = None
        self._lives: list[asyncio.Task[None]] = []

    async def start(self, port: int = 0) -> str:
        """Listen on loopback; answers the base URL."""
        app = web.Application(middlewares=[middleware(self.knobs)])
        app.add_routes(Pages(self.house, self.sockets.tell_beat).routes())
        self.sockets.server.attach(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        if self._pace:
            self._live(self._watch())
            self._live(self._play())
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def stop(self) -> None:
        for life in self._lives:
            life.cancel()
        await asyncio.gather(*self._lives, return_exceptions=True)
        self._lives.clear()
        if self._runner is not None:
            await self.sockets.stop()
            await self._runner.cleanup()
            self._runner = None

    async def beat(self, monitor_id: int, state: int, ping: int | None = None) -> None:
        """One check of one monitor, told to everybody signed in."""
        row = self.house.check(monitor_id, Status(state), ping)
        await self.sockets.tell_beat(row)

    async def change_password(self, password: str) -> None:
        """Every token is void and every connection ends."""
        self.accounts.password = password
        await self.sockets.drop_all()

    def _live(self, life: Coroutine[Any, Any, None]) -> None:
        self._lives.append(asyncio.ensure_future(life))

    async def _watch(self) -> None:
        """Everything is checked again and again, and found as it was."""
        while True:
            await asyncio.sleep(_EVERY_S * self._pace)
            for watched in self.house.active:
                status = watched.last.status
                is_up = status is Status.UP
                ping = usual_ping(watched.monitor, self._chance) if is_up else None
                await self.beat(watched.monitor.id, status, ping)

    async def _play(self) -> None:
        """The monitors with a story go down and come back, round and round."""
        stars = [one.monitor for one in self.house.active if one.monitor.story]
        while stars:
            await asyncio.sleep(_BEFORE_S * self._pace)
            for monitor in stars:
                await self.beat(monitor.id, Status.PENDING)
                await self.beat(monitor.id, Status.DOWN)
            await asyncio.sleep(_DOWN_S * self._pace)
            for monitor in stars:
                ping = usual_ping(monitor, self._chance)
                await self.beat(monitor.id, Status.UP, ping)
            await asyncio.sleep((_ROUND_S - _BEFORE_S - _DOWN_S) * self._pace)
