"""A request desk over the Seerr stand-in, on real sockets and a real database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from medianest_bot.core.limits import Limits
from medianest_bot.core.outbox import Outbox
from medianest_bot.core.requests import Asked, Requests, State, Wish
from medianest_bot.core.roles import Role
from medianest_bot.core.store import news, people
from medianest_bot.core.store import requests as rows
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.people import Person
from medianest_bot.core.store.requests import MediaRequest
from medianest_bot.demo import household
from medianest_bot.demo.seerr import SeerrStandIn
from medianest_bot.services.cache import Cache
from medianest_bot.services.http import Http, client
from medianest_bot.services.media import Kind
from medianest_bot.services.seerr import Seerr

POLL_S = 0.02
DUNE, MATRIX, METROPOLIS, DARK, BREAKING_BAD = 438631, 603, 19, 70523, 1396


@dataclass
class Clock:
    """Real time that can be moved on, or stand still."""

    ahead: timedelta = field(default_factory=timedelta)
    stands_at: datetime | None = None

    def __call__(self) -> datetime:
        return self.stands_at or datetime.now(UTC) + self.ahead


@dataclass
class Desk:
    """One run of the bot's desk; `standin` outlives it."""

    store: Store
    standin: SeerrStandIn
    seerr: Seerr
    outbox: Outbox
    requests: Requests
    clock: Clock

    async def person(self, name: str) -> Person:
        async with self.store.read() as db:
            person = await people.find(db, name)
        assert person is not None
        return person

    async def left(self, person_id: int) -> int:
        """How many titles somebody may still ask for within the hour."""
        async with self.store.read() as db:
            return (await Limits(self.store, self.clock).left(db, person_id))[0].left

    async def ask(self, who: str, kind: Kind, tmdb_id: int, seasons: str = "") -> Asked:
        known = Known("Dune", 2021)
        wish = Wish(kind, tmdb_id, seasons, known)
        return await self.requests.ask(await self.person(who), wish)

    async def film(self, who: str = "ana", tmdb_id: int = DUNE) -> MediaRequest:
        asked = await self.ask(who, Kind.MOVIE, tmdb_id)
        assert asked.request is not None
        return asked.request

    async def row(self, number: int) -> MediaRequest:
        found = await self.requests.read(number)
        assert found is not None
        return found

    async def rows(self) -> tuple[MediaRequest, ...]:
        async with self.store.read() as db:
            return await rows.open_ones(db, final=())

    async def news(self) -> list[tuple[int, str]]:
        """For whom, and what about."""
        async with self.store.read() as db:
            return [(one.person_id, one.dedupe) for one in await news.waiting(db)]

    async def until(self, number: int, state: State) -> MediaRequest:
        """Wait for a row to stand so."""
        row = await self.row(number)
        ends = time.monotonic() + 20
        while row.state != state:
            assert time.monotonic() < ends, f"still {row.state}"
            await asyncio.sleep(POLL_S / 2)
            row = await self.row(number)
        return row

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """With the watcher running."""
        task = asyncio.create_task(self.requests.run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@dataclass(frozen=True)
class Known:
    title: str
    year: int | None


@asynccontextmanager
async def open_desk(
    database: Path, standin: SeerrStandIn, url: str, clock: Clock | None = None
) -> AsyncIterator[Desk]:
    """Open the desk on a database, with the household moved in."""
    now = clock or Clock()
    store = await Store.open(f"sqlite:///{database}")
    http, cache = Http("seerr", client(url), wait=_at_once), Cache()
    seerr = Seerr(http, cache, standin.key)
    try:
        await _move_in(store, now)
        outbox = Outbox(store, now)
        desk = Requests(store, seerr, outbox, Limits(store, now), now, poll_s=POLL_S)
        yield Desk(store, standin, seerr, outbox, desk, now)
    finally:
        await seerr.aclose()
        await store.close()


async def _at_once(_seconds: float) -> None:
    await asyncio.sleep(0)


async def _move_in(store: Store, now: Callable[[], datetime]) -> None:
    async with store.begin() as tx:
        if await people.everyone(tx):
            return
        for one in household.read().people:
            await people.add(
                tx, one.name, Role(one.role), seerr_id=one.seerr_id, now=now()
            )
