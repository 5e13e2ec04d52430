"""What `search` adds to the slowest upstream, alone and with twenty at once."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from bench.figures import ROUNDS, Figure, median, percentile
from medianest_bot.core.context import Asked, Place
from medianest_bot.core.roles import PlaceKind
from medianest_bot.demo_house import Demo, open_demo

UPSTREAM_S = 0.1
AT_ONCE = 20


async def measure() -> list[Figure]:
    alone, crowd, warm = [], [], []
    with tempfile.TemporaryDirectory() as name:
        async with open_demo(Path(name), pace=0) as demo:
            demo.served.plex.knobs.latency_s = UPSTREAM_S
            demo.served.seerr.knobs.latency_s = UPSTREAM_S
            await _search(demo, "metropolis", "mum")
            for turn in range(ROUNDS):
                for number in range(6):
                    took = await _search(demo, f"dune {turn} {number}", "mum")
                    alone.append(took - UPSTREAM_S * 1000)
                crowd += await _crowd(demo, turn)
                again = f"dune {turn} 0"
                warm += [await _search(demo, again, "ana") for _again in range(5)]
                demo.app.house.limits.forget()
    return [
        Figure("search minus slowest upstream, p50", median(alone), "ms", "≤ 5"),
        Figure("the same with 20 at once, p95", percentile(crowd, 95), "ms", "≤ 15"),
        Figure("search from a warm cache, p50", median(warm), "ms", "≤ 5"),
    ]


async def _crowd(demo: Demo, turn: int) -> list[float]:
    took = await asyncio.gather(
        *(_search(demo, f"matrix {turn} {number}", "tim") for number in range(AT_ONCE))
    )
    return [one - UPSTREAM_S * 1000 for one in took]


async def _search(demo: Demo, title: str, who: str) -> float:
    place = Place("console", who, PlaceKind.PRIVATE)
    started = time.perf_counter()
    reply = await demo.app.dispatch.run(
        f"search {title}", Asked("console", who, who, place)
    )
    assert not reply.failed, reply
    return (time.perf_counter() - started) * 1000
