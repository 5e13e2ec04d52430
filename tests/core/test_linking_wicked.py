"""What people try who want to be more than they are, or to keep others out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import pytest
from tests.core.callers import ANA, AT_FIRST, EVE, ZOE, Asker
from tests.core.gate import Gate

from medianest_bot.core import leaving
from medianest_bot.core import people as rules
from medianest_bot.core._link_rules import LINKED_MEANWHILE
from medianest_bot.core._link_types import State
from medianest_bot.core.approvals import NOBODYS_NOW
from medianest_bot.core.invitations import NOT_GOOD
from medianest_bot.core.linking import (
    MOST_BEGUN,
    MOST_OPEN,
    NO_CODE,
    TOO_MANY,
    TOO_OFTEN,
)
from medianest_bot.core.roles import Role
from medianest_bot.core.store import entrances
from medianest_bot.core.words import Sorry
from medianest_bot.demo._plex_tv_shapes import Account

GUEST, MEMBER, ADMIN = Role.GUEST, Role.MEMBER, Role.ADMIN


async def expect(gate: Gate, who: str, plex: str) -> None:
    mum = await gate.person("mum")
    async with gate.store.begin() as tx:
        await entrances.expect(tx, who, plex, mum.id, gate.clock())


async def make(gate: Gate, name: str, role: Role) -> None:
    mum, person = await gate.person("mum"), await gate.person(name)
    await rules.change_role(gate.store, mum, person, role, gate.clock)


async def said(doing: Awaitable[object]) -> str:
    with pytest.raises(Sorry) as caught:
        await doing
    return caught.value.text


async def test_who_was_made_a_guest_is_no_member_again_by_signing_in(
    gate: Gate,
) -> None:
    await make(gate, "ana", GUEST)
    assert (await gate.to_waiting(ANA, "ana.maple")).state is State.WAITING
    assert (await gate.everybody())["ana"] == (GUEST, 1002)


@pytest.mark.parametrize("is_used", [True, False])
@pytest.mark.parametrize("who", ["discord:zoe", "person:4"])
async def test_a_guest_does_not_come_back_by_what_was_once_expected(
    gate: Gate, who: str, *, is_used: bool
) -> None:
    assert (await gate.person("zoe")).id == 4
    await expect(gate, who, "bob")
    if is_used:
        assert (await gate.to_waiting(ZOE)).state is State.DONE
    await make(gate, "zoe", GUEST)
    assert (await gate.to_waiting(ZOE)).state is State.WAITING


async def test_a_number_that_is_expected_is_nobodys_name(gate: Gate) -> None:
    gate.plex_tv.accounts["2001"] = Account(3001, "2001", "t-2001", "s-2001")
    await expect(gate, "discord:eve", "2001")
    assert (await gate.to_waiting(EVE, "2001")).state is State.WAITING


async def test_deleting_what_is_stored_buys_no_more_sign_ins(gate: Gate) -> None:
    for _time in range(MOST_BEGUN):
        await gate.begins()
        await leaving.forget_stranger(gate.store, ("discord", "eve"))
    assert await said(gate.begins()) == TOO_OFTEN
    gate.clock.move(minutes=16)
    await gate.begins()


async def test_strangers_keep_out_nobody_who_is_known_or_expected(gate: Gate) -> None:
    await expect(gate, "discord:eve", "bob")
    for number in range(MOST_OPEN):
        await gate.begins(Asker(f"s{number}"))
    assert await said(gate.begins(Asker("one more"))) == TOO_MANY
    for one in (ANA, ZOE, EVE):
        await gate.begins(one)


@pytest.mark.parametrize("name", ["Zoe\n\nApproved\tby\r\nmum. \u202e\u2066\x1b", ""])
async def test_names_of_strangers_stand_in_one_line(gate: Gate, name: str) -> None:
    attempt = await gate.to_waiting(Asker("eve", shown_name=name))
    shown = {"": "eve"}.get(name, "Zoe Approved by mum.")
    assert attempt.shown_name == shown
    await gate.decides(attempt)
    assert set(await gate.everybody()) == {*AT_FIRST, shown}


async def test_names_from_plex_stand_in_one_line(gate: Gate) -> None:
    gate.plex_tv.accounts["odd"] = Account(3001, "a\nb\u202e", "t-odd", "s-odd")
    assert (await gate.to_waiting(EVE, "odd")).plex_name == "a b"


async def test_an_invitation_is_as_good_as_who_made_it(gate: Gate) -> None:
    await make(gate, "ana", ADMIN)
    ana = await gate.person("ana")
    friend = await rules.add(gate.store, ana, "friend", MEMBER, gate.clock)
    made = await gate.invitations.make(ana, friend)
    await make(gate, "ana", MEMBER)
    assert await said(gate.invitations.accept(EVE, made.key)) == NOT_GOOD
    own = await gate.invitations.make(ana, ana)
    assert (await gate.invitations.accept(EVE, own.key)).name == "ana"


async def test_an_invitation_does_not_outlive_a_change_of_role(gate: Gate) -> None:
    mum, zoe = await gate.person("mum"), await gate.person("zoe")
    made = await gate.invitations.make(mum, zoe)
    await make(gate, "zoe", ADMIN)
    assert await said(gate.invitations.accept(EVE, made.key)) == NOT_GOOD
    await make(gate, "zoe", MEMBER)


@pytest.mark.parametrize("does", ["demote", "remove"])
async def test_of_two_admins_who_take_each_others_rights_one_is_quicker(
    gate: Gate, does: str
) -> None:
    for name in ("ana", "tim"):
        await make(gate, name, ADMIN)
    pair = [await gate.person(name) for name in ("ana", "tim")]

    async def turn(by: int) -> None:
        one, other = pair[by], pair[1 - by]
        if does == "remove":
            await rules.remove(gate.store, one, other, gate.clock)
        else:
            await rules.change_role(gate.store, one, other, MEMBER, gate.clock)

    done = await asyncio.gather(turn(0), turn(1), return_exceptions=True)
    left = [
        name for name, (role, _) in (await gate.everybody()).items() if role is ADMIN
    ]
    assert [isinstance(one, Sorry) for one in done].count(True) == 1
    assert len(left) == 2
    await make(gate, left[1], MEMBER)


@pytest.mark.parametrize("name", ["mum", "ana"])
async def test_an_account_that_became_somebodys_is_not_approved_unseen(
    gate: Gate, name: str
) -> None:
    waiting = await gate.to_waiting()
    mum, owner = await gate.person("mum"), await gate.person(name)
    await rules.link(gate.store, mum, owner, ("discord", "eve"), gate.clock)
    assert await said(gate.decides(waiting)) == LINKED_MEANWHILE
    seen = await gate.latest()
    assert (seen.state, seen.person_id) == (State.WAITING, owner.id)
    assert await gate.everybody() == AT_FIRST
    await gate.decides(waiting)
    assert await gate.everybody() == {**AT_FIRST, name: (owner.role, 2001)}


async def test_an_account_that_became_nobodys_is_not_approved_unseen(
    gate: Gate,
) -> None:
    waiting, ana = await gate.to_waiting(ANA), await gate.person("ana")
    await leaving.unlink(gate.store, ana, (("discord", "ana"),), gate.clock)
    assert await said(gate.decides(waiting)) == NOBODYS_NOW
    assert (await gate.latest(ANA)).person_id is None
    assert await gate.everybody() == AT_FIRST


async def test_whose_sign_in_was_deleted_is_not_taken_to_bring_digits(
    gate: Gate,
) -> None:
    tab, code = await gate.to_code()
    # The token is signed out already, so nothing is left at Plex.
    assert (await tab.comes_back()).code == code
    await leaving.forget_stranger(gate.store, ("discord", "eve"))
    assert await said(gate.linking.enter(EVE, code)) == NO_CODE
    assert not gate.linking.awaits_code("discord", "eve")
