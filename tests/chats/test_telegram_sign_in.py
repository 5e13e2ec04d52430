"""Who is nobody yet comes in by Telegram: the whole way, by its buttons and links."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog
from tests.bot_api.world import Chat, Message
from tests.chats.telegram_family import FAMILY, ROOM, Family, drawn, open_family
from tests.signing_in import link_in, signed_in

from medianest_bot.chats._strangers import ANSWERS
from medianest_bot.core.store import people

ATTIC = -1004
HELLO = """\
This bot serves one household. Press Sign in with Plex; an admin then says yes.
"""


@pytest.fixture
async def family(tmp_path: Path) -> AsyncIterator[Family]:
    settings = {
        "HOUSEHOLD_CHATS": f"telegram:{FAMILY}",
        "ADMIN_CHATS": f"telegram:{ROOM},telegram:{ATTIC}",
        "PUBLIC_URL": "https://bot.example.org",
    }
    async with open_family(tmp_path, settings, is_quick=True) as opened:
        yield opened


@pytest.fixture
def rooms(family: Family) -> tuple[Chat, Chat]:
    room = family.server.group(ROOM, "Admins", bot="member")
    attic = family.server.group(ATTIC, "Attic", bot="member")
    return room, attic


def page_of(message: Message) -> str:
    """The link of the sign-in page under the card."""
    return link_in(repr(message.raw))


def labels(message: Message) -> list[str]:
    return [one.label for row in message.rows for one in row]


async def begun(family: Family, name: str = "eve") -> Message:
    await family.says(name, "/start")
    return await family.says(name, "/link")


async def seen(family: Family, where: Chat | str, words: str) -> Message:
    """The message there that says so, once there is one."""
    place = family.someone(where) if isinstance(where, str) else where

    def found() -> Message | None:
        answers = family.server.answers(place)
        return next((one for one in answers if words in drawn(one)), None)

    message: Message = await family.server.until(found)
    return message


def told_no(family: Family, least: int = 0) -> list[Message]:
    """What eve reads of being refused, once there is so much of it."""
    answers = family.server.answers(family.someone("eve"))
    found = [one for one in answers if "An admin said no." in one.text]
    return found if len(found) >= least else []


async def test_a_stranger_is_shown_the_ways_in(family: Family) -> None:
    hello = await family.says("eve", "/start")
    assert drawn(hello).startswith(HELLO)
    assert "/join KEY" in hello.text
    assert hello.text.endswith("Your number, should an admin ask for it\ntelegram:903")
    assert drawn(hello).endswith("[Sign in with Plex]")
    await family.presses("eve", hello, "Sign in with Plex")
    card = await seen(family, "eve", "Open the page")
    assert card.id == hello.id
    assert page_of(card).startswith("https://bot.example.org/link/")


async def test_the_whole_way_from_start_to_a_greeting(
    family: Family, rooms: tuple[Chat, Chat]
) -> None:
    card = await begun(family)
    visit = await signed_in(family.demo, page_of(card), "stranger")
    assert visit.way_back == f"https://t.me/medianest_test_bot?start=c-{visit.code}"
    await seen(family, "eve", "Plex says you are stranger")
    await family.says("eve", visit.code)
    cards = [await seen(family, room, "wants to come in") for room in rooms]
    assert [labels(one) for one in cards] == [["Approve", "Deny…", "Block"]] * 2
    family.server.presses(family.someone("mum"), cards[0], "Approve")
    for room in rooms:
        done = await seen(family, room, "Approved by mum.")
        assert labels(done) == []
    await seen(family, "eve", "Welcome")
    async with family.demo.app.house.store.read() as db:
        assert await people.by_account(db, "telegram", "903") is not None
    assert family.server.answers(family.someone("mum")) == []


async def test_the_way_back_of_the_page_brings_the_code(
    family: Family, rooms: tuple[Chat, Chat]
) -> None:
    visit = await signed_in(family.demo, page_of(await begun(family)), "stranger")
    start = visit.way_back.partition("?start=")[2]
    family.server.says(family.someone("eve"), f"/start {start}")
    await seen(family, rooms[0], "wants to come in")


async def test_the_button_of_the_card_asks_for_the_code(
    family: Family, rooms: tuple[Chat, Chat]
) -> None:
    card = await begun(family)
    visit = await signed_in(family.demo, page_of(card), "stranger")
    card = await seen(family, "eve", "Plex says you are stranger")
    question = await family.presses_for("eve", card, "Enter the code…")
    assert question.text == "Which six digits does the page show?"
    family.server.says(family.someone("eve"), visit.code, reply_to=question)
    await seen(family, rooms[0], "wants to come in")


async def test_wrong_digits_are_not_repeated(family: Family) -> None:
    visit = await signed_in(family.demo, page_of(await begun(family)), "stranger")
    wrong = f"{(int(visit.code) + 1) % 1_000_000:06}"
    await seen(family, "eve", "Plex says you are stranger")
    answer = await family.says("eve", wrong)
    assert answer.text.startswith("⚠️ That is not the code.")
    shown = [one.raw for one in family.server.answers(family.someone("eve"))]
    assert wrong not in repr(shown)


async def test_digits_that_come_too_early_show_the_way_to_the_page(
    family: Family,
) -> None:
    card = await begun(family)
    early = await family.says("eve", "123456")
    assert early.text.startswith("Sign in with Plex\nOpen the page first")
    assert page_of(early) == page_of(card)
    found = await family.says("ana", "123456")
    assert "“123456”" in found.text


@pytest.mark.parametrize("line", ["help", "dune", "/me", "/start"])
async def test_who_has_begun_is_shown_the_sign_in_whatever_they_write(
    family: Family, line: str
) -> None:
    card = await begun(family)
    again = await family.says("eve", line)
    assert (again.text, page_of(again)) == (card.text, page_of(card))


async def test_without_a_room_admins_are_asked_in_private(family: Family) -> None:
    visit = await signed_in(family.demo, page_of(await begun(family)), "stranger")
    await seen(family, "eve", "Plex says you are stranger")
    await family.says("eve", visit.code)
    await seen(family, "mum", "wants to come in")


async def test_who_wants_to_come_in_from_the_family_chat_goes_on_in_private(
    family: Family,
) -> None:
    group = family.server.group(FAMILY, "Family", bot="member")
    answer = await family.says("eve", "/link@medianest_test_bot", group)
    assert answer.text == "That is between the two of us."
    (url,) = re.findall(r"start=(k-[\w-]+)", repr(answer.raw))
    card = await family.says("eve", f"/start {url}")
    assert page_of(card).startswith("https://bot.example.org/link/")


async def test_an_invitation_opens_the_door(family: Family) -> None:
    house = family.demo.app.house
    way_in = house.linking.ways_in["telegram"]
    assert way_in("abc") == "https://t.me/medianest_test_bot?start=j-abc"
    answer = await family.says("eve", "/start j-abc")
    assert "abc" not in answer.text


async def test_a_stranger_has_no_command_list_of_their_own(family: Family) -> None:
    await begun(family)
    await family.settle()
    scopes = [
        call.params.get("scope", {}) for call in family.server.called("setMyCommands")
    ]
    assert not any("903" in str(scope) for scope in scopes)
    lists = [call.params for call in family.server.called("setMyCommands")]
    default = next(one for one in lists if "chat" not in str(one.get("scope")))
    assert "link" in str(default["commands"])


@pytest.mark.parametrize("line", ["hi", "dune", "/search dune", "/me"])
async def test_a_stranger_may_still_do_nothing_else(family: Family, line: str) -> None:
    await family.says("eve", "/start")
    family.server.says(family.someone("eve"), line)
    await family.settle()
    assert len(family.server.answers(family.someone("eve"))) == 1


@pytest.mark.parametrize("line", ["/start", "/help"])
async def test_a_stranger_who_asks_is_answered_some_times_an_hour(
    family: Family, line: str
) -> None:
    hello = await family.says("eve", "/start")
    for _time in range(ANSWERS - 1):
        assert (await family.says("eve", line)).text == hello.text
    family.server.says(family.someone("eve"), line)
    await family.settle()
    assert len(family.server.answers(family.someone("eve"))) == ANSWERS


async def test_a_stranger_is_asked_only_so_often(tmp_path: Path) -> None:
    settings = {"PUBLIC_URL": "https://bot.example.org", "LIMIT_COMMANDS": "3"}
    async with open_family(tmp_path, settings) as family:
        card = await begun(family)
        notes = []
        for _ in range(4):
            press = await family.presses("eve", card, "Enter the code…")
            assert press.answer is not None
            notes.append(str(press.answer.get("text", "")))
        assert notes[:2] == ["", ""]
        assert [one.startswith("That was a lot at once.") for one in notes[2:]] == [
            True,
            True,
        ]


async def test_a_reason_reaches_who_wanted_to_come_in(
    family: Family, rooms: tuple[Chat, Chat]
) -> None:
    visit = await signed_in(family.demo, page_of(await begun(family)), "stranger")
    await seen(family, "eve", "Plex says you are stranger")
    await family.says("eve", visit.code)
    cards = [await seen(family, room, "wants to come in") for room in rooms]
    mum, room = family.someone("mum"), rooms[1]
    so_far = len(family.server.answers(room))
    family.server.presses(mum, cards[1], "Deny…")
    question = await family.next(room, so_far)
    family.server.says(mum, "Not in this house", room, reply_to=question)
    for one in rooms:
        assert labels(await seen(family, one, "Denied by mum.")) == []
    assert "Not in this house" in (await seen(family, "eve", "An admin said no.")).text
    # A card that was redrawn rings no phone: they are told as well, and once.
    await family.server.until(lambda: told_no(family, 2))
    again = await family.says("eve", "why?")
    assert "Not in this house" in again.text
    assert len(told_no(family)) == 3


async def test_codes_are_in_no_log(family: Family, rooms: tuple[Chat, Chat]) -> None:
    with structlog.testing.capture_logs() as logged:
        visit = await signed_in(family.demo, page_of(await begun(family)), "stranger")
        await family.says("eve", f"/start c-{visit.code}")
        await family.says("eve", "/start j-0123456789abcdef")
        await seen(family, rooms[0], "wants to come in")
        await family.settle()
    assert logged
    assert visit.code not in repr(logged)
    assert "0123456789abcdef" not in repr(logged)
