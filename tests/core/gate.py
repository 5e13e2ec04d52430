"""Where people come in: the sign-in on a real store and the demo's plex.tv."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.core.callers import EVE, Asker, Clock, Tab

from medianest_bot.core._link_ground import Ground
from medianest_bot.core._link_plex import PlexSide
from medianest_bot.core._link_secrets import LinkSecrets
from medianest_bot.core._link_types import Attempt, Page
from medianest_bot.core._link_visits import Visits
from medianest_bot.core._link_watch import LinkWatch
from medianest_bot.core.approvals import Approvals, Verdict
from medianest_bot.core.invitations import Invitations
from medianest_bot.core.linking import Linking
from medianest_bot.core.outbox import Outbox
from medianest_bot.core.roles import Role
from medianest_bot.core.secrets import Key, Keyring
from medianest_bot.core.store import audit, people
from medianest_bot.core.store import link_attempts as rows
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.people import Person
from medianest_bot.core.words import Sorry
from medianest_bot.demo import household
from medianest_bot.demo._plex_tv_shapes import Account
from medianest_bot.demo.plex import PlexStandIn
from medianest_bot.demo.plex_tv import PlexTvStandIn
from medianest_bot.services.breaker import Breaker
from medianest_bot.services.cache import Cache
from medianest_bot.services.http import Http, client
from medianest_bot.services.plex import Plex
from medianest_bot.services.plex_tv import PlexTv

HOUSE = household.read()
OURS = "https://nest.example"
KEY = Key("test", bytes(range(32)))
FREE = {"bob": 2001, "eve": 2002}
"""Plex accounts that reach our server and are nobody's here yet."""


class Gate:
    """One run of what lets people in; `restart` begins the next on what is kept."""

    def __init__(self, clock: Clock, plex_tv: PlexTvStandIn, plex: PlexStandIn) -> None:
        self.clock = clock
        self.plex_tv = plex_tv
        self.plex = plex
        self.told: list[str] = []
        """What every admin room was promised."""
        self.has_pages = True
        self.key = KEY
        self._urls = ("", "")
        self._database = ""
        self._run = AsyncExitStack()

    async def open(self, database: Path) -> None:
        if not self._urls[0]:
            self._urls = await self.plex_tv.start(), await self.plex.start()
        self._database = f"sqlite:///{database}"
        self.store = await Store.open(self._database, lock_folder=database.parent)
        self._run.push_async_callback(self.store.close)
        self.outbox = Outbox(self.store, self.clock)
        self.ground = Ground(
            store=self.store,
            outbox=self.outbox,
            secrets=LinkSecrets(Keyring([self.key])),
            plex=PlexSide(*self._neighbours(), f"{self._urls[0]}/auth"),
            now=self.clock,
            public_url=OURS if self.has_pages else None,
            plex_url=self._urls[0],
            tell_admins=self._tell_admins,
        )
        self.linking = Linking(self.ground)
        await self.linking.open()
        changed, ways_back = self.linking.changed, self.linking.ways_back
        self.visits = Visits(self.ground, _name, changed, ways_back, _at_once)
        self.approvals = Approvals(self.ground, changed)
        self.invitations = Invitations(self.store, self.outbox, self.clock)
        self.joined: list[int] = []
        self.watch = LinkWatch(self.ground, self.linking, self._joined)

    async def close(self) -> None:
        await self._run.aclose()

    async def restart(self) -> None:
        """The program ends without a word, and starts anew."""
        await self.close()
        await self.open(Path(self._database.removeprefix("sqlite:///")))

    def tab(self) -> Tab:
        return Tab(self)

    async def begins(self, asked: Asker = EVE) -> str:
        """The link that the chat shows."""
        attempt = await self.linking.begin(asked, await self.owner(asked))
        return self.linking.address(attempt)

    async def to_code(self, asked: Asker = EVE, plex: str = "bob") -> tuple[Tab, str]:
        """As far as to the six digits."""
        link, tab = await self.begins(asked), self.tab()
        await tab.goes_on(link)
        tab.confirms(plex)
        visit = await tab.comes_back()
        assert visit.page is Page.CODE, visit
        return tab, visit.code

    async def to_waiting(self, asked: Asker = EVE, plex: str = "bob") -> Attempt:
        """As far as to the admins."""
        _tab, code = await self.to_code(asked, plex)
        return await self.linking.enter(asked, code)

    async def decides(
        self, attempt: Attempt, verdict: Verdict = Verdict.APPROVE, reason: str = ""
    ) -> Attempt:
        mum = await self.person("mum")
        return await self.approvals.decide(mum, attempt.id, verdict, reason)

    async def latest(self, asked: Asker = EVE) -> Attempt:
        found = await self.linking.latest(asked)
        assert found is not None
        return found

    async def owner(self, asked: Asker) -> Person | None:
        async with self.store.read() as db:
            return await people.by_account(db, asked.platform, asked.account)

    async def person(self, name: str) -> Person:
        async with self.store.read() as db:
            found = await people.find(db, name)
        assert found is not None
        return found

    async def everybody(self) -> dict[str, tuple[Role, int | None]]:
        """Everybody's role and Plex account by name."""
        async with self.store.read() as db:
            return {p.name: (p.role, p.plex_id) for p in await people.everyone(db)}

    async def tokens_left(self) -> list[str]:
        """Tokens of sign-ins that are still good at Plex, after the watch looked."""
        await self.watch.look()
        return [one for one in self.plex_tv.tokens if re.search(r"-\d+$", one)]

    async def kept_pins(self) -> int:
        async with self.store.read() as db:
            return len(await rows.with_pin(db))

    async def audited(self) -> list[str]:
        """What was done, the oldest first."""
        async with self.store.read() as db:
            return [one.action for one in reversed(await audit.latest(db, 500))]

    def _neighbours(self) -> tuple[PlexTv, Plex]:
        http = [
            self._http(name, url) for name, url in zip(_NAMES, self._urls, strict=True)
        ]
        cache = Cache()
        self._run.push_async_callback(cache.aclose)
        return PlexTv(http[0], "link-client"), Plex(
            http[1], cache, self.plex.token, "own-client"
        )

    def _http(self, name: str, url: str) -> Http:
        pooled = client(url)
        self._run.push_async_callback(pooled.aclose)
        return Http(name, pooled, breaker=Breaker(self.clock.seconds), wait=_at_once)

    async def _tell_admins(self, _tx: AsyncConnection, line: str, _once: str) -> None:
        self.told.append(line)

    async def _joined(self, person: Person) -> None:
        self.joined.append(person.id)


_NAMES = ("plex_tv", "plex")


@asynccontextmanager
async def opened(database: Path) -> AsyncIterator[Gate]:
    """The household of the demo, its people known by their chat accounts."""
    clock = Clock()
    plex_tv = PlexTvStandIn(HOUSE, clock=clock.elsewhere)
    for name, number in FREE.items():
        plex_tv.accounts[name] = Account(number, name, f"t-{name}", f"s-{name}")
    plex = PlexStandIn(HOUSE, database.parent / "videos", pace=0)
    gate = Gate(clock, plex_tv, plex)
    await gate.open(database)
    try:
        await _move_in(gate)
        yield gate
    finally:
        await gate.close()
        await plex_tv.stop()
        await plex.stop()


@pytest.fixture
async def gate(database: Path) -> AsyncIterator[Gate]:
    """However it goes: no token stays at Plex, and nobody becomes an admin."""
    async with opened(database) as at:
        yield at
        at.plex_tv.knobs.reset()
        at.plex.knobs.reset()
        at.clock.move(minutes=11)
        assert await at.tokens_left() == []
        everybody = await at.everybody()
        assert [
            name for name, (role, _) in everybody.items() if role is Role.ADMIN
        ] == ["mum"]


async def refused(gate: Gate, said: str, asked: Asker = EVE) -> str:
    """What digits are answered with that are not right."""
    with pytest.raises(Sorry) as caught:
        await gate.linking.enter(asked, said)
    return caught.value.text


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


async def _move_in(gate: Gate) -> None:
    async with gate.store.begin() as tx:
        add = partial(people.add, tx, now=gate.clock())
        for one in HOUSE.people:
            if one.role == Role.GUEST:
                continue
            person = await add(one.name, Role(one.role), plex_id=one.plex_id)
            told = ("discord", one.name, one.name.title())
            await people.link(tx, person.id, *told, gate.clock())


async def _name() -> str:
    return HOUSE.name


async def _at_once(_seconds: float) -> None:
    """Nobody waits here."""
