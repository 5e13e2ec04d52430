"""How many commands a second go through dispatch, and how long a write waits."""

from __future__ import annotations

import asyncio
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import aiosqlite

from bench.figures import ROUNDS, Figure, median, percentile
from medianest_bot.core.context import Asked, Place
from medianest_bot.core.roles import PlaceKind, Role
from medianest_bot.core.store import config, people
from medianest_bot.core.store.engine import Store
from medianest_bot.demo_house import Demo, open_demo

WRITERS = 20
WRITES = 20
COMMANDS = 200


async def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        async with open_demo(Path(name), pace=0) as demo:
            askers = await _askers(demo)
            rates = [await _commands(demo, askers) for _round in range(ROUNDS)]
        ours, bare = await _waits(Path(name))
    return [
        Figure(
            "commands through dispatch with the store", median(rates), "/s", "≥ 200"
        ),
        Figure("20 writers at once: one-row commit, p95", median(ours), "ms", "≤ 25"),
        Figure(
            "the same ÷ bare aiosqlite, no transaction of several",
            median(ours) / median(bare),
            "×",
            "told",
        ),
    ]


async def _waits(folder: Path) -> tuple[list[float], list[float]]:
    """How long a write waits in our store and in a bare one, in turn."""
    store = await Store.open(f"sqlite:///{folder}/bench.db")
    ours, bare = [], []
    for turn in range(ROUNDS):
        ours.append(percentile(await _writes(store), 95))
        bare.append(percentile(await _bare_writes(folder / f"bare{turn}.db"), 95))
    await store.close()
    return ours, bare


async def _bare_writes(path: Path) -> list[float]:
    """One row, one commit, one connection behind a lock: the least there is."""
    took: list[float] = []
    turn = asyncio.Lock()
    async with aiosqlite.connect(path, isolation_level=None) as db:
        await db.execute("PRAGMA journal_mode=WAL")
        await db.execute("PRAGMA synchronous=FULL")
        await db.execute("CREATE TABLE kept (key TEXT PRIMARY KEY, value TEXT)")

        async def write(writer: int) -> None:
            for number in range(WRITES):
                started = time.perf_counter()
                async with turn:
                    row = (f"bench.{writer}", str(number))
                    await db.execute("BEGIN IMMEDIATE")
                    await db.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", row)
                    await db.execute("COMMIT")
                took.append((time.perf_counter() - started) * 1000)

        await asyncio.gather(*(write(writer) for writer in range(WRITERS)))
    return took


async def _askers(demo: Demo) -> list[Asked]:
    """Enough people that nobody meets the limit of a hundred commands a minute."""
    house, askers = demo.app.house, []
    async with house.store.begin() as tx:
        for number in range(40):
            person = await people.add(
                tx, f"bench {number}", Role.MEMBER, now=datetime.now(UTC)
            )
            account = f"bench-{number}"
            await people.link(
                tx, person.id, "console", account, account, datetime.now(UTC)
            )
            place = Place("console", account, PlaceKind.PRIVATE)
            askers.append(Asked("console", account, account, place))
    return askers


async def _commands(demo: Demo, askers: list[Asked]) -> float:
    started = time.perf_counter()
    await asyncio.gather(
        *(
            demo.app.dispatch.run("me", askers[number % len(askers)])
            for number in range(COMMANDS)
        )
    )
    return COMMANDS / (time.perf_counter() - started)


async def _writes(store: Store) -> list[float]:
    took: list[float] = []

    async def write(writer: int) -> None:
        for number in range(WRITES):
            started = time.perf_counter()
            async with store.begin() as tx:
                now = datetime.now(UTC)
                await config.put(tx, f"bench.{writer}", str(number), now)
            took.append((time.perf_counter() - started) * 1000)

    await asyncio.gather(*(write(writer) for writer in range(WRITERS)))
    return took
