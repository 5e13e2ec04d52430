"""Reads and writes the rows of downloads, and has their cards redrawn."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core._download_words import OPEN, Job, Part
from medianest_bot.core.outbox import Outbox
from medianest_bot.core.store import downloads, errors_log, people
from medianest_bot.core.store.downloads import Download, DownloadItem
from medianest_bot.core.store.engine import Store
from medianest_bot.services.lanes import FailKind, LaneFailed, Progress

FOR_ADMINS = frozenset({FailKind.LOCAL, FailKind.BOT, FailKind.OUTDATED})
"""Failures that somebody has to do something about."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A download with all its videos, and how the present ones go.

    `rests_until` is when it goes on, where nothing happens before.
    """

    download: Download
    items: tuple[DownloadItem, ...]
    live: tuple[Progress, ...] = ()
    rests_until: datetime | None = None

    @property
    def state(self) -> Job:
        return Job(self.download.state)

    @property
    def open(self) -> tuple[DownloadItem, ...]:
        return tuple(item for item in self.items if Part(item.state).is_open)

    @property
    def done(self) -> tuple[DownloadItem, ...]:
        return tuple(item for item in self.items if item.state == Part.DONE)

    @property
    def failed(self) -> tuple[DownloadItem, ...]:
        return tuple(item for item in self.items if item.state == Part.FAILED)


class Rows:
    """What every step of a download reads and writes."""

    def __init__(
        self, store: Store, outbox: Outbox, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._outbox = outbox
        self.now = now

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._store.read()

    def begin(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._store.begin()

    async def whole(self, number: int) -> Whole | None:
        async with self._store.read() as db:
            download = await downloads.get(db, number)
            items = await downloads.items(db, number)
        return Whole(download, items) if download is not None else None

    async def unfinished(self) -> tuple[Whole, ...]:
        """All of which something is still expected, oldest first."""
        async with self._store.read() as db:
            found = await downloads.unfinished(db)
            return tuple(
                [Whole(one, await downloads.items(db, one.id)) for one in found]
            )

    async def next_open(self, most: int) -> tuple[Whole, ...]:
        """The same, each with at most so many videos that are open, the due first."""
        now = self.now()
        async with self._store.read() as db:
            return tuple(
                [
                    Whole(one, await downloads.next_items(db, one.id, OPEN, now, most))
                    for one in await downloads.unfinished(db)
                ]
            )

    async def is_in(self, number: int, state: Job) -> bool:
        """Whether it is still so: what somebody cancelled must not go on."""
        async with self._store.read() as db:
            download = await downloads.get(db, number)
        return download is not None and download.state == state

    async def move(
        self, number: int, was: Collection[Job], **changes: object
    ) -> Download | None:
        """Change a download that is still in one of these states; None if not."""
        async with self._store.begin() as tx:
            download = await downloads.get(tx, number)
            if download is None or download.state not in was:
                return None
            await downloads.update(tx, number, self.now(), **changes)
            after = await downloads.get(tx, number)
        self.changed(number)
        return after

    async def move_part(
        self, item: DownloadItem, was: Collection[Part], **changes: object
    ) -> bool:
        """Change a video that is still in one of these states; False if not."""
        async with self._store.begin() as tx:
            now = await downloads.get_item(tx, item.id)
            if now is None or now.state not in was:
                return False
            await downloads.update_item(tx, item.id, self.now(), **changes)
        self.changed(item.download_id)
        return True

    async def fail(self, number: int, failed: LaneFailed) -> None:
        """Nothing will come of it, unless somebody has ended it meanwhile."""
        async with self._store.begin() as tx:
            download = await downloads.get(tx, number)
            if download is None or not Job(download.state).is_moving:
                return
            kind = failed.kind.value
            now = self.now()
            await downloads.update(tx, number, now, state=Job.FAILED, error=kind)
            await self.record(tx, download, failed)
        self.changed(number)

    async def record(
        self, tx: AsyncConnection, download: Download, failed: LaneFailed
    ) -> None:
        """Keep what an admin has to look at, and tell them once a day."""
        if failed.kind not in FOR_ADMINS:
            return
        now = self.now()
        await errors_log.add(
            tx,
            reference=secrets.token_hex(3),
            at=now,
            person_id=download.person_id,
            command="download",
            cause=f"{failed.kind.value}: {failed.said}"[:200],
            details="\n".join((failed.said, *failed.warnings)),
        )
        for admin in await people.admins(tx):
            dedupe = f"downloads:{failed.kind.value}:{now.date()}:{admin.id}"
            line = f"show download:{download.id}"
            await self._outbox.tell(tx, admin.id, line, dedupe)

    def changed(self, number: int) -> None:
        self._outbox.changed(f"download:{number}")
