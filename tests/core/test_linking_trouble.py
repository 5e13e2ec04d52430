"""Signing in on Plex's bad days, and that no token stays there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.core.callers import ANA, AT_FIRST, EVE, Tab
from tests.core.gate import Gate

from medianest_bot.core._link_types import Page, State
from medianest_bot.demo.knobs import Knobs
from medianest_bot.services.errors import ServiceError

NO_TROUBLE = Knobs()


def failing(knobs: Knobs) -> None:
    knobs.fail_status = 500


def limiting(knobs: Knobs) -> None:
    knobs.rate_limited = 1000


def closed(knobs: Knobs) -> None:
    knobs.fail_status = 503


def garbled(knobs: Knobs) -> None:
    knobs.garbage = "<html>"


Trouble = Callable[[Knobs], None]
BAD_DAYS = [failing, limiting, closed]


async def mended(gate: Gate) -> None:
    """Plex is back, and our breaker knows after a while."""
    gate.plex_tv.knobs.reset()
    gate.plex.knobs.reset()
    gate.clock.move(seconds=31)


async def at_plex(gate: Gate, name: str = "bob") -> Tab:
    tab = gate.tab()
    await tab.goes_on(await gate.begins())
    tab.confirms(name)
    return tab


@pytest.mark.parametrize("trouble", [*BAD_DAYS, garbled])
async def test_no_pin_can_be_had_yet(gate: Gate, trouble: Trouble) -> None:
    link, tab = await gate.begins(), gate.tab()
    trouble(gate.plex_tv.knobs)
    assert await tab.goes_on(link) is Page.PLEX_AWAY
    assert (await gate.latest()).state is State.OPEN
    await mended(gate)
    await tab.goes_on(link)
    tab.confirms("bob")
    assert (await tab.comes_back()).page is Page.CODE


@pytest.mark.parametrize("step", ["/api/v2/pins", "/api/v2/user", "/api/v2/resources"])
@pytest.mark.parametrize("trouble", BAD_DAYS)
async def test_on_the_way_back_plex_is_away_for_a_while(
    gate: Gate, trouble: Trouble, step: str
) -> None:
    tab = await at_plex(gate)
    gate.plex_tv.knobs.only = step
    trouble(gate.plex_tv.knobs)
    assert (await tab.comes_back()).page is Page.PLEX_AWAY
    await mended(gate)
    assert (await tab.comes_back()).page is Page.CODE


@pytest.mark.parametrize("step", ["/api/v2/pins", "/api/v2/user", "/api/v2/resources"])
async def test_what_makes_no_sense_ends_it(gate: Gate, step: str) -> None:
    tab = await at_plex(gate)
    gate.plex_tv.knobs.only = step
    garbled(gate.plex_tv.knobs)
    assert (await tab.comes_back()).page is Page.FAILED
    assert (await gate.latest()).state is State.FAILED


async def test_our_own_server_is_away_on_the_way_back(gate: Gate) -> None:
    tab = await at_plex(gate)
    gate.plex.knobs.fail_status = 500
    assert (await tab.comes_back()).page is Page.PLEX_AWAY
    await mended(gate)
    assert (await tab.comes_back()).page is Page.CODE


async def test_plex_is_a_little_late(gate: Gate) -> None:
    gate.plex_tv.lag_s = 5
    tab = await at_plex(gate)
    assert (await tab.comes_back()).page is Page.NOT_YET
    gate.clock.move(seconds=6)
    assert (await tab.comes_back()).page is Page.CODE


async def test_back_without_having_confirmed(gate: Gate) -> None:
    tab = gate.tab()
    await tab.goes_on(await gate.begins())
    assert (await tab.comes_back()).page is Page.NOT_YET
    assert (await gate.latest()).state is State.AT_PLEX


async def test_a_pin_that_is_over_at_plex_ends_it(gate: Gate) -> None:
    tab = await at_plex(gate)
    gate.plex_tv.pins[-1].expires = 0
    assert (await tab.comes_back()).page is Page.EXPIRED
    assert (await gate.latest()).state is State.EXPIRED
    gate.plex_tv.tokens.clear()


async def test_a_pending_invitation_of_plex_is_no_access(gate: Gate) -> None:
    gate.plex_tv.share("stranger", is_pending=True)
    tab = await at_plex(gate, "stranger")
    assert (await tab.comes_back()).page is Page.NO_ACCESS


async def test_a_token_that_could_not_be_signed_out_is_so_later(gate: Gate) -> None:
    tab = await at_plex(gate)
    gate.plex_tv.knobs.only = "/api/v2/users/signout"
    failing(gate.plex_tv.knobs)
    assert (await tab.comes_back()).page is Page.CODE
    assert len(await gate.tokens_left()) == 1
    await gate.restart()
    await mended(gate)
    assert (await gate.tokens_left(), await gate.kept_pins()) == ([], 0)


@pytest.mark.parametrize("end", ["cancelled", "not me", "expired", "replaced", "away"])
async def test_a_token_nobody_came_back_for_is_signed_out(gate: Gate, end: str) -> None:
    link, tab = await gate.begins(), gate.tab()
    await tab.goes_on(link)
    tab.confirms("bob")
    if end == "cancelled":
        await gate.linking.cancel(EVE)
    elif end == "not me":
        await tab.not_me(link)
    elif end == "replaced":
        await gate.begins()
    elif end == "expired":
        gate.clock.move(minutes=11)
    else:
        await gate.tab().comes_back(tab.way_back)
    assert (await gate.tokens_left(), await gate.kept_pins()) == ([], 0)


async def test_each_is_signed_out_at_once_where_plex_answers(gate: Gate) -> None:
    for name in ("bob", "stranger", "tim.maple", "mum"):
        tab = await at_plex(gate, name)
        await tab.comes_back()
        assert await gate.kept_pins() == 0
        gate.clock.move(minutes=16)


async def test_the_owners_own_token_stays_good(gate: Gate) -> None:
    before = dict(gate.plex_tv.tokens)
    await (await at_plex(gate, "mum")).comes_back()
    assert gate.plex_tv.tokens == before


class Typing:
    """Signing in where browsers cannot reach us: a short code is typed at Plex."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate

    async def types(self, name: str) -> None:
        await self.gate.linking.begin(EVE, None)
        code = await self.gate.linking.short_code(await self.gate.latest())
        assert len(code) == 4
        self.gate.plex_tv.claim(code, name)


@pytest.fixture
async def typing(gate: Gate) -> Typing:
    gate.has_pages = False
    await gate.restart()
    return Typing(gate)


async def test_a_short_code_always_needs_an_admin(gate: Gate, typing: Typing) -> None:
    await typing.types("bob")
    assert await gate.watch.look() == 4
    assert ((await gate.latest()).state, gate.told) == (
        State.WAITING,
        ["show approval:1"],
    )
    assert await gate.everybody() == AT_FIRST
    assert await gate.watch.look() == 30


async def test_a_short_code_of_who_has_no_access(gate: Gate, typing: Typing) -> None:
    await typing.types("stranger")
    await gate.watch.look()
    assert (await gate.latest()).state is State.NO_ACCESS


@pytest.mark.usefixtures("typing")
async def test_plex_is_asked_less_and_less_while_it_is_away(gate: Gate) -> None:
    await gate.linking.begin(EVE, None)
    failing(gate.plex_tv.knobs)
    assert [await gate.watch.look() for _time in range(4)] == [8, 16, 32, 64]
    await mended(gate)
    assert await gate.watch.look() == 4
    gate.clock.move(minutes=16)
    await gate.watch.look()
    assert (await gate.latest()).state is State.EXPIRED


@pytest.mark.usefixtures("typing")
async def test_without_plex_no_short_code_begins(gate: Gate) -> None:
    failing(gate.plex_tv.knobs)
    with pytest.raises(ServiceError):
        await gate.linking.begin(ANA, await gate.owner(ANA))
    assert await gate.linking.latest(ANA) is None
