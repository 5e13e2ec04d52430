from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from tests.core.hall import NOON, Hall, open_hall, until
from tests.locks import locked

from medianest_bot.core.limits import Left, Limits, Most, What
from medianest_bot.core.store import people, spent
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.errors import StoreBusy
from medianest_bot.core.words import Sorry

TOO_MANY = "That was a lot at once. Please try again in {}."


@pytest.fixture
async def hall(tmp_path: Path, database_template: Path) -> AsyncIterator[Hall]:
    async with open_hall(tmp_path, database_template) as opened:
        yield opened


async def written(store: Store) -> int:
    async with store.read() as db:
        return len(await spent.all_since(db, What.COMMAND, NOON - timedelta(days=1)))


def used(limits: Limits, who: int | str, count: int = 1) -> None:
    for _ in range(count):
        limits.command(who)


def refusal(limits: Limits, who: int | str) -> str:
    with pytest.raises(Sorry) as refused:
        limits.command(who)
    return refused.value.worded()


async def test_a_hundred_commands_a_minute_and_no_more(hall: Hall) -> None:
    limits = hall.house.limits
    used(limits, 1)
    hall.clock.forward(seconds=20)
    used(limits, 1, 99)
    assert refusal(limits, 1) == TOO_MANY.format("40 seconds")
    used(limits, 2)
    hall.clock.forward(seconds=40)
    used(limits, 1)
    assert refusal(limits, 1) == TOO_MANY.format("20 seconds")


async def test_a_wait_is_never_nothing(hall: Hall) -> None:
    limits = hall.house.limits
    used(limits, 1, 100)
    hall.clock.forward(seconds=59.9)
    assert refusal(limits, 1) == "That was a lot at once. Please try again in 1 second."


async def test_what_was_used_counts_after_a_restart(hall: Hall) -> None:
    ana = await hall.id_of("ana")
    used(hall.house.limits, ana, 100)
    used(hall.house.limits, "console:cousin", 100)
    await hall.house.limits.flush()
    after = Limits(hall.store, hall.clock)
    await after.open()
    assert refusal(after, ana)
    hall.clock.forward(seconds=60)
    used(after, ana)


async def test_a_restart_counts_nothing_twice(hall: Hall) -> None:
    ana = await hall.id_of("ana")
    used(hall.house.limits, ana, 50)
    await hall.house.limits.flush()
    await hall.house.limits.flush()
    after = Limits(hall.store, hall.clock)
    await after.open()
    used(after, ana, 50)
    assert refusal(after, ana)


async def test_counts_are_written_while_the_bot_runs(hall: Hall) -> None:
    turns: asyncio.Queue[None] = asyncio.Queue()

    async def wait(_seconds: float) -> None:
        await turns.get()

    limits = Limits(hall.store, hall.clock, wait=wait)
    watcher = asyncio.create_task(limits.run())
    used(limits, await hall.id_of("ana"), 3)
    turns.put_nowait(None)

    async def is_written() -> bool:
        return await written(hall.store) == 3

    await until(is_written)
    watcher.cancel()
    with suppress(asyncio.CancelledError):
        await watcher


async def test_counts_that_could_not_be_written_are_written_later(
    hall: Hall, tmp_path: Path
) -> None:
    limits = hall.house.limits
    used(limits, await hall.id_of("ana"), 3)
    async with locked(tmp_path / "hall.sqlite"):
        with pytest.raises(StoreBusy):
            await limits.flush()
    assert await written(hall.store) == 0
    await limits.flush()
    assert await written(hall.store) == 3


async def test_counts_of_somebody_who_left_are_dropped(hall: Hall) -> None:
    ana, tim = await hall.id_of("ana"), await hall.id_of("tim")
    used(hall.house.limits, ana, 3)
    used(hall.house.limits, tim, 2)
    async with hall.store.begin() as tx:
        await people.remove(tx, ana)
    await hall.house.limits.flush()
    assert await written(hall.store) == 2


@pytest.mark.parametrize(
    ("what", "limit", "text"),
    [
        (
            What.REQUEST,
            20,
            "You have asked for 20 titles within the hour. Next one in 50 minutes.",
        ),
        (
            What.DOWNLOAD,
            5,
            "You have started 5 downloads within the hour. Next one in 50 minutes.",
        ),
    ],
)
async def test_what_is_limited_by_the_hour_says_when_it_renews(
    hall: Hall, what: What, limit: int, text: str
) -> None:
    ana, limits = await hall.id_of("ana"), hall.house.limits
    for _ in range(limit):
        async with hall.store.begin() as tx:
            await limits.spend(tx, ana, what)
    hall.clock.forward(minutes=10)
    with pytest.raises(Sorry) as refused:
        async with hall.store.begin() as tx:
            await limits.spend(tx, ana, what)
    assert refused.value.worded() == text
    hall.clock.forward(minutes=50)
    async with hall.store.begin() as tx:
        await limits.spend(tx, ana, what)


async def test_what_is_left_and_when_it_renews(hall: Hall) -> None:
    ana, limits = await hall.id_of("ana"), hall.house.limits
    async with hall.store.begin() as tx:
        await limits.spend(tx, ana, What.DOWNLOAD)
    hall.clock.forward(minutes=10)
    async with hall.store.begin() as tx:
        await limits.spend(tx, ana, What.DOWNLOAD)
    renews = NOON + timedelta(hours=1)
    assert await hall.left("ana") == (
        Left(What.REQUEST, 20, 20, None),
        Left(What.DOWNLOAD, 3, 5, renews),
    )


async def test_what_is_undone_is_not_spent(hall: Hall) -> None:
    ana, limits = await hall.id_of("ana"), hall.house.limits

    async def change_ones_mind() -> None:
        async with hall.store.begin() as tx:
            await limits.spend(tx, ana, What.DOWNLOAD)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await change_ones_mind()
    assert [one.left for one in await hall.left("ana")] == [20, 5]


async def test_twenty_at_once_cannot_spend_more_than_there_is(hall: Hall) -> None:
    ana, limits = await hall.id_of("ana"), hall.house.limits

    async def spend() -> bool:
        try:
            async with hall.store.begin() as tx:
                await limits.spend(tx, ana, What.DOWNLOAD)
        except Sorry:
            return False
        return True

    spent_ones = await asyncio.gather(*(spend() for _ in range(20)))
    assert sum(spent_ones) == 5


def test_those_who_ask_nothing_take_no_memory(hall: Hall) -> None:
    limits: Limits = hall.house.limits
    for number in range(500):
        limits.command(f"discord:{number}")
    hall.clock.forward(seconds=61)
    limits._forget_idle()
    assert len(limits._commands) == 0


async def test_the_household_says_how_much_everybody_may(hall: Hall) -> None:
    ana = await hall.id_of("ana")
    limits = Limits(hall.store, hall.clock, Most(2, 1, 1))
    used(limits, ana, 2)
    assert refusal(limits, ana) == TOO_MANY.format("1 minute")
    async with hall.store.begin() as tx:
        await limits.spend(tx, ana, What.REQUEST)
        left = await limits.left(tx, ana)
    assert [(one.left, one.limit) for one in left] == [(0, 1), (1, 1)]


async def test_a_limit_of_ones_own_counts_instead_of_everybodys(hall: Hall) -> None:
    ana, tim, limits = await hall.id_of("ana"), await hall.id_of("tim"), _limits(hall)
    async with hall.store.begin() as tx:
        await limits.set_own(tx, ana, What.COMMAND, 3)
        await limits.set_own(tx, ana, What.REQUEST, 0)
        await limits.set_own(tx, ana, What.DOWNLOAD, 7)
        assert [one.limit for one in await limits.left(tx, ana)] == [0, 7]
        assert [one.limit for one in await limits.left(tx, tim)] == [20, 5]
    used(limits, ana, 3)
    assert refusal(limits, ana)
    used(limits, tim, 4)
    assert await no_more(limits, hall, ana, What.REQUEST) == (
        "An admin has set that you ask for no titles."
    )


async def test_a_limit_of_ones_own_can_be_taken_back(hall: Hall) -> None:
    ana, limits = await hall.id_of("ana"), _limits(hall)
    for limit in (1, None):
        async with hall.store.begin() as tx:
            await limits.set_own(tx, ana, What.COMMAND, limit)
    used(limits, ana, 100)
    assert refusal(limits, ana)


async def test_a_limit_of_ones_own_counts_after_a_restart(hall: Hall) -> None:
    ana = await hall.id_of("ana")
    async with hall.store.begin() as tx:
        await _limits(hall).set_own(tx, ana, What.COMMAND, 1)
    after = _limits(hall)
    await after.open()
    used(after, ana)
    assert refusal(after, ana)


async def test_two_processes_learn_what_the_other_counted(hall: Hall) -> None:
    ana, here, there = await hall.id_of("ana"), _limits(hall), _limits(hall)
    used(here, ana, 60)
    used(there, ana, 40)
    await here.flush()
    await there.flush()
    assert refusal(there, ana)
    await here.flush()
    assert refusal(here, ana)


async def test_what_was_counted_while_reading_others_is_not_lost(hall: Hall) -> None:
    ana, limits = await hall.id_of("ana"), _limits(hall)
    used(limits, ana, 50)
    flushing = asyncio.create_task(limits.flush())
    for _ in range(20):
        await asyncio.sleep(0)
        used(limits, ana)
    await flushing
    used(limits, ana, 30)
    assert refusal(limits, ana)


async def test_another_process_learns_a_new_limit(hall: Hall) -> None:
    ana, here, there = await hall.id_of("ana"), _limits(hall), _limits(hall)
    used(there, ana)
    async with hall.store.begin() as tx:
        await here.set_own(tx, ana, What.COMMAND, 1)
    await there.flush()
    assert refusal(there, ana)


def _limits(hall: Hall) -> Limits:
    return Limits(hall.store, hall.clock)


async def no_more(limits: Limits, hall: Hall, who: int, what: What) -> str:
    with pytest.raises(Sorry) as refused:
        async with hall.store.begin() as tx:
            await limits.spend(tx, who, what)
    return refused.value.worded()
