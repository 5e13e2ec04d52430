"""Who is who at Seerr: found by the Plex account, never by a name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.core.desk import Desk, open_desk

from medianest_bot.core.requests import State
from medianest_bot.core.roles import Role
from medianest_bot.core.seerr_accounts import SeerrAccounts
from medianest_bot.core.store import audit, people
from medianest_bot.core.store.people import Person
from medianest_bot.demo import household
from medianest_bot.demo.seerr import SeerrStandIn

ANA_AT_PLEX, NEW_AT_PLEX = 1002, 1005


@dataclass
class Desks:
    desk: Desk
    accounts: SeerrAccounts

    async def join(
        self, name: str, plex_id: int | None, *chats: tuple[str, str]
    ) -> Person:
        """Somebody new, who signed in with Plex and has these accounts."""
        now = self.desk.clock()
        async with self.desk.store.begin() as tx:
            person = await people.add(tx, name, Role.MEMBER, plex_id=plex_id, now=now)
            for platform, account in chats:
                await people.link(tx, person.id, platform, account, name, now)
        return person

    async def forget_seerr(self, name: str, plex_id: int) -> Person:
        """Somebody who lives here already, before an admin said who they are there."""
        person = await self.desk.person(name)
        async with self.desk.store.begin() as tx:
            await people.set_seerr(tx, person.id, None)
            await people.set_plex(tx, person.id, plex_id)
        return await self.desk.person(name)

    def at_seerr(self, number: int) -> dict[str, object]:
        """Where Seerr can tell a user."""
        kept = self.desk.standin.accounts[number].settings or {}
        return {k: v for k, v in kept.items() if k != "notificationTypes"}

    async def audited(self) -> list[tuple[int | None, str, dict[str, object]]]:
        async with self.desk.store.read() as db:
            rows = await audit.latest(db, 9)
        return [(one.person_id, one.action, one.details) for one in rows]


@asynccontextmanager
async def open_desks(folder: Path, *, may_import: bool = True) -> AsyncIterator[Desks]:
    house = household.read()
    new = replace(house.people[1], name="eve", plex_id=NEW_AT_PLEX, seerr_id=None)
    new = replace(new, plex_name="eve.maple")
    standin = SeerrStandIn(replace(house, people=(*house.people, new)), pace=0)
    url = await standin.start()
    try:
        async with open_desk(folder / "desk.sqlite", standin, url) as desk:
            found = (desk.store, desk.seerr, desk.requests, desk.clock)
            yield Desks(desk, SeerrAccounts(*found, may_import=may_import))
    finally:
        await standin.stop()


@pytest.fixture
async def desks(tmp_path: Path) -> AsyncIterator[Desks]:
    async with open_desks(tmp_path) as opened:
        yield opened


async def test_a_user_is_found_by_the_plex_account(desks: Desks) -> None:
    ana = await desks.forget_seerr("ana", ANA_AT_PLEX)
    assert await desks.accounts.find_for(ana) == 2
    assert (await desks.desk.person("ana")).seerr_id == 2
    assert await desks.audited() == [(None, "seerr user set", {"seerr": 2})]


async def test_what_waited_for_it_is_asked_for(desks: Desks) -> None:
    ana = await desks.forget_seerr("ana", ANA_AT_PLEX)
    waiting = await desks.desk.film("ana")
    assert waiting.state == State.NEEDS_ADMIN
    await desks.accounts.find_for(ana)
    async with desks.desk.watching():
        row = await desks.desk.until(waiting.id, State.PENDING)
    assert desks.desk.standin.asked[row.seerr_id or 0].by.id == 2


async def test_a_user_is_made_where_the_household_allows_it(desks: Desks) -> None:
    eve = await desks.join("eve", NEW_AT_PLEX, ("discord", "77"))
    assert await desks.accounts.find_for(eve) == 5
    assert desks.desk.standin.accounts[5].plex_id == NEW_AT_PLEX
    assert desks.at_seerr(5) == {"discordId": "77"}


async def test_no_user_is_made_where_it_does_not(tmp_path: Path) -> None:
    async with open_desks(tmp_path, may_import=False) as desks:
        eve = await desks.join("eve", NEW_AT_PLEX)
        assert await desks.accounts.find_for(eve) is None
        assert len(desks.desk.standin.accounts) == 4
        assert await desks.audited() == []


async def test_two_people_on_one_plex_account_never_share_a_user(desks: Desks) -> None:
    ana = await desks.forget_seerr("ana", ANA_AT_PLEX)
    await desks.accounts.find_for(ana)
    bob = await desks.join("bob", ANA_AT_PLEX, ("discord", "88"))
    assert await desks.accounts.find_for(bob) is None
    assert desks.at_seerr(2) == {}


async def test_who_shares_a_plex_account_is_not_taken_for_the_other(
    desks: Desks,
) -> None:
    await desks.forget_seerr("ana", ANA_AT_PLEX)
    bob = await desks.join("bob", ANA_AT_PLEX)
    assert await desks.accounts.find_for(bob) is None
    await desks.accounts.catch_up()
    async with desks.desk.store.read() as db:
        sharing = await people.by_plex(db, ANA_AT_PLEX)
    assert [one.seerr_id for one in sharing] == [None, None]


async def test_who_has_no_plex_account_is_nobody_there(desks: Desks) -> None:
    bob = await desks.join("ana.maple", None, ("discord", "88"))
    assert await desks.accounts.find_for(bob) is None


async def test_seerr_learns_where_somebody_chats_beside_what_it_knows(
    desks: Desks,
) -> None:
    desks.desk.standin.accounts[2].settings = {"discordId": "1", "pgpKey": "a key"}
    ana = await desks.forget_seerr("ana", ANA_AT_PLEX)
    async with desks.desk.store.begin() as tx:
        for platform in ("console", "discord", "telegram"):
            number = "ana" if platform == "console" else "77"
            await people.link(tx, ana.id, platform, number, "ana", desks.desk.clock())
    await desks.accounts.find_for(ana)
    assert desks.at_seerr(2) == {
        "discordId": "1",
        "pgpKey": "a key",
        "telegramChatId": "77",
    }


async def test_a_new_chat_of_a_known_user_is_told_too(desks: Desks) -> None:
    tim = await desks.desk.person("tim")
    async with desks.desk.store.begin() as tx:
        await people.link(tx, tim.id, "telegram", "99", "tim", desks.desk.clock())
    assert await desks.accounts.find_for(tim) == 3
    assert desks.at_seerr(3) == {"telegramChatId": "99"}


@pytest.mark.parametrize("path", ["/api/v1/user", "/api/v1/user/import"])
async def test_a_seerr_that_is_down_is_asked_again(desks: Desks, path: str) -> None:
    eve = await desks.join("eve", NEW_AT_PLEX, ("discord", "77"))
    knobs = desks.desk.standin.knobs
    knobs.only, knobs.fail_status = path, 503
    seen = [await desks.accounts.find_for(eve)]
    knobs.reset()
    await desks.accounts.catch_up()
    assert [*seen, (await desks.desk.person("eve")).seerr_id] == [None, 5]
    assert desks.at_seerr(5) == {"discordId": "77"}


async def test_chats_that_seerr_did_not_take_are_told_later(desks: Desks) -> None:
    ana = await desks.forget_seerr("ana", ANA_AT_PLEX)
    async with desks.desk.store.begin() as tx:
        await people.link(tx, ana.id, "discord", "77", "ana", desks.desk.clock())
    knobs = desks.desk.standin.knobs
    knobs.only, knobs.fail_status = "/api/v1/user/2/settings", 503
    assert await desks.accounts.find_for(ana) == 2
    knobs.reset()
    await desks.accounts.catch_up()
    told = desks.at_seerr(2)
    # Who takes it out there again means it.
    desks.desk.standin.accounts[2].settings = None
    await desks.accounts.catch_up()
    assert (told, desks.at_seerr(2)) == ({"discordId": "77"}, {})


async def test_a_seerr_that_refuses_is_left_alone(desks: Desks) -> None:
    tim = await desks.desk.person("tim")
    async with desks.desk.store.begin() as tx:
        await people.link(tx, tim.id, "discord", "99", "tim", desks.desk.clock())
    desks.desk.standin.knobs.csrf = True
    assert await desks.accounts.find_for(tim) == 3
    desks.desk.standin.knobs.reset()
    await desks.accounts.catch_up()
    assert desks.at_seerr(3) == {}


async def test_asked_twice_at_once_it_makes_one_user(desks: Desks) -> None:
    eve = await desks.join("eve", NEW_AT_PLEX)
    found = await asyncio.gather(*(desks.accounts.find_for(eve) for _ in range(4)))
    assert found == [5, 5, 5, 5]
    assert len(await desks.audited()) == 1


async def test_who_left_meanwhile_is_nobody(desks: Desks) -> None:
    eve = await desks.join("eve", NEW_AT_PLEX)
    async with desks.desk.store.begin() as tx:
        await people.remove(tx, eve.id)
    assert await desks.accounts.find_for(eve) is None


async def test_without_a_seerr_nothing_is_looked_for(desks: Desks) -> None:
    desk = desks.desk
    alone = SeerrAccounts(desk.store, None, desk.requests, desk.clock, may_import=True)
    await alone.catch_up()
    assert await alone.find_for(await desk.person("tim")) == 3
