"""News for admins: before all of a room, or in private where there is none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.core.hall import Chat, Hall, card, delivering, open_hall, until

from medianest_bot.core import leaving
from medianest_bot.core import people as rules
from medianest_bot.core._rooms import Spot, name_of, spot_of, writable
from medianest_bot.core.outbox import Away, Closed
from medianest_bot.core.places import Places
from medianest_bot.core.reply import Reply
from medianest_bot.core.roles import PlaceKind, Role
from medianest_bot.core.store import news, people
from medianest_bot.core.store.news import News
from medianest_bot.core.store.people import Person

ROOM: Spot = ("console", "attic", None)
TOPIC: Spot = ("console", "cellar", "7")


@pytest.fixture
async def hall(tmp_path: Path, database_template: Path) -> AsyncIterator[Hall]:
    async with open_hall(tmp_path, database_template) as opened:
        opened.shelf.cards["tea:1"] = "cold"
        yield opened


@pytest.fixture
async def chat(hall: Hall) -> AsyncIterator[Chat]:
    opened = Chat()
    hall.outbox.attach(opened)
    async with delivering(hall):
        yield opened


def places(hall: Hall, *rooms: Spot) -> Places:
    return Places(hall.store, hall.outbox, hall.clock, admins=rooms)


async def promise(hall: Hall, *rooms: Spot, dedupe: str = "tea") -> None:
    async with hall.store.begin() as tx:
        await places(hall, *rooms).tell_admins(tx, "show tea:1", dedupe)
    hall.outbox.wake()


async def another_admin(hall: Hall) -> None:
    async with hall.store.begin() as tx:
        dad = await people.add(tx, "dad", Role.ADMIN, now=hall.clock())
        await people.link(tx, dad.id, "telegram", "5", "dad", hall.clock())
        await people.link(tx, dad.id, "console", "dad", "dad", hall.clock())


async def waiting(hall: Hall) -> tuple[News, ...]:
    async with hall.store.read() as db:
        return await news.waiting(db)


async def until_told(hall: Hall) -> None:
    async def is_told() -> bool:
        return not await waiting(hall)

    await until(is_told)


async def until_tried(hall: Hall, attempts: int) -> None:
    async def is_tried() -> bool:
        return [one.attempts for one in await waiting(hall)] == [attempts]

    await until(is_tried)


@pytest.mark.parametrize("spot", [ROOM, TOPIC, ("telegram", "-100", "3")])
def test_a_room_is_named_in_its_row(spot: Spot) -> None:
    assert spot_of(name_of(spot)) == spot


def test_of_a_chat_and_its_thread_the_thread_is_written_to() -> None:
    given: list[Spot] = [
        ("telegram", "-1", None),
        ("telegram", "-1", "7"),
        ("telegram", "-2", None),
        ("telegram", "-2", None),
        ("discord", "10", None),
        ("discord", "11", "110"),
    ]
    assert writable(given) == (
        ("discord", "11", "110"),
        ("telegram", "-1", "7"),
        ("telegram", "-2", None),
    )


async def test_the_rooms_are_those_of_the_settings_and_of_admins(hall: Hall) -> None:
    family: Spot = ("telegram", "-1", None)
    rooms = Places(hall.store, hall.outbox, hall.clock, [family], [TOPIC])
    async with hall.store.read() as db:
        mum = await people.find(db, "mum")
    assert mum is not None
    await rooms.settle(mum, "telegram", "-2", PlaceKind.ADMIN)
    await rooms.settle(mum, "telegram", "-3", PlaceKind.HOUSEHOLD)
    await rooms.settle(mum, "telegram", "-4", PlaceKind.ADMIN)
    await rooms.gone("telegram", "-4")
    assert rooms.admin_rooms() == (TOPIC, ("telegram", "-2", None))


async def test_every_room_of_admins_is_told_once(hall: Hall, chat: Chat) -> None:
    await another_admin(hall)
    for _ in range(2):
        await promise(hall, ROOM, TOPIC)
    await until_told(hall)
    assert sorted(chat.posted) == [
        ("attic", "mum", "cold"),
        ("cellar:7", "mum", "cold"),
    ]
    assert chat.told == []
    seen = hall.shelf.seen[-1]
    assert (seen.asked.place.kind, seen.role) == (PlaceKind.ADMIN, Role.ADMIN)


async def test_without_a_room_every_admin_is_told_in_private(
    hall: Hall, chat: Chat
) -> None:
    await another_admin(hall)
    await promise(hall)
    await until_told(hall)
    assert sorted(chat.told) == [("dad", "cold"), ("mum", "cold")]


async def test_a_room_where_no_admin_has_an_account_is_none(
    hall: Hall, chat: Chat
) -> None:
    await promise(hall, ("telegram", "-1", None))
    await until_told(hall)
    assert (chat.posted, chat.told) == ([], [("mum", "cold")])


async def test_a_room_that_is_gone_is_told_in_private(hall: Hall) -> None:
    class Gone(Chat):
        async def post(self, *_room: object) -> bool:
            return False

    chat = Gone()
    hall.outbox.attach(chat)
    async with delivering(hall):
        await promise(hall, ROOM)
        await until_told(hall)
    assert chat.told == [("mum", "cold")]


async def test_a_room_that_is_closed_is_told_in_private(hall: Hall, chat: Chat) -> None:
    chat.trouble.append(Closed())
    await promise(hall, ROOM)
    await until_told(hall)
    assert (chat.posted, chat.told) == ([], [("mum", "cold")])


async def test_a_room_that_does_not_answer_is_tried_a_few_times(
    hall: Hall, chat: Chat
) -> None:
    chat.trouble += [Away() for _ in range(4)]
    await promise(hall, ROOM)
    for attempts in range(1, 5):
        await until_tried(hall, attempts)
        assert chat.told == []
        hall.clock.forward(minutes=2**attempts)
        hall.outbox.wake()
    await until_told(hall)
    assert (chat.posted, chat.told) == ([], [("mum", "cold")])


async def test_a_room_waits_a_little_for_its_chat_to_come(hall: Hall) -> None:
    async with delivering(hall):
        await promise(hall, ROOM)
        await until_tried(hall, 1)
        chat = Chat()
        hall.outbox.attach(chat)
        await until_told(hall)
    assert (chat.posted, chat.told) == ([("attic", "mum", "cold")], [])


async def test_a_room_is_told_after_a_restart(
    tmp_path: Path, database_template: Path
) -> None:
    async with open_hall(tmp_path, database_template) as before:
        await promise(before, ROOM)
    async with open_hall(tmp_path) as after:
        after.shelf.cards["tea:1"] = "cold"
        chat = Chat()
        after.outbox.attach(chat)
        async with delivering(after):
            await until_told(after)
        assert chat.posted == [("attic", "mum", "cold")]


async def demoted(hall: Hall, mum: Person, dad: Person) -> None:
    await rules.change_role(hall.store, dad, mum, Role.MEMBER, hall.clock)


async def removed(hall: Hall, mum: Person, dad: Person) -> None:
    await rules.remove(hall.store, dad, mum, hall.clock)


async def unlinked(hall: Hall, mum: Person, _dad: Person) -> None:
    await leaving.unlink(hall.store, mum, (("console", "mum"),), hall.clock)


async def person(hall: Hall, name: str) -> Person:
    async with hall.store.read() as db:
        found = await people.find(db, name)
    assert found is not None
    return found


LEAVINGS = (demoted, removed, unlinked)


@pytest.mark.parametrize("leave", LEAVINGS)
async def test_what_a_room_was_promised_outlives_the_admin_it_is_drawn_for(
    hall: Hall, leave: Callable[[Hall, Person, Person], Awaitable[None]]
) -> None:
    await another_admin(hall)
    async with hall.store.begin() as tx:
        await people.link(tx, 1, "telegram", "1", "mum", hall.clock())
    await promise(hall, ROOM)
    await leave(hall, await person(hall, "mum"), await person(hall, "dad"))
    chat = Chat()
    hall.outbox.attach(chat)
    async with delivering(hall):
        hall.outbox.wake()
        await until_told(hall)
    assert (chat.posted, chat.told) == ([("attic", "dad", "cold")], [])


@pytest.mark.parametrize("leave", LEAVINGS)
async def test_what_a_room_is_shown_goes_on_changing(
    hall: Hall,
    chat: Chat,
    leave: Callable[[Hall, Person, Person], Awaitable[None]],
) -> None:
    await another_admin(hall)
    async with hall.store.begin() as tx:
        await people.link(tx, 1, "telegram", "1", "mum", hall.clock())
    for place, kind in (("attic", PlaceKind.ADMIN), ("mum", PlaceKind.PRIVATE)):
        one = card("tea:1", f"in-{place}", "mum", place_kind=kind.value)
        await hall.outbox.follow(replace(one, place=place), Reply(text="cold"))
    await leave(hall, await person(hall, "mum"), await person(hall, "dad"))
    hall.shelf.cards["tea:1"] = "warm"
    hall.outbox.changed("tea:1")
    await chat.until(lambda: ("in-attic", "warm") in chat.edited)
    (seen,) = [one for one in hall.shelf.seen if one.asked.account == "dad"]
    assert (seen.asked.place.kind, seen.role) == (PlaceKind.ADMIN, Role.ADMIN)


async def test_who_leaves_another_chat_keeps_what_rooms_of_this_one_show(
    hall: Hall, chat: Chat
) -> None:
    await another_admin(hall)
    async with hall.store.begin() as tx:
        await people.link(tx, 1, "telegram", "1", "mum", hall.clock())
    one = card("tea:1", "in-attic", "mum", place_kind=PlaceKind.ADMIN.value)
    await hall.outbox.follow(replace(one, place="attic"), Reply(text="cold"))
    mum = await person(hall, "mum")
    await leaving.unlink(hall.store, mum, (("telegram", "1"),), hall.clock)
    hall.shelf.cards["tea:1"] = "warm"
    hall.outbox.changed("tea:1")
    await chat.until(lambda: ("in-attic", "warm") in chat.edited)
    assert {one.asked.account for one in hall.shelf.seen} == {"mum"}


async def test_what_no_other_admin_could_see_in_the_room_is_told_in_private(
    hall: Hall,
) -> None:
    async with hall.store.begin() as tx:
        dad = await people.add(tx, "dad", Role.ADMIN, now=hall.clock())
        await people.link(tx, dad.id, "telegram", "5", "dad", hall.clock())
    await promise(hall, ROOM)
    await removed(hall, await person(hall, "mum"), await person(hall, "dad"))
    telegram = Chat("telegram")
    hall.outbox.attach(Chat())
    hall.outbox.attach(telegram)
    async with delivering(hall):
        hall.outbox.wake()
        await until_told(hall)
    assert (telegram.posted, telegram.told) == ([], [("5", "cold")])
