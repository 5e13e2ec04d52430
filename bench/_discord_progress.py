"""Do people wait behind the progress of others in their channel?"""

from __future__ import annotations

import asyncio
from pathlib import Path

from bench import _discord_bots as bots
from bench._discord_bots import Bot, Place, Upstream
from bench._discord_crowd import Crowd
from bench.figures import Figure, percentile

DOWNLOADS = 20
ASKED_EVERY_S = 0.1
ASKED_FOR_S = 6.0
SETTLE_S = 7.0
"""So long after the last change a card may still be redrawn."""


async def measure(home: Place, seerr: Upstream, data: Path) -> list[Figure]:
    """Without, with, with, without: what changes on the way is in both."""
    command = ("-m", "bench._discord_house", str(DOWNLOADS))
    async with bots.ours(home, seerr, data, *command) as bot:
        crowd = Crowd(bot)
        await crowd.at_once(DOWNLOADS)
        await _cards(bot)
        quiet = await _answered(crowd)
        await _say(bot, "on")
        edited = _edits(home)
        moving = await _answered(crowd) + await _answered(crowd)
        edits = (_edits(home) - edited) / (2 * ASKED_FOR_S)
        await _say(bot, "off")
        await asyncio.sleep(SETTLE_S)
        quiet += await _answered(crowd)
    beside = percentile(moving, 95), percentile(quiet, 95)
    return [
        Figure("20 downloads move: edits a second", edits, "", "told"),
        Figure("commands meanwhile, p95", beside[0], "ms", "told"),
        Figure("the same ÷ without", beside[0] / beside[1], "×", "≤ 1.10"),
        Figure("refused as too many", len(home.server.violations), "", "0"),
        Figure("lost", crowd.lost, "", "0"),
    ]


async def _cards(bot: Bot) -> None:
    """Everybody has a card of their download, all of them in one channel."""
    server, channel = bot.place.server, bot.place.channel
    asked = [
        server.slash(person, "download", {"url": bots.address(number)}, where=channel)
        for number, person in enumerate(bot.place.people[:DOWNLOADS], 1)
    ]
    await server.until(lambda: all(one.answered_at for one in asked))
    cards = [one.answer for one in asked if one.answer is not None]
    assert all(one.only_for is None for one in cards), "cards that only one sees"


async def _answered(crowd: Crowd) -> list[float]:
    return (await crowd.steadily(ASKED_FOR_S, ASKED_EVERY_S)).answered


async def _say(bot: Bot, word: str) -> None:
    assert bot.process.stdin is not None
    bot.process.stdin.write(f"{word}\n".encode())
    await bot.process.stdin.drain()
    await asyncio.sleep(1.0)


def _edits(home: Place) -> int:
    return len(home.server.called("update_message"))
