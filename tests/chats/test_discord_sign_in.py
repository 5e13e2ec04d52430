"""Who is nobody yet comes in by Discord: the whole way, and two rooms of admins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog
from tests.chats.discord_phone import (
    Household,
    Phone,
    at_rest,
    open_household,
    shown,
)
from tests.discord_api import Asked, Channel, Message
from tests.discord_api.view import drawing
from tests.signing_in import link_in, signed_in

from medianest_bot.core._link_types import Visit
from medianest_bot.core.context import Asked as AskedAt
from medianest_bot.core.context import Place
from medianest_bot.core.roles import PlaceKind
from medianest_bot.core.store import news, people
from medianest_bot.core.store.news import News

BUTTONS = "[Approve] [Deny…] [Block]"


@dataclass
class Home:
    """The household, with two channels for admins."""

    household: Household
    rooms: tuple[Channel, Channel]

    async def seen(self, phone: Phone, words: str) -> Message:
        """The message this person reads there that says so, once there is one."""

        def found() -> Message | None:
            return next((one for one in phone.messages if words in drawing(one)), None)

        message: Message = await self.household.server.until(found)
        return message

    def mum(self, room: Channel) -> Phone:
        return self.household.of("mum").at(room)

    async def went(self, asked: Asked) -> Visit:
        """To Plex and back, from the link of the answer."""
        assert asked.answer is not None
        link = link_in(repr(asked.answer.raw))
        return await signed_in(self.household.demo, link, "stranger")


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    more = {"PUBLIC_URL": "https://bot.example.org"}
    async with open_household(tmp_path, more) as household:
        server, guild = household.server, household.home
        rooms = server.channel(guild, "admins"), server.channel(guild, "attic")
        places = ",".join(f"discord:{guild.id}:{room.id}" for room in rooms)
        household.settings = more | {
            "HOUSEHOLD_CHATS": f"discord:{guild.id}",
            "ADMIN_CHATS": places,
        }
        await household.again()
        household.quickly()
        yield Home(household, rooms)


async def test_everybody_is_shown_the_commands_that_let_people_in(home: Home) -> None:
    commands = home.household.server.world.commands
    given = {str(one["name"]): one for one in commands}
    for name in ("link", "claim", "join"):
        one = given[name]
        assert one.get("default_member_permissions") is None
        assert (one["contexts"], one["integration_types"]) == ([0, 1, 2], [0, 1])


@pytest.mark.parametrize("is_there", [True, False])
async def test_the_whole_way_from_link_to_a_greeting(
    home: Home, *, is_there: bool
) -> None:
    household = home.household
    eve = household.someone("Eve") if is_there else household.stranger()
    eve = eve.in_private
    asked = await eve.asks("link")
    visit = await home.went(asked)
    assert visit.way_back == "https://discord.com/channels/@me"
    card = await home.seen(eve, "Plex says you are stranger")
    question = await eve.presses(card, "Enter the code…")
    assert "Which six digits does the page show?" in shown(question)
    await eve.submits(question, visit.code)
    cards = [await home.seen(home.mum(room), "wants to come in") for room in home.rooms]
    assert all(BUTTONS in drawing(one) for one in cards)
    await home.mum(home.rooms[1]).presses(cards[1], "Approve")
    for room in home.rooms:
        done = await home.seen(home.mum(room), "Approved by mum.")
        assert BUTTONS not in drawing(done)
    await home.seen(eve, "Welcome")
    async with household.demo.app.house.store.read() as db:
        account = str(eve.person.id)
        assert await people.by_account(db, "discord", account) is not None
    assert household.of("mum").in_private.messages == []


async def test_in_a_server_only_who_asked_sees_the_link(home: Home) -> None:
    eve = home.household.someone("Eve")
    asked = await eve.asks("link")
    assert asked.answer is not None
    assert asked.answer.only_for is eve.person
    assert home.household.of("tim").messages == []
    visit = await home.went(asked)
    question = await eve.presses(asked.answer, "Enter the code…")
    entered = await eve.submits(question, visit.code)
    assert "an admin of this household has to say yes" in shown(entered)
    await home.seen(home.mum(home.rooms[0]), "wants to come in")


async def test_the_code_can_be_typed_behind_the_command(home: Home) -> None:
    eve = home.household.someone("Eve").in_private
    visit = await home.went(await eve.asks("link"))
    await eve.asks("link", code=visit.code)
    await home.seen(home.mum(home.rooms[0]), "wants to come in")


async def test_wrong_digits_are_not_repeated(home: Home) -> None:
    eve = home.household.someone("Eve").in_private
    visit = await home.went(await eve.asks("link"))
    wrong = f"{(int(visit.code) + 1) % 1_000_000:06}"
    answer = shown(await eve.asks("link", code=wrong))
    assert "That is not the code." in answer
    assert wrong not in eve.sees


async def test_a_room_that_is_gone_has_its_admin_told_in_private(home: Home) -> None:
    server = home.household.server
    server.forbids(home.rooms[0])
    server.deletes_channel(home.rooms[1])
    eve = home.household.someone("Eve").in_private
    visit = await home.went(await eve.asks("link"))
    await eve.asks("link", code=visit.code)
    await home.seen(home.household.of("mum").in_private, "wants to come in")
    # Not one card for each of the rooms.
    mum = home.household.of("mum").in_private
    assert len([one for one in mum.messages if BUTTONS in drawing(one)]) == 1


async def test_rooms_are_told_after_a_restart_in_between(home: Home) -> None:
    household = home.household
    eve = household.someone("Eve").in_private
    visit = await home.went(await eve.asks("link"))
    await household.stop_talking()
    number = str(eve.person.id)
    here = Place("discord", "1", PlaceKind.PRIVATE)
    asked = AskedAt("discord", number, "Eve", here)
    await household.demo.app.house.linking.enter(asked, visit.code)
    await household.again()
    for room in home.rooms:
        await home.seen(home.mum(room), "wants to come in")


async def test_an_invitation_is_taken_where_it_can_be_said(home: Home) -> None:
    linking = home.household.demo.app.house.linking
    assert linking.ways_in["discord"]("abc") == ""
    eve = home.household.someone("Eve").in_private
    assert "abcdefgh" not in shown(await eve.asks("join", key="abcdefgh"))


async def test_a_reason_reaches_who_wanted_to_come_in(home: Home) -> None:
    eve = home.household.someone("Eve").in_private
    visit = await home.went(await eve.asks("link"))
    await eve.asks("link", code=visit.code)
    mum = home.mum(home.rooms[1])
    question = await mum.presses(await home.seen(mum, "wants to come in"), "Deny…")
    await mum.submits(question, "Not in this house")
    for room in home.rooms:
        done = await home.seen(home.mum(room), "Denied by mum.")
        assert BUTTONS not in drawing(done)
    assert "Not in this house" in drawing(await home.seen(eve, "An admin said no."))


async def blocked(home: Home, eve: Phone) -> None:
    """Eve signs in, and an admin wants her to stay away."""
    visit = await home.went(await eve.asks("link"))
    await eve.asks("link", code=visit.code)
    mum = home.mum(home.rooms[0])
    await mum.presses(await home.seen(mum, "wants to come in"), "Block")


async def test_who_was_refused_is_told_so_in_private(home: Home) -> None:
    eve = home.household.stranger().in_private
    await blocked(home, eve)

    def told() -> list[str]:
        found = [drawing(one) for one in eve.messages]
        return [one for one in found if "An admin said no." in one]

    await home.household.server.until(lambda: len(told()) > 1)
    assert "An admin said no." in shown(await eve.asks("status"))


async def test_who_takes_no_messages_keeps_nobody_waiting(home: Home) -> None:
    household = home.household
    eve = household.someone("Eve")
    eve.person.refuses_dms = True
    await blocked(home, eve)
    house = household.demo.app.house

    async def rest() -> tuple[News, ...]:
        async with house.store.read() as db:
            return await news.waiting(db)

    while await rest():
        await at_rest()


async def test_who_has_begun_is_shown_the_sign_in_whatever_they_ask(
    home: Home,
) -> None:
    eve = home.household.stranger().in_private
    first, *others = [await eve.asks(one) for one in ("link", "status", "help", "me")]
    assert {shown(one) for one in others} == {shown(first)}
    pages = {link_in(repr(one.answer.raw)) for one in (first, *others) if one.answer}
    assert len(pages) == 1


async def test_only_admins_decide_in_their_room(home: Home) -> None:
    eve = home.household.someone("Eve").in_private
    visit = await home.went(await eve.asks("link"))
    await eve.asks("link", code=visit.code)
    card = await home.seen(home.mum(home.rooms[0]), "wants to come in")
    tim = home.household.of("tim").at(home.rooms[0])
    refused = shown(await tim.presses(card, "Approve"))
    assert "That is for admins of this household." in refused
    assert BUTTONS in drawing(card)


async def test_codes_are_in_no_log(home: Home) -> None:
    eve = home.household.someone("Eve").in_private
    with structlog.testing.capture_logs() as logged:
        visit = await home.went(await eve.asks("link"))
        await eve.asks("link", code=visit.code)
        await eve.asks("join", key="0123456789abcdef")
        await home.seen(home.mum(home.rooms[0]), "wants to come in")
    assert logged
    assert visit.code not in repr(logged)
    assert "0123456789abcdef" not in repr(logged)
