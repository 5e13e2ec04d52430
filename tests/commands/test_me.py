from __future__ import annotations

from datetime import timedelta

import pytest
from tests.drawing import drawn
from tests.household import Talk

from medianest_bot.core.limits import What
from medianest_bot.core.roles import PlaceKind
from medianest_bot.core.store import people
from medianest_bot.core.store.people import Person


async def person(say: Talk, name: str) -> Person:
    async with say.demo.app.house.store.read() as db:
        found = await people.find(db, name)
    assert found is not None
    return found


async def test_me_says_who_i_am_and_what_is_left(say: Talk) -> None:
    assert drawn(await say("me")) == (
        "# ana\n"
        "Role: member\n"
        "Chats: console (ana)\n"
        "Request account: user 2\n"
        "Requests left this hour: 20 of 20\n"
        "Downloads left this hour: 5 of 5"
    )


async def test_me_says_when_a_limit_renews(say: Talk) -> None:
    house = say.demo.app.house
    zoe = await person(say, "zoe")
    before = house.now()
    async with house.store.begin() as tx:
        await house.limits.spend(tx, zoe.id, What.DOWNLOAD)
    hour = timedelta(hours=1)
    moments = (before + hour, house.now() + hour)
    renews = {f"{one.astimezone():%H:%M}" for one in moments}
    assert drawn(await say("me", "zoe")) in {
        "# zoe\n"
        "Role: member\n"
        "Chats: console (zoe)\n"
        "Request account: not set up yet: your requests wait until an admin does it\n"
        "Requests left this hour: 20 of 20\n"
        f"Downloads left this hour: 4 of 5, one more at {time}"
        for time in renews
    }


async def test_a_guest_is_told_what_guests_can_do(say: Talk) -> None:
    reply = await say("me", "cousin", place=PlaceKind.HOUSEHOLD)
    assert drawn(reply) == (
        "# cousin\nYou are a guest here: you can search and look around."
    )


@pytest.mark.parametrize("place", [PlaceKind.PRIVATE, PlaceKind.OTHER])
async def test_a_stranger_is_nobody(say: Talk, place: PlaceKind) -> None:
    assert drawn(await say("me", "stranger", place=place)) == (
        "#  [warn]\nThis bot serves one household. Ask its admin to let you in."
    )
