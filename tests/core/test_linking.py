"""Signing in with Plex: every way it can go, and what is left of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from tests.core.callers import ANA, AT_FIRST, EVE, MUM, ZOE, Asker
from tests.core.gate import Gate, refused

from medianest_bot.core._link_types import Page, State
from medianest_bot.core.linking import (
    NO_CODE,
)
from medianest_bot.core.roles import Role
from medianest_bot.core.store import entrances, people

MEMBER = Role.MEMBER


async def test_a_stranger_comes_in_once_an_admin_approves(gate: Gate) -> None:
    link, tab = await gate.begins(), gate.tab()
    assert (await tab.looks(link)).page is Page.START
    await tab.goes_on(link)
    tab.confirms("bob")
    visit = await tab.comes_back()
    assert (visit.page, visit.plex_name, visit.needs_approval) == (
        Page.CODE,
        "bob",
        True,
    )
    assert gate.linking.awaits_code("discord", "eve")

    attempt = await gate.linking.enter(EVE, visit.code)
    assert (attempt.state, gate.told) == (State.WAITING, ["show approval:1"])
    assert await gate.everybody() == AT_FIRST
    assert not gate.linking.awaits_code("discord", "eve")

    done = await gate.decides(attempt)
    assert (done.state, done.person_id) == (State.DONE, (await gate.person("Eve")).id)
    assert await gate.everybody() == {**AT_FIRST, "Eve": (MEMBER, 2001)}
    assert [
        (await tab.looks(link)).page,
        (await tab.comes_back()).page,
        await tab.goes_on(link),
        await tab.not_me(link),
    ] == [Page.DONE] * 4
    assert await gate.audited() == [
        "link begun",
        "link at plex",
        "link known at plex",
        "link waits for approval",
        "plex linked",
    ]


async def test_whoever_is_signed_in_is_looked_for_at_seerr_once(gate: Gate) -> None:
    await gate.decides(await gate.to_waiting())
    for _time in range(2):
        await gate.watch.look()
    assert gate.joined == [(await gate.person("Eve")).id]


@pytest.mark.parametrize("expected", ["bob", "BOB", "2001"])
@pytest.mark.parametrize("who", ["discord:zoe", "person"])
async def test_who_is_expected_needs_no_approval(
    gate: Gate, expected: str, who: str
) -> None:
    zoe, mum = await gate.person("zoe"), await gate.person("mum")
    async with gate.store.begin() as tx:
        told = who.replace("person", f"person:{zoe.id}")
        await entrances.expect(tx, told, expected, mum.id, gate.clock())
    assert (await gate.to_waiting(ZOE)).state is State.DONE
    assert await gate.everybody() == {**AT_FIRST, "zoe": (MEMBER, 2001)}
    assert gate.told == []


@pytest.mark.parametrize("plex", ["eve", "tim.maple", "mum"])
async def test_with_another_account_than_expected_an_admin_is_asked(
    gate: Gate, plex: str
) -> None:
    mum = await gate.person("mum")
    async with gate.store.begin() as tx:
        await entrances.expect(tx, "discord:eve", "bob", mum.id, gate.clock())
    assert (await gate.to_waiting(EVE, plex)).state is State.WAITING
    assert await gate.everybody() == AT_FIRST


async def test_an_expected_account_that_somebody_has_is_asked_about(gate: Gate) -> None:
    mum = await gate.person("mum")
    async with gate.store.begin() as tx:
        await entrances.expect(tx, "discord:eve", "tim.maple", mum.id, gate.clock())
    assert (await gate.to_waiting(EVE, "tim.maple")).state is State.WAITING


@pytest.mark.parametrize(
    ("asked", "plex", "ends"),
    [
        (ANA, "ana.maple", State.DONE),
        (ANA, "bob", State.WAITING),
        (ANA, "tim.maple", State.WAITING),
        (MUM, "mum", State.DONE),
        (MUM, "bob", State.DONE),
        (EVE, "mum", State.WAITING),
        (EVE, "ana.maple", State.WAITING),
    ],
)
async def test_who_must_be_approved(
    gate: Gate, asked: Asker, plex: str, ends: State
) -> None:
    assert (await gate.to_waiting(asked, plex)).state is ends


async def test_without_access_nothing_is_linked(gate: Gate) -> None:
    link, tab = await gate.begins(), gate.tab()
    await tab.goes_on(link)
    tab.confirms("stranger")
    visit = await tab.comes_back()
    assert (visit.page, visit.plex_name) == (Page.NO_ACCESS, "stranger")
    assert (await gate.latest()).state is State.NO_ACCESS
    assert await refused(gate, "123456") == NO_CODE
    assert await gate.everybody() == AT_FIRST


async def test_a_look_changes_nothing(gate: Gate) -> None:
    link = await gate.begins()
    before = await gate.latest()
    for _time in range(3):
        assert (await gate.tab().looks(link)).page is Page.START
    assert (await gate.latest(), await gate.audited()) == (before, ["link begun"])


@pytest.mark.parametrize("how", ["guessed", "cut", "longer", "empty", "odd"])
async def test_what_was_never_a_link_says_only_that_it_is_over(
    gate: Gate, how: str
) -> None:
    link = await gate.begins()
    wrong = {
        "guessed": "A" * 43,
        "cut": link[:-1],
        "longer": f"{link}A",
        "empty": "",
        "odd": "/\udcff\0é" * 20,
    }[how]
    tab = gate.tab()
    visits = [await tab.looks(wrong), await tab.comes_back(wrong or "/")]
    assert [(one.page, one.shown_name) for one in visits] == [(Page.EXPIRED, "")] * 2
    assert [await tab.goes_on(wrong), await tab.not_me(wrong)] == [Page.EXPIRED] * 2
    assert (await gate.latest()).state is State.OPEN


async def test_the_way_back_is_no_link_and_a_link_no_way_back(gate: Gate) -> None:
    link, tab = await gate.begins(), gate.tab()
    await tab.goes_on(link)
    assert (await tab.looks(tab.way_back)).page is Page.EXPIRED
    assert (await tab.comes_back(link)).page is Page.EXPIRED
    assert (await gate.latest()).state is State.AT_PLEX


async def test_another_browser_finds_the_link_used(gate: Gate) -> None:
    link, first, second = await gate.begins(), gate.tab(), gate.tab()
    await first.goes_on(link)
    assert [(await second.looks(link)).page, await second.goes_on(link)] == [
        Page.USED
    ] * 2
    first.confirms("bob")
    assert (await first.comes_back()).page is Page.CODE
    assert (await second.looks(link)).code == ""


async def test_two_browsers_at_once_one_of_them_goes_on(gate: Gate) -> None:
    link, tabs = await gate.begins(), [gate.tab() for _one in range(5)]
    went = await asyncio.gather(*(tab.goes_on(link) for tab in tabs))
    assert sum(one != Page.USED for one in went) == 1


@pytest.mark.parametrize("cookie", [None, "", "x" * 43, "é\udcff"])
async def test_the_way_back_in_another_browser_ends_it(
    gate: Gate, cookie: str | None
) -> None:
    link, victim, thief = await gate.begins(), gate.tab(), gate.tab()
    await victim.goes_on(link)
    victim.confirms("bob")
    thief.cookie = cookie
    assert (await thief.comes_back(victim.way_back)).page is Page.FOREIGN
    assert (await gate.latest()).state is State.FOREIGN
    assert (await victim.comes_back()).page is Page.FOREIGN


async def test_the_way_back_elsewhere_ends_it_after_the_digits_too(gate: Gate) -> None:
    tab, code = await gate.to_code()
    assert (await gate.tab().comes_back(tab.way_back)).page is Page.FOREIGN
    assert await refused(gate, code) == NO_CODE


async def test_once_confirmed_another_browser_cannot_end_it(gate: Gate) -> None:
    tab, code = await gate.to_code()
    await gate.linking.enter(EVE, code)
    visit = await gate.tab().comes_back(tab.way_back)
    assert (visit.page, visit.plex_name) == (Page.WAITING, "")


async def test_the_same_browser_may_go_back_and_forth(gate: Gate) -> None:
    link, tab = await gate.begins(), gate.tab()
    code = await tab.goes_on(link)
    assert (await tab.looks(link)).page is Page.START
    assert await tab.goes_on(link) == code
    tab.confirms("bob")
    shown = await tab.comes_back()
    assert [await tab.comes_back(), await tab.looks(link)] == [shown] * 2
    assert len(gate.plex_tv.pins) == 1


async def test_pressing_twice_at_once_shows_one_code(gate: Gate) -> None:
    link, tab = await gate.begins(), gate.tab()
    await tab.goes_on(link)
    tab.confirms("bob")
    first, second = await asyncio.gather(tab.comes_back(), tab.comes_back())
    assert first == second
    assert (await gate.audited()).count("link known at plex") == 1


async def test_not_me_ends_it_for_every_browser(gate: Gate) -> None:
    link, tab = await gate.begins(), gate.tab()
    await tab.goes_on(link)
    assert await gate.tab().not_me(link) is Page.CANCELLED
    tab.confirms("bob")
    assert (await tab.comes_back()).page is Page.CANCELLED
    assert ((await gate.latest()).reason, (await gate.audited())[-1]) == (
        "not me",
        "link not theirs",
    )


async def test_what_was_confirmed_at_plex_afterwards_is_signed_out(gate: Gate) -> None:
    link, tab = await gate.begins(), gate.tab()
    await tab.goes_on(link)
    await gate.linking.cancel(EVE)
    # Plex's page is still open in the browser.
    assert (await gate.tokens_left(), await gate.kept_pins()) == ([], 1)
    tab.confirms("bob")
    assert (await gate.tokens_left(), await gate.kept_pins()) == ([], 0)


async def test_a_pin_nobody_confirmed_is_forgotten_once_it_is_over(gate: Gate) -> None:
    await gate.tab().goes_on(await gate.begins())
    gate.clock.move(minutes=31)
    assert (await gate.tokens_left(), await gate.kept_pins()) == ([], 0)


async def test_beginning_anew_ends_the_one_before(gate: Gate) -> None:
    first = await gate.begins()
    tab = gate.tab()
    await tab.goes_on(first)
    tab.confirms("bob")
    second = await gate.begins()
    assert [(await tab.looks(first)).page, (await tab.comes_back()).page] == [
        Page.EXPIRED
    ] * 2
    assert (await tab.looks(second)).page is Page.START


async def test_one_person_has_one_sign_in_over_all_chats(gate: Gate) -> None:
    _tab, code = await gate.to_code(ZOE, "bob")
    async with gate.store.begin() as tx:
        zoe = await gate.person("zoe")
        told = ("telegram", "77", "Zoe")
        await people.link(tx, zoe.id, *told, gate.clock())
    await gate.begins(replace(ZOE, platform="telegram", account="77"))
    assert await refused(gate, code, ZOE) == NO_CODE
    assert (await gate.latest(ZOE)).state is State.REPLACED
