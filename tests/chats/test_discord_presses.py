"""Buttons, menus and questions in Discord; one house for all tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from tests.chats.discord_phone import (
    Household,
    Phone,
    abroad,
    open_household,
    shown,
    words,
)
from tests.discord_api import Message
from tests.discord_api.components import walk
from tests.discord_api.view import drawing

from medianest_bot.demo.household import Series

pytestmark = pytest.mark.asyncio(loop_scope="module")

PICKER = """\
(only you) Medianest: │ ### Breaking Bad (2008) <p1396.jpg: Breaking Bad (2008)>
  │ A chemistry teacher turns to crime to provide for his family.
  │ Which seasons would you like?
  │ **In the library** 1-2
  │ {Seasons: Season 5 | Season 4 | Season 3 | Specials}
  │ [Latest: season 5] [First: season 3] [All 3 missing]"""
PICKED = """\
(only you) Medianest: │ ### Breaking Bad (2008) <p1396.jpg: Breaking Bad (2008)>
  │ Which seasons would you like?
  │ **In the library** 1-2
  │ **Picked** 4-5
  │ {Seasons: Season 5* | Season 4* | Season 3 | Specials}
  │ [Ask for seasons 4-5] [Latest: season 5] [First: season 3] [All 3 missing]"""
WAITING = """\
Medianest: │ ### Breaking Bad (2008) <p1396.jpg: Breaking Bad (2008)>
  │ Asked for. Now it waits for somebody to approve it.
  │ **Seasons** 4-5
  │ [Cancel]"""
OLD = """\
(only you) Medianest: │ ⚠️ That button is old.
  │ [Search again…]"""
QUESTION = """\
╔ One question first
║ Search again: ‹›"""
NOT_YOURS = "(only you) Medianest: ⚠️ Only the person who asked may press that."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def household(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Household]:
    async with open_household(tmp_path_factory.mktemp("household")) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def ana(household: Household) -> Phone:
    return await household.another("ana")


def first(phone: Phone) -> Message:
    return phone.messages[0]


def asked_for(household: Household, tmdb: int) -> int:
    """How many requests for a title Seerr has."""
    asked = household.demo.served.seerr.asked.values()
    return sum(one.media.tmdb == tmdb for one in asked)


def forge(message: Message, custom_id: str) -> str:
    """Make its first button carry something else, as one of another time would."""
    parts: list[Any] = [one for _, one in walk(message.raw["components"])]
    button = next(one for one in parts if one["type"] == 2)
    button["custom_id"] = custom_id
    return custom_id


async def test_a_series_takes_three_steps(ana: Phone) -> None:
    picker = await ana.asks("request", title="breaking bad")
    assert shown(picker) == PICKER
    assert shown(await ana.picks(first(ana), "Season 5", "Season 4")) == PICKED
    await ana.presses(first(ana), "Ask for seasons 4-5")
    assert ana.sees == WAITING


async def test_a_usual_wish_takes_two(ana: Phone) -> None:
    await ana.asks("request", title="tv:70523")
    await ana.presses(first(ana), "Latest: season 3")
    assert words(first(ana)).startswith("### Dark (2017)")
    assert "**Seasons** 3" in ana.sees


async def test_picks_can_be_taken_back(ana: Phone) -> None:
    await ana.asks("request", title="tv:70523")
    before = ana.sees.replace(
        "A missing child opens four families' secrets over four generations.\n  │ ", ""
    )
    await ana.picks(first(ana), "Season 2")
    assert "[Ask for season 2]" in ana.sees
    await ana.picks(first(ana))
    assert ana.sees == before


async def test_a_list_stays_when_one_of_it_is_asked_for(
    household: Household, ana: Phone
) -> None:
    await ana.asks("search", title="dune")
    before = ana.sees
    await ana.presses(first(ana), "Ask for it")
    assert ana.sees == (
        f"{before}\n"
        "Medianest: │ ### Dune (1984) <p841.jpg: Dune (1984)>\n"
        "  │ Asked for. Now it waits for somebody to approve it.\n"
        "  │ [Cancel]"
    )
    assert asked_for(household, 841) == 1


async def test_what_is_looked_at_from_a_list_stays_ones_own(ana: Phone) -> None:
    await ana.asks("request", title="movie:693134")
    requests = await ana.asks("requests")
    assert requests.answer is not None
    card = await ana.presses(requests.answer, "Show")
    assert card.answer is not None
    assert card.answer.only_for is ana.person


async def test_a_button_pressed_twice_does_its_work_once(
    household: Household, ana: Phone
) -> None:
    await ana.asks("request", title="dune 2021")
    picker, server = first(ana), household.server
    presses = [server.presses(ana.person, picker, "Ask for it") for _ in range(2)]
    await server.until(lambda: all(one.acknowledged for one in presses))
    await server.until(lambda: picker.is_deleted)
    await server.until(lambda: all(one.answered_at for one in presses))
    assert asked_for(household, 438631) == 1


async def test_a_card_is_cancelled_in_its_place(ana: Phone) -> None:
    await ana.asks("request", title="movie:194")
    await ana.presses(first(ana), "Cancel")
    assert ana.sees == (
        "Medianest: │ ### Amélie (2001) <p194.jpg: Amélie (2001)>\n"
        "  │ It was cancelled."
    )


async def test_one_looks_again_in_the_same_message(ana: Phone) -> None:
    await ana.asks("status")
    # What took a while was filled in, too.
    before = first(ana).edits
    await ana.presses(first(ana), "Look again")
    assert (len(ana.messages), first(ana).edits) == (1, before + 1)
    assert words(first(ana)) == "### ✅ Everything is up"


async def test_a_press_is_acknowledged_before_its_work_is_done(
    household: Household, ana: Phone
) -> None:
    await ana.asks("request", title="amelie 2001")
    picker, server = first(ana), household.server
    knobs = household.demo.served.seerr.knobs
    knobs.hang, before = True, drawing(picker)
    press = server.presses(ana.person, picker, "Ask for it")
    await server.until(lambda: press.acknowledged)
    assert (press.acknowledged, drawing(picker)) == (6, before)
    knobs.hang = False
    await server.until(lambda: press.followups)
    await server.until(lambda: picker.is_deleted)
    assert words(press.followups[0]) == "### Amélie (2001) <p194.jpg: Amélie (2001)>"


@pytest.mark.parametrize(
    "custom_id",
    ["l:~0123456789abcdef01234567", "l:gone 1", "l:@@@ x", "of another bot", "r:~"],
)
async def test_a_button_nobody_knows_any_more_leads_on(
    ana: Phone, custom_id: str
) -> None:
    await ana.asks("status")
    old = await ana.presses(first(ana), forge(first(ana), custom_id))
    assert shown(old) == OLD
    assert old.answer is not None
    question = await ana.presses(old.answer, "Search again…")
    assert shown(question) == QUESTION
    found = await ana.submits(question, "metropolis")
    assert "Metropolis (1927)" in shown(found)


async def test_what_did_not_work_is_a_note_in_private_too(ana: Phone) -> None:
    private = ana.in_private
    await private.asks("status")
    forged = forge(first(private), "l:show request:999")
    note = await private.presses(first(private), forged)
    assert shown(note) == (
        "(only you) Medianest: ⚠️ There is no request number 999 any more."
    )


async def test_a_question_without_an_answer_runs_nothing(
    household: Household, ana: Phone
) -> None:
    await ana.asks("status")
    old = await ana.presses(first(ana), forge(first(ana), "l:gone"))
    assert old.answer is not None
    question = await ana.presses(old.answer, "Search again…")
    assert len(household.server.seen(ana.person, ana.where)) == 2
    assert (question.answer, question.followups) == (None, [])


async def test_anothers_download_is_not_ones_own_to_press(
    household: Household, ana: Phone
) -> None:
    tim = (await household.another("tim")).at(ana.where)
    await ana.asks("download", url=household.demo.playlist)
    card = first(ana)
    before = drawing(card)
    assert shown(await tim.presses(card, "Cancel")) == NOT_YOURS
    assert drawing(card) == before
    await ana.presses(card, "Cancel")
    assert "[Cancel]" not in drawing(card)


async def test_a_stranger_who_presses_is_told_once(household: Household) -> None:
    away = abroad(await household.another("ana"))
    await away.asks("status")
    message = first(away)
    eve = household.server.person("Eve")
    message.only_for = eve
    household.server.joins(message.channel.guild, eve)  # type: ignore[arg-type]
    stranger = Phone(household.server, eve, away.where)
    told = await stranger.presses(message, "Look again")
    assert words(told.answer).startswith("⚠️ This bot serves one household.")
    again = await stranger.presses(message, "Look again")
    assert (again.acknowledged, again.answer, again.followups) == (6, None, [])


async def test_more_seasons_than_a_menu_takes_are_paged_and_no_pick_is_lost(
    household: Household, ana: Phone
) -> None:
    books = household.demo.served.seerr._books
    dark = books.titles["tv", 70523]
    assert isinstance(dark, Series)
    seasons = (2,) + (10,) * 60
    books.titles["tv", 77] = replace(dark, tmdb=77, title="Long", seasons=seasons)
    await ana.asks("request", title="tv:77")
    await ana.picks(first(ana), "Season 60", "Season 36")
    await ana.presses(first(ana), "Earlier")
    assert "{Seasons: Season 35 | Season 34 | " in ana.sees
    await ana.picks(first(ana), "Season 35", "Season 11")
    await ana.presses(first(ana), "Earlier")
    assert "| Season 1 | Specials}" in ana.sees
    await ana.picks(first(ana), "Specials", "Season 1")
    await ana.presses(first(ana), "Later")
    assert "{Seasons: Season 35* | Season 34 | " in ana.sees
    await ana.picks(first(ana))
    await ana.presses(first(ana), "Ask for seasons 0-1,36,60")
    assert "**Seasons** 0-1,36,60" in ana.sees


# Last, as discord.py talks to one server at a time.
async def test_buttons_answer_after_a_restart_and_months_later(
    tmp_path: Path,
) -> None:
    async with open_household(tmp_path) as household:
        ana = household.of("ana").in_private
        await ana.asks("request", title="breaking bad")
        await ana.asks("search", title="x" * 200)
        assert len(ana.messages) == 2
        long = ana.messages[-1]
        await ana.picks(first(ana), "Season 5", "Season 4")
        household.clock.forward(days=150)
        await household.again()
        await ana.presses(first(ana), "Ask for seasons 4-5")
        assert drawing(first(ana)) == WAITING
        found = await ana.presses(long, "Look for videos")
        assert "I found nothing called “xxx" in shown(found)
