from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.core.hall import Clock, Hall, open_hall

from medianest_bot.core.places import MOST_NEW, Places
from medianest_bot.core.roles import PlaceKind
from medianest_bot.core.store import audit, news, people
from medianest_bot.core.store.people import Person
from medianest_bot.core.words import Sorry

CHAT = "-100123"


@pytest.fixture
async def hall(tmp_path: Path, database_template: Path) -> AsyncIterator[Hall]:
    async with open_hall(tmp_path, database_template) as opened:
        yield opened


@pytest.fixture
def places(hall: Hall) -> Places:
    return hall.house.places


async def person(hall: Hall, name: str = "mum") -> Person:
    async with hall.store.read() as db:
        found = await people.find(db, name)
    assert found is not None
    return found


async def told(hall: Hall) -> list[tuple[str, str]]:
    async with hall.store.read() as db:
        return [(one.line, one.dedupe) for one in await news.waiting(db)]


async def again(hall: Hall) -> Places:
    """The same places after a restart."""
    opened = Places(hall.store, hall.outbox, hall.clock)
    await opened.open()
    return opened


def with_settings(hall: Hall, clock: Clock) -> Places:
    family = [("telegram", CHAT, None)]
    admins = [("telegram", CHAT, "7"), ("telegram", "-5", "2")]
    return Places(hall.store, hall.outbox, clock, family, admins)


async def test_a_chat_nobody_knows_is_not_ours(places: Places) -> None:
    assert places.kind("telegram", CHAT) is PlaceKind.OTHER
    assert (places.known("telegram"), places.to_leave("telegram")) == ((), ())


async def test_a_chat_an_admin_added_us_to_waits_for_them(
    hall: Hall, places: Places
) -> None:
    await places.added("telegram", CHAT, "Family", await person(hall))
    hall.clock.forward(days=9)
    assert places.kind("telegram", CHAT) is PlaceKind.NEW
    assert (places.to_leave("telegram"), await told(hall)) == ((), [])


async def test_a_chat_anybody_else_added_us_to_is_told_and_left_after_a_day(
    hall: Hall, places: Places
) -> None:
    for _ in range(2):
        await places.added("telegram", CHAT, "Party", None)
    number = await hall.id_of("mum")
    day = hall.clock().date()
    where = f"place:telegram:{CHAT}"
    assert await told(hall) == [(f"show {where}", f"{where}:{day}:{number}")]
    hall.clock.forward(hours=23)
    assert places.to_leave("telegram") == ()
    hall.clock.forward(hours=1)
    assert (places.to_leave("telegram"), places.to_leave("discord")) == ((CHAT,), ())
    await places.gone("telegram", CHAT)
    assert (places.to_leave("telegram"), places.rows()) == ((), ())


async def test_whoever_adds_us_everywhere_bothers_nobody_for_long(
    hall: Hall, places: Places
) -> None:
    for number in range(MOST_NEW + 3):
        await places.added("telegram", f"-{number}", "", None)
    assert len(await told(hall)) == MOST_NEW
    left = {f"-{MOST_NEW + more}" for more in range(3)}
    assert set(places.to_leave("telegram")) == left


async def test_nor_does_who_removes_us_each_time(hall: Hall, places: Places) -> None:
    for number in range(MOST_NEW + 3):
        await places.added("telegram", f"-{number}", "", None)
        await places.gone("telegram", f"-{number}")
    assert len(await told(hall)) == MOST_NEW


async def test_what_an_admin_says_counts_at_once_and_after_a_restart(
    hall: Hall, places: Places
) -> None:
    mum = await person(hall)
    await places.added("telegram", CHAT, "Family", mum)
    places.changed.clear()
    await places.settle(mum, "telegram", CHAT, PlaceKind.HOUSEHOLD)
    assert places.changed.is_set()
    for one in (places, await again(hall)):
        assert one.kind("telegram", CHAT, "9") is PlaceKind.HOUSEHOLD
        assert one.known("telegram") == ((CHAT, PlaceKind.HOUSEHOLD),)
    async with hall.store.read() as db:
        (entry,) = await audit.latest(db, 5)
    said = (entry.person_id, entry.action, entry.subject, entry.details)
    details = {"kind": "household", "title": "Family"}
    assert said == (mum.id, "place settled", f"telegram:{CHAT}", details)


async def test_saying_the_same_twice_is_one_entry(hall: Hall, places: Places) -> None:
    mum = await person(hall)
    for _ in range(2):
        await places.settle(mum, "telegram", CHAT, PlaceKind.ADMIN)
    async with hall.store.read() as db:
        assert len(await audit.latest(db, 5)) == 1


async def test_what_is_not_ours_is_left_and_asked_about_when_we_come_again(
    hall: Hall, places: Places
) -> None:
    mum = await person(hall)
    await places.added("telegram", CHAT, "Family", mum)
    await places.settle(mum, "telegram", CHAT, PlaceKind.OTHER)
    assert places.to_leave("telegram") == (CHAT,)
    await places.added("telegram", CHAT, "Family", mum)
    assert places.kind("telegram", CHAT) is PlaceKind.NEW


async def test_the_household_keeps_its_chat_when_we_are_put_out_and_let_in(
    hall: Hall, places: Places
) -> None:
    mum = await person(hall)
    await places.settle(mum, "telegram", CHAT, PlaceKind.HOUSEHOLD)
    await places.gone("telegram", CHAT)
    await places.added("telegram", CHAT, "Family", None)
    row = places.row("telegram", CHAT)
    assert row is not None
    assert (row.kind, row.is_here, await told(hall)) == ("household", True, [])


async def test_a_group_that_grows_up_keeps_what_it_is(
    hall: Hall, places: Places
) -> None:
    mum = await person(hall)
    await places.settle(mum, "telegram", "-5", PlaceKind.HOUSEHOLD)
    await places.moved("telegram", "-5", CHAT)
    for one in (places, await again(hall)):
        assert one.known("telegram") == ((CHAT, PlaceKind.HOUSEHOLD),)


async def test_who_added_us_may_leave_the_household(hall: Hall, places: Places) -> None:
    ana, mum = await person(hall, "ana"), await person(hall)
    await places.added("telegram", CHAT, "Family", ana)
    async with hall.store.begin() as tx:
        await people.remove(tx, ana.id)
    row = await places.settle(mum, "telegram", CHAT, PlaceKind.HOUSEHOLD)
    assert (row.added_by, row.kind) == (None, "household")


async def test_the_settings_come_first_and_a_thread_before_its_chat(
    hall: Hall,
) -> None:
    places = with_settings(hall, hall.clock)
    asked = ((CHAT, None), (CHAT, "1"), (CHAT, "7"), ("-5", None), ("-5", "2"))
    kinds = [places.kind("telegram", chat, thread).value for chat, thread in asked]
    assert kinds == ["household", "household", "admin", "other", "admin"]
    assert places.known("telegram") == ((CHAT, PlaceKind.HOUSEHOLD),)
    for chat in (CHAT, "-5"):
        with pytest.raises(Sorry, match="HOUSEHOLD_CHATS"):
            await places.settle(await person(hall), "telegram", chat, PlaceKind.OTHER)


async def test_a_chat_with_a_room_of_ours_is_never_left(hall: Hall) -> None:
    places = with_settings(hall, hall.clock)
    await places.added("telegram", "-5", "Big group", None)
    hall.clock.at += timedelta(days=2)
    assert (places.to_leave("telegram"), await told(hall)) == ((), [])


async def test_a_chat_of_the_settings_keeps_what_it_is_by_its_new_number(
    hall: Hall,
) -> None:
    places = with_settings(hall, hall.clock)
    await places.moved("telegram", CHAT, "-100777")
    assert (await again(hall)).kind("telegram", "-100777") is PlaceKind.HOUSEHOLD


@pytest.mark.parametrize("title", ["x" * 5000, "a\n\u202eb\x00 \ud800", ""])
async def test_a_title_is_one_short_line(
    hall: Hall, places: Places, title: str
) -> None:
    await places.added("telegram", CHAT, title, await person(hall))
    row = (await again(hall)).row("telegram", CHAT)
    assert row is not None
    assert row.title in {"x" * 100, "a b", ""}


async def test_what_is_said_of_the_old_id_counts_for_the_new(
    hall: Hall, places: Places
) -> None:
    mum = await person(hall)
    await places.added("telegram", "-5", "Family", mum)
    await places.moved("telegram", "-5", CHAT)
    row = await places.settle(mum, "telegram", "-5", PlaceKind.ADMIN)
    assert (row.chat, row.title) == (CHAT, "Family")
    assert [one.chat for one in places.rows()] == [CHAT]
