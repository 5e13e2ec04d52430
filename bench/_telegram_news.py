"""A thousand people are told something while others ask: is the lane full, and fair?

The news are rows of our own database, delivered by the running program.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.bot_api import Call

from bench import _telegram_bots as bots
from bench._telegram_bots import Bot, Upstream
from bench._telegram_crowd import Crowd
from medianest_bot.core.roles import Role
from medianest_bot.core.store import news, people, requests
from medianest_bot.core.store.engine import Store

TOLD = 1000
ASKERS = range(TOLD + 1, TOLD + 61)
ASKED_EVERY_S = 0.2
MOST_A_SECOND = 30
PATIENCE_S = 90.0
LOOK_S = 0.5
EDGE_S = 2.0
"""The first and the last moments are not what a broadcast is like."""


@dataclass(frozen=True)
class Broadcast:
    """What came of it. `share` is of what Telegram takes, replies included."""

    refused: int
    twice_or_never: int
    share: float
    replies: Sequence[float]


async def broadcast(folder: Path, seerr: Upstream) -> Broadcast:
    await _promise(folder)
    everybody = ASKERS[-1]
    async with bots.ours(everybody, seerr, folder) as bot:
        crowd = Crowd(bot)
        asking = asyncio.create_task(_ask(crowd))
        await _until_told(bot)
        asking.cancel()
        replies = await _answered(asking)
    told = [call.chat for call in _told(bot)]
    return Broadcast(
        refused=len(bot.server.violations),
        twice_or_never=len(told) - len(set(told)) + TOLD - len(set(told)),
        share=_share(bot),
        replies=replies,
    )


async def _promise(folder: Path) -> None:
    """Everybody's request has come, and they are still to be told."""
    now = datetime.now(UTC)
    store = await Store.open(f"sqlite:///{folder / 'medianest.db'}")
    async with store.begin() as tx:
        for number in range(1, ASKERS[-1] + 1):
            name = f"person {number}"
            person = await people.add(tx, name, Role.MEMBER, now=now)
            await people.link(tx, person.id, "telegram", str(number), name, now)
            if number > TOLD:
                continue
            row = await requests.add(
                tx, person.id, "movie", 841, title="Dune", state="available", now=now
            )
            line = f"show request:{row.id}"
            await news.add(tx, f"bench {number}", person.id, line, now)
    await store.close()


async def _until_told(bot: Bot) -> None:
    """Looks now and then: at each call it would slow the Telegram down."""
    async with asyncio.timeout(PATIENCE_S):
        while len(_told(bot)) < TOLD:  # noqa: ASYNC110 - see above
            await asyncio.sleep(LOOK_S)


async def _ask(crowd: Crowd) -> list[asyncio.Task[list[float]]]:
    """Five a second, until cancelled; returns what they wait for."""
    asked: list[asyncio.Task[list[float]]] = []
    try:
        for number in itertools.cycle(ASKERS):
            asked.append(asyncio.create_task(crowd.together([number])))
            await asyncio.sleep(ASKED_EVERY_S)
    except asyncio.CancelledError:
        pass
    return asked


async def _answered(
    asking: asyncio.Task[list[asyncio.Task[list[float]]]],
) -> list[float]:
    took = await asyncio.gather(*await asking)
    return [one for each in took for one in each]


def _told(bot: Bot) -> list[Call]:
    return [
        call
        for call in bot.calls
        if call.method == "sendMessage" and call.status == 200 and call.chat <= TOLD
    ]


def _share(bot: Bot) -> float:
    """Percent of the window that was used while all was under way."""
    told = _told(bot)
    first, last = told[0].at + EDGE_S, told[-1].at - EDGE_S
    taken = [
        call
        for call in bot.calls
        if call.chat is not None and call.status == 200 and first < call.at <= last
    ]
    return 100 * len(taken) / (MOST_A_SECOND * (last - first))
