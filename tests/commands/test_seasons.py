"""The picker: it only looks; its final button asks."""

from __future__ import annotations

import pytest
from tests.household import Talk

from medianest_bot.commands.seasons import _picker
from medianest_bot.core.context import Asked, Context, Place
from medianest_bot.core.reply import Menu, Reply, Show
from medianest_bot.core.roles import PlaceKind, Role
from medianest_bot.services.media import Kind
from medianest_bot.services.seerr import Details, MediaState, Season


def picked(reply: Reply) -> list[str]:
    return [one.value for menu in reply.menus for one in menu.options if one.picked]


def toggle(reply: Reply, value: str) -> str:
    menu = reply.menus[0]
    return next(one.line for one in menu.options if one.value == value)


async def test_toggling_adds_and_takes_away_and_redraws_the_card(say: Talk) -> None:
    reply = await say("seasons tv:1396")
    reply = await say(toggle(reply, "3"), pressed=True)
    reply = await say(toggle(reply, "5"), pressed=True)
    assert (picked(reply), reply.show) == (["5", "3"], Show.HERE)
    reply = await say(toggle(reply, "3"), pressed=True)

    assert picked(reply) == ["5"]
    assert reply.choices[0].line == "request tv:1396 seasons:5"


async def test_a_menu_fills_its_line_with_what_was_picked(say: Talk) -> None:
    menu: Menu = (await say("seasons tv:70523")).menus[0]
    reply = await say(menu.line.replace("{}", "1,3"), pressed=True)

    assert picked(reply) == ["3", "1"]
    assert picked(await say(menu.line.replace("{}", ""), pressed=True)) == []


async def test_the_final_button_asks_for_what_was_picked(say: Talk) -> None:
    reply = await say("seasons tv:70523 1,3", pressed=True)
    card = await say.press(reply, "Ask for seasons 1,3")

    assert (card.title, card.fields[0].value) == ("Dark (2017)", "1,3")


async def test_what_is_there_or_asked_for_cannot_be_picked(say: Talk) -> None:
    await say("request tv:1396 seasons:4")
    reply = await say("seasons tv:1396 1-5", pressed=True)

    assert picked(reply) == ["5", "3"]
    assert [(one.name, one.value) for one in reply.fields] == [
        ("In the library", "1-2"),
        ("Asked for", "4"),
        ("Picked", "3,5"),
    ]


async def test_a_series_that_is_all_there_has_nothing_to_pick(say: Talk) -> None:
    reply = await say("seasons tv:3051")

    assert (reply.menus, reply.choices) == ((), ())
    assert reply.text.endswith("in the library or asked for.")


@pytest.mark.parametrize("line", ["seasons tv:1396 none +77", "seasons tv:1396 1-2"])
async def test_seasons_that_cannot_be_picked_are_passed_over(
    say: Talk, line: str
) -> None:
    assert picked(await say(line)) == []


async def test_paging_a_long_series_loses_no_pick(say: Talk) -> None:
    long = Details(
        kind=Kind.TV,
        tmdb_id=5,
        tvdb_id=None,
        imdb_id=None,
        title="Long",
        year=None,
        overview="",
        poster=None,
        genres=(),
        minutes=None,
        state=MediaState.UNKNOWN,
        seasons=tuple(
            Season(number, 10, "", MediaState.UNKNOWN, requested=False)
            for number in range(1, 61)
        ),
        requests=(),
        downloading=(),
        media_id=None,
        plex_key=None,
    )
    second = _picker(_context(say), long, (2, 3, 30), 2, is_new=False)

    assert second.menus[0].line == "seasons tv:5 2-3,{} page:2"
    assert [(one.label, one.line) for one in second.choices[-2:]] == [
        ("Later", "seasons tv:5 2-3,30 page:1"),
        ("Earlier", "seasons tv:5 2-3,30 page:3"),
    ]
    assert len(second.menus[0].options) == 25
    assert second.menus[0].options[5].line == "seasons tv:5 2-3,30 +30 page:2"


async def test_the_newest_season_is_offered_first_and_specials_last(say: Talk) -> None:
    reply = await say("seasons tv:1396")

    assert [one.value for one in reply.menus[0].options] == ["5", "4", "3", "0"]
    assert [one.label for one in reply.choices] == [
        "Latest: season 5",
        "First: season 3",
        "All 3 missing",
    ]


def _context(say: Talk) -> Context:
    place = Place("console", "room", PlaceKind.PRIVATE)
    asked = Asked("console", "ana", "ana", place, pressed=True)
    return Context(say.demo.app.house, asked, None, Role.MEMBER, "")
