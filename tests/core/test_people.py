from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.core.hall import Hall, open_hall

from medianest_bot.core import people as rules
from medianest_bot.core.limits import Own, What
from medianest_bot.core.roles import Role
from medianest_bot.core.store import audit, people
from medianest_bot.core.store.people import Person
from medianest_bot.core.words import Sorry


@pytest.fixture
async def hall(tmp_path: Path, database_template: Path) -> AsyncIterator[Hall]:
    async with open_hall(tmp_path, database_template) as opened:
        yield opened


async def person(hall: Hall, name: str) -> Person:
    async with hall.store.read() as db:
        found = await people.find(db, name)
    assert found is not None
    return found


async def audited(hall: Hall) -> list[tuple[int | None, str, str, dict[str, object]]]:
    async with hall.store.read() as db:
        entries = await audit.latest(db, 20)
    return [(one.person_id, one.action, one.subject, one.details) for one in entries]


async def who_has(hall: Hall, platform: str, account: str) -> Person | None:
    async with hall.store.read() as db:
        return await people.by_account(db, platform, account)


async def test_every_change_of_rights_is_audited(hall: Hall) -> None:
    mum, store, now = await person(hall, "mum"), hall.store, hall.clock
    bob = await rules.add(store, mum, "Bob", Role.GUEST, now)
    await rules.link(store, mum, bob, ("telegram", "123"), now)
    await rules.change_role(store, mum, bob, Role.MEMBER, now)
    await rules.set_seerr(store, mum, bob, 4, now)
    few = Own(What.REQUEST, 2)
    await rules.change_limit(store, mum, bob, few, hall.house.limits, now)
    subject = f"Bob ({bob.id})"
    assert await audited(hall) == [
        (mum.id, "limit changed", subject, {"what": "request", "limit": 2}),
        (mum.id, "seerr user set", subject, {"seerr": 4}),
        (mum.id, "role changed", subject, {"role": "member"}),
        (mum.id, "account linked", subject, {"account": "telegram:123"}),
        (mum.id, "person added", subject, {"role": "guest"}),
    ]


async def test_what_was_done_to_somebody_who_is_gone_says_no_name(hall: Hall) -> None:
    mum, store, now = await person(hall, "mum"), hall.store, hall.clock
    bob = await rules.add(store, mum, "Bob", Role.GUEST, now)
    await rules.link(store, mum, bob, ("telegram", "123"), now)
    await rules.change_role(store, mum, bob, Role.ADMIN, now)
    await rules.change_role(store, bob, mum, Role.MEMBER, now)
    await rules.change_role(store, bob, mum, Role.ADMIN, now)
    await rules.remove(store, mum, bob, now)
    subject = f"somebody ({bob.id})"
    assert await audited(hall) == [
        (mum.id, "person removed", subject, {}),
        (None, "role changed", f"mum ({mum.id})", {"role": "admin"}),
        (None, "role changed", f"mum ({mum.id})", {"role": "member"}),
        (mum.id, "role changed", subject, {"role": "admin"}),
        (mum.id, "account linked", subject, {}),
        (mum.id, "person added", subject, {"role": "guest"}),
    ]
    assert await who_has(hall, "telegram", "123") is None


async def test_an_admin_whom_nobody_can_reach_is_not_enough(hall: Hall) -> None:
    mum, now = await person(hall, "mum"), hall.clock
    await rules.add(hall.store, mum, "Bob", Role.ADMIN, now)
    for change in (
        rules.change_role(hall.store, mum, mum, Role.MEMBER, now),
        rules.remove(hall.store, mum, mum, now),
    ):
        with pytest.raises(Sorry):
            await change


@pytest.mark.parametrize(
    "name", ["", " ", "x" * 33, "17", "１７", "٣", "ANA", "ａｎａ"]
)
async def test_a_bad_or_taken_name_is_refused(hall: Hall, name: str) -> None:
    mum = await person(hall, "mum")
    with pytest.raises(Sorry):
        await rules.add(hall.store, mum, name, Role.MEMBER, hall.clock)
    assert await audited(hall) == []


async def test_an_account_belongs_to_one_person(hall: Hall) -> None:
    mum, ana = await person(hall, "mum"), await person(hall, "ana")
    with pytest.raises(Sorry) as refused:
        await rules.link(hall.store, mum, ana, ("console", "tim"), hall.clock)
    assert refused.value.worded() == (
        "console:tim already belongs to somebody. Remove that person first."
    )
    assert await audited(hall) == []


async def test_the_last_admin_stays_one(hall: Hall) -> None:
    mum = await person(hall, "mum")
    with pytest.raises(Sorry):
        await rules.change_role(hall.store, mum, mum, Role.MEMBER, hall.clock)
    with pytest.raises(Sorry):
        await rules.remove(hall.store, mum, mum, hall.clock)
    assert (await person(hall, "mum")).role is Role.ADMIN


async def test_two_admins_cannot_both_stop_being_one(hall: Hall) -> None:
    mum, ana = await person(hall, "mum"), await person(hall, "ana")
    await rules.change_role(hall.store, mum, ana, Role.ADMIN, hall.clock)
    done = await asyncio.gather(
        rules.change_role(hall.store, mum, ana, Role.MEMBER, hall.clock),
        rules.remove(hall.store, ana, mum, hall.clock),
        return_exceptions=True,
    )
    assert [type(one) for one in done] == [type(None), Sorry]


async def test_somebody_who_was_removed_meanwhile_is_not_changed(hall: Hall) -> None:
    mum, tim = await person(hall, "mum"), await person(hall, "tim")
    await rules.remove(hall.store, mum, tim, hall.clock)
    before = await audited(hall)
    store, now = hall.store, hall.clock
    for change in (
        rules.change_role(store, mum, tim, Role.ADMIN, now),
        rules.set_seerr(store, mum, tim, 4, now),
        rules.link(store, mum, tim, ("telegram", "1"), now),
        rules.remove(store, mum, tim, now),
    ):
        with pytest.raises(Sorry) as refused:
            await change
        assert refused.value.worded() == "tim is no longer here."
    assert await audited(hall) == before


async def test_those_the_settings_name_are_admins_from_the_start(hall: Hall) -> None:
    accounts = (("telegram", "123"), ("console", "ana"), ("console", "mum"))
    for _start in range(2):
        await rules.make_admins(hall.store, accounts, hall.clock)
    made = [await who_has(hall, *account) for account in accounts]
    assert [(one.name, one.role) for one in made if one] == [
        ("telegram:123", Role.ADMIN),
        ("ana", Role.ADMIN),
        ("mum", Role.ADMIN),
    ]
    new, ana = f"telegram:123 ({made[0].id})", f"ana ({made[1].id})"  # type: ignore[union-attr]
    assert await audited(hall) == [
        (None, "role changed", ana, {"role": "admin"}),
        (None, "account linked", new, {"account": "telegram:123"}),
        (None, "person added", new, {"role": "admin"}),
    ]


async def test_an_admin_of_the_settings_gets_a_name_that_is_free(hall: Hall) -> None:
    mum = await person(hall, "mum")
    await rules.add(hall.store, mum, "Telegram:123", Role.GUEST, hall.clock)
    await rules.make_admins(hall.store, [("telegram", "123")], hall.clock)
    made = await who_has(hall, "telegram", "123")
    assert made is not None
    assert (made.name, made.role) == ("telegram:123 2", Role.ADMIN)
    assert (await person(hall, "telegram:123")).role is Role.GUEST


@pytest.mark.parametrize(
    ("shown", "called"),
    [
        ("Bob", "Bob"),
        ("  Bob \u202e\n the\tBuilder ", "Bob the Builder"),
        ("Ana", "Ana 2"),
        ("x" * 40, "x" * 32),
        ("12345", "telegram:1"),
        ("\u200b", "telegram:1"),
    ],
)
async def test_a_shown_name_becomes_a_name(hall: Hall, shown: str, called: str) -> None:
    async with hall.store.begin() as tx:
        made = await rules.add_free(tx, shown, Role.MEMBER, hall.clock(), "telegram:1")
    assert (made.name, made.role) == (called, Role.MEMBER)


async def test_a_number_behind_a_long_name_makes_it_no_longer(hall: Hall) -> None:
    async with hall.store.begin() as tx:
        made = [
            await rules.add_free(tx, "x" * 40, Role.GUEST, hall.clock())
            for _ in range(2)
        ]
    assert [one.name for one in made] == ["x" * 32, f"{'x' * 30} 2"]


async def test_somebody_without_any_name_can_still_be_made(hall: Hall) -> None:
    async with hall.store.begin() as tx:
        made = await rules.add_free(tx, "", Role.GUEST, hall.clock())
    assert made.name == "?"
