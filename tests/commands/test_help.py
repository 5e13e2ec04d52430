from __future__ import annotations

import pytest
from tests.core.hall import asked
from tests.drawing import drawn
from tests.household import Talk

from medianest_bot import commands
from medianest_bot.core.command import Command, find
from medianest_bot.core.reply import Suggestion
from medianest_bot.core.roles import PlaceKind

COMMANDS: tuple[Command, ...] = tuple(find(commands))


async def test_help_lists_what_somebody_may_ask(say: Talk) -> None:
    reply = await say("help", "cousin", place=PlaceKind.HOUSEHOLD)
    lines = drawn(reply).splitlines()
    assert lines[:2] == [
        "# What you can ask",
        "/help and a name tells more, for example: /help request",
    ]
    assert "- search TITLE: Search for a film, a series or a video" in lines
    assert [item.title.split(" ")[0] for item in reply.items] == [
        "help",
        "join",
        "library",
        "link",
        "me",
        "privacy",
        "recent",
        "search",
        "status",
        "unlink",
    ]


async def test_help_about_one_command_shows_how_to_write_it(say: Talk) -> None:
    assert drawn(await say("help admin errors", "mum")) == (
        "# admin errors\n"
        "Show what went wrong lately.\n"
        "How to write it: admin errors [reference:REFERENCE]\n"
        "reference: the reference of one error (optional)\n"
        "<admin errors → admin errors>"
    )


async def test_help_keeps_what_is_not_somebodys_to_itself(say: Talk) -> None:
    assert await say("help admin errors") == await say("help")
    assert await say("help show") == await say("help")


async def test_help_about_what_there_is_not_names_the_nearest(say: Talk) -> None:
    assert drawn(await say("help serch")) == (
        "#  [warn]\nThere is no command “serch”. Did you mean search?"
    )


async def test_names_are_suggested_to_those_who_may_ask(say: Talk) -> None:
    async def names(who: str) -> tuple[Suggestion, ...]:
        dispatch = say.demo.app.dispatch
        return await dispatch.suggest("help", "about", "ADMIN", asked(who))

    assert await names("ana") == ()
    found = [one.value for one in await names("mum")]
    assert found == ["admin errors", "admin links", "admin people", "admin place"]


@pytest.mark.parametrize("found", COMMANDS, ids=lambda command: str(command.name))
def test_every_command_is_explained(found: Command) -> None:
    assert found.help[0].isupper()
    assert not found.help.endswith(".")
    assert len(found.help) < 60
    assert all(argument.param.help for argument in found.arguments)
    assert all(a.param.example for a in found.arguments if a.required)
    assert found.parse(found.example().removeprefix(found.name).strip()) is not None
