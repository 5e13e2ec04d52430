"""How each neighbour is, and how its probes went, by the hour."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.store._rows import MANY, all_of, insert, select_as
from medianest_bot.core.store.tables import service_hours, service_status


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """A neighbour as of its last probe, at `checked_at`; in this state `since`."""

    service: str
    state: str
    since: datetime
    response_ms: float | None
    checked_at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour of probes. `total_ms` sums the answers of those that were `up`."""

    hour: datetime
    checks: int
    up: int
    total_ms: float


async def read(db: AsyncConnection) -> dict[str, ServiceStatus]:
    """Every neighbour that was ever probed, by name."""
    query = select_as(ServiceStatus, service_status)
    return {one.service: one for one in await all_of(db, ServiceStatus, query)}


async def write(tx: AsyncConnection, status: ServiceStatus) -> None:
    values = asdict(status)
    statement = insert(tx, service_status).values(values)
    key = [service_status.c.service]
    upsert = statement.on_conflict_do_update(index_elements=key, set_=values)
    await tx.execute(upsert)


async def add_check(
    tx: AsyncConnection,
    service: str,
    at: datetime,
    ok: bool,  # noqa: FBT001 - a value to count, not a mode
    ms: float,
) -> None:
    """Count a probe in its hour; `ms` only counts where it was answered."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    table = service_hours.c
    statement = insert(tx, service_hours).values(
        service=service, hour=hour, checks=1, up=int(ok), total_ms=ms if ok else 0.0
    )
    new = statement.excluded
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=[table.service, table.hour],
            set_={
                "checks": table.checks + new.checks,
                "up": table.up + new.up,
                "total_ms": table.total_ms + new.total_ms,
            },
        )
    )


async def hours(db: AsyncConnection, service: str, since: datetime) -> tuple[Hour, ...]:
    """Hours that began at `since` or later, oldest first; empty ones are absent."""
    table = service_hours.c
    query = select_as(Hour, service_hours).where(
        table.service == service, table.hour >= since
    )
    return await all_of(db, Hour, query.order_by(table.hour))


async def uptime(db: AsyncConnection, service: str, since: datetime) -> float | None:
    """The answered part of its probes, 0..1, of the hours that `hours` gives.

    None where there were no probes.
    """
    table = service_hours.c
    sums = select(func.sum(table.up), func.sum(table.checks)).where(
        table.service == service, table.hour >= since
    )
    up, checks = (await db.execute(sums)).one()
    return float(up) / float(checks) if checks else None


async def prune(tx: AsyncConnection, before: datetime, limit: int = MANY) -> int:
    """Forget hours that began before, all at once: they are few. Returns how many."""
    del limit
    done = await tx.execute(delete(service_hours).where(service_hours.c.hour < before))
    return done.rowcount
