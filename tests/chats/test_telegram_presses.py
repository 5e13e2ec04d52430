"""Every press is answered at once and does its work once; one house for all tests."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.chats.telegram_phone import Household, Phone, drawn, open_household

from medianest_bot.core.roles import PlaceKind
from medianest_bot.core.store import errors_log, people

pytestmark = pytest.mark.asyncio(loop_scope="module")

ASKED = """\
(https://image.tmdb.org/t/p/w500/p{tmdb}.jpg)
{title}
Asked for. Now it waits for somebody to approve it.
[Cancel]"""
AWAY = """\
I was away when you asked for this. Do you still want it?
[Yes, do it]"""
OLD = """\
⚠️ That button is old.
[Search again…]"""

PICKER = """\
(https://image.tmdb.org/t/p/w500/p1396.jpg)
Breaking Bad (2008)
A chemistry teacher turns to crime to provide for his family.
Which seasons would you like?

In the library 1-2

Seasons
☐ Season 5 · 16 episodes
☐ Season 4 · 13 episodes
☐ Season 3 · 13 episodes
☐ Specials · 3 episodes
[☐ Season 5] [☐ Season 4]
[☐ Season 3] [☐ Specials]
[Latest: season 5] [First: season 3]
[All 3 missing]"""
PICKED = """\
(https://image.tmdb.org/t/p/w500/p1396.jpg)
Breaking Bad (2008)
Which seasons would you like?

In the library 1-2
Picked 4-5

Seasons
☑ Season 5 · 16 episodes
☑ Season 4 · 13 episodes
☐ Season 3 · 13 episodes
☐ Specials · 3 episodes
[☑ Season 5] [☑ Season 4]
[☐ Season 3] [☐ Specials]
[Ask for seasons 4-5]
[Latest: season 5] [First: season 3]
[All 3 missing]"""
WAITING = """\
(https://image.tmdb.org/t/p/w500/p1396.jpg)
Breaking Bad (2008)
Asked for. Now it waits for somebody to approve it.

Seasons 4-5
[Cancel]"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def household(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Household]:
    async with open_household(tmp_path_factory.mktemp("household")) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def ana(household: Household) -> Phone:
    return await household.another("ana")


def asked_for(household: Household, tmdb: int) -> int:
    """How many requests for a film Seerr has."""
    asked = household.demo.served.seerr.asked.values()
    return sum(one.media.tmdb == tmdb for one in asked)


async def test_a_press_is_answered_before_its_work_is_done(
    household: Household, ana: Phone
) -> None:
    found = await ana.says("/request dune 1984")
    knobs = household.demo.served.seerr.knobs
    knobs.hang = True
    before = drawn(found)
    press = await ana.presses(found, "Ask for it")
    world = household.server.world
    typing = (ana.person.id, "typing")
    await household.server.until(lambda: typing in world.actions)
    assert (press.answer, drawn(found)) == ({}, before)
    knobs.hang = False
    await household.server.until(lambda: drawn(found) != before)
    assert drawn(found) == ASKED.format(tmdb=841, title="Dune (1984)")
    assert len(ana.answers) == 1


async def test_a_button_pressed_twice_does_its_work_once(
    household: Household, ana: Phone
) -> None:
    found = await ana.says("dune")
    first = household.server.presses(ana.person, found, "2 · Ask for it")
    second = household.server.presses(ana.person, found, "2 · Ask for it")
    await ana.next(2)
    assert (first.answer, second.answer) == ({}, {})
    assert asked_for(household, 438631) == 1


async def test_seasons_are_picked_and_asked_for_on_one_card(ana: Phone) -> None:
    picker = await ana.says("/request breaking bad")
    assert drawn(picker) == PICKER
    await ana.presses_over(picker, "☐ Season 3")
    await ana.presses_over(picker, "☐ Season 4")
    await ana.presses_over(picker, "☐ Season 5")
    await ana.presses_over(picker, "☑ Season 3")
    assert drawn(picker) == PICKED
    await ana.presses_over(picker, "Ask for seasons 4-5")
    assert drawn(picker) == WAITING
    assert len(ana.answers) == 1


async def test_a_card_that_is_cancelled_says_so_in_its_place(ana: Phone) -> None:
    card = await ana.says("/request movie:693134")
    await ana.presses_over(card, "Cancel")
    assert drawn(card) == (
        "(https://image.tmdb.org/t/p/w500/p693134.jpg)\n"
        "Dune: Part Two (2024)\nIt was cancelled."
    )


async def test_a_press_on_a_message_telegram_has_forgotten_is_answered_anew(
    ana: Phone,
) -> None:
    status = await ana.says("/status")
    again = await ana.presses_for(status, "Look again", inaccessible=True)
    assert drawn(again) == drawn(status)


@pytest.mark.parametrize("data", ["~0123456789abcdef01234567", "nonsense", "@@@ x"])
async def test_a_button_nobody_knows_any_more_leads_on(ana: Phone, data: str) -> None:
    said = await ana.says("me")
    old = await ana.presses_for(said, data, forged=True)
    assert drawn(old) == OLD
    question = await ana.presses_for(old, "Search again…")
    assert question.raw.get("reply_markup") is None
    found = await ana.says("metropolis", reply_to=question)
    assert found.text.startswith("What I found for “metropolis”")


async def test_a_command_in_answer_to_a_question_is_a_command(ana: Phone) -> None:
    said = await ana.says("me")
    old = await ana.presses_for(said, "nonsense", forged=True)
    question = await ana.presses_for(old, "Search again…")
    answer = await ana.says("/me", reply_to=question)
    assert drawn(answer) == drawn(said)


async def test_a_press_that_comes_too_late_is_asked_about_first(
    household: Household, ana: Phone
) -> None:
    card = await ana.says("/request movie:194")
    household.server.open.expiry_s, kept = -1.0, household.server.open.expiry_s
    asked = await ana.presses_for(card, "Cancel")
    household.server.open.expiry_s = kept
    assert (drawn(asked), asked.reply_to) == (AWAY, card.id)
    assert drawn(card) == ASKED.format(tmdb=194, title="Amélie (2001)")
    await ana.presses_over(asked, "Yes, do it")
    assert drawn(asked) == (
        "(https://image.tmdb.org/t/p/w500/p194.jpg)\nAmélie (2001)\nIt was cancelled."
    )


async def test_what_only_reads_is_done_however_late_it_is_pressed(
    household: Household, ana: Phone
) -> None:
    status = await ana.says("/status")
    household.server.open.expiry_s, kept = -1.0, household.server.open.expiry_s
    again = await ana.presses_for(status, "Look again", inaccessible=True)
    household.server.open.expiry_s = kept
    assert drawn(again) == drawn(status)


async def test_a_command_from_long_ago_is_asked_about_first(
    household: Household, ana: Phone
) -> None:
    world = household.server.world
    world.now = lambda: time.time() - 600
    asked = await ana.says("/request movie:603")
    world.now = time.time
    assert drawn(asked) == AWAY
    assert asked.reply_to == asked.id - 1
    await ana.presses_over(asked, "Yes, do it")
    assert "The Matrix (1999)" in asked.text
    assert asked.labels == ["Stop following"]


async def test_a_command_from_a_minute_ago_is_simply_done(
    household: Household, ana: Phone
) -> None:
    world = household.server.world
    world.now = lambda: time.time() - 60
    answer = await ana.says("/me")
    world.now = time.time
    assert answer.text.startswith("ana\n")


async def test_what_looks_the_same_is_neither_sent_again_nor_an_error(
    household: Household, ana: Phone
) -> None:
    picker = await ana.says("/request dark")
    forged = "seasons tv:70523 1 page:1"
    await ana.presses_over(picker, "☐ Season 1")
    before = drawn(picker)
    calls = len(household.server.called("editMessageText"))
    await ana.presses(picker, forged, forged=True)
    edit = household.server.called
    await household.server.until(lambda: len(edit("editMessageText")) > calls)
    assert edit("editMessageText")[-1].status
    assert (drawn(picker), len(ana.answers)) == (before, 1)


async def test_anothers_download_in_a_group_is_not_ones_own_to_press(
    household: Household, ana: Phone
) -> None:
    house = household.demo.app.house
    group = household.server.group(-1007, "Family", bot="member")
    await house.places.added("telegram", "-1007", "Family", None)
    async with house.store.read() as db:
        mum = await people.find(db, "mum")
    assert mum is not None
    await house.places.settle(mum, "telegram", "-1007", PlaceKind.HOUSEHOLD)
    ana.chat = group
    tim = await household.another("tim")
    tim.chat = group
    card = await ana.says(f"/download {household.demo.playlist}")
    press = await tim.presses(card, "Cancel")
    assert press.answer == {
        "text": "Only the person who asked may press that.",
        "show_alert": True,
    }
    await ana.presses_over(card, "Cancel")


async def test_who_blocks_us_in_the_midst_of_a_press_is_no_error(
    household: Household, ana: Phone
) -> None:
    found = await ana.says("/request breaking bad")
    gone = "Forbidden: bot was blocked by the user"
    household.server.fail("editMessageText", 403, gone, chat=ana.person.id)
    await ana.presses(found, "☐ Season 3")
    await household.server.until(
        lambda: any(one.status == 403 for one in household.server.calls)
    )
    await ana.says("/me")
    async with household.demo.app.house.store.read() as db:
        noted = await errors_log.latest(db, 10)
    assert "telegram pressed" not in [one.command for one in noted]
