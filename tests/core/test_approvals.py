"""What admins say of who wants to come in: the first word counts, and only theirs."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select
from tests.core.callers import ANA, AT_FIRST, EVE, ZOE
from tests.core.gate import Gate

from medianest_bot.core import leaving
from medianest_bot.core import people as rules
from medianest_bot.core._link_rules import LINKED_MEANWHILE
from medianest_bot.core._link_types import Attempt, State
from medianest_bot.core.approvals import (
    AN_ADMINS,
    NO_ADMIN,
    NO_SUCH,
    NO_SUCH_PERSON,
    Verdict,
)
from medianest_bot.core.linking import NOT_WANTED
from medianest_bot.core.roles import Role
from medianest_bot.core.store import entrances, people
from medianest_bot.core.store.news import waiting
from medianest_bot.core.store.tables import news
from medianest_bot.core.words import Sorry


async def told(gate: Gate) -> list[tuple[int, str]]:
    async with gate.store.read() as db:
        rows = await db.execute(select(news.c.person_id, news.c.line))
        return [(one.person_id, one.line) for one in rows]


async def same(gate: Gate, attempt: Attempt, who: int) -> Attempt:
    mum = await gate.person("mum")
    return await gate.approvals.decide(mum, attempt.id, Verdict.SAME, "", who)


async def refused(gate: Gate, attempt: Attempt, who: int) -> str:
    with pytest.raises(Sorry) as caught:
        await same(gate, attempt, who)
    return caught.value.text


async def test_approving_twice_makes_one_person(gate: Gate) -> None:
    attempt = await gate.to_waiting()
    first = await gate.decides(attempt)
    assert await gate.decides(attempt) == first
    assert await gate.decides(attempt, Verdict.BLOCK) == first
    eve = await gate.person("Eve")
    assert await told(gate) == [(eve.id, "show link:1")]
    assert (await gate.audited()).count("plex linked") == 1


async def test_of_two_admins_at_once_the_first_counts(gate: Gate) -> None:
    attempt = await gate.to_waiting()
    mum, ana = await gate.person("mum"), await gate.person("ana")
    await rules.change_role(gate.store, mum, ana, Role.ADMIN, gate.clock)
    said = await asyncio.gather(
        *(
            gate.approvals.decide(by, attempt.id, verdict)
            for by in (mum, ana)
            for verdict in (Verdict.APPROVE, Verdict.DENY, Verdict.BLOCK)
        )
    )
    assert {(one.state, one.decided_by) for one in said} == {(State.DONE, mum.id)}
    await rules.change_role(gate.store, mum, ana, Role.MEMBER, gate.clock)


async def test_who_was_an_admin_has_no_word_any_more(gate: Gate) -> None:
    attempt = await gate.to_waiting()
    mum, ana = await gate.person("mum"), await gate.person("ana")
    await rules.change_role(gate.store, mum, ana, Role.ADMIN, gate.clock)
    was_admin = await gate.person("ana")
    await rules.change_role(gate.store, mum, ana, Role.MEMBER, gate.clock)
    with pytest.raises(Sorry, match=NO_ADMIN):
        await gate.approvals.decide(was_admin, attempt.id, Verdict.APPROVE)
    assert (await gate.latest()).state is State.WAITING


@pytest.mark.parametrize("verdict", list(Verdict))
async def test_after_a_week_nobody_can_approve(gate: Gate, verdict: Verdict) -> None:
    attempt = await gate.to_waiting()
    gate.clock.move(days=8)
    assert (await gate.decides(attempt, verdict)).state is State.EXPIRED
    assert await gate.everybody() == AT_FIRST


async def test_where_nobody_says_anything_who_is_known_is_told(gate: Gate) -> None:
    await gate.to_waiting(ANA, "bob")
    gate.clock.move(days=8)
    await gate.watch.look()
    assert (await gate.latest(ANA)).state is State.EXPIRED
    assert await told(gate) == [((await gate.person("ana")).id, "show link:1")]


@pytest.mark.parametrize("verdict", [Verdict.DENY, Verdict.BLOCK])
async def test_who_is_nobody_here_is_told_where_they_asked(
    gate: Gate, verdict: Verdict
) -> None:
    await gate.decides(await gate.to_waiting(), verdict)
    async with gate.store.read() as db:
        (one,) = await waiting(db)
    mum = await gate.person("mum")
    told = (one.room, one.person_id, one.line)
    assert told == ("account:discord:eve", mum.id, "show link:1")
    await leaving.forget_stranger(gate.store, ("discord", "eve"))
    async with gate.store.read() as db:
        assert await waiting(db) == ()


async def test_where_nobody_says_anything_a_stranger_is_told_so(gate: Gate) -> None:
    await gate.to_waiting()
    gate.clock.move(days=8)
    await gate.watch.look()
    async with gate.store.read() as db:
        assert [one.room for one in await waiting(db)] == ["account:discord:eve"]


@pytest.mark.parametrize("verdict", list(Verdict))
async def test_who_has_cancelled_is_not_let_in(gate: Gate, verdict: Verdict) -> None:
    attempt = await gate.to_waiting()
    await gate.linking.cancel(EVE)
    assert (await gate.decides(attempt, verdict)).state is State.CANCELLED
    assert await gate.everybody() == AT_FIRST


async def test_a_denied_person_may_ask_again_and_is_told_why(gate: Gate) -> None:
    attempt = await gate.to_waiting(ANA, "bob")
    denied = await gate.decides(attempt, Verdict.DENY, "use your own")
    assert (denied.state, denied.reason) == (State.DENIED, "use your own")
    assert await told(gate) == [((await gate.person("ana")).id, "show link:1")]
    await gate.begins(ANA)
    assert await gate.everybody() == AT_FIRST


async def test_a_blocked_account_does_not_ask_again_until_unblocked(gate: Gate) -> None:
    await gate.decides(await gate.to_waiting(), Verdict.BLOCK)
    with pytest.raises(Sorry, match=NOT_WANTED):
        await gate.begins()
    async with gate.store.begin() as tx:
        await entrances.unblock(tx, ("discord", "eve"))
    await gate.begins()


async def test_it_is_somebody_known(gate: Gate) -> None:
    attempt = await gate.to_waiting(EVE, "tim.maple")
    tim = await gate.person("tim")
    assert await gate.approvals.sharers(attempt) == (tim,)
    assert (await same(gate, attempt, tim.id)).person_id == tim.id
    assert (await gate.owner(EVE), await gate.everybody()) == (
        await gate.person("tim"),
        AT_FIRST,
    )


async def test_two_may_share_an_account_at_plex(gate: Gate) -> None:
    await gate.decides(await gate.to_waiting(EVE, "tim.maple"))
    assert await gate.everybody() == {**AT_FIRST, "Eve": (Role.MEMBER, 1003)}


async def test_nobody_becomes_an_admin_by_signing_in_as_one(gate: Gate) -> None:
    attempt = await gate.to_waiting(EVE, "mum")
    mum = await gate.person("mum")
    assert await refused(gate, attempt, mum.id) == AN_ADMINS
    assert await gate.owner(EVE) is None
    await gate.decides(attempt)
    assert await gate.everybody() == {**AT_FIRST, "Eve": (Role.MEMBER, 1001)}


async def test_it_is_nobody_who_is_here(gate: Gate) -> None:
    attempt = await gate.to_waiting()
    assert await refused(gate, attempt, 999) == NO_SUCH_PERSON
    assert (await gate.latest()).state is State.WAITING


async def test_linked_by_hand_meanwhile_it_is_that_person(gate: Gate) -> None:
    attempt = await gate.to_waiting()
    mum, zoe, tim = [await gate.person(one) for one in ("mum", "zoe", "tim")]
    account = ("discord", "eve")
    await rules.link(gate.store, mum, zoe, account, gate.clock)
    assert await refused(gate, attempt, tim.id) == LINKED_MEANWHILE
    with pytest.raises(Sorry):
        await gate.decides(attempt)
    # Now the card says so.
    assert (await gate.decides(attempt)).person_id == zoe.id
    assert await gate.everybody() == {**AT_FIRST, "zoe": (Role.MEMBER, 2001)}


async def test_linked_by_hand_before_the_digits_it_is_that_person(gate: Gate) -> None:
    _tab, code = await gate.to_code()
    mum, zoe = await gate.person("mum"), await gate.person("zoe")
    await rules.link(gate.store, mum, zoe, ("discord", "eve"), gate.clock)
    attempt = await gate.linking.enter(EVE, code)
    assert (attempt.state, await gate.everybody()) == (State.WAITING, AT_FIRST)


async def test_who_was_forgotten_meanwhile_is_not_let_in(gate: Gate) -> None:
    attempt = await gate.to_waiting(ZOE, "bob")
    mum, zoe = await gate.person("mum"), await gate.person("zoe")
    await rules.remove(gate.store, mum, zoe, gate.clock)
    with pytest.raises(Sorry, match=NO_SUCH):
        await gate.decides(attempt)
    assert await gate.owner(ZOE) is None


async def test_a_guest_becomes_a_member_and_nothing_more(gate: Gate) -> None:
    zoe = await gate.person("zoe")
    async with gate.store.begin() as tx:
        await people.set_role(tx, zoe.id, Role.GUEST)
    await gate.decides(await gate.to_waiting(ZOE, "bob"))
    assert await gate.everybody() == {**AT_FIRST, "zoe": (Role.MEMBER, 2001)}


async def test_a_pause_ends_with_a_good_sign_in(gate: Gate) -> None:
    ana = await gate.person("ana")
    async with gate.store.begin() as tx:
        await people.set_paused(tx, ana.id, gate.clock())
    await gate.to_waiting(ANA, "ana.maple")
    assert (await gate.person("ana")).paused_at is None
