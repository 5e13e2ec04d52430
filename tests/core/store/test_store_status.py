"""How neighbours are and were, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from medianest_bot.core.store import status
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.status import Hour, ServiceStatus

HOUR = timedelta(hours=1)


async def test_the_last_probe_is_what_is_known(any_store: Store, now: datetime) -> None:
    plex = ServiceStatus("plex", "up", now, 12.5, now, None)
    down = ServiceStatus("plex", "down", now + HOUR, None, now + HOUR, "unreachable")
    seerr = ServiceStatus("seerr", "up", now, 1.0, now, None)
    async with any_store.begin() as tx:
        assert await status.read(tx) == {}
        for one in (plex, seerr, down):
            await status.write(tx, one)
        assert await status.read(tx) == {"plex": down, "seerr": seerr}


async def test_probes_are_summed_by_the_hour(any_store: Store, now: datetime) -> None:
    begins = now.replace(minute=0)
    async with any_store.begin() as tx:
        await status.add_check(tx, "plex", now, ok=True, ms=10.0)
        await status.add_check(tx, "plex", now, ok=True, ms=30.0)
        await status.add_check(tx, "plex", now, ok=False, ms=3000.0)
        await status.add_check(tx, "plex", now + HOUR, ok=True, ms=5.0)
        await status.add_check(tx, "seerr", now, ok=True, ms=7.0)
    async with any_store.read() as db:
        first, second = Hour(begins, 3, 2, 40.0), Hour(begins + HOUR, 1, 1, 5.0)
        assert await status.hours(db, "plex", begins) == (first, second)
        assert await status.hours(db, "plex", now) == (second,)
        assert await status.uptime(db, "plex", begins) == pytest.approx(3 / 4)
        assert await status.uptime(db, "plex", now) == 1.0
        assert await status.uptime(db, "kuma", begins) is None


async def test_old_hours_are_pruned(any_store: Store, now: datetime) -> None:
    async with any_store.begin() as tx:
        await status.add_check(tx, "plex", now, ok=True, ms=1.0)
        await status.add_check(tx, "plex", now + HOUR, ok=True, ms=1.0)
        assert await status.prune(tx, now) == 1
        assert len(await status.hours(tx, "plex", now - HOUR)) == 1
