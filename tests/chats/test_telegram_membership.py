"""Chats the bot is added to, removed from, and which change under its feet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.bot_api.world import Chat, Message
from tests.chats.telegram_family import (
    ELSEWHERE,
    FAMILY,
    Family,
    drawn,
    open_family,
)

from medianest_bot.core.roles import PlaceKind, Role
from medianest_bot.core.store import cards, people

BUTTONS = "[Family chat]\n[Admin room] [Not ours]"
MEANINGS = """\
Family chat: everybody in it may search and look around, members may ask for titles.
Admin room: admins may do there all they may do; people I do not know get no answer.
Not ours: I leave it."""
ASKED = f"""\
⚠️ Movie night
What is this chat? Until an admin says it, I answer only admins.
{MEANINGS}

Chat telegram:{ELSEWHERE}
{BUTTONS}"""
STRANGE = f"""\
⚠️ Movie night
Somebody who is no admin here added me to this chat. What is it? If no admin says \
it within a day, I leave.
{MEANINGS}

Chat telegram:{ELSEWHERE}
{BUTTONS}"""
STRANGER = "This bot serves one household. Ask its admin to let you in."


@pytest.fixture
async def family(tmp_path: Path) -> AsyncIterator[Family]:
    async with open_family(tmp_path, is_quick=True) as opened:
        opened.someone("mum")
        yield opened


@pytest.fixture
def group(family: Family) -> Chat:
    return family.server.group(ELSEWHERE, "Movie night", forum=True)


async def added(family: Family, group: Chat, by: str = "mum") -> Message:
    """The bot is added; what it says of it, in the group or to mum in private."""
    where = group if by == "mum" else family.someone("mum")
    seen = len(family.server.answers(where))
    family.server.adds_bot(family.someone(by), group)
    return await family.next(where, seen)


async def settled(family: Family, asked: Message, as_what: str) -> None:
    await family.presses("mum", asked, as_what)
    await family.server.until(lambda: as_what not in asked.labels)


def kind(family: Family, group: Chat, thread: str | None = None) -> PlaceKind:
    return family.demo.app.house.places.kind("telegram", str(group.id), thread)


async def test_an_admin_who_adds_the_bot_is_asked_there(
    family: Family, group: Chat
) -> None:
    asked = await added(family, group)
    assert drawn(asked) == ASKED
    await family.settle()
    assert family.server.answers(group) == [asked]
    assert family.server.answers(family.someone("mum")) == []


async def test_other_rights_do_not_have_the_question_asked_again(
    family: Family, group: Chat
) -> None:
    asked = await added(family, group)
    await family.settle()
    family.server.adds_bot(family.someone("mum"), group, as_admin=True)
    await family.settle()
    assert family.server.answers(group) == [asked]


async def test_a_family_chat_works_at_once(family: Family, group: Chat) -> None:
    asked = await added(family, group)
    await settled(family, asked, "Family chat")
    assert drawn(asked).startswith("✅ Movie night\nThis is a family chat.")
    assert asked.labels == []
    answer = await family.says("grandma", "/search dune", group)
    assert answer.text.startswith("What I found for “dune”")
    await family.server.until(
        lambda: (f"chat:{group.id}", "") in family.server.world.commands
    )


async def test_an_admin_room_takes_what_admins_may_do(
    family: Family, group: Chat
) -> None:
    asked = await added(family, group)
    await settled(family, asked, "Admin room")
    answer = await family.says("mum", "/admin_people", group)
    assert "ana" in answer.text
    assert kind(family, group) is PlaceKind.ADMIN
    refused = await family.says("ana", "/admin_people", group)
    assert refused.text == "⚠️ That is for admins of this household."


async def test_what_is_not_ours_is_left(family: Family, group: Chat) -> None:
    asked = await added(family, group)
    await family.presses("mum", asked, "Not ours")
    await family.server.until(lambda: family.is_left(group))


async def test_only_admins_say_what_a_chat_is(family: Family, group: Chat) -> None:
    asked = await added(family, group)
    press = await family.presses("ana", asked, "Family chat")
    assert press.answer == {"text": STRANGER, "show_alert": True}
    assert drawn(asked) == ASKED
    assert kind(family, group) is PlaceKind.NEW


async def test_a_chat_somebody_else_added_the_bot_to_hears_nothing(
    family: Family, group: Chat
) -> None:
    told = await added(family, group, by="ana")
    assert drawn(told) == STRANGE
    await family.settle()
    assert family.server.answers(group) == []


async def test_every_admin_is_told_and_the_first_press_counts(
    family: Family, group: Chat
) -> None:
    house = family.demo.app.house
    async with house.store.begin() as tx:
        tim = await people.find(tx, "tim")
        assert tim is not None
        await people.set_role(tx, tim.id, Role.ADMIN)
    family.someone("tim")
    to_mum = await added(family, group, by="grandma")
    to_tim = await family.next(family.someone("tim"), 0)
    assert drawn(to_tim) == drawn(to_mum) == STRANGE
    await family.presses("tim", to_tim, "Family chat")
    copies = (to_mum, to_tim)
    await family.server.until(
        lambda: all("This is a family chat." in one.text for one in copies)
    )
    assert [one.labels for one in copies] == 2 * [["Admin room", "Not ours"]]
    answer = await family.says("grandma", "/search dune", group)
    assert answer.text.startswith("What I found for “dune”")


async def test_who_is_never_told_has_the_chat_left_after_a_day(
    family: Family, group: Chat
) -> None:
    await added(family, group, by="grandma")
    family.clock.forward(hours=20)
    await family.again()
    assert not family.is_left(group)
    family.clock.forward(hours=5)
    await family.again()
    await family.server.until(lambda: family.is_left(group))


async def test_a_family_chat_stays_one_while_the_bot_is_away(
    family: Family, group: Chat
) -> None:
    asked = await added(family, group)
    await settled(family, asked, "Family chat")
    card = await family.says("ana", f"/download {family.demo.playlist}", group)
    family.server.removes_bot(family.someone("tim"), group)
    await family.settle()
    house = family.demo.app.house
    async with house.store.read() as db:
        assert (
            await cards.of_message(db, "telegram", str(group.id), f"{card.id}") is None
        )
    assert kind(family, group) is PlaceKind.HOUSEHOLD
    await family.again()
    family.server.adds_bot(family.someone("grandma"), group)
    answer = await family.says("grandma", "/search dune", group)
    assert answer.text.startswith("What I found for “dune”")
    assert (await family.says("ana", "/me")).text.startswith("ana\n\nRole member")


async def test_a_chat_that_was_not_ours_is_asked_about_anew(
    family: Family, group: Chat
) -> None:
    asked = await added(family, group)
    await family.presses("mum", asked, "Not ours")
    await family.server.until(lambda: family.is_left(group))
    again = await added(family, group)
    assert drawn(again) == ASKED


async def test_settings_say_what_a_chat_is_and_nobody_is_asked(tmp_path: Path) -> None:
    more = {"HOUSEHOLD_CHATS": f"telegram:{FAMILY}"}
    async with open_family(tmp_path, more) as family:
        group = family.server.group(FAMILY, "Family")
        family.server.adds_bot(family.someone("mum"), group)
        answer = await family.says("grandma", "/search dune", group)
        assert family.server.answers(group) == [answer]


@pytest.fixture
async def at_home(tmp_path: Path) -> AsyncIterator[tuple[Family, Chat]]:
    """A family chat of the old kind: no supergroup yet."""
    async with open_family(tmp_path, is_quick=True) as family:
        family.someone("mum")
        group = family.server.group(FAMILY, "Family", supergroup=False)
        await settled(family, await added(family, group), "Family chat")
        yield family, group


async def followed(family: Family, group: Chat) -> set[str]:
    """What the cards follow that the bot remembers of a chat."""
    async with family.demo.app.house.store.read() as db:
        found = await cards.subjects(db, "telegram", over_since=family.clock())
        known = [
            await cards.of_place_subject(db, "telegram", str(group.id), one)
            for one in found
        ]
    return {one.subject for one in known if one is not None}


async def test_a_group_that_becomes_a_supergroup_stays_the_familys(
    at_home: tuple[Family, Chat],
) -> None:
    family, group = at_home
    await family.says("ana", f"/download {family.demo.playlist}", group)
    await family.settle()
    family.server.migrates(group)
    await family.settle()
    assert await followed(family, group) == {
        "download:1",
        f"place:telegram:{group.id}",
    }
    answer = await family.says("grandma", "/search dune", group)
    assert answer.text.startswith("What I found for “dune”")
    await family.again()
    assert kind(family, group) is PlaceKind.HOUSEHOLD


async def test_a_supergroup_found_out_by_sending_gets_the_answer_once(
    at_home: tuple[Family, Chat],
) -> None:
    family, group = at_home
    hold = family.server.hold("sendMessage")
    family.server.says(family.someone("ana"), "/search dune", group)
    await hold.arrived.wait()
    family.server.updates.pending.clear()
    family.server.migrates(group)
    # The service messages come after it was found out.
    late = {**family.server.updates.pending}
    family.server.updates.pending.clear()
    hold.release()
    answer = await family.next(group, 0)
    assert answer.text.startswith("What I found for “dune”")
    for update in late.values():
        family.server.put({k: v for k, v in update.items() if k != "update_id"})
    await family.settle()
    assert family.server.answers(group) == [answer]
    assert kind(family, group) is PlaceKind.HOUSEHOLD


async def test_a_supergroup_found_out_by_an_edit_has_its_card_anew(
    at_home: tuple[Family, Chat],
) -> None:
    """What was said in the old group stays behind there."""
    family, group = at_home
    await family.server.until(lambda: not family.server.updates.pending)
    family.server.migrates(group)
    family.server.updates.pending.clear()
    await family.says("mum", f"/admin_place telegram:{FAMILY} admin")
    card = await family.next(group, 0)
    assert card.text.startswith("✅ Family\nThis is ")
    assert kind(family, group) is PlaceKind.ADMIN


async def test_where_a_topic_is_gone_the_answer_comes_without_it(
    tmp_path: Path,
) -> None:
    more = {"HOUSEHOLD_CHATS": f"telegram:{FAMILY}"}
    async with open_family(tmp_path, more) as family:
        group = family.server.group(FAMILY, "Family", forum=True, bot="member")
        films = family.server.topic(group, "Films", family.someone("ana"))
        hold = family.server.hold("sendMessage")
        asked = family.server.says(
            family.someone("ana"), "/search dune", group, thread=films
        )
        await hold.arrived.wait()
        del group.topics[films]
        asked.is_deleted = True
        hold.release()
        answer = await family.next(group, 0)
        assert (answer.thread, answer.reply_to) == (None, None)
        assert answer.text.startswith("What I found for “dune”")


async def test_the_admins_room_may_be_one_topic_of_the_family_chat(
    tmp_path: Path,
) -> None:
    server_topic = 2
    more = {
        "HOUSEHOLD_CHATS": f"telegram:{FAMILY}",
        "ADMIN_CHATS": f"telegram:{FAMILY}:{server_topic}",
    }
    async with open_family(tmp_path, more) as family:
        group = family.server.group(FAMILY, "Family", forum=True, bot="member")
        family.server.says(family.someone("mum"), "hello", group)
        topic = family.server.topic(group, "Admins", family.someone("mum"))
        assert topic == server_topic
        inside = await family.says("mum", "/admin_people", group, thread=topic)
        assert (inside.text.startswith("4 people"), inside.thread) == (True, topic)
        outside = await family.says("mum", "/admin_people", group)
        assert outside.text == (
            "⚠️ Please ask that in the admin room or in a direct message."
        )
        guest = await family.says("grandma", "/search dune", group)
        assert guest.text.startswith("What I found for “dune”")
        refused = await family.says("grandma", "/search dune", group, thread=topic)
        assert refused.text == STRANGER


async def test_a_deleted_question_in_a_topic_is_answered_all_the_same(
    tmp_path: Path,
) -> None:
    more = {"HOUSEHOLD_CHATS": f"telegram:{FAMILY}"}
    async with open_family(tmp_path, more) as family:
        group = family.server.group(FAMILY, "Family", forum=True, bot="member")
        films = family.server.topic(group, "Films", family.someone("ana"))
        hold = family.server.hold("sendMessage")
        asked = family.server.says(
            family.someone("ana"), "/search dune", group, thread=films
        )
        await hold.arrived.wait()
        asked.is_deleted = True
        hold.release()
        answer = await family.next(group, 0)
        assert answer.thread == films
