"""Invitations: whoever brings the key becomes that person, once."""

from __future__ import annotations

import asyncio

import pytest
from tests.core.callers import ANA, AT_FIRST, EVE, Asker
from tests.core.gate import Gate

from medianest_bot.core import people as rules
from medianest_bot.core.invitations import (
    ALREADY_IN,
    ALREADY_YOU,
    NOT_GOOD,
    NOT_WANTED,
    SOMEBODY_ELSE,
)
from medianest_bot.core.store import entrances
from medianest_bot.core.store.news import waiting
from medianest_bot.core.words import Sorry

OTHERS = [Asker(f"o{number}") for number in range(5)]


async def made(gate: Gate, name: str, by: str = "mum") -> str:
    by_whom, person = await gate.person(by), await gate.person(name)
    return (await gate.invitations.make(by_whom, person)).key


async def refused(gate: Gate, key: str, asked: Asker = EVE) -> str:
    with pytest.raises(Sorry) as caught:
        await gate.invitations.accept(asked, key)
    return caught.value.text


async def test_it_works_once_and_for_that_person(gate: Gate) -> None:
    key = await made(gate, "zoe")
    assert await gate.invitations.accept(EVE, f" {key} ") == await gate.person("zoe")
    assert await gate.owner(EVE) == await gate.person("zoe")
    assert await refused(gate, key, OTHERS[0]) == NOT_GOOD
    assert (await gate.everybody(), (await gate.audited())[-2:]) == (
        AT_FIRST,
        ["invited", "invitation accepted"],
    )


async def test_whoever_made_it_hears_that_it_was_used(gate: Gate) -> None:
    await gate.invitations.accept(EVE, await made(gate, "zoe"))
    await gate.invitations.accept(OTHERS[0], await made(gate, "ana", by="ana"))
    async with gate.store.read() as db:
        told = [(one.person_id, one.line) for one in await waiting(db)]
    assert told == [((await gate.person("mum")).id, "show invitation:1")]


async def test_whoever_brings_it_again_is_in_already(gate: Gate) -> None:
    key = await made(gate, "zoe")
    await gate.invitations.accept(EVE, key)
    assert await refused(gate, key) == ALREADY_IN
    assert await refused(gate, key, ANA) == NOT_GOOD


async def test_of_many_at_once_one_comes_in(gate: Gate) -> None:
    key = await made(gate, "zoe")
    went = await asyncio.gather(
        *(gate.invitations.accept(one, key) for one in OTHERS), return_exceptions=True
    )
    assert sum(not isinstance(one, Sorry) for one in went) == 1


async def test_a_newer_one_ends_the_one_before(gate: Gate) -> None:
    first, second = await made(gate, "zoe"), await made(gate, "zoe")
    assert await refused(gate, first) == NOT_GOOD
    await gate.invitations.accept(EVE, second)


@pytest.mark.parametrize("key", ["", "A" * 20, "é\udcff\0", "x" * 4000])
async def test_a_guess_is_not_good(gate: Gate, key: str) -> None:
    await made(gate, "zoe")
    assert await refused(gate, key) == NOT_GOOD


@pytest.mark.parametrize(("by", "days"), [("mum", 3.1), ("zoe", 0.02)])
async def test_it_is_good_for_a_while_only(gate: Gate, by: str, days: float) -> None:
    key = await made(gate, "zoe", by)
    gate.clock.move(days=days)
    assert await refused(gate, key) == NOT_GOOD


async def test_who_is_somebody_already_leaves_it_unused(gate: Gate) -> None:
    zoes, anas = await made(gate, "zoe"), await made(gate, "ana")
    assert await refused(gate, zoes, ANA) == SOMEBODY_ELSE
    assert await refused(gate, anas, ANA) == ALREADY_YOU
    await gate.invitations.accept(EVE, zoes)


async def test_it_ends_with_who_it_was_for(gate: Gate) -> None:
    key = await made(gate, "zoe")
    mum, zoe = await gate.person("mum"), await gate.person("zoe")
    await rules.remove(gate.store, mum, zoe, gate.clock)
    assert await refused(gate, key) == NOT_GOOD


async def test_a_blocked_account_does_not_come_in_by_one(gate: Gate) -> None:
    key, mum = await made(gate, "zoe"), await gate.person("mum")
    async with gate.store.begin() as tx:
        await entrances.block(tx, ("discord", "eve"), "Eve", mum.id, gate.clock())
    assert await refused(gate, key) == NOT_WANTED


async def test_it_survives_a_restart(gate: Gate) -> None:
    key = await made(gate, "zoe")
    await gate.restart()
    await gate.invitations.accept(EVE, key)
