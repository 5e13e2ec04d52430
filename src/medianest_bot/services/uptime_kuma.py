"""Uptime Kuma 1.23 and 2.x: live over its socket, else /metrics, else a status page.

The socket API knows no read-only key: a sign-in is a full one. So the password is
used once, and what is kept is the token it gave, which has no expiry but ends when
the password changes.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import structlog

from medianest_bot.services._kuma_http import Fallback
from medianest_bot.services._kuma_live import Live
from medianest_bot.services._kuma_models import (
    SERVICE,
    Beat,
    Change,
    Incident,
    Maintenance,
    Monitor,
    SignIn,
    SignInTrouble,
    Snapshot,
    Source,
    State,
    beats,
)
from medianest_bot.services._kuma_sign_in import Door
from medianest_bot.services._kuma_socket import GARBLED, Line, connect
from medianest_bot.services.cache import Kept
from medianest_bot.services.clock import loop_time
from medianest_bot.services.errors import Refused, ServiceError, Unreachable
from medianest_bot.services.http import CALL_S, READ_S, Http

__all__ = [
    "Beat",
    "Change",
    "Incident",
    "Maintenance",
    "Monitor",
    "SignIn",
    "SignInTrouble",
    "Snapshot",
    "Source",
    "State",
    "UptimeKuma",
]

REFUSED_S = 60.0
"""The least pause after a refused sign-in: Kuma allows 20 a minute, for everybody."""
LONGEST_PAUSE_S = 60.0
LONGEST_REFUSED_S = 900.0
_STEADY_S = 30.0
_BURST_S = 5.0
_NEWS_S = 1.5
_TURNS = 100
_FILLED = 100
_UNTOLD: tuple[type[Exception], ...] = (ServiceError, *GARBLED)

log = structlog.get_logger(__name__)


class UptimeKuma:
    """One Uptime Kuma. `run` holds the socket; everything else works without it.

    `token` is the one kept from an earlier sign-in; `keep_token` is awaited with
    each new one. `changed` is called for each change of a monitor. `patience_s` is
    for each step of a sign-in. `wait`, `clock` and `now` are parameters for tests.
    """

    def __init__(
        self,
        url: str,
        http: Http,
        *,
        sign_in: SignIn | None = None,
        token: str | None = None,
        api_key: str | None = None,
        status_page: str | None = None,
        keep_token: Callable[[str], Awaitable[None]],
        changed: Callable[[Change], None],
        patience_s: float = CALL_S,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = loop_time,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._url = url
        self._http = http
        self._door = Door(sign_in, token, keep_token, patience_s)
        self._changed = changed
        self._wait = wait
        self._clock = clock
        self._now = now
        self._live = Live()
        self._fallback = Fallback(
            http,
            self._live,
            sign_in=sign_in,
            api_key=api_key,
            status_page=status_page,
            clock=clock,
            now=now,
        )
        self._line: Line | None = None
        self._whole = asyncio.Event()
        self._ready = asyncio.Event()
        self._tried = asyncio.Event()
        self._tried.set()
        self._heard_at: datetime | None = None
        self._trouble: ServiceError | None = None
        self._running: asyncio.Task[Any] | None = None

    @property
    def trouble(self) -> ServiceError | None:
        """Why there is no socket: Unreachable, or Refused with a SignInTrouble."""
        return self._trouble

    async def run(self) -> None:
        """Hold the socket for ever; ends only by being cancelled.

        What `keep_token` raises comes out of here.
        """
        self._running = asyncio.current_task()
        try:
            pause_s = refused_s = 0.0
            while True:
                started = self._clock()
                error = await self._session()
                if self._clock() - started >= _STEADY_S:
                    pause_s = refused_s = 0.0
                if isinstance(error, Refused):
                    refused_s = min(max(2 * refused_s, REFUSED_S), LONGEST_REFUSED_S)
                    await self._wait(refused_s + random.uniform(0, 5))  # noqa: S311 — spread, no secret
                else:
                    pause_s = min(max(2 * pause_s, 1.0), LONGEST_PAUSE_S)
                    await self._wait(pause_s * random.uniform(0.75, 1.0))  # noqa: S311 — spread, no secret
        finally:
            self._running = None

    async def snapshot(self, *, within_s: float = READ_S) -> Kept[Snapshot]:
        """All monitors, live, or from the next best source, or the last known.

        Raises Unreachable or Refused where nobody answers and nothing is known.
        """
        if await self._is_live(within_s / 2):
            incidents = await self._fallback.incidents(min(within_s / 2, _NEWS_S))
            at = self._now()
            return Kept(self._live_snapshot(at, incidents), at)
        try:
            kept = await self._fallback.snapshot(within_s)
        except ServiceError:
            last = self._last_heard()
            if last is None:
                raise
            return last
        last = self._last_heard() if kept.is_stale else None
        return last if last and last.at > kept.at else kept

    async def beats(self, monitor_id: int, hours: int = 24) -> tuple[Beat, ...]:
        """The beats of the last `hours` (a week at most), () without a socket.

        Raises Unreachable, Refused or Unreadable.
        """
        line = self._line
        if line is None or not self._ready.is_set():
            return ()
        answer = await self._day(line, monitor_id, min(max(hours, 1), 168))
        if not answer.get("ok"):
            raise Refused(SERVICE)
        return beats(answer.get("data"))

    async def probe(self) -> float:
        """Milliseconds of the cheapest question there is."""
        return await self._http.probe("/api/entry-page")

    async def aclose(self) -> None:
        """End `run` if it runs; the Http stays open for whoever opened it."""
        running = self._running
        if running is not None and running is not asyncio.current_task():
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        await self._fallback.aclose()

    async def _session(self) -> ServiceError:
        """One connection from start to end; answers why it ended."""
        self._tried.clear()
        self._whole.clear()
        self._live.begin()
        try:
            async with connect(self._url, self._take) as line:
                await self._door.enter(line)
                self._line = line
                self._trouble = None
                await self._settle(line)
                await self._fill(line)
                await line.closed.wait()
            self._trouble = Unreachable(SERVICE)
        except ServiceError as error:
            self._trouble = error
        finally:
            self._line = None
            self._ready.clear()
            self._tried.set()
        log.info("uptime kuma socket ended", why=str(self._trouble))
        return self._trouble

    async def _settle(self, line: Line) -> None:
        """Wait for the burst, which 1.23 sends only after letting us in."""
        waits = [asyncio.ensure_future(e.wait()) for e in (self._whole, line.closed)]
        try:
            await asyncio.wait(
                waits, timeout=_BURST_S, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            for waiter in waits:
                waiter.cancel()
        if line.closed.is_set():
            return
        if self._live.major >= 2:  # 1.23 sends these by itself and knows no such call
            await self._ask_turns(line)
        self._ready.set()
        self._tried.set()

    async def _ask_turns(self, line: Line) -> None:
        event = "monitorImportantHeartbeatListPaged"
        try:
            answer = await line.call(event, None, 0, _TURNS, within_s=READ_S)
            self._live.note_turns(answer.get("data"))
        except _UNTOLD:
            log.info("no list of turns")

    async def _fill(self, line: Line) -> None:
        """Ask for the whole last day: what comes by itself is a hundred beats."""
        for monitor_id in sorted(self._live.ids().values())[:_FILLED]:
            if line.closed.is_set():
                return
            try:
                answer = await self._day(line, monitor_id)
                self._live.note_day(monitor_id, answer.get("data"))
            except _UNTOLD:
                log.info("no beats of a day")
                return

    async def _day(
        self, line: Line, monitor_id: int, hours: int = 24
    ) -> dict[str, Any]:
        return await line.call("getMonitorBeats", monitor_id, hours, within_s=READ_S)

    def _take(self, event: str, args: Sequence[Any]) -> None:
        changes = self._live.take(event, args)
        self._heard_at = self._now()
        if self._live.is_whole:
            self._whole.set()
        loop = asyncio.get_running_loop()
        for change in changes:
            loop.call_soon(self._changed, change)

    async def _is_live(self, within_s: float) -> bool:
        """True with a socket; one that is just being opened is waited for."""
        if not self._ready.is_set() and not self._tried.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await self._tried.wait()
        return self._ready.is_set()

    def _live_snapshot(
        self, at: datetime, incidents: tuple[Incident, ...] = ()
    ) -> Snapshot:
        return Snapshot(
            monitors=self._live.monitors(at),
            incidents=incidents,
            maintenance=self._live.maintenance,
            source=Source.SOCKET,
            at=at,
            version=self._live.version,
        )

    def _last_heard(self) -> Kept[Snapshot] | None:
        """What the socket told before it went away."""
        if self._heard_at is None or not self._live.ids():
            return None
        at = self._heard_at
        return Kept(self._live_snapshot(at), at, is_stale=True)
