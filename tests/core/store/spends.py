"""Spends one download after the other until refused; prints how many it got."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime

from medianest_bot.core.limits import Limits, Most, What
from medianest_bot.core.store.engine import Store
from medianest_bot.core.words import Sorry


async def main(address: str, person_id: str) -> None:
    store = await Store.open(address)
    limits = Limits(store, lambda: datetime.now(UTC), Most(downloads=20))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.readline)
    got = 0
    try:
        while True:
            async with store.begin() as tx:
                await limits.spend(tx, int(person_id), What.DOWNLOAD)
            got += 1
    except Sorry:
        sys.stdout.write(f"{got}\n")
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
