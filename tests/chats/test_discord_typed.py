"""What is filled in on a slash command comes out of the line again, unchanged."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medianest_bot import commands
from medianest_bot.chats._discord_typed import typed_line
from medianest_bot.core import line as lines
from medianest_bot.core.command import Argument, Command, Commands, find
from medianest_bot.core.words import Sorry

COMMANDS: Commands = find(commands)

TRICKY = st.lists(
    st.sampled_from(
        [
            *('"', "\\", ":", " ", "  ", "~", "/", ",", "-", "\n", "\u202e", "é"),
            *("where:library", "page:2", 'seasons:"1, 2"', "title:", "as:audio"),
            *("dune", "latest", "https://a.example/?v=1&t=2", "movie:438631", "🎬"),
        ]
    ),
    min_size=1,
    max_size=8,
).map("".join)
TEXTS = st.one_of(TRICKY, st.text(max_size=60))


def values(argument: Argument) -> st.SearchStrategy[Any]:
    if argument.type is bool:
        return st.booleans()
    if argument.type is int:
        return st.integers(1, 2**31 - 1)
    if argument.choices:
        return st.sampled_from(argument.choices)
    return TEXTS


@st.composite
def filled_in(draw: st.DrawFn) -> tuple[Command, dict[str, Any]]:
    command = draw(st.sampled_from(list(COMMANDS)))
    given: dict[str, Any] = {}
    for argument in command.arguments:
        if argument.required or draw(st.booleans()):
            given[argument.keyword] = draw(values(argument))
    return command, given


def read_back(line: str) -> tuple[Command, dict[str, Any]]:
    command, rest = COMMANDS.split(lines.clean(line))
    return command, command.parse(rest)


def meant(command: Command, given: dict[str, Any]) -> dict[str, Any]:
    """The arguments as they should arrive: text cleaned, what is left empty absent."""
    found = {}
    for argument in command.arguments:
        value = given.get(argument.keyword)
        text = lines.clean(value) if isinstance(value, str) else value
        if text not in (None, ""):
            found[argument.keyword] = argument.type(text)
    return found


@given(filled_in())
def test_whatever_is_filled_in_is_read_back(
    filled: tuple[Command, dict[str, Any]],
) -> None:
    command, given = filled
    expected = meant(command, given)
    required = {one.keyword for one in command.arguments if one.required}
    if not required <= set(expected):
        with pytest.raises(Sorry):
            read_back(typed_line(command, given))
        return

    assert read_back(typed_line(command, given)) == (command, expected)


@pytest.mark.parametrize(
    ("name", "given", "line"),
    [
        ("search", {"title": "dune"}, "search dune"),
        ("search", {"title": " dune  part two "}, 'search "dune part two"'),
        ("search", {"title": "movie:438631"}, 'search "movie:438631"'),
        (
            "search",
            {"title": "dune where:library", "where": "all"},
            'search "dune where:library" where:all',
        ),
        (
            "request",
            {"title": 'the "office"', "seasons": "1, 3"},
            'request "the \\"office\\"" seasons:"1, 3"',
        ),
        ("request", {"title": "dune", "seasons": None}, "request dune"),
        ("request", {"title": "  "}, "request"),
        ("downloads", {"number": 17, "sure": True}, "downloads number:17 sure:yes"),
        ("downloads", {"sure": False}, "downloads sure:no"),
        (
            "download",
            {"url": "a.example", "as_": "audio"},
            "download a.example as:audio",
        ),
        ("admin people", {"name": "Ana Maria"}, 'admin people name:"Ana Maria"'),
        ("help", {"about": "admin people"}, 'help about:"admin people"'),
        ("me", {}, "me"),
    ],
)
def test_a_line_reads_as_if_it_were_typed(
    name: str, given: dict[str, Any], line: str
) -> None:
    assert typed_line(COMMANDS.by_name[name], given) == line


def test_what_is_too_long_for_a_line_is_left_to_dispatch() -> None:
    line = typed_line(COMMANDS.by_name["search"], {"title": "x" * 6000})

    with pytest.raises(Sorry):
        lines.clean(line)
