"""Downloads on real lanes, a real video site, a real database, perhaps a Plex."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from medianest_bot.core.downloads import Downloads, Job, Whole
from medianest_bot.core.limits import Limits
from medianest_bot.core.outbox import Outbox
from medianest_bot.core.roles import Role
from medianest_bot.core.store import downloads as rows
from medianest_bot.core.store import news, people
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.people import Person
from medianest_bot.demo.plex import PlexStandIn
from medianest_bot.demo.videos import VideoSite
from medianest_bot.services import sites
from medianest_bot.services.cache import Cache
from medianest_bot.services.http import Http, client
from medianest_bot.services.lanes import Lanes
from medianest_bot.services.plex import Plex
from medianest_bot.services.videos import Videos

Wait = Callable[[float], Awaitable[None]]


@dataclass
class Clock:
    """Real time that can be moved on."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def move(self, **more: float) -> None:
        self.ahead += timedelta(**more)


@dataclass(frozen=True)
class Place:
    """What outlives one run of the bot: the site, its lanes, the folders."""

    site: VideoSite
    url: str
    lanes: Lanes
    folder: Path
    database: Path


@dataclass
class Yard:
    """One run of the bot's downloads."""

    place: Place
    store: Store
    clock: Clock
    outbox: Outbox
    downloads: Downloads

    async def person(self, name: str = "ana") -> Person:
        async with self.store.read() as db:
            person = await people.find(db, name)
        assert person is not None
        return person

    async def add(self, path: str, who: str = "ana", *, audio: bool = False) -> int:
        url = f"{self.place.url}{path}"
        added = await self.downloads.add(await self.person(who), url, audio=audio)
        return added.download.id

    async def whole(self, number: int) -> Whole:
        whole = await self.downloads.whole(number)
        assert whole is not None
        return whole

    async def until(
        self, number: int, is_so: Callable[[Whole], object], within_s: float = 30
    ) -> Whole:
        """Wait until it stands so."""
        ends = time.monotonic() + within_s
        while not is_so(whole := await self.whole(number)):
            states = [item.state for item in whole.items]
            assert time.monotonic() < ends, f"still {whole.state}: {states}"
            await asyncio.sleep(0.01)
        return whole

    async def until_in(self, number: int, state: Job) -> Whole:
        return await self.until(number, lambda whole: whole.state is state)

    async def cancel(self, number: int, who: str = "ana") -> None:
        await self.downloads.cancel(await self.person(who), number)

    async def retry(self, number: int) -> None:
        await self.downloads.retry(await self.person(), number)

    async def delete(self, number: int) -> None:
        await self.downloads.delete(await self.person(), number)

    def wait_on(self, **more: float) -> None:
        """Let that much time pass for everything that waits."""
        self.clock.move(**more)
        self.wake()

    def wake(self) -> None:
        self.downloads._queue.wake()

    async def set(self, number: int, **changes: object) -> None:
        """Write into the row what a run that ended badly may have left there."""
        async with self.store.begin() as tx:
            await rows.update(tx, number, self.clock(), **changes)

    async def set_items(self, number: int, **changes: object) -> None:
        async with self.store.begin() as tx:
            for item in await rows.items(tx, number):
                await rows.update_item(tx, item.id, self.clock(), **changes)

    async def news(self) -> list[tuple[int, str]]:
        async with self.store.read() as db:
            return [(one.person_id, one.line) for one in await news.waiting(db)]

    def files(self) -> list[str]:
        """Finished files, below the downloads folder."""
        found = (one for one in self.place.folder.rglob("*") if one.is_file())
        names = (one.relative_to(self.place.folder).as_posix() for one in found)
        return sorted(name for name in names if not name.startswith(".unfinished"))

    def read(self, whole: Whole) -> list[bytes]:
        """What is in its files."""
        return [Path(item.path or "").read_bytes() for item in whole.done]

    def lose_files(self) -> None:
        for name in self.files():
            (self.place.folder / name).unlink()

    def unfinished(self) -> list[str]:
        """Working folders of videos that are there; lanes have one of their own."""
        folder = self.place.folder / ".unfinished"
        names = (one.name for one in folder.iterdir()) if folder.exists() else ()
        return sorted(name for name in names if name.isdecimal())


@asynccontextmanager
async def open_yard(
    place: Place,
    clock: Clock | None = None,
    *,
    plex: Plex | None = None,
    wait: Wait = asyncio.sleep,
    is_running: bool = True,
) -> AsyncIterator[Yard]:
    """Open the yard and work in it; leaving it is an orderly shutdown."""
    now = clock or Clock()
    store = await Store.open(f"sqlite:///{place.database}")
    rules = sites.parse(f"{place.url}/")
    outbox = Outbox(store, now)
    downloads = Downloads(
        store,
        outbox,
        Limits(store, now),
        now,
        lanes=place.lanes,
        videos=Videos(place.lanes, rules),
        rules=rules,
        plex=plex,
        folder=place.folder,
        wait=wait,
    )
    await _move_in(store, now)
    task = asyncio.create_task(downloads.run()) if is_running else None
    try:
        yield Yard(place, store, now, outbox, downloads)
    finally:
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await store.close()


@asynccontextmanager
async def open_plex(standin: PlexStandIn) -> AsyncIterator[Plex]:
    """Our client on a Plex stand-in that serves for as long."""
    url = await standin.start()
    http, cache = Http("plex", client(url), wait=at_once), Cache()
    plex = Plex(http, cache, standin.token, "test")
    try:
        yield plex
    finally:
        await plex.aclose()
        await standin.stop()


async def until(is_so: Callable[[], object], within_s: float = 20) -> None:
    """Wait for something that happens elsewhere and sends no event."""
    ends = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < ends, "it did not happen in time"
        await asyncio.sleep(0.01)


async def at_once(_seconds: float) -> None:
    await asyncio.sleep(0)


async def _move_in(store: Store, now: Callable[[], datetime]) -> None:
    people_: dict[str, Any] = {
        "ana": Role.MEMBER,
        "tim": Role.MEMBER,
        "zoe": Role.MEMBER,
        "mum": Role.ADMIN,
    }
    async with store.begin() as tx:
        for name, role in people_.items():
            if await people.find(tx, name) is None:
                await people.add(tx, name, role, now=now())
