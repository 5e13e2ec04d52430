"""Who may ask what, where: every command, everybody, every kind of place.

What is expected is written out here once more, apart from the table the bot reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from tests.core.hall import NOON, asked, open_hall
from tests.drawing import drawn
from tests.household import Talk

from medianest_bot import commands
from medianest_bot.core.command import Command, Commands, Where, command, find
from medianest_bot.core.context import Context
from medianest_bot.core.dispatch import Dispatch
from medianest_bot.core.reply import Reply
from medianest_bot.core.roles import PlaceKind, Role
from medianest_bot.core.store import people
from medianest_bot.core.store.engine import Store

STRANGER = "This bot serves one household. Ask its admin to let you in."
IN_PRIVATE = (
    "This bot serves one household. Press Sign in with Plex; an admin then says yes."
)
NOT_HERE = "Please ask that in the admin room or in a direct message."
FOR = {
    "member": "That is for members of this household.",
    "admin": "That is for admins of this household.",
}
REFUSALS = {STRANGER, NOT_HERE, *FOR.values()}
LEVELS = {"guest": 0, "member": 1, "admin": 2}

# What each counts as: 0 guest, 1 member, 2 admin; a dot for nobody.
COUNTS = {
    #              private  household  admin  new  other
    "stranger": ".0...",
    "guest": "000..",
    "paused": "000..",
    "member": "111..",
    "admin": "2222.",
    "paused admin": "2222.",
}
PLACES = ("private", "household", "admin", "new", "other")
COMMANDS = tuple(find(commands))


def wanted(command: Command, who: str, place: PlaceKind) -> str | None:
    """What they are refused with; None where they may."""
    counts = COUNTS[who][PLACES.index(place.value)]
    if counts == "." and command.open and place.value == "private":
        counts = "0"
    if counts == ".":
        return STRANGER
    if int(counts) < LEVELS[command.role.value]:
        return FOR[command.role.value]
    if command.where.value == "admins" and place.value not in ("private", "admin"):
        return NOT_HERE
    return None


async def move_in(store: Store) -> None:
    """One person of each kind for each place, so that nobody asks too much."""
    roles = {
        "guest": Role.GUEST,
        "paused": Role.MEMBER,
        "member": Role.MEMBER,
        "admin": Role.ADMIN,
        "paused admin": Role.ADMIN,
    }
    async with store.begin() as tx:
        for (who, role), place in product(roles.items(), PlaceKind):
            name = f"{who} {place.value}"
            person = await people.add(tx, name, role, now=NOON)
            await people.link(tx, person.id, "console", name, name, NOON)
            if who.startswith("paused"):
                await people.set_paused(tx, person.id, NOON)


async def wrong_ones(
    dispatch: Dispatch, of_all: tuple[Command, ...]
) -> list[tuple[str, ...]]:
    """Where what is said is not what is wanted."""
    wrong: list[tuple[str, ...]] = []
    for one, who, place in product(of_all, COUNTS, PlaceKind):
        account = f"{who} {place.value}"
        if who == "stranger":
            account = f"stranger {one.name}"
        line, here = harmless(one), asked(account, place)
        checked = await dispatch.check(line, here)
        reply = await dispatch.run(line, here)
        told = refusal_of(reply, place)
        no = checked.refused
        checks = refusal_of(no, place) or no.text if no else None
        refusal = wanted(one, who, place)
        is_stranger = refusal == STRANGER
        if (told, checks, checked.is_stranger) != (refusal, refusal, is_stranger):
            wrong.append((line, who, place.value, drawn(reply)))
    return wrong


def refusal_of(reply: Reply, place: PlaceKind) -> str | None:
    """Strangers in private hear how to come in where they hear elsewhere to ask."""
    if place is PlaceKind.PRIVATE and reply.text == IN_PRIVATE:
        return STRANGER
    return reply.text if reply.text in REFUSALS else None


def harmless(command: Command) -> str:
    """A line that changes nothing: with an argument no command knows, if it can."""
    if any(one.name.startswith(f"{command.name} ") for one in COMMANDS):
        return command.name  # a group: with more behind it, it is another command
    picked = next((one for one in command.arguments if one.choices), None)
    if any(argument.param.rest for argument in command.arguments):
        return f"{command.name} {picked.name}:§" if picked else command.name
    return f"{command.name} " + " ".join(["§"] * 9)


async def test_every_command_is_for_whom_and_where_it_says(say: Talk) -> None:
    app = say.demo.app
    await move_in(app.house.store)
    assert await wrong_ones(app.dispatch, COMMANDS) == []


def every_kind() -> Iterator[Command]:
    """A command for each role, each place, and open or not."""
    for role, where, is_open in product(Role, Where, (False, True)):
        name = f"of {role.value} {where.value} {is_open}".casefold().replace(" ", "")

        async def made(ctx: Context) -> Reply:
            return Reply(text=ctx.role)

        made.__name__ = name
        yield command("Do it", role=role, where=where, open=is_open)(made)


async def test_so_it_is_for_commands_that_may_come(
    tmp_path: Path, database_template: Path
) -> None:
    made = tuple(every_kind())
    async with open_hall(tmp_path, database_template) as hall:
        await move_in(hall.store)
        of_all = Commands({one.name: one for one in made})
        dispatch = Dispatch(replace(hall.house, commands=of_all), b"k" * 32)
        assert await wrong_ones(dispatch, made) == []


@pytest.mark.parametrize("who", ["member", "stranger", "paused", "guest"])
async def test_help_lists_what_may_be_asked_and_nothing_else(
    say: Talk, who: str
) -> None:
    await move_in(say.demo.app.house.store)
    place = PlaceKind.HOUSEHOLD
    reply = await say("help", f"{who} {place.value}", place=place)
    everyday = {
        command.brief()
        for command in COMMANDS
        if not (command.hidden or command.unlisted)
        and wanted(command, who, place) is None
    }
    assert {item.title for item in reply.items} == everyday


async def test_a_change_of_role_counts_on_old_buttons_too(say: Talk) -> None:
    store, place = say.demo.app.house.store, PlaceKind.PRIVATE
    checks = []
    for role, paused in ((Role.MEMBER, None), (Role.MEMBER, NOON), (Role.GUEST, None)):
        async with store.begin() as tx:
            ana = await people.find(tx, "ana")
            assert ana is not None
            await people.set_role(tx, ana.id, role)
            await people.set_paused(tx, ana.id, paused)
        here = asked("ana", place, pressed=True, asker="ana")
        checks.append(await say.demo.app.dispatch.check("request movie:603", here))
    told = [one.refused.text if one.refused else None for one in checks]
    assert told == [None, FOR["member"], FOR["member"]]
