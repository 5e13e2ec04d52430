"""How fast answers leave for Telegram, beside the least a bot can do.

Both run in turn, in processes of their own, on the same Seerr that takes 50 ms; this
process is Telegram and everybody in it.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bench import _telegram_bots as bots
from bench import _telegram_starting
from bench._telegram_bots import Upstream
from bench._telegram_crowd import Crowd
from bench._telegram_news import broadcast
from bench.figures import ROUNDS, Figure, median, percentile

PEOPLE = 100
CROWD = range(1, 21)
SERIAL = range(21, 41)
SLOW_ROUNDS = 3
SLOW_S = 0.1
FACTS = "facts: 84 / 127"


async def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data, other = folder / "data", folder / "other"
        data.mkdir()
        other.mkdir()
        async with bots.upstream(folder, series=ROUNDS * 30) as seerr:
            async with _both(data, seerr) as (ours, floor):
                found = await _answers(ours, floor)
                found += await _slow(ours, floor)
                found += await _presses(ours, floor)
                found += await _many(ours, floor)
            found += await _news(other, seerr)
            found += await _telegram_starting.measure(data, seerr)
    return found


@asynccontextmanager
async def _both(data: Path, seerr: Upstream) -> AsyncIterator[tuple[Crowd, Crowd]]:
    async with (
        bots.ours(PEOPLE, seerr, data, admins=PEOPLE) as mine,
        bots.floor(PEOPLE, seerr) as bare,
    ):
        crowds = Crowd(mine), Crowd(bare)
        for crowd in crowds:
            await crowd.one_by_one([*SERIAL][:5])
            await crowd.at_once(CROWD)
            await crowd.at_once(SERIAL)
        yield crowds


async def _answers(ours: Crowd, floor: Crowd) -> list[Figure]:
    serial: dict[Crowd, list[float]] = {ours: [], floor: []}
    together: dict[Crowd, list[list[float]]] = {ours: [], floor: []}
    for _round in range(ROUNDS):
        for crowd in (ours, floor):
            serial[crowd] += await crowd.one_by_one(SERIAL)
            together[crowd].append(await crowd.at_once(CROWD))
    alone = percentile(serial[ours], 50) - percentile(serial[floor], 50)
    p50, p95 = ({c: _each(together[c], n) for c in together} for n in (50, 95))
    return [
        Figure("floor, one by one, p50", percentile(serial[floor], 50), "ms", "told"),
        Figure("floor, 20 at once, p50", p50[floor], "ms", FACTS),
        Figure("floor, 20 at once, p95", p95[floor], "ms", FACTS),
        Figure("one by one, p50, minus floor", alone, "ms", "≤ 5"),
        Figure("20 at once, p50", p50[ours], "ms", "told"),
        Figure("20 at once, p95", p95[ours], "ms", "≤ 150"),
        Figure("the same ÷ floor", p95[ours] / p95[floor], "×", "≤ 1.25"),
    ]


async def _slow(ours: Crowd, floor: Crowd) -> list[Figure]:
    took: dict[Crowd, list[list[float]]] = {ours: [], floor: []}
    for crowd in took:
        crowd.bot.server.latency_s = SLOW_S
    for _round in range(SLOW_ROUNDS):
        for crowd, found in took.items():
            found.append(await crowd.at_once(CROWD))
    for crowd in took:
        crowd.bot.server.latency_s = 0
    p95 = {crowd: _each(found, 95) for crowd, found in took.items()}
    return [
        Figure(
            "Telegram 100 ms slow, floor, 20 at once, p95", p95[floor], "ms", "told"
        ),
        Figure("ours ÷ floor", p95[ours] / p95[floor], "×", "≤ 1.25"),
    ]


async def _presses(ours: Crowd, floor: Crowd) -> list[Figure]:
    serial: dict[Crowd, list[float]] = {ours: [], floor: []}
    together: dict[Crowd, list[list[float]]] = {ours: [], floor: []}
    for _round in range(ROUNDS):
        for crowd in (ours, floor):
            serial[crowd] += await crowd.presses_one_by_one([*SERIAL][:10])
            together[crowd].append(await crowd.presses_at_once(CROWD))
    alone = {crowd: percentile(found, 50) for crowd, found in serial.items()}
    p95 = {crowd: _each(found, 95) for crowd, found in together.items()}
    return [
        Figure("floor, press to edited card, p50", alone[floor], "ms", "told"),
        Figure("ours ÷ floor", alone[ours] / alone[floor], "×", "≤ 1.25"),
        Figure("floor, the same, 20 at once, p95", p95[floor], "ms", "told"),
        Figure("ours ÷ floor", p95[ours] / p95[floor], "×", "≤ 1.25"),
    ]


async def _many(ours: Crowd, floor: Crowd) -> list[Figure]:
    for crowd in (floor, ours):
        await crowd.at_once(range(1, PEOPLE + 1))
    return [
        Figure("lost of all that was asked", ours.lost, "", "0"),
        Figure("calls refused as too many", len(ours.bot.server.violations), "", "0"),
        Figure("lost by the floor", floor.lost, "", "told"),
    ]


async def _news(folder: Path, seerr: Upstream) -> list[Figure]:
    told = await broadcast(folder, seerr)
    p95 = percentile(told.replies, 95)
    return [
        Figure("1,000 news: calls refused as too many", told.refused, "", "0"),
        Figure("told twice or never", told.twice_or_never, "", "0"),
        Figure("share of the window used", told.share, "%", "≥ 95"),
        Figure("replies meanwhile, 5 a second, p95", p95, "ms", "≤ 300"),
    ]


def _each(rounds: list[list[float]], percent: float) -> float:
    return median([percentile(one, percent) for one in rounds])
