"""Lines, settings of the house, errors and the audit, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

from medianest_bot.core.store import audit, config, errors_log, lines
from medianest_bot.core.store.audit import Entry
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.errors_log import Record
from medianest_bot.core.store.lines import Line
from medianest_bot.core.store.people import Person

DAY = timedelta(days=1)


async def test_a_line_in_use_is_not_forgotten(any_store: Store, now: datetime) -> None:
    async with any_store.begin() as tx:
        await lines.keep(tx, "a", "request movie:1", now)
        await lines.keep(tx, "b", "x" * 100_000, now)
        await lines.keep(tx, "a", "request movie:1", now + DAY)
        assert await lines.prune(tx, now + DAY) == 1
    async with any_store.read() as db:
        assert await lines.read(db, "a") == Line("request movie:1")
        assert await lines.read(db, "b") is None


async def test_a_long_line_comes_back_whole(any_store: Store, now: datetime) -> None:
    line = "seasons " + "é" * 100_000
    async with any_store.begin() as tx:
        await lines.keep(tx, "a", line, now)
    async with any_store.read() as db:
        assert await lines.read(db, "a") == Line(line)


async def test_a_line_keeps_the_question_it_needs_answered(
    any_store: Store, now: datetime
) -> None:
    async with any_store.begin() as tx:
        await lines.keep(tx, "a", "admin deny 17", now, "Why not?")
        await lines.keep(tx, "a", "admin deny 17", now + DAY, "Why not?")
        assert await lines.prune(tx, now + DAY) == 0
    async with any_store.read() as db:
        assert await lines.read(db, "a") == Line("admin deny 17", "Why not?")


async def test_a_setting_is_kept_replaced_and_forgotten(
    any_store: Store, now: datetime
) -> None:
    async with any_store.begin() as tx:
        assert await config.get(tx, "canary") is None
        await config.put(tx, "canary", "v1", now)
        await config.put(tx, "canary", "v2", now)
        assert await config.get(tx, "canary") == "v2"
        await config.forget(tx, "canary")
        assert await config.get(tx, "canary") is None


async def test_errors_are_found_newest_first_and_by_reference(
    any_store: Store, ana: Person, now: datetime
) -> None:
    first = Record("7f3a", now, ana.id, "request", "KeyError: 'x'", "trace")
    second = Record("80b1", now + DAY, None, "search", "ValueError", "")
    async with any_store.begin() as tx:
        for record in (first, second):
            values = {name: getattr(record, name) for name in Record.__slots__}
            await errors_log.add(tx, **values)
    async with any_store.begin() as tx:
        assert await errors_log.latest(tx, 10) == (second, first)
        assert await errors_log.latest(tx, 1) == (second,)
        assert await errors_log.by_reference(tx, "7f3a") == first
        assert await errors_log.by_reference(tx, "7f3") is None
        assert await errors_log.prune(tx, now + DAY) == 1
        assert await errors_log.latest(tx, 10) == (second,)


async def test_a_record_is_cut_rather_than_refused(
    any_store: Store, now: datetime
) -> None:
    async with any_store.begin() as tx:
        await errors_log.add(
            tx,
            reference="a",
            at=now,
            person_id=None,
            command="c" * 999,
            cause="\0" + "é" * 999,
            details="d\ud800",
        )
        found = await errors_log.by_reference(tx, "a")
    assert found == Record("a", now, None, "c" * 64, "é" * 200, "d?")


async def test_the_audit_keeps_who_did_what(
    any_store: Store, ana: Person, now: datetime
) -> None:
    async with any_store.begin() as tx:
        await audit.add(tx, ana.id, "role changed", "tim (2)", {"role": "admin"}, now)
        await audit.add(tx, None, "started", "house", {}, now)
    async with any_store.read() as db:
        assert await audit.latest(db, 5) == (
            Entry(now, None, "started", "house", {}),
            Entry(now, ana.id, "role changed", "tim (2)", {"role": "admin"}),
        )
