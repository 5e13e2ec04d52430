from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from tests.core.hall import NOON, Hall, card, open_hall

from medianest_bot.core.health import SUBJECT
from medianest_bot.core.housekeeping import AT_MOST, AT_ONCE, Housekeeping
from medianest_bot.core.reply import Reply
from medianest_bot.core.store import errors_log, lines, news, spent, status
from medianest_bot.core.store.tables import (
    cards,
    error_logs,
    service_hours,
)
from medianest_bot.core.store.tables import lines as lines_table
from medianest_bot.core.store.tables import news as news_table
from medianest_bot.core.store.tables import spent as spent_table

TABLES = {
    "lines": lines_table,
    "cards": cards,
    "errors": error_logs,
    "news": news_table,
    "spent": spent_table,
    "hours": service_hours,
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
    await hall.outbox.follow(card("tea:1"), Reply(text="hot"))
    await hall.outbox.follow(card(SUBJECT, "2"), Reply(text="fine"))


@pytest.mark.parametrize(
    ("days", "left"),
    [
        (0, (1, 2, 1, 2, 1, 1)),
        (2, (1, 1, 1, 2, 0, 1)),
        (61, (1, 1, 1, 1, 0, 0)),
        (91, (1, 1, 0, 1, 0, 0)),
        (401, (1, 0, 0, 1, 0, 0)),
        (1001, (0, 0, 0, 1, 0, 0)),
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
        keys = set(await db.scalars(select(lines_table.c.key)))
    assert left == [f"e{number}" for number in newest]
    assert keys == {f"k{number}" for number in newest}
