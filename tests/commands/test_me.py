from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update
from tests.drawing import drawn
from tests.household import Talk

from medianest_bot.core.limits import What
from medianest_bot.core.roles import PlaceKind
from medianest_bot.core.store import people
from medianest_bot.core.store.people import Person
from medianest_bot.core.store.tables import users
from medianest_bot.core.words import day


async def person(say: Talk, name: str) -> Person:
    async with say.demo.app.house.store.read() as db:
        found = await people.find(db, name)
    assert found is not None
    return found


BUTTONS = (
    "<Add another chat → link other>\n"
    "<Remove an account → unlink>\n"
    "<What do you store about me? → privacy>"
)


def today(say: Talk) -> str:
    return day(say.demo.app.house.now())


async def change(say: Talk, who: str, **values: object) -> None:
    async with say.demo.app.house.store.begin() as tx:
        await tx.execute(update(users).where(users.c.name == who).values(**values))


async def test_me_says_who_i_am_and_what_is_left(say: Talk) -> None:
    assert drawn(await say("me")) == (
        "# ana\n"
        "Role: member\n"
        f"Console: ana, since {today(say)} · news come here first\n"
        "Plex account: user 1002\n"
        "Request account: set up\n"
        "Requests left this hour: 20 of 20\n"
        "Downloads left this hour: 5 of 5\n"
        f"{BUTTONS}"
    )


async def test_me_names_my_request_account_once_it_was_read(say: Talk) -> None:
    seerr = say.demo.app.house.seerr
    assert seerr is not None
    await seerr.users()
    assert "Request account: ana.maple\n" in drawn(await say("me"))


async def test_me_says_which_chat_hears_news_first(say: Talk) -> None:
    house, ana = say.demo.app.house, await person(say, "ana")
    async with house.store.begin() as tx:
        await people.link(tx, ana.id, "discord", "5", "Ana D", house.now())
        await people.link(tx, ana.id, "console", "two", "Ana 2", house.now())
        await people.set_unreachable(tx, "console", "ana", house.now())
    on = today(say)
    assert [one.value for one in (await say("me")).fields[1:4]] == [
        f"ana, since {on} · takes no messages from me since {on}",
        f"Ana D, since {on}",
        f"Ana 2, since {on} · news come here first",
    ]


async def test_me_says_that_access_is_paused_and_why(say: Talk) -> None:
    await change(say, "ana", paused_at=say.demo.app.house.now(), plex_name="ana_p")
    fields = {one.name: one.value for one in (await say("me")).fields}
    assert fields["Role"] == "guest"
    assert fields["Plex account"] == "ana_p"
    assert fields["Access"] == (
        f"paused since {today(say)}: your Plex account does not reach our server any "
        "more. You count as a guest until it does again; ask an admin."
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
        f"Console: zoe, since {today(say)} · news come here first\n"
        "Plex account: no account linked\n"
        "Request account: not set up yet: your requests wait until an admin does it\n"
        "Requests left this hour: 20 of 20\n"
        f"Downloads left this hour: 4 of 5, one more at {time}\n"
        f"<Sign in with Plex → link>\n{BUTTONS}"
        for time in renews
    }


async def test_a_guest_is_told_what_guests_can_do(say: Talk) -> None:
    reply = await say("me", "cousin", place=PlaceKind.HOUSEHOLD)
    assert drawn(reply) == (
        "# cousin\nYou are a guest here: you can search and look around.\n"
        "<Sign in with Plex → link>\n"
        "<What do you store about me? → privacy>"
    )


@pytest.mark.parametrize("place", [PlaceKind.PRIVATE, PlaceKind.OTHER])
async def test_a_stranger_is_nobody(say: Talk, place: PlaceKind) -> None:
    assert drawn(await say("me", "stranger", place=place)).startswith(
        "#  [warn]\nThis bot serves one household. "
    )
