"""From start to the first poll, and what an idle bot in Telegram holds."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bench import _telegram_bots as bots
from bench import starting
from bench._telegram_bots import Upstream
from bench.figures import ROUNDS, Figure, median

IDLE_S = 1.5


async def measure(folder: Path, seerr: Upstream) -> list[Figure]:
    """`folder` is where the program has lived before."""
    first, idle, bare = [], [], []
    for _round in range(ROUNDS):
        bare.append(await starting.imported_mb("telegram"))
        async with bots.ours(1, seerr, folder) as bot:
            first.append(bot.start_s)
            await asyncio.sleep(IDLE_S)
            idle.append(bots.memory_mb(bot))
    return [
        Figure("process start to first poll", median(first), "s", "≤ 1.5"),
        Figure("idle memory", median(idle), "MB", "told"),
        Figure(
            "the same ÷ only importing the libraries",
            median(idle) / median(bare),
            "×",
            "≤ 1.2",
        ),
    ]
