"""Who may do what, where: one table. What it does not name is refused."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """What a person is to the household; each covers those before it."""

    GUEST = "guest"
    MEMBER = "member"
    ADMIN = "admin"

    def covers(self, other: Role) -> bool:
        """True where this role may do all that `other` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


class PlaceKind(StrEnum):
    """What a place is to the household."""

    PRIVATE = "private"
    HOUSEHOLD = "household"
    ADMIN = "admin"
    NEW = "new"
    """A chat the bot was added to; no admin has said yet what it is."""
    OTHER = "other"


COUNTS_AS: Mapping[PlaceKind, Mapping[Role | None, Role]] = {
    PlaceKind.PRIVATE: {role: role for role in Role},
    PlaceKind.HOUSEHOLD: {None: Role.GUEST} | {role: role for role in Role},
    PlaceKind.ADMIN: {role: role for role in Role},
    PlaceKind.NEW: {Role.ADMIN: Role.ADMIN},
    PlaceKind.OTHER: {},
}
"""What a person's role (None: not linked) counts as in each kind of place."""

ADMIN_PLACES = frozenset({PlaceKind.PRIVATE, PlaceKind.ADMIN})
"""Where commands for admins may be used."""


def counts_as(role: Role | None, place: PlaceKind) -> Role | None:
    """The role somebody has in such a place; None means a stranger."""
    return COUNTS_AS[place].get(role)
