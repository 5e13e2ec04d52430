"""The six digits: right, wrong, twice, late, and somebody else's."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.core.callers import ANA, EVE, ZOE
from tests.core.gate import Gate, other_than, refused

from medianest_bot.core._link_types import Page, State
from medianest_bot.core.linking import (
    NO_CODE,
    SIX,
    WRONG,
    WRONG_ENDED,
)
from medianest_bot.core.roles import Role

MEMBER = Role.MEMBER


async def test_wrong_digits_three_times_end_it(gate: Gate) -> None:
    tab, code = await gate.to_code()
    said = [await refused(gate, other_than(code)) for _time in range(3)]
    assert said == [WRONG, WRONG, WRONG_ENDED]
    assert await refused(gate, code) == NO_CODE
    assert (await tab.comes_back()).page is Page.WRONG_CODE


@pytest.mark.parametrize(
    "said", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12.3456"]
)
async def test_what_are_no_six_digits_costs_no_try(gate: Gate, said: str) -> None:
    await gate.to_code()
    assert await refused(gate, said) == SIX
    assert (await gate.latest()).tries == 0


@pytest.mark.parametrize("how", ["{0}", " {0} ", "{1} {2}", "{1}-{2}"])
async def test_digits_may_be_spaced(gate: Gate, how: str) -> None:
    _tab, code = await gate.to_code()
    said = how.format(code, code[:3], code[3:])
    assert (await gate.linking.enter(EVE, said)).state is State.WAITING


async def test_right_digits_twice_do_no_harm_and_late_ones_no_good(gate: Gate) -> None:
    _tab, code = await gate.to_code()
    first = await gate.linking.enter(EVE, code)
    assert await gate.linking.enter(EVE, code) == first
    assert await refused(gate, other_than(code)) == NO_CODE
    gate.clock.move(minutes=2)
    assert await refused(gate, code) == NO_CODE
    assert gate.told == ["show approval:1"]


async def test_digits_are_good_in_their_own_chat_only(gate: Gate) -> None:
    _tab, eves = await gate.to_code(EVE, "bob")
    _tab, zoes = await gate.to_code(ZOE, "eve")
    assert eves != zoes
    assert await refused(gate, eves, ZOE) == WRONG
    assert await refused(gate, eves, ANA) == NO_CODE
    assert await refused(gate, eves, replace(EVE, platform="telegram")) == NO_CODE
    assert (await gate.linking.enter(EVE, eves)).state is State.WAITING
