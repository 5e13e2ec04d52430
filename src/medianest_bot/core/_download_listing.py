"""The first step of a download: find out what stands behind the link."""

from __future__ import annotations

from urllib.parse import urlsplit

from medianest_bot.core._download_rests import Rests
from medianest_bot.core._download_rows import Rows
from medianest_bot.core._download_sites import rest_of, site_of, video_key
from medianest_bot.core._download_words import Job, Part, title_of
from medianest_bot.core.store import downloads
from medianest_bot.core.store.downloads import Download, NewItem
from medianest_bot.services import sites
from medianest_bot.services.errors import Missing, Refused, ServiceError, Unreadable
from medianest_bot.services.lanes import Entry, FailKind, LaneFailed, Listing
from medianest_bot.services.sites import SiteRule
from medianest_bot.services.videos import Videos

ASK_ABOVE = 50
"""A playlist longer than this is asked about first: a link can hide hundreds."""
TRIES = 3

FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 60.0

_PASSING = frozenset(
    {FailKind.TRANSIENT, FailKind.STOPPED, FailKind.RATE, FailKind.BOT}
)


class Listings:
    """Writes one row for each video behind a link, or why there is none."""

    def __init__(
        self, rows: Rows, videos: Videos, rules: tuple[SiteRule, ...], rests: Rests
    ) -> None:
        self._rows = rows
        self._videos = videos
        self._rules = rules
        self._rests = rests

    async def expand(self, download: Download) -> None:
        """Ask the site, unless somebody has cancelled it meanwhile."""
        if not await self._rows.is_in(download.id, Job.QUEUED):
            return
        try:
            listing = await self._videos.look(download.url)
        except sites.NotAllowed as error:
            await self._rows.fail(
                download.id, LaneFailed(FailKind.REFUSED, error.reason)
            )
        except ServiceError as error:
            await self._later(download, LaneFailed(_kind_of(error), "listing"))
        else:
            self._rests.end(download.id)
            self._rests.end(site_of(download.url, self._rules))
            await self._write(download, listing)

    async def _later(self, download: Download, failed: LaneFailed) -> None:
        """Try again after a pause what may pass, but not for ever."""
        rest_of(site_of(download.url, self._rules), failed, self._rests)
        if failed.kind in _PASSING:
            tries = self._rests.begin(download.id, FIRST_PAUSE_S, LONGEST_PAUSE_S)
            if tries < TRIES:
                self._rows.changed(download.id)
                return
        self._rests.end(download.id)
        await self._rows.fail(download.id, failed)

    async def _write(self, download: Download, listing: Listing) -> None:
        if not listing.entries:
            await self._rows.fail(download.id, LaneFailed(FailKind.PERMANENT, "empty"))
            return
        new = [
            self._new_item(position, entry)
            for position, entry in enumerate(listing.entries, 1)
        ]
        async with self._rows.begin() as tx:
            known = await downloads.get(tx, download.id)
            if known is None or known.state != Job.QUEUED:
                return
            now = self._rows.now()
            await downloads.add_items(tx, download.id, new, now)
            await downloads.update(
                tx,
                download.id,
                now,
                state=Job.ASKING if len(new) > ASK_ABOVE else Job.DOWNLOADING,
                title=title_of(listing.title, download.title),
                is_playlist=listing.is_playlist,
            )

    def _new_item(self, position: int, entry: Entry) -> NewItem:
        name = urlsplit(entry.url).path.rpartition("/")[2]
        return NewItem(
            position=position,
            url=entry.url,
            title=title_of(entry.title, name),
            state=Part.WAITING,
            video=video_key(entry.url, entry.id, self._rules),
        )


def _kind_of(error: ServiceError) -> FailKind:
    """What the lane said about it, or what the error alone tells."""
    if error.said in set(FailKind):
        return FailKind(error.said)
    match error:
        case Missing():
            return FailKind.PERMANENT
        case Refused():
            return FailKind.REFUSED
        case Unreadable():
            return FailKind.OUTDATED
        case _:
            return FailKind.TRANSIENT
