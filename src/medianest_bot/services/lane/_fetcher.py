"""yt-dlp with our rules built in: where it may go and what it may write."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from yt_dlp import YoutubeDL
from yt_dlp.downloader.external import FFmpegFD

from medianest_bot.services import sites
from medianest_bot.services.lane import _guard
from medianest_bot.services.lane._failures import Refused, brief
from medianest_bot.services.lane._options import options
from medianest_bot.services.lane._wire import Rules, Wire

_PROTOCOLS = {"http", "https", "m3u8", "m3u8_native", "http_dash_segments"}
_WARNINGS = 5


class Fetcher(YoutubeDL):  # type: ignore[misc]
    """One set of extractors; used for many jobs, `begin` first."""

    def __init__(
        self, rules: Rules, wire: Wire, extractors: Sequence[str], *, audio: bool
    ) -> None:
        self._rules = rules
        self._wire = wire
        self._temp = Path()
        self._rule: sites.SiteRule | None = None
        self._sizes: dict[str, int] = {}
        self._totals: dict[str, int | None] = {}
        self.warnings: list[str] = []
        super().__init__(
            {
                **options(rules, extractors, audio=audio),
                "logger": self,
                "match_filter": self._accept,
                "progress_hooks": [self._on_progress],
                "postprocessor_hooks": [self._on_step],
            }
        )

    def begin(self, prefix: str | None, temp: Path | None = None) -> None:
        """Forget the last job; the next one may go below `prefix`, if any."""
        self._sizes.clear()
        self._totals.clear()
        self.warnings.clear()
        self._playlist_urls: set[str] = set()
        self._wire.job_begins()
        self._rule = sites.SiteRule("feed", prefix=prefix) if prefix else None
        _guard.open_only([_address(prefix)] if prefix else [])
        if temp is not None:
            temp.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._temp = temp.resolve()
            self.params["paths"] = {"home": str(self._temp), "temp": str(self._temp)}

    # What yt-dlp asks of a logger.

    def debug(self, message: str) -> None:
        """Nobody reads along."""

    def warning(self, message: str) -> None:
        line = brief(message)
        is_news = line not in self.warnings and "generic information" not in line
        if is_news and len(self.warnings) < _WARNINGS:
            self.warnings.append(line)
            self._wire.say("warn", said=line)

    def error(self, message: str) -> None:
        """Said again by the exception that follows."""

    # Where yt-dlp passes on its way.

    def extract_info(self, url: str, *args: Any, **kwargs: Any) -> Any:
        """As in yt-dlp, but a redirect or an entry may not leave the prefix."""
        if self._rule is not None:
            try:
                sites.check(url.partition("#__youtubedl_smuggle")[0], (self._rule,))
            except sites.NotAllowed as error:
                raise Refused(f"led to an address outside: {error.reason}") from error
        return super().extract_info(url, *args, **kwargs)

    def prepare_filename(self, *args: Any, **kwargs: Any) -> str:
        """As in yt-dlp, but never outside the job's own folder."""
        name: str = super().prepare_filename(*args, **kwargs)
        if name and Path(name).resolve().parent != self._temp:
            raise Refused("the name leads out of the folder")
        return name

    def dl(self, name: str, info: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """As in yt-dlp, but only over protocols that it speaks itself."""
        if info.get("protocol") not in _PROTOCOLS or info.get("is_live"):
            raise Refused("a protocol that is not fetched")
        return super().dl(name, info, *args, **kwargs)

    def _accept(self, info: dict[str, Any], *, incomplete: bool) -> None:  # noqa: ARG002
        if info.get("is_live") or info.get("live_status") in ("is_live", "is_upcoming"):
            raise Refused("a live stream")
        longest = self._rules.max_duration_s
        if longest and (info.get("duration") or 0) > longest:
            raise Refused("longer than allowed")

    def _on_progress(self, said: dict[str, Any]) -> None:
        name = str(said.get("filename"))
        self._sizes[name] = said.get("downloaded_bytes") or 0
        self._totals[name] = said.get("total_bytes") or _whole(said)
        self._check_size()
        self._wire.progress(
            bytes=sum(self._sizes.values()),
            total=_sum(self._totals.values()),
            speed=said.get("speed"),
            eta=said.get("eta"),
        )

    def _check_size(self) -> None:
        """The cap holds for what comes, not for what a header promises."""
        known = sum(self._totals[name] or 0 for name in self._totals)
        if max(known, sum(self._sizes.values())) > self._rules.max_bytes:
            raise Refused("larger than allowed")
        free = shutil.disk_usage(self._temp).free
        if free < self._rules.reserve_bytes:
            raise OSError(28, "the disk is nearly full")

    def _on_step(self, said: dict[str, Any]) -> None:
        if said["postprocessor"] != "MoveFiles":
            size = sum(self._sizes.values())
            step, status = said["postprocessor"], said["status"]
            self._wire.say("pp", step=step, status=status, bytes=size)


def forbid_ffmpeg_to_fetch() -> None:
    """HLS that yt-dlp cannot read is handed to ffmpeg, which no guard sees."""

    def refuse(*_: Any) -> bool:
        raise Refused("only ffmpeg could fetch this")

    FFmpegFD.real_download = refuse


def _address(prefix: str) -> tuple[str, int]:
    parts = urlsplit(prefix)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _whole(said: dict[str, Any]) -> int | None:
    estimate = said.get("total_bytes_estimate")
    return int(estimate) if estimate else None


def _sum(totals: Any) -> int | None:
    known = list(totals)
    return None if None in known else sum(known)
