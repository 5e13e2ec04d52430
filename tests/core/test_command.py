from __future__ import annotations

from contextlib import suppress
from enum import StrEnum
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medianest_bot.core.command import Command, Commands, Param, command
from medianest_bot.core.reply import Reply
from medianest_bot.core.roles import Role
from medianest_bot.core.words import Sorry


class Where(StrEnum):
    ALL = "all"
    LIBRARY = "library"


@command("Look for something", role=Role.GUEST)
async def search(
    ctx: Any,
    title: Annotated[str, Param("its name", rest=True, example="dune")],
    where: Annotated[Where, Param("where to look")] = Where.ALL,
    page: Annotated[int, Param("which page")] = 1,
) -> Reply:
    raise AssertionError((ctx, title, where, page))


@command("Manage people", role=Role.ADMIN)
async def admin_people(
    ctx: Any,
    action: Annotated[Where, Param("what to do")] = Where.ALL,
    name: Annotated[str, Param("whose name")] = "",
    sure_: Annotated[bool | None, Param("really")] = None,
) -> Reply:
    raise AssertionError((ctx, action, name, sure_))


COMMANDS = Commands({"search": search, "admin people": admin_people})


def test_a_command_is_read_from_its_function() -> None:
    assert (search.name, search.help, search.usage(), search.example()) == (
        "search",
        "Look for something",
        "search TITLE [where:all|library] [page:PAGE]",
        "search dune",
    )
    assert admin_people.name == "admin people"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("dune part two", {"title": "dune part two"}),
        ("dune where:library", {"title": "dune", "where": Where.LIBRARY}),
        (
            "dune where:LIBRARY page:2",
            {"title": "dune", "where": Where.LIBRARY, "page": 2},
        ),
        ('"dune where:library"', {"title": "dune where:library"}),
        ("<b>'; DROP TABLE users;--", {"title": "<b>'; DROP TABLE users;--"}),
    ],
)
def test_free_text_takes_the_rest_but_not_options(
    text: str, values: dict[str, Any]
) -> None:
    assert search.parse(text) == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", {}),
        ("library", {"action": Where.LIBRARY}),
        ('library "Ana Maria"', {"action": Where.LIBRARY, "name": "Ana Maria"}),
        (
            "library ana sure:yes",
            {"action": Where.LIBRARY, "name": "ana", "sure_": True},
        ),
        ("name:ana", {"name": "ana"}),
    ],
)
def test_words_fill_the_arguments_in_order(text: str, values: dict[str, Any]) -> None:
    assert admin_people.parse(text) == values


@pytest.mark.parametrize(
    ("found", "text", "said"),
    [
        (
            search,
            "",
            "Please write its name behind “search”. For example: /search dune",
        ),
        (
            search,
            "dune where:moon",
            "where can be all, library, not “moon”.",
        ),
        (search, "dune page:two", "page must be a whole number, not “two”."),
        (
            search,
            "dune page:99999999999",
            "page must be a whole number, not “99999999999”.",
        ),
        (
            admin_people,
            "all ana yes more",
            "“admin people” does not know what to do with “more”.",
        ),
    ],
)
def test_what_cannot_be_read_is_said_plainly(
    found: Command, text: str, said: str
) -> None:
    with pytest.raises(Sorry) as sorry:
        found.parse(text)

    assert sorry.value.worded() == said


def test_names_are_found_whatever_their_capitals_or_slash() -> None:
    assert COMMANDS.split("/Search dune") == (search, "dune")
    assert COMMANDS.split("admin People add ana") == (admin_people, "add ana")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("serch dune", "There is no command “serch”. Did you mean search?"),
        (
            "admin peple",
            "There is no command “admin peple”. Did you mean admin people?",
        ),
        (
            "xyzzy",
            (
                "There is no command “xyzzy”. To look for a title, type: "
                "/search xyzzy. /help shows everything else."
            ),
        ),
    ],
)
def test_an_unknown_command_suggests_the_nearest(text: str, said: str) -> None:
    with pytest.raises(Sorry) as sorry:
        COMMANDS.split(text)

    assert sorry.value.worded() == said


@given(st.text(max_size=200))
def test_no_text_breaks_the_parser(text: str) -> None:
    for found in COMMANDS:
        keywords = {argument.keyword for argument in found.arguments}
        with suppress(Sorry):
            assert set(found.parse(text)) <= keywords
