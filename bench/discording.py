"""How fast answers leave for Discord, beside the least a bot can do.

Both run in turn, in processes of their own, on the same Seerr that takes 50 ms; this
process is Discord and everybody in it.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bench import _discord_bots as bots
from bench import _discord_progress, _discord_starting
from bench._discord_bots import Place, Upstream
from bench._discord_crowd import Crowd, Waits, new
from bench.figures import ROUNDS, Figure, median, percentile

PEOPLE = 50
TOGETHER = 20
KNOWN_ROUNDS = 15
SLOW_ROUNDS = 3


async def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = folder / "data"
        data.mkdir()
        async with (
            bots.upstreams(folder) as (seerr, slow),
            bots.place(PEOPLE) as home,
            bots.place(PEOPLE) as away,
        ):
            async with _both(home, away, seerr, data) as (ours, floor):
                found = await _answers(ours, floor)
                found += await _known(ours, floor)
                found += await _typing(ours, floor)
                lost = ours.lost
            found += await _slow(home, slow, data)
            found += await _discord_progress.measure(home, seerr, data)
            found += await _discord_starting.measure(home, seerr, data)
            found += _lost(home, lost)
    return found


@asynccontextmanager
async def _both(
    home: Place, away: Place, seerr: Upstream, data: Path
) -> AsyncIterator[tuple[Crowd, Crowd]]:
    async with bots.ours(home, seerr, data) as mine, bots.floor(away, seerr) as bare:
        crowds = Crowd(mine), Crowd(bare)
        for crowd in crowds:
            await crowd.one_by_one(5)
            await crowd.at_once(TOGETHER)
            await crowd.at_once(TOGETHER)
        yield crowds


async def _answers(ours: Crowd, floor: Crowd) -> list[Figure]:
    """Nobody has asked this before: the upstream is asked each time."""
    alone: dict[Crowd, Waits] = {ours: Waits(), floor: Waits()}
    together: dict[Crowd, list[Waits]] = {ours: [], floor: []}
    for _round in range(ROUNDS):
        for crowd in (ours, floor):
            alone[crowd] += await crowd.one_by_one(TOGETHER)
            together[crowd].append(await crowd.at_once(TOGETHER))
    p50, p95 = (
        {c: median([percentile(w.answered, n) for w in together[c]]) for c in together}
        for n in (50, 95)
    )
    said = median([percentile(one.acknowledged, 95) for one in together[floor]])
    single = {c: percentile(waits.answered, 50) for c, waits in alone.items()}
    return [
        Figure("floor, one by one, p50", single[floor], "ms", "facts: 54"),
        Figure("floor, 20 at once, p50", p50[floor], "ms", "facts: 66"),
        Figure("floor, 20 at once, p95", p95[floor], "ms", "facts: 105"),
        Figure("one by one, p50", single[ours], "ms", "told"),
        Figure("20 at once, p50", p50[ours], "ms", "told"),
        Figure("20 at once, p95", p95[ours], "ms", "told"),
        Figure("the same ÷ floor", p95[ours] / p95[floor], "×", "≤ 1.2"),
        Figure("floor says “thinking…”, 20 at once, p95", said, "ms", "facts: 18"),
    ]


async def _known(ours: Crowd, floor: Crowd) -> list[Figure]:
    """Everybody has asked this before."""
    words = new(TOGETHER)
    alone: dict[Crowd, Waits] = {ours: Waits(), floor: Waits()}
    together: dict[Crowd, list[list[float]]] = {ours: [], floor: []}
    for crowd in (ours, floor):
        await crowd.at_once(TOGETHER, words)
    for _round in range(KNOWN_ROUNDS):
        for crowd in (ours, floor):
            alone[crowd] += await crowd.one_by_one(TOGETHER, words)
            found = await crowd.at_once(TOGETHER, words)
            together[crowd].append(found.acknowledged)
    single = {c: percentile(w.acknowledged, 95) for c, w in alone.items()}
    many = {
        c: median([percentile(w, 95) for w in found]) for c, found in together.items()
    }
    return [
        Figure("known, one by one, floor, p95", single[floor], "ms", "told"),
        Figure("known, one by one, ours, p95", single[ours], "ms", "told"),
        Figure("the same ÷ floor", single[ours] / single[floor], "×", "≤ 1.5"),
        Figure("known, 20 at once, floor, p95", many[floor], "ms", "told"),
        Figure("known, 20 at once, ours, p95", many[ours], "ms", "told"),
        Figure("the same ÷ floor", many[ours] / many[floor], "×", "≤ 1.5"),
    ]


async def _typing(ours: Crowd, floor: Crowd) -> list[Figure]:
    cold: dict[Crowd, list[float]] = {ours: [], floor: []}
    warm: dict[Crowd, list[float]] = {ours: [], floor: []}
    for _round in range(ROUNDS):
        words = new(TOGETHER)
        for crowd in (ours, floor):
            cold[crowd] += await crowd.type_at_once(words)
            warm[crowd] += await crowd.type_at_once(words)
    return [
        Figure(
            "typing, 20 at once, cold, p95", percentile(cold[ours], 95), "ms", "≤ 1000"
        ),
        Figure(
            "typing, 20 at once, warm, p95", percentile(warm[ours], 95), "ms", "≤ 150"
        ),
        Figure("floor, cold, p95", percentile(cold[floor], 95), "ms", "told"),
        Figure("floor, warm, p95", percentile(warm[floor], 95), "ms", "told"),
    ]


async def _slow(home: Place, slow: Upstream, data: Path) -> list[Figure]:
    """Begun anew each time: it soon leaves alone who does not answer."""
    acknowledged, typed, lost = [], [], 0
    for _round in range(SLOW_ROUNDS):
        async with bots.ours(home, slow, data) as bot:
            crowd = Crowd(bot, found="")
            pairs = zip(crowd.people, new(PEOPLE), strict=True)
            asked = [crowd.asks(*pair) for pair in pairs]
            await crowd.all_acknowledged(asked)
            typed += await crowd.type_at_once(new(TOGETHER))
            acknowledged += (await crowd.waits(asked)).acknowledged
            lost += crowd.lost
    p50, p99 = (percentile(acknowledged, one) for one in (50, 99))
    return [
        Figure("upstream takes 5 s, 50 at once: acknowledged, p50", p50, "ms", "told"),
        Figure("the same, p99", p99, "ms", "≤ 500"),
        Figure("typing meanwhile, p95", percentile(typed, 95), "ms", "≤ 1000"),
        Figure("lost", lost, "", "0"),
    ]


def _lost(home: Place, lost: int) -> list[Figure]:
    interactions, late = home.server.interactions, home.server.unanswered()
    return [
        Figure("lost of all that was asked", lost, "", "0"),
        Figure("answered after 3 s, or never", len(interactions.late + late), "", "0"),
        Figure("answered twice", len(interactions.twice), "", "0"),
        Figure("still thinking", len(home.server.thinking()), "", "0"),
    ]
