"""The lanes: a few long-lived yt-dlp processes and who may use them when."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import structlog

from medianest_bot.services import sites
from medianest_bot.services._lane import Event
from medianest_bot.services._pool import Pool, undisturbed
from medianest_bot.services.lane_types import (
    About,
    Entry,
    FailKind,
    Finished,
    Found,
    Job,
    LaneFailed,
    LaneSettings,
    Listing,
    Progress,
    Stage,
)

__all__ = [
    "About",
    "Entry",
    "FailKind",
    "Finished",
    "Found",
    "Job",
    "LaneFailed",
    "LaneSettings",
    "Lanes",
    "Listing",
    "Progress",
    "Stage",
]

MOST_ENTRIES = 5000
"""How many entries a listing may have; yt-dlp needs 12 s for as many."""

LONGEST_TITLE = 500

log = structlog.get_logger(__name__)


class Lanes:
    """Up to `count` downloads at once, first come first served.

    A listing or a search uses a free lane, or one extra that is ended after it,
    so that it never waits behind a long download. Lanes start on first use.
    """

    def __init__(self, settings: LaneSettings, count: int = 2) -> None:
        self._settings = settings
        self._pool = Pool(settings, count)

    async def prewarm(self) -> None:
        """Start all lanes and wait until they are ready. Raises LaneFailed."""
        await self._pool.prewarm()

    async def about(self) -> About:
        """What a lane found when it started. Raises LaneFailed."""
        async with self._pool.lane(is_download=False) as lane:
            return lane.about

    async def expand(self, url: str) -> Listing:
        """What stands behind a URL, without fetching it. Raises LaneFailed."""
        command = {"do": "expand", "most": MOST_ENTRIES, **self._address(url)}
        said = await self._ask(command)
        entries = tuple(Entry(**entry) for entry in said["entries"])
        return Listing(
            title=said["title"],
            id=said["id"],
            url=said["url"],
            entries=entries,
            is_playlist=said["is_playlist"],
            is_cut=said["is_cut"],
        )

    async def find(self, query: str, count: int = 5) -> tuple[Found, ...]:
        """Search YouTube, best first. Raises LaneFailed."""
        rule = next((r for r in self._settings.sites if r.name == "youtube"), None)
        if rule is None:
            raise LaneFailed(FailKind.REFUSED, sites.Reason.UNKNOWN_SITE)
        words = " ".join(query.split())[:200]
        said = await self._ask(
            {
                "do": "find",
                "query": words,
                "count": count,
                "extractors": rule.extractors,
                "prefix": None,
            }
        )
        return tuple(Found(**found) for found in said["found"])

    async def download(
        self,
        job: Job,
        progress: Callable[[Progress], None],
        *,
        keeps_part: Callable[[], bool] = lambda: False,
    ) -> Finished:
        """Fetch one video. Raises LaneFailed.

        Cancelling the calling task ends the lane's whole process group within
        half a second and removes `job.temp`, unless `keeps_part` then says that
        the work is to be continued later. A failure that may pass keeps it too;
        so does closing, which raises LaneFailed (stopped).
        """
        try:
            finished = await self._fetch(job, progress)
        except asyncio.CancelledError:
            if not (self._pool.is_closing or keeps_part()):
                await undisturbed(_remove(job.temp))
            raise
        except LaneFailed as error:
            if error.kind in (FailKind.PERMANENT, FailKind.REFUSED):
                await undisturbed(_remove(job.temp))
            raise
        await undisturbed(_remove(job.temp))
        return finished

    async def aclose(self, grace_s: float = 10) -> None:
        """Interrupt what runs, keeping its `.part`, and end every lane."""
        await self._pool.aclose(grace_s)

    async def _fetch(self, job: Job, progress: Callable[[Progress], None]) -> Finished:
        ref = structlog.contextvars.get_contextvars().get("ref")
        command = {
            "do": "download",
            "title": job.title and job.title[:LONGEST_TITLE],
            "folder": str(job.folder),
            "temp": str(job.temp),
            "audio": job.audio,
            "ref": ref,
            **self._address(job.url),
        }

        def hear(event: Event) -> None:
            heard = _progress(event)
            if heard is not None:
                progress(heard)

        said = await self._ask(command, hear, is_download=True)
        return Finished(**{**said["finished"], "path": Path(said["finished"]["path"])})

    def _address(self, url: str) -> Event:
        try:
            clean, rule = sites.checked(url, self._settings.sites)
        except sites.NotAllowed as error:
            raise LaneFailed(FailKind.REFUSED, error.reason) from error
        return {"url": clean, "extractors": rule.extractors, "prefix": rule.prefix}

    async def _ask(
        self,
        command: Event,
        hear: Callable[[Event], None] = lambda _: None,
        *,
        is_download: bool = False,
    ) -> Event:
        try:
            async with self._pool.lane(is_download=is_download) as lane:
                said = await lane.run(command, hear)
        except LaneFailed as error:
            if self._pool.is_closing:
                raise LaneFailed(FailKind.STOPPED) from error
            log.info("lane job failed", kind=error.kind.value, said=error.said)
            raise
        for warning in said.get("warnings", ()):
            log.info("lane job warned", said=warning)
        return said


def _progress(event: Event) -> Progress | None:
    if event.get("event") == "pp":
        return Progress(Stage.PROCESSING, event["bytes"], event["bytes"], None, None)
    if event.get("event") != "p":
        return None
    return Progress(
        Stage.DOWNLOADING,
        event["bytes"],
        event.get("total"),
        event.get("speed"),
        event.get("eta"),
    )


async def _remove(folder: Path) -> None:
    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
