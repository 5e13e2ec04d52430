"""Updates are kept before they are confirmed, run once, and are marked when done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.bot_api import Person, Server, bot_api
from tests.locks import impatient, locked

from medianest_bot.chats._telegram_http import Request
from medianest_bot.chats._telegram_inbox import MARK_S, Inbox, Stored
from medianest_bot.chats._telegram_poll import Poll
from medianest_bot.core.store import errors_log
from medianest_bot.core.store import inbox as rows
from medianest_bot.core.store.engine import Store

TOKEN = "123456:TEST-token_abcdefghijklmnopqrstuvwxyz"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def now() -> datetime:
    return NOW


async def at_once(seconds: float) -> None:
    del seconds
    await asyncio.sleep(0)


@dataclass
class Fetched:
    """A poll that runs, and what it handed on, with what was so at that moment."""

    server: Server
    store: Store
    batches: list[list[int]] = field(default_factory=list)
    kept: list[list[int]] = field(default_factory=list)
    pending: list[list[int]] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    async def arrived(self, stored: Sequence[Stored]) -> None:
        self.pending.append(sorted(self.server.updates.pending))
        self.kept.append(await unfinished(self.store))
        self.batches.append([one.number for one in stored])
        self.server.woke()

    async def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.server.woke()
        await asyncio.sleep(0)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with bot_api(TOKEN) as opened:
        yield opened
        assert opened.spec_errors == []


@pytest.fixture
def ana(server: Server) -> Person:
    return server.person(102, "Ana")


@asynccontextmanager
async def fetching(server: Server, store: Store) -> AsyncIterator[Fetched]:
    fetched = Fetched(server, store)
    inbox = Inbox(store, now)
    async with Request(2) as request:
        url = f"{server.url}/bot{TOKEN}/getUpdates"
        poll = Poll(request, url, inbox, fetched.arrived, wait=fetched.wait)
        task = asyncio.create_task(poll.run())
        try:
            yield fetched
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await inbox.aclose()
            await poll.confirm(1.0)


async def unfinished(store: Store) -> list[int]:
    async with store.read() as db:
        return [one.update_id for one in await rows.unfinished(db, "telegram")]


def offsets(server: Server) -> list[Any]:
    return [call.params.get("offset") for call in server.called("getUpdates")]


def update(number: Any) -> dict[str, Any]:
    return {"update_id": number, "message": {"text": "dune"}}


async def test_a_batch_is_kept_whole_before_it_is_confirmed(
    server: Server, ana: Person, store: Store
) -> None:
    for text in ("one", "two", "three"):
        server.says(ana, text)
    numbers = sorted(server.updates.pending)
    async with fetching(server, store) as fetched:
        await server.until(lambda: len(server.updates.confirmed) == 3)

    assert fetched.batches == fetched.kept == fetched.pending == [numbers]
    assert offsets(server)[:2] == [None, numbers[-1] + 1]


async def test_what_was_kept_is_confirmed_when_the_poll_ends(
    server: Server, ana: Person, store: Store
) -> None:
    server.says(ana, "one")
    hold = server.hold("getUpdates", when="after")
    async with fetching(server, store):
        await hold.arrived.wait()
        server.faults.release()
        again = server.hold("getUpdates")
        await again.arrived.wait()
        assert server.updates.confirmed == set()
        server.faults.release()

    assert (len(server.updates.confirmed), server.updates.pending) == (1, {})


async def test_a_batch_that_comes_again_is_dropped(store: Store) -> None:
    inbox = Inbox(store, now)
    first = await inbox.take([update(7), update(8), update(7)])
    again = await inbox.take([update(8), update(9)])

    assert [one.number for one in first] == [7, 8]
    assert [one.number for one in again] == [9]


async def test_what_is_no_update_hinders_no_other(store: Store) -> None:
    odd: list[object] = [
        None,
        7,
        "x",
        [],
        {},
        update(None),
        update("8"),
        update(True),
        update(-1),
    ]
    kept = await Inbox(store, now).take([*odd, update(2**63), update(1.5), update(9)])

    assert kept == (Stored(9, update(9), NOW),)
    assert await unfinished(store) == [9]


async def test_malformed_updates_are_confirmed_like_good_ones(
    server: Server, ana: Person, store: Store
) -> None:
    server.put({"message": {"text": ["dune"], "chat": "\ud800"}})
    server.put({"message": None})
    server.says(ana, "dune")
    async with fetching(server, store) as fetched:
        await server.until(lambda: len(server.updates.confirmed) == 3)

    assert len(fetched.batches[0]) == 3


async def test_what_could_not_be_kept_is_not_confirmed_and_comes_again(
    server: Server, ana: Person, database: Path
) -> None:
    async with impatient(database) as store, locked(database) as other:
        server.says(ana, "dune")
        async with fetching(server, store) as fetched:
            await server.until(lambda: len(fetched.waits) == 2)
            assert (fetched.batches, server.updates.confirmed) == ([], set())
            other.execute("ROLLBACK")
            await server.until(lambda: server.updates.confirmed)

    assert [len(one) for one in fetched.batches] == [1]


async def test_numbers_may_begin_anew_after_a_time_without_updates(
    server: Server, ana: Person, store: Store
) -> None:
    """A poll that brings nothing forgets the offset (Bot API: a week without any)."""
    server.says(ana, "one")
    async with fetching(server, store) as fetched:
        await server.until(lambda: server.updates.confirmed)
        # A poll that failed is followed by one that brings nothing.
        server.fail("getUpdates", 500, "Internal Server Error")
        server.updates.end_poll("trouble")
        await server.until(lambda: len(fetched.waits) == 2)
        await server.until(lambda: offsets(server)[-1] is None)
        server.put(update(5))
        await server.until(lambda: len(fetched.batches) == 2)

    assert fetched.batches[1] == [5]


async def test_marks_are_written_together(store: Store) -> None:
    waits: list[float] = []
    go, marked = asyncio.Event(), asyncio.Event()

    async def wait(seconds: float) -> None:
        waits.append(seconds)
        marked.set()
        await go.wait()

    inbox = Inbox(store, now, wait=wait)
    kept = await inbox.take([update(n) for n in range(5)])
    for one in kept[:4]:
        inbox.done(one)
    await marked.wait()
    before = await unfinished(store)
    go.set()
    await inbox.aclose()

    assert (before, await unfinished(store)) == ([0, 1, 2, 3, 4], [4])
    assert waits == [MARK_S]


async def test_marks_that_could_not_be_written_are_written_later(
    database: Path,
) -> None:
    tried = 0

    async def wait(seconds: float) -> None:
        nonlocal tried
        del seconds
        tried += 1
        if tried == 2:
            other.execute("ROLLBACK")

    async with impatient(database) as store:
        inbox = Inbox(store, now, wait=wait)
        [one] = await inbox.take([update(1)])
        async with locked(database) as other, asyncio.timeout(20):
            inbox.done(one)
            while await unfinished(store):  # noqa: ASYNC110 - no event is sent
                await asyncio.sleep(0.01)
        await inbox.aclose()

    assert tried == 2


async def test_what_was_begun_three_times_is_set_aside_and_told_to_admins(
    store: Store,
) -> None:
    await Inbox(store, now).take([update(7), update(8)])
    starts = []
    for _ in range(3):
        inbox = Inbox(store, now, wait=at_once)
        worst, _other = await inbox.unfinished()
        again = await inbox.begin_again(worst)
        starts.append(again.starts if again else None)

    assert starts == [2, 3, None]
    assert await unfinished(store) == [8]
    async with store.read() as db:
        [record] = await errors_log.latest(db, 10)
    assert (record.reference, record.command, record.cause) == (
        "telegram 7",
        "telegram",
        "An update was begun 3 times and never finished; it is set aside.",
    )


async def test_what_was_done_is_marked_before_the_next_may_kill_us(
    store: Store,
) -> None:
    """Else somebody who was answered counts as one who kills, too."""
    await Inbox(store, now).take([update(7), update(8)])
    inbox = Inbox(store, now)
    good, bad = await inbox.unfinished()
    inbox.done(good)
    await inbox.begin_again(bad)

    assert await unfinished(store) == [8]
    await inbox.aclose()


async def test_starts_that_were_ended_on_purpose_do_not_count(store: Store) -> None:
    await Inbox(store, now).take([update(7)])
    for _ in range(5):
        inbox = Inbox(store, now)
        [one] = await inbox.unfinished()
        again = await inbox.begin_again(one)
        await inbox.aclose()
        assert again is not None

    assert again == Stored(7, update(7), NOW, 1, is_again=True)
