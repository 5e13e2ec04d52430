"""The first step of a download: find out what stands behind the link."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from medianest_bot.core._download_words import Job, Part
from medianest_bot.core.store import downloads
from medianest_bot.core.store.downloads import Download, NewItem
from medianest_bot.core.store.engine import Store
from medianest_bot.services.errors import Missing, Refused, ServiceError, Unreadable
from medianest_bot.services.lanes import FailKind, Listing
from medianest_bot.services.sites import NotAllowed
from medianest_bot.services.videos import Videos

ASK_ABOVE = 50
"""A playlist longer than this is asked about first: a link can hide hundreds."""


class Listings:
    """Writes one row for each video behind a link, or why there is none."""

    def __init__(
        self, store: Store, now: Callable[[], datetime], videos: Videos
    ) -> None:
        self._store = store
        self._now = now
        self._videos = videos

    async def expand(self, download: Download) -> None:
        try:
            listing = await self._videos.look(download.url)
        except NotAllowed:
            await self.fail(download.id, FailKind.REFUSED)
        except ServiceError as error:
            await self.fail(download.id, _kind_of(error))
        else:
            await self._write(download.id, listing)

    async def fail(self, number: int, kind: FailKind) -> None:
        """Nothing will come of it, unless somebody has cancelled it meanwhile."""
        async with self._store.begin() as tx:
            download = await downloads.get(tx, number)
            if download is not None and Job(download.state).is_moving:
                now = self._now()
                await downloads.update(
                    tx, number, now, state=Job.FAILED, error=kind.value
                )

    async def _write(self, number: int, listing: Listing) -> None:
        entries = listing.entries
        if not entries:
            await self.fail(number, FailKind.PERMANENT)
            return
        state = Job.ASKING if len(entries) > ASK_ABOVE else Job.DOWNLOADING
        rows = [
            NewItem(position, one.url, one.title[:300], Part.WAITING, one.id)
            for position, one in enumerate(entries, 1)
        ]
        async with self._store.begin() as tx:
            known = await downloads.get(tx, number)
            if known is None or known.state != Job.QUEUED:
                return
            await downloads.add_items(tx, number, rows, self._now())
            await downloads.update(
                tx,
                number,
                self._now(),
                state=state,
                title=listing.title[:300],
                is_playlist=listing.is_playlist,
            )


def _kind_of(error: ServiceError) -> FailKind:
    match error:
        case Missing():
            return FailKind.PERMANENT
        case Refused():
            return FailKind.REFUSED
        case Unreadable():
            return FailKind.OUTDATED
        case _:
            return FailKind.TRANSIENT
