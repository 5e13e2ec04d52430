"""What groups see: the family's chat, its topics, and chats nobody has settled."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.bot_api.world import Chat
from tests.chats.telegram_family import ELSEWHERE, FAMILY, Family, drawn, open_family

from medianest_bot.chats._telegram_room import AS_THE_GROUP
from medianest_bot.core.store import people

FOUND = """\
What I found for “dune”

1. Dune (1984)
film · can be requested

2. Dune (2021)
film · can be requested

3. Dune: Part Two (2024)
film · can be requested"""
FOR_GUESTS = """\
What I found for “dune”

Dune (1984)
film · not in the library yet

Dune (2021)
film · not in the library yet

Dune: Part Two (2024)
film · not in the library yet"""
FOR_MEMBERS = "That is for members of this household."
PRIVATE = """\
That is between the two of us.
[Continue in private]"""


@pytest.fixture
async def family(tmp_path: Path) -> AsyncIterator[Family]:
    async with open_family(
        tmp_path, {"HOUSEHOLD_CHATS": f"telegram:{FAMILY}"}
    ) as opened:
        yield opened


@pytest.fixture
def group(family: Family) -> Chat:
    return family.server.group(FAMILY, "Family", forum=True, bot="member")


def start_of(url: str) -> str:
    """What Start sends for such a link."""
    match = re.fullmatch(r"https://t\.me/medianest_test_bot\?start=(k-[\w-]+)", url)
    assert match is not None, url
    return f"/start {match[1]}"


async def test_a_search_is_answered_on_its_question_in_its_topic(
    family: Family, group: Chat
) -> None:
    films = family.server.topic(group, "Films", family.someone("ana"))
    answer = await family.says("ana", "/search dune", group, thread=films)
    question = family.server.messages(group)[-2]
    assert answer.text == FOUND
    assert (answer.thread, answer.reply_to) == (films, question.id)


async def test_what_is_asked_outside_topics_is_answered_there(
    family: Family, group: Chat
) -> None:
    answer = await family.says("ana", "/search@medianest_test_bot dune", group)
    assert answer.text == FOUND
    assert not answer.raw.get("is_topic_message")


@pytest.mark.parametrize(
    "said",
    [
        "dune",
        "/search@other_bot dune",
        "/weather",
        "/start",
        "/start k-aaaaaaaaaaaaaaaaaaaaaa",
        "@medianest_test_bot hello",
    ],
)
async def test_what_is_not_for_us_is_not_answered(
    family: Family, group: Chat, said: str
) -> None:
    # An administrator hears all there is, whatever privacy mode says.
    group.bot = "administrator"
    family.server.says(family.someone("ana"), said, group)
    await family.settle()
    assert family.server.answers(group) == []


async def test_an_unknown_command_to_us_by_name_is_answered(
    family: Family, group: Chat
) -> None:
    answer = await family.says("ana", "/weather@medianest_test_bot", group)
    assert answer.text == (
        "⚠️ There is no command “weather”. To look for a title, type: /search weather. "
        "/help shows everything else."
    )


async def test_a_reply_to_a_card_looks_for_what_it_says(
    family: Family, group: Chat
) -> None:
    card = await family.says("ana", "/search nosferatu", group)
    answer = await family.says("ana", "dune", group, reply_to=card)
    assert answer.text == FOUND


async def test_thanks_in_reply_to_a_card_is_no_search(
    family: Family, group: Chat
) -> None:
    card = await family.says("ana", "/search nosferatu", group)
    family.server.says(family.someone("ana"), "thank you!", group, reply_to=card)
    await family.settle()
    assert family.server.answers(group) == [card]


async def test_guests_may_search_and_are_told_why_not_ask(
    family: Family, group: Chat
) -> None:
    found = await family.says("grandma", "/search dune", group)
    assert drawn(found) == f"{FOR_GUESTS}\n[Look for videos]"
    answer = await family.says("grandma", "/request dune 2021", group)
    assert answer.text == f"⚠️ {FOR_MEMBERS}"


async def test_a_guests_press_is_refused_to_them_alone(
    family: Family, group: Chat
) -> None:
    found = await family.says("ana", "/search dune", group)
    press = await family.presses("grandma", found, "2 · Ask for it")
    assert press.answer == {
        "text": "That is for members of this household.",
        "show_alert": True,
    }
    assert family.server.answers(group) == [found]


@pytest.mark.parametrize("line", ["/me", "/requests"])
async def test_a_private_command_leads_into_the_private_chat(
    family: Family, group: Chat, line: str
) -> None:
    answer = await family.says("ana", line, group)
    assert drawn(answer) == PRIVATE
    start = start_of(answer.buttons[0].url)
    first = await family.says("ana", start)
    again = await family.says("ana", start)
    assert drawn(again) == drawn(first)
    assert first.chat.id == 102


async def test_a_private_line_runs_for_who_asked_alone_and_not_for_long(
    family: Family, group: Chat
) -> None:
    answer = await family.says("ana", "/me", group)
    start = start_of(answer.buttons[0].url)
    too_late = "That link is too old, or not for you. Please ask once more."
    assert (await family.says("tim", start)).text == too_late
    assert (await family.says("ana", start)).text.startswith("ana")
    family.clock.forward(minutes=10)
    assert (await family.says("ana", start)).text == too_late


async def test_a_press_on_a_private_line_opens_the_private_chat(
    family: Family, group: Chat
) -> None:
    found = await family.says("ana", "/search dune", group)
    press = family.server.presses(family.someone("ana"), found, "me", forged=True)
    await family.server.until(lambda: press.answer)
    assert press.answer is not None
    assert press.answer.keys() == {"url"}
    answer = await family.says("ana", start_of(press.answer["url"]))
    assert answer.text.startswith("ana")
    assert family.server.answers(group) == [found]


async def test_seasons_are_picked_in_private(family: Family, group: Chat) -> None:
    found = await family.says("ana", "/search breaking bad", group)
    press = await family.presses("ana", found, "Choose seasons")
    assert press.answer is not None
    picker = await family.says("ana", start_of(press.answer["url"]))
    answer = await family.says("ana", "/request breaking bad", group)
    assert drawn(answer) == PRIVATE
    assert answer.reply_to == family.server.messages(group)[-2].id
    same = await family.says("ana", start_of(answer.buttons[0].url))
    assert (drawn(same), same.chat.id) == (drawn(picker), 102)
    assert "Season 3" in " ".join(same.labels)


async def test_what_only_its_asker_may_press_others_are_told_so(
    family: Family, group: Chat
) -> None:
    card = await family.says("ana", f"/download {family.demo.playlist}", group)
    press = await family.presses("tim", card, card.labels[0])
    only = "Only the person who asked may press that."
    assert press.answer == {"text": only, "show_alert": True}


async def test_who_writes_as_the_group_is_a_guest_and_nobody(
    family: Family, group: Chat
) -> None:
    """Telegram gives all anonymous admins one account, so it stands for nobody."""
    found = await family.says("mum", "/search dune", group, anonymous=True)
    assert found.text == FOR_GUESTS
    refused = await family.says("mum", "/request dune 2021", group, anonymous=True)
    assert refused.text == f"⚠️ {FOR_MEMBERS}"
    private = await family.says("mum", "/me", group, anonymous=True)
    assert (private.text, private.labels) == (AS_THE_GROUP, [])
    house = family.demo.app.house
    async with house.store.begin() as tx:
        mum = await people.find(tx, "mum")
        assert mum is not None
        number = "1087968824"
        await people.link(tx, mum.id, "telegram", number, "Group", house.now())
    again = await family.says("mum", "/request dune 2021", group, anonymous=True)
    assert again.text == f"⚠️ {FOR_MEMBERS}"


async def test_a_chat_nobody_knows_hears_one_sentence_a_day(family: Family) -> None:
    group = family.server.group(ELSEWHERE, "Elsewhere", bot="member")
    first = await family.says("ana", "/search dune", group)
    assert first.text == ("This bot serves one household. Ask its admin to let you in.")
    for name in ("ana", "grandma", "mum"):
        family.server.says(family.someone(name), "/search dune", group)
    await family.settle()
    assert family.server.answers(group) == [first]
    family.clock.forward(days=1)
    again = await family.says("ana", "/search dune", group)
    assert again.text == first.text
