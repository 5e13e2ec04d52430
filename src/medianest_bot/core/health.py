"""How every neighbour is, since when, how fast it answers, and how well it did."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

import structlog

from medianest_bot.core.outbox import Outbox
from medianest_bot.core.store import status
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.status import Hour, ServiceStatus
from medianest_bot.services.cache import Kept
from medianest_bot.services.errors import ServiceError
from medianest_bot.services.uptime_kuma import Change, Snapshot, UptimeKuma

log = structlog.get_logger(__name__)

EVERY_S = 30.0
SLOW_MS = 1500.0
"""Slower than this, a neighbour is up but people feel it."""
SUBJECT = "status"

Probe = Callable[[], Awaitable[float]]
"""Asks a neighbour whether it is up; returns milliseconds or raises ServiceError."""


class Up(StrEnum):
    """What a neighbour is, as people are told."""

    UP = "up"
    SLOW = "slow"
    DOWN = "down"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ServiceHealth:
    """One neighbour: uptimes are 0..1, None where nothing was measured yet."""

    service: str
    state: Up
    since: datetime | None
    response_ms: float | None
    uptime_day: float | None
    uptime_month: float | None
    hours: tuple[Hour, ...] = ()
    """The last day, oldest first."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything the status screen shows.

    `kuma` is None where it is not configured or has never answered. `trouble` says
    why it does not answer, or why only by a way that knows less than its socket.
    """

    services: tuple[ServiceHealth, ...]
    kuma: Kept[Snapshot] | None
    trouble: ServiceError | None


@dataclass(frozen=True, slots=True)
class _Probed:
    """What a probe found: milliseconds, or in one word why there are none."""

    name: str
    ms: float | None
    reason: str | None


class Health:
    """Probes every neighbour every 30 s while `run` is running."""

    def __init__(
        self,
        store: Store,
        outbox: Outbox,
        now: Callable[[], datetime],
        probes: Mapping[str, Probe],
        kuma: UptimeKuma | None = None,
        *,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._outbox = outbox
        self._now = now
        self._probes = probes
        self._kuma = kuma
        self._wait = wait
        self._last: Kept[Snapshot] | None = None
        self._trouble: ServiceError | None = None
        self._failed: dict[str, int] = {}
        self._stirred = asyncio.Event()
        # What Uptime Kuma knows is asked once at the start, for cards from before.
        self._stirred.set()

    def join(self, name: str, probe: Probe) -> None:
        """Have one more probed from the next time on, like a chat that has opened."""
        self._probes = {**self._probes, name: probe}

    async def run(self) -> None:
        """Probe, and follow Uptime Kuma's monitors, until cancelled."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._keep_probing())
            both.create_task(self._keep_following())

    async def check(self) -> None:
        """Probe everything once, in parallel, and write down what was found.

        Cards are redrawn where something came up, went down or became slow.
        """
        results = await asyncio.gather(*(self._probe(name) for name in self._probes))
        async with self._store.begin() as tx:
            known = await status.read(tx)
            now = self._now()
            found = [self._judge(known.get(one.name), one, now) for one in results]
            for one, standing in zip(results, found, strict=True):
                await status.write(tx, standing)
                ok = one.ms is not None
                await status.add_check(tx, one.name, now, ok, one.ms or 0.0)
        if any(_is_news(one, known.get(one.service)) for one in found):
            self._outbox.changed(SUBJECT)
            self._stirred.set()

    def monitor_changed(self, change: Change) -> None:
        """Uptime Kuma says a monitor went down, came back or is being mended."""
        log.info("monitor", id=change.monitor_id, now=change.now.name)
        self._stirred.set()

    async def standing(self, *, ask: bool) -> Standing:
        """How everything is. With `ask`, Uptime Kuma is asked first, if it answers."""
        if ask:
            await self._ask()
        return Standing(await self._services(), self._last, self._trouble)

    async def _ask(self) -> None:
        if self._kuma is None:
            return
        try:
            self._last = await self._kuma.snapshot()
            self._trouble = self._kuma.trouble
        except ServiceError as error:
            # Why it does not let us in says more than that it does not answer.
            self._trouble = self._kuma.trouble or error
            self._last = self._last and replace(self._last, is_stale=True)

    async def _keep_probing(self) -> None:
        while True:
            try:
                await self.check()
            except Exception:
                # A watcher: a full disk or a locked store must not end it.
                log.exception("health check")
            await self._wait(EVERY_S)

    async def _keep_following(self) -> None:
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            try:
                await self._ask()
            except Exception:
                # A watcher: an odd answer must not end it.
                log.exception("uptime kuma")
            self._outbox.changed(SUBJECT)

    async def _probe(self, name: str) -> _Probed:
        try:
            return _Probed(name, await self._probes[name](), None)
        except ServiceError as error:
            log.info("probe failed", service=name, kind=type(error).__name__)
            return _Probed(name, None, type(error).__name__.lower())

    def _judge(
        self, known: ServiceStatus | None, probed: _Probed, now: datetime
    ) -> ServiceStatus:
        """One failed probe is not yet down: two in a row are."""
        name, ms = probed.name, probed.ms
        self._failed[name] = 0 if ms is not None else self._failed.get(name, 0) + 1
        before = Up(known.state) if known is not None else Up.UNKNOWN
        state = before
        if ms is not None:
            state = Up.SLOW if ms > SLOW_MS else Up.UP
        elif self._failed[name] > 1:
            state = Up.DOWN
        since = known.since if known is not None and state is before else now
        return ServiceStatus(name, state.value, since, ms, now, probed.reason)

    async def _services(self) -> tuple[ServiceHealth, ...]:
        async with self._store.read() as db:
            known = await status.read(db)
            now = self._now()
            day, month = now - timedelta(days=1), now - timedelta(days=30)
            return tuple(
                [
                    _health(
                        name,
                        known.get(name),
                        await status.uptime(db, name, day),
                        await status.uptime(db, name, month),
                        await status.hours(db, name, day),
                    )
                    for name in self._probes
                ]
            )


def _is_news(now: ServiceStatus, before: ServiceStatus | None) -> bool:
    return before is None or before.state != now.state


def _health(
    name: str,
    known: ServiceStatus | None,
    day: float | None,
    month: float | None,
    hours: tuple[Hour, ...],
) -> ServiceHealth:
    if known is None:
        return ServiceHealth(name, Up.UNKNOWN, None, None, day, month, hours)
    state, since = Up(known.state), known.since
    return ServiceHealth(name, state, since, known.response_ms, day, month, hours)
