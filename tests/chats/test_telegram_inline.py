"""Inline mode: `@bot dune` in any chat."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.bot_api import Question
from tests.chats.telegram_family import ELSEWHERE, FAMILY, Family, drawn, open_family

DUNE = "https://t.me/medianest_test_bot?start=t-movie-438631"
POSTER = "https://image.tmdb.org/t/p/w500/p438631.jpg"
CARD = """\
Dune (2021)
A gifted young man travels to the most dangerous planet there is.

What film · can be requested
[Ask for it]"""


@pytest.fixture
async def family(tmp_path: Path) -> AsyncIterator[Family]:
    more = {"HOUSEHOLD_CHATS": f"telegram:{FAMILY}"}
    async with open_family(tmp_path, more) as opened:
        yield opened


async def asks(family: Family, name: str, query: str) -> Question:
    question = family.server.asks_inline(family.someone(name), query)
    await family.server.until(lambda: question.answer)
    return question


async def test_titles_are_offered_with_posters_and_nothing_about_the_house(
    family: Family,
) -> None:
    question = await asks(family, "ana", "dune")
    assert [one.title for one in question.results] == [
        "Dune (1984)",
        "Dune (2021)",
        "Dune: Part Two (2024)",
    ]
    second = question.results[1]
    assert second.raw["thumbnail_url"] == POSTER
    assert second.raw["input_message_content"]["message_text"] == "<b>Dune</b> (2021)"
    buttons = second.raw["reply_markup"]["inline_keyboard"]
    assert buttons == [[{"text": "More about it", "url": DUNE}]]
    assert question.answer is not None
    assert (question.answer["is_personal"], question.button) == (True, None)


async def test_every_result_has_a_number_of_its_own(family: Family) -> None:
    question = await asks(family, "ana", "the")
    numbers = [one.id for one in question.results]
    assert len(set(numbers)) == len(numbers) <= 20


async def test_a_stranger_is_offered_the_way_in(family: Family) -> None:
    question = await asks(family, "stranger", "dune")
    assert question.results == []
    assert question.button == {
        "text": "Say hello to the bot first",
        "start_parameter": "hello",
    }


@pytest.mark.parametrize("query", ["", "d", " "])
async def test_too_few_letters_find_nothing(family: Family, query: str) -> None:
    question = await asks(family, "ana", query)
    assert (question.results, question.button) == ([], None)


async def test_asking_costs_nobody_anything(family: Family) -> None:
    for number in range(40):
        await asks(family, "ana", f"dune {number}")
    answer = await family.says("ana", "/search dune")
    assert answer.text.startswith("What I found for “dune”")


async def test_who_types_on_gets_only_the_last_answer(family: Family) -> None:
    ana = family.someone("ana")
    hold = family.server.hold("getUpdates")
    family.server.says(ana, "/help")
    await hold.arrived.wait()
    typed = [family.server.asks_inline(ana, query) for query in ("du", "dun", "dune")]
    hold.release()
    await family.server.until(lambda: typed[-1].answer)
    await family.settle()
    assert [one.answer is not None for one in typed] == [False, False, True]


async def test_a_question_that_is_too_old_is_nothing_bad(family: Family) -> None:
    family.server.fail("answerInlineQuery", 400, "query is too old")
    family.server.asks_inline(family.someone("ana"), "nosferatu")
    await family.settle()
    assert (await asks(family, "ana", "dune")).results != []


async def test_a_result_sent_to_the_family_is_followed_by_its_card(
    family: Family,
) -> None:
    group = family.server.group(FAMILY, "Family", bot="member")
    question = await asks(family, "ana", "dune")
    shared = family.server.picks_inline(question.person, question.results[1], group)
    card = await family.next(group, 0)
    assert (drawn(card), card.reply_to) == (CARD, shared.id)


async def test_elsewhere_a_result_is_its_title_and_a_way_into_private(
    family: Family,
) -> None:
    group = family.server.group(ELSEWHERE, "Neighbours", bot="member")
    question = await asks(family, "ana", "dune")
    shared = family.server.picks_inline(question.person, question.results[1], group)
    await family.settle()
    assert family.server.answers(group) == []
    assert drawn(shared) == "Dune (2021)\n[More about it]"
    payload = shared.buttons[0].url.partition("?start=")[2]
    assert drawn(await family.says("ana", f"/start {payload}")) == CARD
