"""Who asks, from where, and of which house."""

from __future__ import annotations

from dataclasses import dataclass

from medianest_bot.core.house import House
from medianest_bot.core.roles import PlaceKind, Role
from medianest_bot.core.store.people import Person
from medianest_bot.core.words import Sorry, marked

MEMBERS_ONLY = marked("That is for members of this household. Ask an admin to add you.")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was said: a chat or channel, perhaps a thread in it."""

    platform: str
    id: str
    kind: PlaceKind
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a chat hands over beside the line itself.

    `pressed` is true for a button. `asker` is the account whose card it was, for
    choices that only one person may press.
    """

    platform: str
    account: str
    shown_name: str
    place: Place
    locale: str | None = None
    pressed: bool = False
    asker: str | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """All that a command knows about who asked. `person` is None for a stranger."""

    house: House
    asked: Asked
    person: Person | None
    role: Role
    line: str

    @property
    def member(self) -> Person:
        """The person. Raises Sorry for somebody who is none."""
        if self.person is None:
            raise Sorry(MEMBERS_ONLY)
        return self.person

    @property
    def is_stranger(self) -> bool:
        """True for who is nobody and was let through to what lets people in."""
        return self.person is None and self.asked.place.kind is PlaceKind.PRIVATE

    @property
    def is_admin(self) -> bool:
        return self.role is Role.ADMIN
