"""What chats need kept: updates, places, tickets, strangers, pictures."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from medianest_bot.core.store import (
    inbox,
    people,
    places,
    sent_pictures,
    strangers,
    tickets,
)
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.inbox import Update
from medianest_bot.core.store.people import Person
from medianest_bot.core.store.places import Row

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
HUGE = 2**62


async def test_an_update_is_taken_once(any_store: Store, now: datetime) -> None:
    async with any_store.begin() as tx:
        first = await inbox.take(tx, "telegram", [(HUGE, "b"), (4, "a")], now)
    async with any_store.begin() as tx:
        batch = [(4, "again"), (5, "c"), (5, "twice")]
        second = await inbox.take(tx, "telegram", batch, now + DAY)
        elsewhere = await inbox.take(tx, "discord", [(4, "d")], now)
        nothing = await inbox.take(tx, "telegram", [], now)
    assert (first, second, elsewhere, nothing) == ((4, HUGE), (5,), (4,), ())
    async with any_store.read() as db:
        assert await inbox.unfinished(db, "telegram") == (
            Update(HUGE, "b", 1, now),
            Update(4, "a", 1, now),
            Update(5, "c", 1, now + DAY),
        )


async def test_a_large_batch_is_taken_whole(any_store: Store, now: datetime) -> None:
    many = [(number, "{}") for number in range(2500)]
    async with any_store.begin() as tx:
        assert await inbox.take(tx, "telegram", many, now) == tuple(range(2500))
        assert await inbox.take(tx, "telegram", many, now) == ()


async def test_what_is_done_is_forgotten_but_not_its_id(
    any_store: Store, now: datetime
) -> None:
    async with any_store.begin() as tx:
        await inbox.take(tx, "telegram", [(1, "a"), (2, "b"), (3, "c")], now)
        await inbox.take(tx, "discord", [(1, "d")], now)
        await inbox.finished(tx, "telegram", [1, 3], now)
        await inbox.finished(tx, "telegram", [], now)
    async with any_store.begin() as tx:
        left = (Update(2, "b", 1, now),)
        assert await inbox.unfinished(tx, "telegram") == left
        assert await inbox.unfinished(tx, "discord") == (Update(1, "d", 1, now),)
        assert await inbox.take(tx, "telegram", [(1, "a"), (3, "c")], now) == ()
        bodies = await tx.exec_driver_sql("SELECT body FROM inbox ORDER BY id")
    assert [body for (body,) in bodies] == ["", "b", "", "d"]


async def test_starts_are_counted_until_one_ends_on_purpose(
    any_store: Store, now: datetime
) -> None:
    async with any_store.begin() as tx:
        await inbox.take(tx, "telegram", [(1, "a"), (2, "b")], now)
        assert await inbox.begin_again(tx, "telegram", 1) == 2
        assert await inbox.begin_again(tx, "telegram", 1) == 3
        assert await inbox.begin_again(tx, "telegram", 9) == 0
        await inbox.rest(tx, "telegram", [1])
        assert await inbox.unfinished(tx, "telegram") == (
            Update(1, "a", 0, now),
            Update(2, "b", 1, now),
        )


async def test_what_is_set_aside_runs_no_more_and_is_kept(
    any_store: Store, now: datetime
) -> None:
    async with any_store.begin() as tx:
        await inbox.take(tx, "telegram", [(1, "a"), (2, "b")], now)
        await inbox.set_aside(tx, "telegram", 1, now)
        assert await inbox.unfinished(tx, "telegram") == (Update(2, "b", 1, now),)
        assert await inbox.take(tx, "telegram", [(1, "a")], now) == ()
        assert await inbox.prune(tx, now + DAY) == 0
        assert await inbox.prune_set_aside(tx, now) == 0
        assert await inbox.prune_set_aside(tx, now + DAY) == 1


async def test_only_what_is_done_is_pruned_from_the_inbox(
    any_store: Store, now: datetime
) -> None:
    async with any_store.begin() as tx:
        await inbox.take(tx, "telegram", [(n, "a") for n in range(6)], now)
        await inbox.finished(tx, "telegram", [0], now)
        await inbox.finished(tx, "telegram", [1, 2, 3], now + DAY)
        await inbox.set_aside(tx, "telegram", 4, now)
        assert await inbox.prune(tx, now + DAY) == 1
        assert await inbox.cap(tx, 1) == 2
        assert await inbox.cap_set_aside(tx, 1) == 0
        assert await inbox.cap_set_aside(tx, 0) == 1
        assert await inbox.unfinished(tx, "telegram") == (Update(5, "a", 1, now),)
        # Number 3 is still known.
        again = [(n, "a") for n in range(6)]
        assert await inbox.take(tx, "telegram", again, now) == (0, 1, 2, 4)


def place(chat: str, now: datetime, thread: str | None = None) -> Row:
    return Row("telegram", chat, thread, "new", "Us", None, now, True, None)


async def test_a_place_is_kept_and_settled(
    any_store: Store, ana: Person, now: datetime
) -> None:
    first = place("-12", now)
    settled = replace(
        first,
        kind="household",
        title="Our family",
        added_by=ana.id,
        is_here=False,
        settled_at=now + DAY,
    )
    others = (place("-12", now, "5"), replace(first, platform="discord"))
    async with any_store.begin() as tx:
        for row in (first, *others, settled):
            await places.keep(tx, row)
    async with any_store.read() as db:
        assert await places.read_all(db) == (settled, *others)


async def test_a_place_outlives_who_added_us(
    any_store: Store, ana: Person, now: datetime
) -> None:
    row = replace(place("-12", now), added_by=ana.id)
    async with any_store.begin() as tx:
        await places.keep(tx, row)
        await people.remove(tx, ana.id)
        assert await places.read_all(tx) == (replace(row, added_by=None),)


async def test_a_place_is_forgotten_with_its_threads(
    any_store: Store, now: datetime
) -> None:
    others = (place("-123", now), replace(place("-12", now), platform="discord"))
    async with any_store.begin() as tx:
        for row in (place("-12", now), place("-12", now, "5"), *others):
            await places.keep(tx, row)
        await places.forget(tx, "telegram", "-12")
        assert await places.read_all(tx) == others


async def test_a_ticket_is_taken_once(any_store: Store, now: datetime) -> None:
    async with any_store.begin() as tx:
        await tickets.keep(tx, "k", "telegram", "1", "requests", now + DAY)
        assert await tickets.read(tx, "k", "telegram", "1", now) == "requests"
        assert await tickets.take(tx, "k", "telegram", "1", now) == "requests"
        assert await tickets.take(tx, "k", "telegram", "1", now) is None
        assert await tickets.read(tx, "k", "telegram", "1", now) is None


async def test_tickets_are_forgotten_whosever_and_however_old_they_are(
    any_store: Store, now: datetime
) -> None:
    async with any_store.begin() as tx:
        for key, account in (("a", "1"), ("b", "2"), ("c", "1")):
            await tickets.keep(tx, key, "telegram", account, key, now + DAY)
        await tickets.forget(tx, ("a", "b", "gone"))
        left = [await tickets.read(tx, k, "telegram", "1", now) for k in "abc"]
        assert left == [None, None, "c"]
        assert await tickets.read(tx, "b", "telegram", "2", now) is None


@pytest.mark.parametrize(
    ("key", "platform", "account", "after"),
    [
        ("other", "telegram", "1", 0 * DAY),
        ("k", "discord", "1", 0 * DAY),
        ("k", "telegram", "2", 0 * DAY),
        ("k", "telegram", "1", DAY),
    ],
)
async def test_a_ticket_is_one_accounts_for_its_time(
    any_store: Store,
    now: datetime,
    key: str,
    platform: str,
    account: str,
    after: timedelta,
) -> None:
    async with any_store.begin() as tx:
        await tickets.keep(tx, "k", "telegram", "1", "requests", now + DAY)
        at = now + after
        assert await tickets.read(tx, key, platform, account, at) is None
        assert await tickets.take(tx, key, platform, account, at) is None
        in_time = now + DAY - SECOND
        assert await tickets.take(tx, "k", "telegram", "1", in_time) == "requests"


async def test_a_ticket_can_be_written_anew(any_store: Store, now: datetime) -> None:
    async with any_store.begin() as tx:
        await tickets.keep(tx, "k", "telegram", "1", "requests", now)
        await tickets.keep(tx, "k", "telegram", "2", "me", now + DAY)
        assert await tickets.read(tx, "k", "telegram", "1", now) is None
        assert await tickets.read(tx, "k", "telegram", "2", now) == "me"


async def test_old_tickets_are_pruned(any_store: Store, now: datetime) -> None:
    async with any_store.begin() as tx:
        for number in range(4):
            until = now + number * DAY
            await tickets.keep(tx, str(number), "telegram", "1", "me", until)
        assert await tickets.prune(tx, now + DAY) == 1
        assert await tickets.cap(tx, 1) == 2
        assert await tickets.read(tx, "3", "telegram", "1", now) == "me"


async def test_a_stranger_is_told_once_a_day(any_store: Store, now: datetime) -> None:
    hours = (0, 1, 23, 24, 30, 48)
    async with any_store.begin() as tx:
        told = [
            await strangers.told(tx, "telegram", "1", now + timedelta(hours=hour))
            for hour in hours
        ]
        assert told == [True, False, False, True, False, True]
        assert await strangers.told(tx, "telegram", "2", now)
        assert await strangers.told(tx, "discord", "1", now)


async def test_strangers_are_forgotten(any_store: Store, now: datetime) -> None:
    async with any_store.begin() as tx:
        for number in range(4):
            await strangers.told(tx, "telegram", str(number), now + number * SECOND)
        assert await strangers.prune(tx, now + SECOND) == 1
        assert await strangers.cap(tx, 1) == 2
        assert not await strangers.told(tx, "telegram", "3", now + 4 * SECOND)
        assert await strangers.told(tx, "telegram", "2", now + 4 * SECOND)


async def test_a_picture_is_called_what_it_was_called_last(
    any_store: Store, now: datetime
) -> None:
    async with any_store.begin() as tx:
        await sent_pictures.keep(tx, "telegram", "plex:/a", "f1", now)
        await sent_pictures.keep(tx, "telegram", "plex:/b", "f2", now)
        await sent_pictures.keep(tx, "telegram", "plex:/a", "f3", now)
        await sent_pictures.forget(tx, "telegram", "plex:/b")
        await sent_pictures.forget(tx, "discord", "plex:/a")
        assert await sent_pictures.read(tx, "telegram", "plex:/a") == "f3"
        assert await sent_pictures.read(tx, "telegram", "plex:/b") is None
        assert await sent_pictures.read(tx, "discord", "plex:/a") is None


async def test_pictures_not_used_are_forgotten(any_store: Store, now: datetime) -> None:
    async with any_store.begin() as tx:
        for number, name in enumerate("abcda"):
            at = now + number * SECOND
            await sent_pictures.keep(tx, "telegram", name, "f", at)
        assert await sent_pictures.prune(tx, now + 2 * SECOND) == 1
        assert await sent_pictures.cap(tx, 1) == 2
        assert await sent_pictures.read(tx, "telegram", "a") == "f"


async def test_a_picture_from_very_far_away_is_not_remembered(
    any_store: Store, now: datetime
) -> None:
    fits = "é" * sent_pictures.LONGEST
    async with any_store.begin() as tx:
        for source in (fits, fits + "é"):
            await sent_pictures.keep(tx, "telegram", source, "f", now)
        assert await sent_pictures.read(tx, "telegram", fits) == "f"
        assert await sent_pictures.read(tx, "telegram", fits + "é") is None
