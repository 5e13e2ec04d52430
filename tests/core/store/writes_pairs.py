"""Writes two rows a transaction until killed, saying so after each commit."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from medianest_bot.core.store import config
from medianest_bot.core.store.engine import Store


async def main(path: str, label: str) -> None:
    store = await Store.open(f"sqlite:///{path}", lock_folder=Path(path).parent)
    now = datetime.now(UTC)
    for number in range(1_000_000):
        async with store.begin() as tx:
            await config.put(tx, f"{label}{number}a", "x" * 3000, now)
            await config.put(tx, f"{label}{number}b", "x" * 3000, now)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
