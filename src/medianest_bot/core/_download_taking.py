"""Takes what the engine says about a video into its row."""

from __future__ import annotations

from datetime import timedelta

from medianest_bot.core._download_rests import Rests
from medianest_bot.core._download_rows import Rows
from medianest_bot.core._download_sites import rest_of, site_of, video_key
from medianest_bot.core._download_words import OPEN, Job, Part, title_of
from medianest_bot.core.store import downloads
from medianest_bot.core.store.downloads import Download, DownloadItem
from medianest_bot.services.lanes import FailKind, Finished, LaneFailed
from medianest_bot.services.sites import SiteRule

TRIES = 3
RETRY_S = 5.0
"""First pause of one video after a failure that may pass; doubled each time."""
LONGEST_RETRY_S = 3600.0

_ALIKE = frozenset({FailKind.RATE, FailKind.BOT, FailKind.LOCAL})
"""What does not work for one video does not work for the rest of its list."""


class Taking:
    """Ends a video's row, or has it wait for another try."""

    def __init__(self, rows: Rows, rules: tuple[SiteRule, ...], rests: Rests) -> None:
        self._rows = rows
        self._rules = rules
        self._rests = rests

    async def finished(self, job: Download, item: DownloadItem, done: Finished) -> bool:
        """Keep what is there, even if it was cancelled at the last moment.

        False where its row is gone.
        """
        self._rests.end(site_of(job.url, self._rules))
        video = item.video or video_key(item.url, done.video_id, self._rules)
        return await self._rows.move_part(
            item,
            tuple(Part),
            state=Part.DONE,
            path=str(done.path),
            size=done.size,
            video=video,
            title=title_of(done.title, item.title),
            next_at=None,
            error=None,
        )

    async def failed(
        self, job: Download, item: DownloadItem, failed: LaneFailed
    ) -> bool:
        """True where it is over with it; otherwise it waits for another try."""
        tries = item.attempts + (failed.kind is not FailKind.STOPPED)
        pause_s = self._pause_s(job, item, failed)
        if pause_s is not None and tries < TRIES:
            await self._rows.move_part(
                item,
                OPEN,
                state=Part.RETRY_WAIT,
                attempts=tries,
                next_at=self._rows.now() + timedelta(seconds=pause_s),
                error=failed.kind.value,
            )
            return False
        await self._give_up(job, item, failed, tries)
        return True

    def _pause_s(
        self, job: Download, item: DownloadItem, failed: LaneFailed
    ) -> float | None:
        """How long to wait before another try; None where that is useless."""
        if rest_of(site_of(job.url, self._rules), failed, self._rests):
            return 0.0  # it waits with all others of its site
        if failed.kind is FailKind.TRANSIENT:
            wish_s = min(failed.retry_after_s or 0.0, LONGEST_RETRY_S)
            return wish_s or RETRY_S * 2.0**item.attempts
        return 0.0 if failed.kind is FailKind.STOPPED else None

    async def _give_up(
        self, job: Download, item: DownloadItem, failed: LaneFailed, tries: int
    ) -> None:
        async with self._rows.begin() as tx:
            now = self._rows.now()
            download = await downloads.get(tx, job.id)
            if download is None or download.state != Job.DOWNLOADING:
                return
            for one in await downloads.items(tx, job.id):
                is_meant = one.id == item.id or failed.kind in _ALIKE
                is_idle = one.id == item.id or one.state != Part.DOWNLOADING
                if Part(one.state).is_open and is_meant and is_idle:
                    await downloads.update_item(
                        tx,
                        one.id,
                        now,
                        state=Part.FAILED,
                        attempts=tries if one.id == item.id else one.attempts,
                        next_at=None,
                        error=failed.kind.value,
                    )
            await self._rows.record(tx, download, failed)
        self._rows.changed(job.id)
