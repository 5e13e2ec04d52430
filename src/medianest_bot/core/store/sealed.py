"""Every sealed value in the store: what a new key must write anew, and a check open.

A value that is sealed and not listed here is lost with the key that wrote it, so a
test looks for such values in a house in which everything was used.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Column, Table, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.secrets import VERSION, Where
from medianest_bot.core.store.tables import link_attempts, service_config

CANARY = "canary"
KUMA_TOKEN = "uptime_kuma.token"  # noqa: S105 - a name, no secret
HOUSE = (CANARY, KUMA_TOKEN)
"""Keys of `service_config` whose values are sealed."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """One sealed value, and the only place it opens in."""

    where: Where
    value: str


def secret_place(key: str) -> Where:
    """Where a secret of the house itself is kept."""
    return Where("service_config", "value", key, "house")


def pin_place(attempt: int, platform: str, account: str) -> Where:
    """Where the PIN of a sign-in is kept."""
    return Where("link_attempts", "pin", attempt, f"{platform}:{account}")


async def everything(db: AsyncConnection) -> tuple[Sealed, ...]:
    """All that is sealed, the canary first."""
    return (*await _of_the_house(db), *await _pins(db))


async def put(tx: AsyncConnection, where: Where, value: str) -> None:
    """Put another sealed form in the place of one; it says the same."""
    table, row = _TABLES[where.table]
    changed = update(table).where(row == where.row)
    await tx.execute(changed.values({where.column: value}))


async def _of_the_house(db: AsyncConnection) -> tuple[Sealed, ...]:
    key, value = service_config.c.key, service_config.c.value
    # Also what is not listed yet, but looks like it.
    is_sealed = or_(key.in_(HOUSE), value.startswith(f"{VERSION}."))
    rows = await db.execute(select(key, value).where(is_sealed).order_by(key))
    return tuple(Sealed(secret_place(row.key), row.value) for row in rows)


async def _pins(db: AsyncConnection) -> tuple[Sealed, ...]:
    pins = link_attempts.c
    query = select(pins.id, pins.platform, pins.account, pins.pin)
    rows = await db.execute(query.where(pins.pin.is_not(None)).order_by(pins.id))
    return tuple(
        Sealed(pin_place(row.id, row.platform, row.account), row.pin) for row in rows
    )


_TABLES: dict[str, tuple[Table, Column[str] | Column[int]]] = {
    "service_config": (service_config, service_config.c.key),
    "link_attempts": (link_attempts, link_attempts.c.id),
}
