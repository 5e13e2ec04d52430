"""Videos and playlists, from a pasted link into a Plex collection.

Rows are the truth and are written before anything is promised; `run` works them
off, and at each start takes up what an earlier one left.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from weakref import WeakValueDictionary

import structlog

from medianest_bot.core import _download_files as files
from medianest_bot.core._download_listing import ASK_ABOVE, Listings
from medianest_bot.core._download_queue import Queue
from medianest_bot.core._download_rests import Rests
from medianest_bot.core._download_rows import Rows, Whole
from medianest_bot.core._download_shelving import Shelving
from medianest_bot.core._download_words import (
    FAILURES,
    NOTES,
    OPEN,
    REFUSALS,
    Job,
    Part,
    title_of,
)
from medianest_bot.core.engine import TaskEngine
from medianest_bot.core.limits import Limits, What
from medianest_bot.core.outbox import Outbox
from medianest_bot.core.store import downloads
from medianest_bot.core.store.downloads import Download
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.people import Person
from medianest_bot.core.words import Sorry, marked
from medianest_bot.services import sites
from medianest_bot.services.lanes import FailKind, Lanes
from medianest_bot.services.plex import Plex
from medianest_bot.services.videos import Videos

__all__ = ["FAILURES", "NOTES", "Added", "Downloads", "Job", "Part", "Whole"]

log = structlog.get_logger(__name__)

NO_SUCH = marked("There is no download {number} of yours.")
NOT_OVER = marked("That download is still running. Cancel it first.")
OVER = marked("That download is over already.")

_MISSING = tuple(part for part in Part if part is not Part.DONE)
_NEW = {"state": Part.WAITING, "attempts": 0, "next_at": None, "error": None}
"""A video that waits to be fetched, as if nobody had tried."""


@dataclass(frozen=True, slots=True)
class Added:
    """`is_new` is False where it had been asked for already."""

    download: Download
    is_new: bool


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
        self._rows = Rows(store, outbox, now)
        self._limits = limits
        self._rules = rules
        self._folder = folder
        self._engine = TaskEngine(lanes)
        rests = Rests(now)
        self._queue = Queue(
            self._rows,
            self._engine,
            Listings(self._rows, videos, rules, rests),
            Shelving(self._rows, plex, folder, rests, wait=wait),
            rests=rests,
            rules=rules,
            folder=folder,
        )
        self._busy: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def run(self) -> None:
        """Work off what was promised until cancelled; unfinished work is kept."""
        try:
            await self._queue.run()
        finally:
            await self._engine.aclose()

    async def add(self, person: Person, url: str, *, audio: bool) -> Added:
        """Promise to download what stands behind `url`; the same twice is one.

        Raises Sorry for an address that is not taken, or when no limit is left.
        """
        try:
            clean = sites.check(url, self._rules)
        except sites.NotAllowed as error:
            raise Sorry(REFUSALS[error.reason]) from error
        async with self._rows.begin() as tx:
            known = await downloads.by_url(tx, person.id, clean, audio=audio)
            if known is not None and _is_current(known):
                return Added(known, is_new=False)
            await self._limits.spend(tx, person.id, What.DOWNLOAD)
            added = await downloads.add(
                tx,
                person_id=person.id,
                url=clean,
                audio=audio,
                title=title_of(clean.split("://", 1)[-1][:80], clean[:80]),
                state=Job.QUEUED,
                folder=str(self._folder / folder_name(person)),
                now=self._rows.now(),
            )
        self._queue.wake()
        return Added(added, is_new=True)

    async def confirm(self, person: Person, number: int) -> None:
        """Yes, the whole long playlist. Said twice, it is heard once."""
        await self._own(person, number)
        await self._rows.move(number, (Job.ASKING,), state=Job.DOWNLOADING)
        self._queue.wake()

    async def cancel(self, person: Person, number: int) -> None:
        """Stop it: of what was not finished, nothing is left. Sorry if it is over."""
        async with self._alone(number):
            whole = await self._own(person, number)
            if whole.state is Job.CANCELLED:
                return
            if whole.state.is_over:
                raise Sorry(OVER)
            async with self._rows.begin() as tx:
                now = self._rows.now()
                await downloads.update_items(
                    tx, number, OPEN, now, state=Part.CANCELLED
                )
                await downloads.update(tx, number, now, state=Job.CANCELLED)
            await self._queue.stop(whole)
        self._rows.changed(number)

    async def retry(self, person: Person, number: int) -> None:
        """Try again what failed or was cancelled; what is there stays.

        Raises Sorry when no limit is left; looking for it in Plex again costs none.
        """
        async with self._alone(number):
            whole = await self._own(person, number)
            if not whole.state.is_over or _is_complete(whole):
                return
            async with self._rows.begin() as tx:
                if len(whole.done) < len(whole.items) or not whole.items:
                    await self._limits.spend(tx, person.id, What.DOWNLOAD)
                now, state = self._rows.now(), _anew(whole)
                await downloads.update_items(tx, number, _MISSING, now, **_NEW)
                await downloads.update(tx, number, now, state=state, error=None)
        self._rows.changed(number)
        self._queue.wake()

    async def may_delete(self, person: Person, number: int) -> Download:
        """The download, if it may go. Sorry if it is not theirs or still running."""
        whole = await self._own(person, number)
        if not whole.state.is_over:
            raise Sorry(NOT_OVER)
        return whole.download

    async def delete(self, person: Person, number: int) -> None:
        """Forget it and remove its files, except those another list of theirs has.

        Raises Sorry while it is still running, or where the disk refuses.
        """
        async with self._alone(number):
            whole = await self._own(person, number)
            if not whole.state.is_over:
                raise Sorry(NOT_OVER)
            async with self._rows.read() as db:
                shared = await downloads.paths_elsewhere(db, number)
            paths = {item.path for item in whole.items if item.path} - shared
            gone = tuple(map(Path, sorted(paths)))
            # The files first: a row without files can be deleted again, files
            # without a row would be there for ever.
            try:
                await asyncio.to_thread(files.unlink, gone, self._folder)
            except OSError as error:
                log.warning("delete", download=number, kind=type(error).__name__)
                raise Sorry(FAILURES[FailKind.LOCAL]) from error
            async with self._rows.begin() as tx:
                await downloads.remove(tx, number)
            self._queue.forget(whole.download, gone)
        self._rows.changed(number)

    async def whole(self, number: int) -> Whole | None:
        """A download as it is now; asks nobody."""
        whole = await self._rows.whole(number)
        if whole is None:
            return None
        return replace(
            whole,
            live=self._queue.live(whole),
            rests_until=self._queue.rests_until(whole),
        )

    async def of(
        self, person: Person, *, limit: int, offset: int
    ) -> tuple[tuple[Download, ...], int]:
        """Somebody's downloads, newest first, and how many there are."""
        async with self._rows.read() as db:
            found = await downloads.of_person(db, person.id, limit, offset)
            return tuple(found), await downloads.count_of(db, person.id)

    def _alone(self, number: int) -> asyncio.Lock:
        """What to hold while something is done to a download: one thing at a time."""
        return self._busy.setdefault(number, asyncio.Lock())

    async def _own(self, person: Person, number: int) -> Whole:
        whole = await self._rows.whole(number)
        if whole is None or whole.download.person_id != person.id:
            raise Sorry(NO_SUCH, number=number)
        return whole


def folder_name(person: Person) -> str:
    """A person's folder: the name where it is harmless, always with the number."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", person.name).strip("-").lower()[:40]
    return f"{plain}-{person.id}" if plain else f"person-{person.id}"


def _is_current(known: Download) -> bool:
    state = Job(known.state)
    return not state.is_over or state is Job.DONE


def _is_complete(whole: Whole) -> bool:
    """Nothing is missing, neither here nor in Plex."""
    is_all = len(whole.done) == len(whole.items)
    return whole.state is Job.DONE and is_all and whole.download.error is None


def _anew(whole: Whole) -> Job:
    """Where to begin again; what was never agreed to is asked about again."""
    if not whole.items:
        return Job.QUEUED
    is_agreed = whole.done or len(whole.items) <= ASK_ABOVE
    return Job.DOWNLOADING if is_agreed else Job.ASKING
