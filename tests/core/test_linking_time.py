"""Signing in: how often, how long, after a restart, and when clocks jump."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from tests.core.callers import ANA, AT_FIRST, EVE, Asker
from tests.core.gate import Gate, refused

from medianest_bot.core._link_types import LIVE, Onward, Page, State
from medianest_bot.core.linking import (
    MOST_OPEN,
    NO_CODE,
    TOO_MANY,
    TOO_OFTEN,
)
from medianest_bot.core.roles import Role
from medianest_bot.core.store import link_attempts as rows
from medianest_bot.core.words import Sorry

MEMBER = Role.MEMBER


async def test_three_may_begin_in_a_quarter_of_an_hour(gate: Gate) -> None:
    for _time in range(3):
        await gate.begins()
        gate.clock.move(minutes=1)
    with pytest.raises(Sorry) as caught:
        await gate.begins()
    assert (caught.value.text, str(caught.value.data["wait"])) == (
        TOO_OFTEN,
        "12 minutes",
    )
    await gate.begins(ANA)
    gate.clock.move(minutes=12)
    await gate.begins()


async def test_many_at_once_begin_no_more_than_three(gate: Gate) -> None:
    begun = await asyncio.gather(
        *(gate.begins() for _one in range(10)), return_exceptions=True
    )
    assert sum(isinstance(one, str) for one in begun) == 3
    async with gate.store.read() as db:
        assert len(await rows.in_states(db, LIVE)) == 1


async def test_a_hundred_may_be_under_way_and_none_more(gate: Gate) -> None:
    for number in range(MOST_OPEN):
        await gate.begins(Asker(f"s{number}"))
    with pytest.raises(Sorry) as caught:
        await gate.begins()
    assert caught.value.text == TOO_MANY
    gate.clock.move(minutes=11)
    await gate.watch.look()
    await gate.begins()


async def test_each_step_has_its_time(gate: Gate) -> None:
    link, tab = await gate.begins(), gate.tab()
    gate.clock.move(minutes=9)
    await tab.goes_on(link)
    gate.clock.move(minutes=9)
    tab.confirms("bob")
    visit = await tab.comes_back()
    assert visit.minutes_left == 5
    gate.clock.move(minutes=6)
    assert await refused(gate, visit.code) == NO_CODE
    assert (await tab.comes_back()).page is Page.EXPIRED
    assert (await gate.latest()).state is State.EXPIRED


@pytest.mark.parametrize("looks", [0, 1])
async def test_what_is_over_is_so_everywhere(gate: Gate, looks: int) -> None:
    link, tab = await gate.begins(), gate.tab()
    await tab.goes_on(link)
    tab.confirms("bob")
    gate.clock.move(minutes=11)
    for _time in range(looks):
        await gate.watch.look()
    assert [
        (await tab.looks(link)).page,
        await tab.goes_on(link),
        await tab.not_me(link),
        (await tab.comes_back()).page,
    ] == [Page.EXPIRED] * 4
    assert (await gate.latest()).state is State.EXPIRED


@pytest.mark.parametrize("hours", [-48, -1, 1, 48])
async def test_a_clock_that_jumps_links_nobody_and_shuts_nobody_out(
    gate: Gate, hours: int
) -> None:
    _tab, code = await gate.to_code()
    for _time in range(2):
        await gate.begins(ANA)
    gate.clock.move(hours=hours)
    await gate.watch.look()
    assert await refused(gate, code) == NO_CODE
    assert await gate.everybody() == AT_FIRST
    await gate.begins()
    await gate.begins(ANA)


async def test_a_clock_that_was_set_back_a_little_spoils_nothing(gate: Gate) -> None:
    _tab, code = await gate.to_code()
    gate.clock.move(seconds=-90)
    await gate.watch.look()
    assert (await gate.linking.enter(EVE, code)).state is State.WAITING


@pytest.mark.parametrize("step", ["open", "at_plex", "confirmed", "code", "waiting"])
async def test_a_restart_half_way_stops_nobody(gate: Gate, step: str) -> None:
    async def restart(at: str) -> None:
        if at == step:
            await gate.restart()
            await gate.watch.look()

    link, tab = await gate.begins(), gate.tab()
    await restart("open")
    await tab.goes_on(link)
    await restart("at_plex")
    tab.confirms("bob")
    await restart("confirmed")
    code = (await tab.comes_back()).code
    await restart("code")
    assert gate.linking.awaits_code("discord", "eve")
    assert (await tab.looks(link)).code == code
    attempt = await gate.linking.enter(EVE, code)
    await restart("waiting")
    assert await gate.approvals.waiting() == (attempt,)
    await gate.decides(attempt)
    assert await gate.everybody() == {**AT_FIRST, "Eve": (MEMBER, 2001)}


async def test_with_another_key_everything_under_way_is_over(gate: Gate) -> None:
    link, tab = await gate.begins(), gate.tab()
    await tab.goes_on(link)
    tab.confirms("bob")
    gate.key = replace(gate.key, id="new", secret=bytes(32))
    await gate.restart()
    way_back = await tab.comes_back()
    assert (way_back.page, await tab.goes_on(link)) == (Page.FAILED, Page.FAILED)
    # Nobody can read whose token it was, so it is out of our hands.
    gate.plex_tv.tokens.clear()


async def test_the_same_press_answered_twice_goes_to_the_same_place(gate: Gate) -> None:
    link, tab = await gate.begins(), gate.tab()
    await tab.goes_on(link)
    again = await gate.visits.go_on(link.rpartition("/")[2], tab.cookie)
    assert isinstance(again, Onward)
    assert (again.address, again.cookie) == (tab.sent_to, tab.cookie)
