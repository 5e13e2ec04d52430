from __future__ import annotations

from itertools import product

from medianest_bot.core.roles import COUNTS_AS, PlaceKind, Role, counts_as


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
