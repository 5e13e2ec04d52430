"""What strangers may ask in private: only what lets people in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import pytest
from tests.core.hall import Clock, Hall, asked, open_hall
from tests.drawing import drawn

from medianest_bot.core._ways_in import AT_ONCE, CROWDED, Crowd
from medianest_bot.core.command import Command, Commands, Param, Where, command
from medianest_bot.core.context import Context
from medianest_bot.core.dispatch import Dispatch
from medianest_bot.core.outbox import Reader
from medianest_bot.core.reply import Choice, Reply, Suggestion
from medianest_bot.core.roles import PlaceKind, Role
from medianest_bot.core.words import Sorry

ALONE = "#  [warn]\nThis bot serves one household. Ask its admin to let you in."
WELCOME = """\
#  [warn]
This bot serves one household. Ask its admin to let you in.
- /knock WORDS: Knock
<Come in → enter>"""
LONG = "knock " + "x" * 80


async def _doors(ctx: Context, typed: str) -> tuple[Suggestion, ...]:
    del ctx
    return (Suggestion(typed, typed),)


Words = Annotated[str, Param("some words", _doors, rest=True, example="hello")]


@command("Knock", role=Role.GUEST, where=Where.PRIVATE, open=True)
async def knock(ctx: Context, words: Words) -> Reply:
    return Reply(text=f"{ctx.role} {ctx.is_stranger}: {words}")


@command("Come in", role=Role.GUEST, where=Where.PRIVATE, open=True)
async def enter(ctx: Context) -> Reply:
    del ctx
    return Reply(
        text="?",
        choices=(Choice("Long", LONG), Choice("Say", "knock", ask="Who is there?")),
    )


@command("Draw a door", role=Role.GUEST, draws=True, hidden=True, open=True)
async def door(ctx: Context) -> Reply:
    return Reply(text=f"a door for {ctx.asked.account}", follows="door:1")


@pytest.fixture
async def hall(tmp_path: Path, database_template: Path) -> AsyncIterator[Hall]:
    async with open_hall(tmp_path, database_template) as opened:
        made: tuple[Command, ...] = (knock, enter, door)
        by_name = {one.name: one for one in made} | dict(opened.house.commands.by_name)
        commands = Commands(dict(sorted(by_name.items())))
        house = replace(opened.house, commands=commands)
        dispatch = Dispatch(house, b"k" * 32)
        yield replace(opened, house=house, dispatch=dispatch)


async def test_a_stranger_in_private_may_ask_to_come_in(hall: Hall) -> None:
    assert drawn(await hall.say("/knock hi", "nobody")) == "# \nguest True: hi"
    assert drawn(await hall.say("knock hi", "zoe")) == "# \nguest False: hi"
    checked = await hall.dispatch.check("knock hi", asked("nobody"))
    assert (checked.command, checked.role, checked.person, checked.is_stranger) == (
        knock,
        Role.GUEST,
        None,
        False,
    )
    reply = await hall.dispatch.run("knock hi", asked("nobody"), checked)
    assert drawn(reply) == "# \nguest True: hi"


async def test_of_strangers_only_a_few_are_answered_at_a_time(hall: Hall) -> None:
    inside: list[str] = []
    are_in, may_go = asyncio.Event(), asyncio.Event()

    @command("Stay a while", role=Role.GUEST, where=Where.PRIVATE, open=True)
    async def stay(ctx: Context) -> Reply:
        inside.append(ctx.asked.account)
        if "ana" in inside and len(inside) > AT_ONCE:
            are_in.set()
        await may_go.wait()
        return Reply(text="well")

    commands = Commands({**hall.house.commands.by_name, "stay": stay})
    dispatch = Dispatch(replace(hall.house, commands=commands), b"k" * 32)
    everybody = [f"s{number}" for number in range(3 * AT_ONCE)] + ["ana"]
    asking = [asyncio.create_task(dispatch.run("stay", asked(w))) for w in everybody]
    async with asyncio.timeout(30):
        await are_in.wait()
    assert len(inside) == AT_ONCE + 1
    may_go.set()
    assert {(await one).text for one in asking} == {"well"}
    await dispatch.aclose()


async def test_strangers_elsewhere_are_nobody(hall: Hall) -> None:
    for place in (PlaceKind.ADMIN, PlaceKind.NEW, PlaceKind.OTHER):
        assert drawn(await hall.say("knock hi", "nobody", place=place)) == ALONE
    reply = await hall.say("knock hi", "nobody", place=PlaceKind.HOUSEHOLD)
    assert drawn(reply) == "# \nguest False: hi"


async def test_a_stranger_hears_what_lets_people_in_and_nothing_else(
    hall: Hall,
) -> None:
    lines = ("", "help", "echo hi", "ech", "~" + "0" * 24, "admin look", "x" * 9000)
    for line in (*lines, "show tea:1", "count"):
        assert drawn(await hall.say(line, "nobody")) == WELCOME
        checked = await hall.dispatch.check(line, asked("nobody"))
        assert checked.is_stranger
        assert checked.refused == await hall.say(line, "nobody")


async def test_a_strangers_buttons_work(hall: Hall) -> None:
    long, say = (await hall.say("enter", "nobody")).choices
    assert long.line.startswith("~")
    wanted = f"# \nguest True: {'x' * 80}"
    assert drawn(await hall.say(long.line, "nobody", pressed=True)) == wanted
    assert await hall.dispatch.question(say.line) == "Who is there?"
    reply = await hall.say(f"{say.line} it is me", "nobody", pressed=True)
    assert drawn(reply) == "# \nguest True: it is me"
    theirs = (await hall.say("offer", "ana")).items[0].choices[0].line
    pressed = await hall.say(theirs, "nobody", pressed=True)
    assert pressed.text == ALONE.partition("\n")[2]


async def test_a_stranger_lacking_words_is_told_which(hall: Hall) -> None:
    assert drawn(await hall.say("knock", "nobody")) == (
        "#  [warn]\nPlease write some words behind “knock”. For example: /knock hello"
    )


async def test_only_open_lines_are_drawn_for_strangers(hall: Hall) -> None:
    reader = Reader("console", "nobody", "room")
    assert (await hall.dispatch.draw("door", reader)).text == "a door for nobody"
    hall.shelf.cards["tea:1"] = "hot"
    with pytest.raises(Sorry):
        await hall.dispatch.draw("show tea:1", reader)


async def test_strangers_are_shown_what_is_open_and_nothing_is_suggested(
    hall: Hall,
) -> None:
    assert await hall.dispatch.visible(asked("nobody")) == (enter, knock)
    assert await hall.dispatch.visible(asked("nobody", PlaceKind.OTHER)) == ()
    dispatch = hall.dispatch
    assert await dispatch.suggest("knock", "words", "a", asked("nobody")) == ()
    known = await dispatch.suggest("knock", "words", "a", asked("zoe"))
    assert known == (Suggestion("a", "a"),)


async def test_a_stranger_has_a_limit_of_their_own_also_for_drawings(
    hall: Hall,
) -> None:
    for _ in range(50):
        await hall.say("knock hi", "nobody")
        await hall.say("door", "nobody")
    for line in ("knock hi", "door"):
        reply = await hall.say(line, "nobody")
        assert reply.text == "That was a lot at once. Please try again in 1 minute."
    assert drawn(await hall.say("knock hi", "other")) == "# \nguest True: hi"


def test_a_crowd_of_strangers_is_kept_small() -> None:
    clock = Clock()
    crowd = Crowd(clock, most=2)
    crowd.admit("a")
    clock.forward(seconds=30)
    for who in ("b", "a", "b"):
        crowd.admit(who)
    with pytest.raises(Sorry, match="Many people"):
        crowd.admit("c")
    clock.at += timedelta(seconds=61)
    crowd.admit("c")


async def test_who_is_somebody_does_not_stand_in_the_crowd(hall: Hall) -> None:
    for number in range(500):
        await hall.say("knock hi", f"nobody{number}")
    assert (await hall.say("knock hi", "one more")).text == CROWDED
    for who, place in (
        ("zoe", PlaceKind.PRIVATE),
        ("ana", PlaceKind.PRIVATE),
        ("one more", PlaceKind.HOUSEHOLD),
    ):
        reply = await hall.say("knock hi", who, place=place)
        assert reply.text.endswith("False: hi")
