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
KEPT = timedelta(days=31)
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

    `kuma` is None where it is not configured or has never answered; then
    `trouble` says why, where it is configured.
    """

    services: tuple[ServiceHealth, ...]
    kuma: Kept[Snapshot] | None
    trouble: ServiceError | None


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
        self._failed: dict[str, int] = {}
        self._stirred = asyncio.Event()

    async def run(self) -> None:
        """Probe, and follow Uptime Kuma's monitors, until cancelled."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._keep_probing())
            both.create_task(self._keep_following())

    async def check(self) -> None:
        """Probe everything once, in parallel, and write down what was found."""
        names = list(self._probes)
        results = await asyncio.gather(*(self._probe(name) for name in names))
        async with self._store.begin() as tx:
            known = await status.read(tx)
            for name, ms, reason in results:
                now = self._now()
                found = self._judge(known.get(name), name, ms, reason)
                await status.write(tx, found)
                await status.add_check(tx, name, now, ms is not None, ms or 0.0)
            await status.prune(tx, self._now() - KEPT)
        self._outbox.changed(SUBJECT)

    def monitor_changed(self, change: Change) -> None:
        """Uptime Kuma says a monitor went down, came back or is being mended."""
        log.info("monitor", id=change.monitor_id, now=change.now.name)
        self._stirred.set()

    async def standing(self, *, ask: bool) -> Standing:
        """How everything is. With `ask`, Uptime Kuma is asked first, if it answers."""
        trouble: ServiceError | None = None
        if self._kuma is not None and (ask or self._last is None):
            try:
                self._last = await self._kuma.snapshot()
            except ServiceError as error:
                trouble = error
                self._last = self._last and replace(self._last, is_stale=True)
        services = await self._services()
        return Standing(services, self._last, trouble)

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
            await self.standing(ask=True)
            self._outbox.changed(SUBJECT)

    async def _probe(self, name: str) -> tuple[str, float | None, str | None]:
        try:
            return name, await self._probes[name](), None
        except ServiceError as error:
            log.info("probe failed", service=name, kind=type(error).__name__)
            return name, None, type(error).__name__.lower()

    def _judge(
        self, known: ServiceStatus | None, name: str, ms: float | None, why: str | None
    ) -> ServiceStatus:
        """One failed probe is not yet down: two in a row are."""
        if ms is None:
            self._failed[name] = self._failed.get(name, 0) + 1
        else:
            self._failed[name] = 0
        state = self._state(known, name, ms)
        now = self._now()
        is_same = known is not None and known.state == state.value
        since = known.since if known is not None and is_same else now
        return ServiceStatus(name, state.value, since, ms, now, why)

    def _state(self, known: ServiceStatus | None, name: str, ms: float | None) -> Up:
        if ms is not None:
            return Up.SLOW if ms > SLOW_MS else Up.UP
        if known is None or self._failed[name] > 1:
            return Up.DOWN
        return Up(known.state)

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
