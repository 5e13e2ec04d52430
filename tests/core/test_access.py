"""Once a day: who still reaches our Plex server, as plex.tv tells its owner."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.core.hall import NOON, Hall, asked, open_hall

from medianest_bot.commands import _access_card
from medianest_bot.core.access import LOOK_S, PATIENCE, SOON_S, Access, Asking
from medianest_bot.core.context import Context
from medianest_bot.core.reply import Reply
from medianest_bot.core.roles import Role
from medianest_bot.core.seerr_accounts import SeerrAccounts
from medianest_bot.core.store import audit, config, news, people
from medianest_bot.core.store.people import Person
from medianest_bot.core.words import Sorry
from medianest_bot.demo import household
from medianest_bot.demo.plex import PlexStandIn
from medianest_bot.demo.plex_tv import PlexTvStandIn
from medianest_bot.demo.seerr import SeerrStandIn
from medianest_bot.services.breaker import Breaker
from medianest_bot.services.cache import Cache
from medianest_bot.services.http import Http, client
from medianest_bot.services.plex import Plex
from medianest_bot.services.plex_tv import PlexTv
from medianest_bot.services.seerr import Seerr

BEFORE = NOON - timedelta(minutes=1)
PLEX = {"mum": 1001, "ana": 1002, "tim": 1003}


@dataclass
class Time:
    """Waiting moves the clock on; after so many waits it stands, until the end."""

    hall: Hall
    waits: int
    jumps: dict[int, timedelta] = field(default_factory=dict)
    waited: list[float] = field(default_factory=list)
    is_over: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, seconds: float) -> None:
        if len(self.waited) == self.waits:
            self.is_over.set()
            await asyncio.Event().wait()
        jump = self.jumps.get(len(self.waited), timedelta(0))
        self.waited.append(seconds)
        self.hall.clock.at += timedelta(seconds=seconds) + jump


@dataclass
class World:
    """A house whose people signed in with Plex, and its neighbours."""

    hall: Hall
    tv: PlexTvStandIn
    seerr: SeerrStandIn
    asking: Asking
    accounts: SeerrAccounts
    for_admins: list[str]

    def access(self, wait: Callable[[float], object] | None = None) -> Access:
        more = {} if wait is None else {"wait": wait}
        return Access(
            self.hall.store,
            self.hall.outbox,
            self.asking,
            self.accounts,
            self.hall.clock,
            tell_admins=self._tell_admins,
            **more,  # type: ignore[arg-type]
        )

    async def run(self, waits: int, jumps: dict[int, timedelta] | None = None) -> None:
        """As long as it takes to wait so many times."""
        time = Time(self.hall, waits, jumps or {})
        task = asyncio.create_task(self.access(time).run())
        over = asyncio.create_task(time.is_over.wait())
        async with asyncio.timeout(30):
            await asyncio.wait({task, over}, return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def person(self, name: str) -> Person:
        async with self.hall.store.read() as db:
            found = await people.find(db, name)
        assert found is not None
        return found

    async def paused(self) -> dict[str, datetime]:
        async with self.hall.store.read() as db:
            everybody = await people.everyone(db)
        return {one.name: one.paused_at for one in everybody if one.paused_at}

    async def told(self) -> list[tuple[int, str]]:
        async with self.hall.store.read() as db:
            return [(one.person_id, one.line) for one in await news.waiting(db)]

    async def audited(self) -> list[tuple[int | None, str, str, dict[str, object]]]:
        async with self.hall.store.read() as db:
            rows = await audit.latest(db, 9)
        return [(one.person_id, one.action, one.subject, one.details) for one in rows]

    async def seen(self, name: str, at: datetime) -> None:
        person = await self.person(name)
        async with self.hall.store.begin() as tx:
            await people.set_plex_seen(tx, person.id, at)

    def down(self) -> None:
        self.tv.knobs.fail_status = 503

    async def card(self, whose: str, reader: str) -> Reply:
        person = await self.person(reader)
        house = self.hall.house
        context = Context(house, asked(reader), person, person.role, "show")
        return await _access_card.by_number(context, (await self.person(whose)).id)

    async def _tell_admins(self, _tx: AsyncConnection, line: str, once: str) -> None:
        assert once.startswith("admins:access:")
        self.for_admins.append(line)


@pytest.fixture
async def world(tmp_path: Path, database_template: Path) -> AsyncIterator[World]:
    lives = household.read()
    async with AsyncExitStack() as stack:
        hall = await stack.enter_async_context(open_hall(tmp_path, database_template))
        server = PlexStandIn(lives, tmp_path, pace=0)
        tv, seerr = PlexTvStandIn(lives), SeerrStandIn(lives, pace=0)
        plex = Plex(
            await opened(stack, hall, "plex", server), Cache(), server.token, "bot"
        )
        asking = Asking(
            PlexTv(await opened(stack, hall, "plex_tv", tv), "bot"), plex, server.token
        )
        at_seerr = Seerr(await opened(stack, hall, "seerr", seerr), Cache(), seerr.key)
        accounts = SeerrAccounts(
            hall.store, at_seerr, hall.house.requests, hall.clock, may_import=False
        )
        async with hall.store.begin() as tx:
            for name, plex_id in PLEX.items():
                person = await people.find(tx, name)
                assert person is not None
                await people.set_plex(tx, person.id, plex_id, f"{name}.maple", BEFORE)
        yield World(hall, tv, seerr, asking, accounts, [])


async def opened(
    stack: AsyncExitStack,
    hall: Hall,
    name: str,
    server: PlexStandIn | PlexTvStandIn | SeerrStandIn,
) -> Http:
    # A quarter of an hour of the house's is one for the breaker, too.
    breaker = Breaker(lambda: hall.clock().timestamp())
    http = Http(name, client(await server.start()), breaker=breaker, wait=at_once)
    stack.push_async_callback(server.stop)
    stack.push_async_callback(http.aclose)
    return http


async def at_once(_seconds: float) -> None:
    """No waiting between two tries."""


async def test_whoever_reaches_the_server_is_seen(world: World) -> None:
    world.hall.clock.forward(hours=5)
    await world.access().check()
    async with world.hall.store.read() as db:
        seen = set((await people.plex_seen(db)).values())
    assert seen == {NOON + timedelta(hours=5)}
    assert (await world.paused(), await world.told()) == ({}, [])


async def test_whose_share_is_gone_is_a_guest_and_told_once(world: World) -> None:
    world.tv.unshare("ana.maple")
    access, ana = world.access(), await world.person("ana")
    for _ in range(3):
        await access.check()
        world.hall.clock.forward(days=1)
    line = f"show access:{ana.id}"
    assert await world.paused() == {"ana": NOON}
    assert (await world.told(), world.for_admins) == ([(ana.id, line)], [line])
    why = {"why": "not shared with"}
    assert ("access paused", why) in [(a, d) for _, a, _, d in await world.audited()]
    assert (await world.hall.say("echo", "ana")).text == "guest: "


async def test_whose_share_comes_back_is_a_member_again(world: World) -> None:
    world.tv.unshare("ana.maple")
    access, ana = world.access(), await world.person("ana")
    await access.check()
    world.tv.share("ana.maple", is_pending=True)
    await access.check()
    still = await world.paused()
    world.tv.share("ana.maple")
    world.hall.clock.forward(days=1)
    await access.check()
    assert (list(still), await world.paused()) == (["ana"], {})
    assert await world.told() == [(ana.id, f"show access:{ana.id}")] * 2
    assert (await world.hall.say("echo", "ana")).text == "member: "


async def test_that_all_are_gone_at_once_is_believed_the_next_day(
    world: World,
) -> None:
    for name in ("ana.maple", "tim.maple"):
        world.tv.unshare(name)
    access = world.access()
    await access.check()
    await access.check()
    first = await world.paused(), await world.told()
    world.hall.clock.forward(days=1)
    await access.check()
    assert first == ({}, [])
    assert set(await world.paused()) == {"ana", "tim"}


async def test_that_all_were_gone_for_a_moment_is_forgotten(world: World) -> None:
    access = world.access()
    for _time in range(2):
        for name in ("ana.maple", "tim.maple"):
            world.tv.unshare(name)
        await access.check()
        world.hall.clock.forward(days=1)
        for name in ("ana.maple", "tim.maple"):
            world.tv.share(name)
        await access.check()
        world.hall.clock.forward(days=1)
    assert (await world.paused(), await world.told()) == ({}, [])


async def test_an_admin_is_never_paused(world: World) -> None:
    mum = await world.person("mum")
    async with world.hall.store.begin() as tx:
        await people.set_plex(tx, mum.id, 4711, "mum.elsewhere", NOON)
    await world.access().check()
    assert (await world.paused(), world.for_admins) == ({}, [])


async def test_who_did_not_sign_in_with_plex_is_left_alone(world: World) -> None:
    ana = await world.person("ana")
    async with world.hall.store.begin() as tx:
        await people.set_plex(tx, ana.id, None)
    world.tv.unshare("ana.maple")
    await world.access().check()
    assert await world.paused() == {}


async def test_who_signs_in_while_plex_is_asked_is_not_paused(world: World) -> None:
    world.tv.unshare("ana.maple")
    world.tv.knobs.hang = True
    checking = asyncio.create_task(world.access().check())
    await world.seen("ana", NOON)
    world.tv.knobs.hang = False
    await checking
    assert await world.paused() == {}


@pytest.mark.parametrize("trouble", ["fail_status", "rate_limited", "garbage"])
async def test_a_plex_that_does_not_answer_changes_nothing(
    world: World, trouble: str
) -> None:
    world.tv.unshare("ana.maple")
    value = {"fail_status": 500, "rate_limited": 10_000, "garbage": "<html>"}[trouble]
    setattr(world.tv.knobs, trouble, value)
    await world.run(waits=40)
    assert (await world.paused(), await world.told()) == ({}, [])


async def test_a_token_that_is_nobodys_says_nothing_about_people(world: World) -> None:
    world.tv.tokens.clear()
    await world.run(waits=8)
    assert await world.paused() == {}


async def test_only_the_owner_knows_who_reaches_the_server(world: World) -> None:
    theirs = Asking(world.asking.plex_tv, world.asking.plex, "demo-account-ana")
    world.asking = theirs
    world.hall.clock.forward(days=30)
    await world.run(waits=8)
    assert (await world.paused(), await world.told()) == ({}, [])


async def test_after_a_week_without_an_answer_nobody_is_trusted(world: World) -> None:
    world.down()
    await world.seen("tim", NOON + timedelta(days=3))
    looks = int(timedelta(days=7).total_seconds() / LOOK_S)
    await world.run(waits=looks)
    early = await world.paused()
    await world.run(waits=PATIENCE + 1)
    ana = await world.person("ana")
    assert (early, list(await world.paused())) == ({}, ["ana"])
    assert await world.told() == [(ana.id, f"show access:{ana.id}")]
    world.tv.knobs.reset()
    await world.run(waits=1)
    assert await world.paused() == {}


async def test_a_network_that_comes_up_late_pauses_nobody(world: World) -> None:
    world.hall.clock.forward(days=30)
    world.down()
    await world.run(waits=PATIENCE - 1)
    assert await world.paused() == {}


@pytest.mark.parametrize("days", [-4000, -1, 30, 4000])
async def test_a_clock_that_jumps_pauses_nobody(world: World, days: int) -> None:
    world.down()
    await world.run(waits=60, jumps={0: timedelta(days=days)})
    await world.run(waits=60, jumps={30: timedelta(days=-days)})
    assert (await world.paused(), await world.told()) == ({}, [])


async def test_it_asks_once_a_day_and_does_not_repeat_that_at_a_restart(
    world: World,
) -> None:
    a_day = int(timedelta(days=1).total_seconds() / LOOK_S)
    await world.run(waits=1)
    world.tv.unshare("ana.maple")
    await world.run(waits=a_day - 2)
    before = await world.paused()
    await world.run(waits=4)
    assert (before, list(await world.paused())) == ({}, ["ana"])


async def test_what_is_overdue_is_done_soon_after_the_start(world: World) -> None:
    world.tv.unshare("ana.maple")
    await world.run(waits=1)
    assert await world.paused() == {"ana": NOON + timedelta(seconds=SOON_S)}


async def test_a_note_from_the_future_or_a_spoilt_one_is_not_believed(
    world: World,
) -> None:
    world.tv.unshare("ana.maple")
    for kept in ((NOON + timedelta(days=999)).isoformat(), "yesterday"):
        async with world.hall.store.begin() as tx:
            await config.put(tx, "access.checked", kept, NOON)
            await people.set_paused(tx, (await world.person("ana")).id, None)
        await world.access().look()
        assert list(await world.paused()) == ["ana"]


async def test_it_looks_for_seerr_users_too(world: World) -> None:
    world.seerr.knobs.fail_status = 503
    await world.run(waits=1)
    world.seerr.knobs.reset()
    await world.run(waits=2)
    assert [(await world.person(name)).seerr_id for name in PLEX] == [1, 2, 3]


async def test_the_card_says_to_each_what_concerns_them(world: World) -> None:
    world.tv.unshare("ana.maple")
    await world.access().check()
    own, theirs = await world.card("ana", "ana"), await world.card("ana", "mum")
    assert own.text == (
        "Your Plex account ana.maple cannot use this household's server any more. "
        "Until it can, you are a guest here: you can search and look around. Ask an "
        "admin to share the server with it; I look again every day. Or sign in with "
        "another Plex account."
    )
    assert [one.line for one in own.choices] == ["link step:again"]
    assert theirs.text == (
        "The Plex account ana.maple of ana cannot use our server any more, so ana is a "
        "guest until it can. Nothing of theirs was removed."
    )
    assert own.follows == theirs.follows == f"access:{(await world.person('ana')).id}"
    with pytest.raises(Sorry):
        await world.card("ana", "tim")
    with pytest.raises(Sorry):
        await world.card("zoe", "mum")


async def test_the_card_says_when_plex_could_not_be_asked(world: World) -> None:
    world.hall.clock.forward(days=8)
    world.down()
    await world.run(waits=PATIENCE)
    said = [(await world.card("ana", who)).text for who in ("ana", "mum")]
    world.tv.knobs.reset()
    await world.run(waits=1)
    said += [(await world.card("ana", who)).text for who in ("ana", "mum")]
    assert [text.partition(" whether ")[2].partition(" use")[0] for text in said] == [
        "your Plex account ana.maple may still",
        "the Plex account ana.maple of ana may",
        "",
        "",
    ]
    assert [text.partition(":")[0] for text in said[2:]] == [
        "Your Plex account ana.maple can use this household's server",
        "The Plex account ana.maple of ana can use our server again.",
    ]


async def test_a_guest_has_nothing_to_lose(world: World) -> None:
    zoe = await world.person("zoe")
    assert zoe.role is Role.GUEST
    async with world.hall.store.begin() as tx:
        await people.set_plex(tx, zoe.id, 9001, "stranger", NOON)
    await world.access().check()
    assert (await world.paused(), await world.told()) == ({}, [])
