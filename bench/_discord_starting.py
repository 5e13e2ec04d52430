"""From start to ready, and what an idle bot in both chats holds."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from tests.bot_api import bot_api

from bench import _discord_bots as bots
from bench import starting
from bench._discord_bots import Bot, Place, Upstream
from bench.figures import ROUNDS, Figure, median
from medianest_bot.chats.discord_chat import GUILD_WAIT_S

IDLE_S = 1.5
IDLE_ROUNDS = 3
TELEGRAM = "123456:TEST-token_abcdefghijklmnopqrstuvwxyz"


async def measure(home: Place, seerr: Upstream, data: Path) -> list[Figure]:
    """`data` is where the program has lived before."""
    ready, idle, bare = [], [], []
    for _round in range(ROUNDS):
        async with bots.ours(home, seerr, data) as bot:
            ready.append(bot.start_s - GUILD_WAIT_S)
    for _round in range(IDLE_ROUNDS):
        bare.append(await starting.imported_mb("telegram", "discord"))
        idle.append(await _both_chats(home, seerr, data))
    return [
        Figure("start to ready, less the wait for guilds", median(ready), "s", "≤ 1.5"),
        Figure("idle in both chats", median(idle), "MB", "≤ 135"),
        Figure(
            "the same ÷ only importing the libraries",
            median(idle) / median(bare),
            "×",
            "≤ 1.2",
        ),
    ]


async def _both_chats(home: Place, seerr: Upstream, data: Path) -> float:
    async with bot_api(TELEGRAM) as telegram:
        told = {"TELEGRAM_TOKEN": TELEGRAM, "TELEGRAM_API_URL": telegram.url}
        async with bots.ours(home, seerr, data, **told) as bot:
            await telegram.until(lambda: telegram.updates.is_polled, 30)
            await asyncio.sleep(IDLE_S)
            return memory_mb(bot)


def memory_mb(bot: Bot) -> float:
    """Resident megabytes, as the kernel counts them."""
    status = Path(f"/proc/{bot.process.pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found, status
    return int(found[1]) / 1024
