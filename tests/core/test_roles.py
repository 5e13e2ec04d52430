from __future__ import annotations

from itertools import product

import pytest
from tests.core.hall import asked
from tests.drawing import drawn
from tests.household import Talk

from medianest_bot import commands
from medianest_bot.core.command import Command, Where, find
from medianest_bot.core.roles import COUNTS_AS, PlaceKind, Role, counts_as

STRANGER = "This bot serves one household. Ask its admin to let you in."
NOT_HERE = "Please ask that in the admin room or in a direct message."
PEOPLE = {"stranger": None, "gus": Role.GUEST, "ana": Role.MEMBER, "mum": Role.ADMIN}
COMMANDS = tuple(find(commands))


def test_each_role_covers_those_before_it() -> None:
    covered = {(one, two) for one, two in product(Role, Role) if one.covers(two)}
    assert covered == {
        (Role.GUEST, Role.GUEST),
        (Role.MEMBER, Role.GUEST),
        (Role.MEMBER, Role.MEMBER),
        (Role.ADMIN, Role.GUEST),
        (Role.ADMIN, Role.MEMBER),
        (Role.ADMIN, Role.ADMIN),
    }


def test_what_the_table_does_not_name_is_nobody() -> None:
    assert set(COUNTS_AS) == set(PlaceKind)
    strangers = {place: counts_as(None, place) for place in PlaceKind}
    assert strangers == {
        PlaceKind.PRIVATE: None,
        PlaceKind.HOUSEHOLD: Role.GUEST,
        PlaceKind.ADMIN: None,
        PlaceKind.NEW: None,
        PlaceKind.OTHER: None,
    }
    new = [counts_as(role, PlaceKind.NEW) for role in Role]
    assert new == [None, None, Role.ADMIN]
    assert [counts_as(role, PlaceKind.OTHER) for role in Role] == [None] * 3


def test_no_place_makes_more_of_anybody_than_they_are() -> None:
    for place, roles in COUNTS_AS.items():
        for role, counted in roles.items():
            assert counted is role or (role, counted) == (None, Role.GUEST), place


def refusal(command: Command, role: Role | None, place: PlaceKind) -> str | None:
    """What somebody is told who may not ask that there, by the table alone."""
    counted = COUNTS_AS[place].get(role)
    if counted is None:
        return STRANGER
    if not counted.covers(command.role):
        return f"That is for {command.role.value}s of this household."
    is_admins = command.where is Where.ADMINS
    if is_admins and place not in (PlaceKind.PRIVATE, PlaceKind.ADMIN):
        return NOT_HERE
    return None


REFUSALS = {STRANGER, NOT_HERE} | {f"That is for {r}s of this household." for r in Role}


async def test_the_permission_matrix_holds_for_every_command(say: Talk) -> None:
    await say("admin people add gus guest", "mum")
    await say("admin people link gus console:gus", "mum")
    dispatch = say.demo.app.dispatch
    wrong = []
    for command, (who, role), place in product(COMMANDS, PEOPLE.items(), PlaceKind):
        # An argument no command knows: whoever may ask is told so, and nothing runs.
        line = f"{command.name} " + " ".join(["§"] * 9)
        if any(argument.param.rest for argument in command.arguments):
            line = command.name
        reply = await dispatch.run(line, asked(who, place))
        wanted = refusal(command, role, place)
        told = reply.text if reply.text in REFUSALS else None
        if told != wanted or reply.failed:
            wrong.append((line, who, place.value, drawn(reply)))
    assert wrong == []


@pytest.mark.parametrize("who", ["ana", "stranger"])
async def test_help_lists_what_may_be_asked_and_nothing_else(
    say: Talk, who: str
) -> None:
    reply = await say("help", who, place=PlaceKind.HOUSEHOLD)
    listed = {item.title.split(" [")[0] for item in reply.items}
    everyday = {
        command.usage().split(" [")[0]
        for command in COMMANDS
        if not command.hidden
        and refusal(command, PEOPLE[who], PlaceKind.HOUSEHOLD) is None
    }
    assert listed == everyday
