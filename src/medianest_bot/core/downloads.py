"""Videos and playlists, from a pasted link into a Plex collection.

Rows are the truth and are written before anything is promised; `run` works them
off, and at each start takes up what an earlier one left.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core import _download_words as said
from medianest_bot.core._download_queue import Queue
from medianest_bot.core._download_words import (
    FAILURES,
    NOT_IN_PLEX,
    NOT_IN_PLEX_YET,
    Job,
    Part,
)
from medianest_bot.core.engine import TaskEngine
from medianest_bot.core.limits import Limits, What
from medianest_bot.core.outbox import Outbox
from medianest_bot.core.store import downloads
from medianest_bot.core.store.downloads import Download, DownloadItem
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.people import Person
from medianest_bot.core.words import Sorry, marked
from medianest_bot.services import sites
from medianest_bot.services.lanes import Lanes, Progress
from medianest_bot.services.plex import Plex
from medianest_bot.services.videos import Videos

__all__ = [
    "FAILURES",
    "NOT_IN_PLEX",
    "NOT_IN_PLEX_YET",
    "Downloads",
    "Job",
    "Part",
    "Whole",
]

log = structlog.get_logger(__name__)

NO_SUCH = marked("There is no download {number} of yours.")
NOT_OVER = marked("That download is still running. Cancel it first.")
OVER = marked("That download is over already.")


@dataclass(frozen=True, slots=True)
class Whole:
    """A download with all its videos, and how the present ones go."""

    download: Download
    items: tuple[DownloadItem, ...]
    live: tuple[Progress, ...]

    @property
    def state(self) -> Job:
        return Job(self.download.state)

    @property
    def finished(self) -> int:
        return sum(not Part(item.state).is_open for item in self.items)

    @property
    def done(self) -> tuple[DownloadItem, ...]:
        return tuple(item for item in self.items if item.state == Part.DONE)

    @property
    def failed(self) -> tuple[DownloadItem, ...]:
        return tuple(item for item in self.items if item.state == Part.FAILED)


class Downloads:
    """What people download. Only its owner can do something to a download."""

    def __init__(
        self,
        store: Store,
        outbox: Outbox,
        limits: Limits,
        now: Callable[[], datetime],
        *,
        lanes: Lanes,
        videos: Videos,
        rules: tuple[sites.SiteRule, ...],
        plex: Plex | None,
        folder: Path,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._outbox = outbox
        self._limits = limits
        self._now = now
        self._rules = rules
        self._folder = folder
        self._engine = TaskEngine(lanes)
        self._queue = Queue(
            store, outbox, now, self._engine, videos, plex, folder, wait=wait
        )

    async def run(self) -> None:
        """Work off what was promised until cancelled; unfinished work is kept."""
        try:
            await self._queue.run()
        finally:
            await self._engine.aclose()

    async def add(self, person: Person, url: str, *, audio: bool) -> Download:
        """Promise to download what stands behind `url`; the same twice is one.

        Raises Sorry for an address that is not taken, or when no limit is left.
        """
        try:
            clean = sites.check(url, self._rules)
        except sites.NotAllowed as error:
            raise Sorry(said.REFUSALS[error.reason]) from error
        async with self._store.begin() as tx:
            known = await downloads.by_url(tx, person.id, clean, audio=audio)
            if known is not None and _is_current(known):
                return known
            await self._limits.spend(tx, person.id, What.DOWNLOAD)
            added = await downloads.add(
                tx,
                person_id=person.id,
                url=clean,
                audio=audio,
                title=_short(clean),
                state=Job.QUEUED,
                folder=str(self._folder / folder_name(person)),
                now=self._now(),
            )
        self._queue.wake()
        return added

    async def confirm(self, person: Person, number: int) -> None:
        """Yes, the whole long playlist."""
        await self._own(person, number)
        async with self._store.begin() as tx:
            download = await downloads.get(tx, number)
            if download is not None and download.state == Job.ASKING:
                now = self._now()
                await downloads.update(tx, number, now, state=Job.DOWNLOADING)
        self._changed(number)

    async def cancel(self, person: Person, number: int) -> None:
        """Stop it: nothing of what was not finished is left. Sorry if it is over."""
        whole = await self._own(person, number)
        if not (whole.state.is_moving or whole.state is Job.ASKING):
            raise Sorry(OVER)
        async with self._store.begin() as tx:
            await self._end_items(tx, number)
            await downloads.update(tx, number, self._now(), state=Job.CANCELLED)
        for item in whole.items:
            await self._engine.cancel(item.id)
            await self._queue.drop_unfinished(item.id)
        self._changed(number)

    async def retry(self, person: Person, number: int) -> None:
        """Try again what failed or was cancelled; what is there stays."""
        whole = await self._own(person, number)
        if whole.state.is_moving:
            return
        async with self._store.begin() as tx:
            await self._limits.spend(tx, person.id, What.DOWNLOAD)
            for item in whole.items:
                if item.state != Part.DONE:
                    await downloads.update_item(
                        tx,
                        item.id,
                        self._now(),
                        state=Part.WAITING,
                        attempts=0,
                        next_at=None,
                        error=None,
                    )
            state = Job.DOWNLOADING if whole.items else Job.QUEUED
            await downloads.update(tx, number, self._now(), state=state, error=None)
        self._changed(number)

    async def delete(self, person: Person, number: int) -> None:
        """Forget it and remove its files. Sorry while it is still running."""
        whole = await self._own(person, number)
        if whole.state.is_moving:
            raise Sorry(NOT_OVER)
        async with self._store.begin() as tx:
            await downloads.remove(tx, number)
        paths = [Path(item.path) for item in whole.items if item.path]
        await asyncio.to_thread(_unlink, paths, self._folder)
        self._changed(number)

    async def whole(self, number: int) -> Whole | None:
        """A download as it is now; asks nobody."""
        async with self._store.read() as db:
            download = await downloads.get(db, number)
            items = await downloads.items(db, number)
        if download is None:
            return None
        return Whole(download, tuple(items), self._queue.live(items))

    async def of(
        self, person: Person, *, limit: int, offset: int
    ) -> tuple[tuple[Download, ...], int]:
        """Somebody's downloads, newest first, and how many there are."""
        async with self._store.read() as db:
            found = await downloads.of_person(db, person.id, limit, offset)
            return tuple(found), await downloads.count_of(db, person.id)

    async def _own(self, person: Person, number: int) -> Whole:
        whole = await self.whole(number)
        if whole is None or whole.download.person_id != person.id:
            raise Sorry(NO_SUCH, number=number)
        return whole

    async def _end_items(self, tx: AsyncConnection, number: int) -> None:
        for item in await downloads.items(tx, number):
            if Part(item.state).is_open:
                now = self._now()
                await downloads.update_item(tx, item.id, now, state=Part.CANCELLED)

    def _changed(self, number: int) -> None:
        self._queue.wake()
        self._outbox.changed(f"download:{number}")


def folder_name(person: Person) -> str:
    """A person's folder: the name where it is harmless, always with the number."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", person.name).strip("-").lower()[:40]
    return f"{plain}-{person.id}" if plain else f"person-{person.id}"


def _is_current(known: Download) -> bool:
    state = Job(known.state)
    return state.is_moving or state in (Job.ASKING, Job.DONE)


def _short(url: str) -> str:
    """What to call it until its title is known."""
    return url.split("://", 1)[-1][:80]


def _unlink(paths: list[Path], folder: Path) -> None:
    """Remove files, but never one outside our folder."""
    for path in paths:
        if path.resolve().is_relative_to(folder.resolve()):
            path.unlink(missing_ok=True)
