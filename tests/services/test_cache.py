"""The cache: fresh answers at once, old ones with their age while nobody answers."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from medianest_bot.services.cache import Cache, Kept
from medianest_bot.services.errors import Refused, Unreachable

START = datetime(2026, 11, 21, 8, tzinfo=UTC)


class Reads:
    """A neighbour's answer that comes when it is let go, and a clock."""

    def __init__(self) -> None:
        self.now = START
        self.count = 0
        self.started = asyncio.Event()
        self.go = asyncio.Event()
        self.go.set()
        self.error: Exception | None = None

    def clock(self) -> datetime:
        return self.now

    async def fetch(self) -> str:
        self.count += 1
        number = self.count
        self.started.set()
        await self.go.wait()
        if self.error is not None:
            raise self.error
        return f"answer {number}"


@pytest.fixture
def reads() -> Reads:
    return Reads()


@pytest.fixture
async def cache(reads: Reads) -> AsyncIterator[Cache]:
    one = Cache(now=reads.clock)
    yield one
    await one.aclose()


async def test_a_fresh_answer_is_not_asked_for_again(
    cache: Cache, reads: Reads
) -> None:
    first = await cache.read("a", reads.fetch, fresh_s=60)
    reads.now += timedelta(seconds=60)
    second = await cache.read("a", reads.fetch, fresh_s=60)
    reads.now += timedelta(seconds=1)
    third = await cache.read("a", reads.fetch, fresh_s=60)

    assert first == second == Kept("answer 1", START)
    assert third == Kept("answer 2", START + timedelta(seconds=61))


async def test_empty_answers_are_kept_too(cache: Cache, reads: Reads) -> None:
    async def nothing() -> tuple[str, ...]:
        reads.count += 1
        return ()

    for _ in range(2):
        assert (await cache.read("a", nothing, fresh_s=60)).value == ()
    assert reads.count == 1


async def test_fifty_readers_ask_once(cache: Cache, reads: Reads) -> None:
    reads.go.clear()
    readers = [
        asyncio.create_task(cache.read("a", reads.fetch, fresh_s=60)) for _ in range(50)
    ]
    await reads.started.wait()
    reads.go.set()

    assert set(await asyncio.gather(*readers)) == {Kept("answer 1", START)}
    assert reads.count == 1


async def test_different_keys_are_different_answers(cache: Cache, reads: Reads) -> None:
    found = await asyncio.gather(
        *(cache.read(key, reads.fetch, fresh_s=60) for key in "ab")
    )

    assert {kept.value for kept in found} == {"answer 1", "answer 2"}


async def test_while_nobody_answers_the_last_answer_is_told_with_its_age(
    cache: Cache, reads: Reads
) -> None:
    await cache.read("a", reads.fetch, fresh_s=60)
    reads.now += timedelta(hours=2)
    reads.error = Unreachable("plex")

    assert await cache.read("a", reads.fetch, fresh_s=60) == Kept(
        "answer 1", START, is_stale=True
    )
    reads.error = None
    assert await cache.read("a", reads.fetch, fresh_s=60) == Kept("answer 3", reads.now)


async def test_a_refusal_is_not_covered_up(cache: Cache, reads: Reads) -> None:
    await cache.read("a", reads.fetch, fresh_s=60)
    reads.now += timedelta(hours=2)
    reads.error = Refused("plex", status=401)

    with pytest.raises(Refused):
        await cache.read("a", reads.fetch, fresh_s=60)


async def test_every_reader_hears_that_nothing_was_kept(
    cache: Cache, reads: Reads
) -> None:
    reads.error = Unreachable("plex")
    readers = [cache.read("a", reads.fetch, fresh_s=60) for _ in range(3)]
    found = await asyncio.gather(*readers, return_exceptions=True)

    assert ([type(one) for one in found], reads.count) == ([Unreachable] * 3, 1)


async def test_an_impatient_reader_leaves_the_others_their_answer(
    cache: Cache, reads: Reads
) -> None:
    reads.go.clear()
    impatient, patient = (
        asyncio.create_task(cache.read("a", reads.fetch, fresh_s=60)) for _ in range(2)
    )
    await reads.started.wait()
    impatient.cancel()
    await asyncio.gather(impatient, return_exceptions=True)
    reads.go.set()

    assert await patient == Kept("answer 1", START)
    assert (impatient.cancelled(), reads.count) == (True, 1)


async def test_a_failure_nobody_waits_for_warns_nobody(
    cache: Cache, reads: Reads
) -> None:
    warned: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda *one: warned.append(one))
    reads.go.clear()
    reader = asyncio.create_task(cache.read("a", reads.fetch, fresh_s=60))
    await reads.started.wait()
    reader.cancel()
    await asyncio.gather(reader, return_exceptions=True)
    reads.error = Unreachable("plex")
    reads.go.set()
    while cache._tasks:  # noqa: ASYNC110 - the end of a task nobody awaits has no event
        await asyncio.sleep(0)
    gc.collect()

    assert warned == []


async def test_what_was_forgotten_is_read_anew(cache: Cache, reads: Reads) -> None:
    await cache.read("a", reads.fetch, fresh_s=60)
    await cache.forget("a")

    assert await cache.peek("a") is None
    assert (await cache.read("a", reads.fetch, fresh_s=60)).value == "answer 2"


async def test_a_read_older_than_the_forgetting_is_not_kept(
    cache: Cache, reads: Reads
) -> None:
    reads.go.clear()
    old = asyncio.create_task(cache.read("a", reads.fetch, fresh_s=60))
    await reads.started.wait()
    await cache.forget("a")
    new = asyncio.create_task(cache.read("a", reads.fetch, fresh_s=60))
    reads.go.set()

    assert [(await one).value for one in (old, new)] == ["answer 1", "answer 2"]
    assert await cache.peek("a") == Kept("answer 2", START)


async def test_peeking_asks_nobody(cache: Cache, reads: Reads) -> None:
    before = await cache.peek("a")
    await cache.read("a", reads.fetch, fresh_s=60)
    reads.now += timedelta(hours=20)

    assert (before, await cache.peek("a")) == (None, Kept("answer 1", START))


async def test_closing_ends_what_is_still_being_read(reads: Reads) -> None:
    cache = Cache(now=reads.clock)
    reads.go.clear()
    reader = asyncio.create_task(cache.read("a", reads.fetch, fresh_s=60))
    await reads.started.wait()
    await cache.forget("a")
    await cache.aclose()
    await asyncio.gather(reader, return_exceptions=True)

    assert reader.cancelled()
