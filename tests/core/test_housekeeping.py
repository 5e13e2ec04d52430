from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.core.hall import NOON, Hall, card, open_hall

from medianest_bot.core._link_types import LIVE, Attempt, State
from medianest_bot.core.health import SUBJECT
from medianest_bot.core.housekeeping import AT_MOST, AT_ONCE, Housekeeping
from medianest_bot.core.reply import Reply
from medianest_bot.core.store import (
    audit,
    entrances,
    errors_log,
    inbox,
    lines,
    link_attempts,
    news,
    sent_pictures,
    spent,
    status,
    strangers,
    tables,
    tickets,
)

HOUR = timedelta(hours=1)
TABLES = {
    "lines": tables.lines,
    "cards": tables.cards,
    "errors": tables.error_logs,
    "news": tables.news,
    "spent": tables.spent,
    "hours": tables.service_hours,
    "inbox": tables.inbox,
    "tickets": tables.tickets,
    "strangers": tables.strangers,
    "pictures": tables.sent_pictures,
}


@pytest.fixture
async def hall(tmp_path: Path, database_template: Path) -> AsyncIterator[Hall]:
    async with open_hall(tmp_path, database_template) as opened:
        yield opened


async def counted(hall: Hall) -> dict[str, int]:
    async with hall.store.read() as db:
        return {
            name: await db.scalar(select(func.count()).select_from(table)) or 0
            for name, table in TABLES.items()
        }


async def fill(hall: Hall) -> None:
    ana = await hall.id_of("ana")
    async with hall.store.begin() as tx:
        await lines.keep(tx, "key", "a line", NOON)
        await errors_log.add(
            tx,
            reference="a",
            at=NOON,
            person_id=ana,
            command="x",
            cause="y",
            details="z",
        )
        await news.add(tx, "told", ana, "show tea:1", NOON)
        (one,) = await news.waiting(tx)
        await news.told(tx, one.id, NOON)
        await news.add(tx, "waiting", ana, "show tea:1", NOON)
        await spent.add(tx, ana, "request", NOON)
        await status.add_check(tx, "plex", NOON, ok=True, ms=2)
        await inbox.take(tx, "telegram", [(n, "{}") for n in (1, 2, 3)], NOON)
        await inbox.finished(tx, "telegram", [1], NOON)
        await inbox.set_aside(tx, "telegram", 2, NOON)
        await tickets.keep(tx, "key", "telegram", "1", "help", NOON + HOUR)
        await strangers.told(tx, "telegram", "1", NOON)
        await sent_pictures.keep(tx, "telegram", "plex:/a", "f1", NOON)
    await hall.outbox.follow(card("tea:1"), Reply(text="hot"))
    await hall.outbox.follow(card(SUBJECT, "2"), Reply(text="fine"))


@pytest.mark.parametrize(
    ("days", "left"),
    [
        (0, (1, 2, 1, 2, 1, 1, 3, 1, 1, 1)),
        (2, (1, 1, 1, 2, 0, 1, 3, 0, 1, 1)),
        (3, (1, 1, 1, 2, 0, 1, 2, 0, 0, 1)),
        (61, (1, 1, 1, 1, 0, 0, 2, 0, 0, 1)),
        (91, (1, 1, 0, 1, 0, 0, 1, 0, 0, 0)),
        (401, (1, 0, 0, 1, 0, 0, 1, 0, 0, 0)),
        (1001, (0, 0, 0, 1, 0, 0, 1, 0, 0, 0)),
    ],
)
async def test_each_thing_is_kept_for_its_time_and_no_longer(
    hall: Hall, days: int, left: tuple[int, ...]
) -> None:
    await fill(hall)
    hall.clock.forward(days=days)
    await Housekeeping(hall.store, hall.clock).tidy()
    assert await counted(hall) == dict(zip(TABLES, left, strict=True))


async def test_much_is_forgotten_a_little_at_a_time(hall: Hall) -> None:
    ana = await hall.id_of("ana")
    async with hall.store.begin() as tx:
        moments = ((ana, NOON + timedelta(seconds=n)) for n in range(2 * AT_ONCE + 3))
        await spent.add_many(tx, "command", moments)
        assert await spent.prune(tx, NOON + timedelta(days=1), AT_ONCE) == AT_ONCE
    hall.clock.forward(days=1)
    await Housekeeping(hall.store, hall.clock).tidy()
    assert (await counted(hall))["spent"] == 0


async def test_only_the_newest_lines_and_errors_are_kept(hall: Hall) -> None:
    caps = [(name, 3, cap) for name, _most, cap in AT_MOST]
    async with hall.store.begin() as tx:
        for number in range(AT_ONCE + 7):
            at = NOON + timedelta(seconds=number)
            await lines.keep(tx, f"k{number}", "a line", at)
            await errors_log.add(
                tx,
                reference=f"e{number}",
                at=at,
                person_id=None,
                command="x",
                cause="y",
                details="z",
            )
    await Housekeeping(hall.store, hall.clock, at_most=caps).tidy()
    newest = range(AT_ONCE + 6, AT_ONCE + 3, -1)
    async with hall.store.read() as db:
        left = [one.reference for one in await errors_log.latest(db, 9)]
        keys = set(await db.scalars(select(tables.lines.c.key)))
    assert left == [f"e{number}" for number in newest]
    assert keys == {f"k{number}" for number in newest}


async def test_what_a_guest_can_make_grow_ends_somewhere(hall: Hall) -> None:
    caps = [(name, 3, cap) for name, _most, cap in AT_MOST]
    async with hall.store.begin() as tx:
        await inbox.take(tx, "telegram", [(n, "{}") for n in range(15)], NOON)
        await inbox.finished(tx, "telegram", range(5), NOON)
        for number in range(5):
            name = str(number)
            at = NOON + timedelta(seconds=number)
            await inbox.set_aside(tx, "telegram", 5 + number, NOON)
            await tickets.keep(tx, name, "telegram", "1", "help", at + HOUR)
            await strangers.told(tx, "telegram", name, at)
            await sent_pictures.keep(tx, "telegram", name, "token", at)
    await Housekeeping(hall.store, hall.clock, at_most=caps).tidy()
    async with hall.store.read() as db:
        left = {
            "updates": set(await db.scalars(select(tables.inbox.c.update_id))),
            "tickets": set(await db.scalars(select(tables.tickets.c.key))),
            "strangers": set(await db.scalars(select(tables.strangers.c.account))),
            "pictures": set(await db.scalars(select(tables.sent_pictures.c.source))),
        }
    assert left == {
        # What is not done is nobody's to forget.
        "updates": {2, 3, 4, 7, 8, 9, *range(10, 15)},
        "tickets": {"2", "3", "4"},
        "strangers": {"2", "3", "4"},
        "pictures": {"2", "3", "4"},
    }


async def sign_in(tx: AsyncConnection, name: str, state: State) -> Attempt:
    begun = await link_attempts.add(
        tx,
        ("discord", name),
        name,
        state,
        locale=None,
        person_id=None,
        salt="salt",
        state_hash=name,
        now=NOON,
        expires_at=NOON + HOUR,
    )
    await audit.add(tx, None, "link begun", f"{name} (discord:{name})", {}, NOON)
    return begun


async def test_of_sign_ins_that_are_over_only_the_audit_is_kept(hall: Hall) -> None:
    ana = await hall.id_of("ana")
    async with hall.store.begin() as tx:
        for state in State:
            await sign_in(tx, state.value, state)
        held = await sign_in(tx, "held", State.AT_PLEX)
        # Plex may still hold a token for it.
        await link_attempts.move(tx, held, State.EXPIRED, NOON, pin="sealed")
        await entrances.invite(tx, ana, "hash", ana, NOON, NOON + HOUR)

    async def left(**later: float) -> tuple[set[str], int, int]:
        hall.clock.forward(**later)
        await Housekeeping(hall.store, hall.clock).tidy()
        async with hall.store.read() as db:
            names = set(await db.scalars(select(tables.link_attempts.c.account)))
            keys = list(await db.scalars(select(tables.invitations.c.key_hash)))
            return names, len(keys), len(await audit.latest(db, 99))

    everything = {*(one.value for one in State), "held"}
    assert await left(days=29) == (everything, 1, len(everything))
    live = {*(one.value for one in LIVE), "held"}
    assert await left(days=2) == (live, 0, len(everything))


async def test_of_what_strangers_only_begin_the_newest_is_kept(hall: Hall) -> None:
    caps = [(name, 3, cap) for name, _most, cap in AT_MOST]
    mum = await hall.id_of("mum")
    async with hall.store.begin() as tx:
        await audit.add(tx, None, "plex linked", "ana (discord:ana)", {}, NOON)
        await audit.add(tx, mum, "link begun", "by somebody", {}, NOON)
        for number in range(9):
            await sign_in(tx, str(number), State.EXPIRED)
        await sign_in(tx, "open", State.OPEN)
    await Housekeeping(hall.store, hall.clock, at_most=caps).tidy()
    async with hall.store.read() as db:
        names = set(await db.scalars(select(tables.link_attempts.c.account)))
        steps = [one.subject for one in await audit.latest(db, 99)]
    assert names == {"6", "7", "8", "open"}
    begun = [f"{name} (discord:{name})" for name in ("open", "8", "7")]
    assert steps == [*begun, "by somebody", "ana (discord:ana)"]
