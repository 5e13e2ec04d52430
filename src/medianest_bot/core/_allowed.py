"""Who somebody is in a place, and what they may ask there."""

from __future__ import annotations

from dataclasses import dataclass

from medianest_bot.core.command import Command, Commands, Where
from medianest_bot.core.context import Asked, Place
from medianest_bot.core.reply import Reply
from medianest_bot.core.roles import ADMIN_PLACES, PlaceKind, Role, counts_as
from medianest_bot.core.store.people import Person
from medianest_bot.core.words import Sorry, marked

STRANGER = marked("This bot serves one household. Ask its admin to let you in.")
NOT_ALLOWED = {
    Role.GUEST: STRANGER,
    Role.MEMBER: marked("That is for members of this household."),
    Role.ADMIN: marked("That is for admins of this household."),
}
NOT_HERE = marked("Please ask that in the admin room or in a direct message.")
NOT_YOURS = marked("Only the person who asked may press that.")


@dataclass(frozen=True, slots=True)
class Checked:
    """What a line asks for, before it runs. `line` is the whole of a `~key`.

    `command` is None where there is none, or where it is no business of theirs.
    """

    command: Command | None
    line: str
    refused: Reply | None = None
    is_stranger: bool = False
    role: Role | None = None
    person: Person | None = None


class Stranger(Sorry):
    """Somebody who is nobody in this place."""

    def __init__(self) -> None:
        super().__init__(STRANGER)


def allowed(command: Command, asked: Asked, person: Person | None) -> Role:
    """What they count as. Raises Sorry where they may not ask that there."""
    role = role_for(command, person, asked.place)
    if role is None:
        raise Stranger
    if not role.covers(command.role):
        raise Sorry(NOT_ALLOWED[command.role])
    if command.where is Where.ADMINS and asked.place.kind not in ADMIN_PLACES:
        raise Sorry(NOT_HERE)
    return role


def role_of(person: Person | None, place: Place) -> Role | None:
    """None for a stranger. Whose access is paused is a guest, admins aside."""
    role = person.role if person else None
    if person is not None and person.paused_at and role is Role.MEMBER:
        role = Role.GUEST
    return counts_as(role, place.kind)


def role_for(command: Command, person: Person | None, place: Place) -> Role | None:
    """As `role_of`; in private anybody is a guest to what lets people in."""
    role = role_of(person, place)
    if role is None and command.open and place.kind is PlaceKind.PRIVATE:
        return Role.GUEST
    return role


def is_stranger(person: Person | None, place: Place) -> bool:
    """True for who is nobody here, whatever they may ask all the same."""
    return role_of(person, place) is None


def visible_to(
    commands: Commands, person: Person | None, place: Place
) -> tuple[Command, ...]:
    """What they may ask there; a stranger in private, only what lets people in."""
    role = role_of(person, place)
    if role is not None:
        return commands.visible(role, place.kind)
    found = commands.visible(Role.GUEST, place.kind)
    return tuple(one for one in found if role_for(one, person, place))


def locale_of(person: Person | None, asked: Asked) -> str | None:
    """What their chat says, else what it said last."""
    return asked.locale or (person.locale if person else None)
