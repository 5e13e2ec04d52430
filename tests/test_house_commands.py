"""Walks all commands: each fits every chat, says what it does, and is written down."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from medianest_bot import commands
from medianest_bot.core.command import Command, find

ROOT = Path(__file__).parent.parent
COMMANDS = tuple(find(commands))
SHOWN = tuple(one for one in COMMANDS if not one.hidden)

# https://docs.discord.com/developers/interactions/application-commands (naming,
# option structure) and https://core.telegram.org/bots/api#botcommand
NAME = re.compile(r"[a-z0-9_]{1,32}")
MOST_COMMANDS = 100
MOST_OPTIONS = 25
LONGEST_DESCRIPTION = 100
LONGEST_HELP = 60

VERBS = """\
Add Approve Ask Change Choose Delete Discover Download Find Follow Forget Leave Link
List Make Pick Report Search See Send Set Show Sign Stop Unlink Watch
"""


def name(one: Command) -> str:
    return one.name


@pytest.mark.parametrize("one", COMMANDS, ids=name)
def test_a_name_is_one_word_or_two_that_every_chat_takes(one: Command) -> None:
    words = one.name.split(" ")
    assert len(words) in (1, 2)
    assert [word for word in words if not NAME.fullmatch(word)] == []
    assert NAME.fullmatch("_".join(words)), "Telegram has no groups"


def test_no_command_is_called_like_a_group() -> None:
    groups = {one.name.split(" ")[0] for one in COMMANDS if " " in one.name}
    listed = {one.name for one in COMMANDS if not one.hidden}
    assert groups & listed == set(), "Discord has either one or the other"


def test_no_chat_has_too_many_commands() -> None:
    assert len({one.name.split(" ")[0] for one in COMMANDS}) <= MOST_COMMANDS


@pytest.mark.parametrize("one", COMMANDS, ids=name)
def test_help_is_short_and_begins_with_a_verb(one: Command) -> None:
    assert len(one.help) <= LONGEST_HELP
    assert one.help.split(" ")[0] in words(VERBS)
    assert one.help[-1].isalpha()


@pytest.mark.parametrize("one", COMMANDS, ids=name)
def test_every_argument_has_a_name_and_a_help_that_chats_take(one: Command) -> None:
    assert len(one.arguments) <= MOST_OPTIONS
    wrong = [
        argument.name
        for argument in one.arguments
        if not NAME.fullmatch(argument.name)
        or not 0 < len(argument.param.help) <= LONGEST_DESCRIPTION
        or argument.param.help[0].isupper()
        or argument.param.help.endswith(".")
        or len(argument.choices) > MOST_OPTIONS
    ]
    assert wrong == []


@pytest.mark.parametrize("one", COMMANDS, ids=name)
def test_required_arguments_come_first_and_have_an_example(one: Command) -> None:
    required = [argument.required for argument in one.arguments]
    assert required == sorted(required, reverse=True)
    assert [a.name for a in one.arguments if a.required and not a.param.example] == []
    assert one.parse(one.example().removeprefix(one.name).strip()) is not None


@pytest.mark.parametrize("one", COMMANDS, ids=name)
def test_only_the_last_argument_takes_the_rest_of_the_line(one: Command) -> None:
    """An option behind it is still given by its name: `where:videos`."""
    rest = [a for a in one.arguments if a.param.rest]
    behind = one.arguments[one.arguments.index(rest[0]) + 1 :] if rest else ()
    assert len(rest) <= 1
    assert [a.name for a in behind if a.required] == []


def table() -> str:
    """The commands as README shows them; options are the guide's."""
    rows = (f"| `{_form(one)}` | {one.help} | {one.role} |\n" for one in SHOWN)
    return "| Type | What it does | For |\n|---|---|---|\n" + "".join(rows)


def _form(one: Command) -> str:
    required = (
        argument.name.upper() for argument in one.arguments if argument.required
    )
    return " ".join((one.name, *required))


def test_the_readme_lists_every_command() -> None:
    assert table() in (ROOT / "README.md").read_text("utf-8")


def test_the_guide_has_a_section_for_every_command() -> None:
    guide = (ROOT / "docs" / "use.md").read_text("utf-8")
    sections = re.findall(r"^### `(.+)`$", guide, re.MULTILINE)
    assert sorted(sections) == sorted(one.name for one in SHOWN)
    missing = [
        f"{one.name} {argument.name}"
        for one in SHOWN
        for argument in one.arguments
        if argument.choices and not set(argument.choices) <= set(words(guide))
    ]
    assert missing == []


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)
