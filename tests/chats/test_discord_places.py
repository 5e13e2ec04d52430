"""Servers the bot is added to, removed from, and who counts in which."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.chats.discord_phone import (
    Household,
    Phone,
    abroad,
    open_household,
    shown,
    words,
)
from tests.discord_api import Guild, Message
from tests.discord_api.view import drawing

from medianest_bot.core.roles import PlaceKind, Role
from medianest_bot.core.store import people

STRANGE = """\
Medianest: │ ### ⚠️ Movie night
  │ Somebody who is no admin here added me to this chat. What is it? If no admin says \
it within a day, I leave.
  │ Family chat: everybody in it may search and look around, members may ask for titles.
  │ Admin room: admins may do there all they may do; people I do not know get no answer.
  │ Not ours: I leave it.
  │ **Chat** discord:{number}
  │ [Family chat] [Admin room] [Not ours]"""
STRANGER = (
    "(only you) Medianest: │ ⚠️ This bot serves one household. "
    "Ask its admin to let you in.\n  │ ──\n"
    "  │ **Your number, should an admin ask for it**\n  │ discord:{number}"
)
FOR_ADMINS = "⚠️ That is for admins of this household."


@pytest.fixture
async def household(tmp_path: Path) -> AsyncIterator[Household]:
    async with open_household(tmp_path) as opened:
        opened.quickly()
        yield opened


@pytest.fixture
def mum(household: Household) -> Phone:
    return household.of("mum").in_private


async def added(household: Household) -> tuple[Guild, Message]:
    """The bot is added to a server; what mum reads of it in private."""
    server, mum = household.server, household.of("mum").in_private
    bob = server.person("Bob")
    guild = server.guild("Movie night", bob, *household.people.values())
    await server.until(lambda: mum.messages)
    return guild, mum.messages[-1]


def in_it(household: Household, guild: Guild, name: str) -> Phone:
    found = next(
        one for one in household.server.world.people.values() if one.name == name
    )
    return Phone(household.server, found, household.server.general(guild))


def kind(household: Household, guild: Guild) -> PlaceKind:
    return household.demo.app.house.places.kind("discord", str(guild.id), "1")


async def test_admins_are_asked_in_private_what_a_new_server_is(
    household: Household,
) -> None:
    guild, asked = await added(household)
    assert drawing(asked) == STRANGE.format(number=guild.id)
    assert household.server.general(guild).messages == {}


async def test_until_then_nobody_but_admins_counts_there(household: Household) -> None:
    guild, _asked = await added(household)
    bob = in_it(household, guild, "Bob")
    told = shown(await bob.asks("search", title="dune"))
    assert told == STRANGER.format(number=bob.person.id)
    assert shown(await bob.asks("search", title="dune")) == ""
    mum = in_it(household, guild, "Mum")
    assert words((await mum.asks("help")).answer) == "### What you can ask"


async def test_until_then_nobody_there_sees_what_an_admin_asks_for(
    household: Household,
) -> None:
    guild, _asked = await added(household)
    mum, bob = (in_it(household, guild, name) for name in ("Mum", "Bob"))
    asked = await mum.asks("request", title="movie:841")
    assert "Dune" in shown(asked)
    assert bob.messages == []


async def test_a_family_chat_works_at_once(household: Household, mum: Phone) -> None:
    guild, asked = await added(household)
    await mum.presses(asked, "Family chat")
    assert drawing(asked).startswith(
        "Medianest: │ ### ✅ Movie night\n  │ This is a family chat."
    )
    assert "[Family chat]" not in drawing(asked)
    bob = in_it(household, guild, "Bob")
    found = await bob.asks("search", title="dune")
    assert words(found.answer) == "### What I found for “dune”"
    private = await bob.in_private.asks("search", title="dune")
    assert words(private.answer) == "### What I found for “dune”"


async def test_an_admin_room_takes_what_admins_may_do(
    household: Household, mum: Phone
) -> None:
    guild, asked = await added(household)
    await mum.presses(asked, "Admin room")
    there = in_it(household, guild, "Mum")
    household.server.role(guild, "Helpers", 1 << 5, mum.person)
    assert "**ana**" in shown(await there.asks("admin people"))
    ana = in_it(household, guild, "Ana")
    household.server.role(guild, "Members", 1 << 5, ana.person)
    assert words((await ana.asks("admin people")).answer) == FOR_ADMINS
    bob = in_it(household, guild, "Bob")
    assert shown(await bob.asks("help")) == STRANGER.format(number=bob.person.id)


async def test_what_is_not_ours_is_left(household: Household, mum: Phone) -> None:
    guild, asked = await added(household)
    await mum.presses(asked, "Not ours")
    await household.server.until(lambda: not guild.has_bot)
    assert household.home.has_bot


async def test_every_admin_is_told_and_the_first_press_counts(
    household: Household, mum: Phone
) -> None:
    house = household.demo.app.house
    async with house.store.begin() as tx:
        tim = await people.find(tx, "tim")
        assert tim is not None
        await people.set_role(tx, tim.id, Role.ADMIN)
    guild, to_mum = await added(household)
    tims = household.of("tim").in_private
    await household.server.until(lambda: tims.messages)
    await tims.presses(tims.messages[0], "Family chat")
    await household.server.until(lambda: "This is a family chat." in drawing(to_mum))
    assert kind(household, guild) is PlaceKind.HOUSEHOLD
    assert len(mum.messages) == 1


async def test_who_is_never_told_has_the_server_left_after_a_day(
    household: Household,
) -> None:
    guild, _asked = await added(household)
    household.clock.forward(hours=20)
    await household.again()
    assert guild.has_bot
    household.clock.forward(hours=5)
    await household.again()
    await household.server.until(lambda: not guild.has_bot)


async def test_a_server_that_came_while_the_bot_was_away_is_asked_about(
    household: Household, mum: Phone
) -> None:
    await household.close()
    guild = household.server.guild("Movie night", household.server.person("Bob"))
    await household.open()
    await household.server.until(lambda: mum.messages)
    assert drawing(mum.messages[0]) == STRANGE.format(number=guild.id)


async def test_a_server_that_went_is_forgotten_unless_it_is_the_familys(
    household: Household,
) -> None:
    guild, _asked = await added(household)
    await household.close()
    household.server.removes_bot(guild)
    household.server.removes_bot(household.home)
    await household.open()
    places = household.demo.app.house.places
    async with asyncio.timeout(20):
        while places.row("discord", str(guild.id)) is not None:
            async with household.demo.app.house.store.read():
                pass
    assert kind(household, household.home) is PlaceKind.HOUSEHOLD


async def test_an_outage_of_a_server_changes_nothing(household: Household) -> None:
    household.server.outage(household.home)
    await household.of("ana").in_private.asks("me")
    assert kind(household, household.home) is PlaceKind.HOUSEHOLD
    row = household.demo.app.house.places.row("discord", str(household.home.id))
    assert row is not None
    assert row.is_here


async def test_whether_somebody_is_a_member_is_asked_once_in_ten_minutes(
    household: Household,
) -> None:
    guest = household.someone("Grandma")
    away = abroad(guest)
    for phone in (away, guest.in_private, away):
        assert words((await phone.asks("help")).answer) == "### What you can ask"
    asked = household.server.called("get_guild_member")
    mine = [one for one in asked if one.where["user_id"] == str(guest.person.id)]
    assert len(mine) == 1


async def test_where_discord_does_not_say_nobody_is_a_member(
    household: Household,
) -> None:
    guest = household.someone("Grandma").in_private
    household.server.fail("get_guild_member", 503)
    assert words((await guest.asks("help")).answer).startswith("⚠️ This bot serves")
    household.clock.forward(days=1)
    assert words((await guest.asks("help")).answer) == "### What you can ask"


async def test_the_settings_name_a_channel_for_admins(tmp_path: Path) -> None:
    async with open_household(tmp_path) as before:
        home = before.home
        room = before.server.channel(home, "admins")
        more = {
            "HOUSEHOLD_CHATS": f"discord:{home.id}",
            "ADMIN_CHATS": f"discord:{home.id}:{room.id}",
        }
        before.settings = more
        await before.again()
        mum = before.of("mum")
        before.server.role(home, "Helpers", 1 << 5, mum.person)
        refused = await mum.asks("admin people")
        assert words(refused.answer).startswith("⚠️ Please ask that in the admin room")
        answer = await mum.at(room).asks("admin people")
        assert "**ana**" in shown(answer)
        thread = before.server.thread(room, "last night")
        assert "**ana**" in shown(await mum.at(thread).asks("admin people"))
        guest = before.someone("Grandma").at(room)
        told = shown(await guest.asks("help"))
        assert told == STRANGER.format(number=guest.person.id)
