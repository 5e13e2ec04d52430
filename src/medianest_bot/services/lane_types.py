"""What goes into a lane and what comes out of it: plain values, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from medianest_bot.services.sites import SiteRule


@dataclass(frozen=True, slots=True)
class LaneSettings:
    """How every lane of this bot works.

    `temp` is a folder of ours, on the same filesystem as the finished files.
    `umask` and `group` decide who may read those. `ffmpeg` is a path, or None
    where there is none. A video beyond `max_bytes` or `max_duration_s`, or one
    that would leave less than `reserve_bytes` free, is refused. A lane is
    replaced after `recycle_after` jobs or at `recycle_rss` bytes of memory;
    one that says nothing for `silence_s` is ended.
    """

    sites: tuple[SiteRule, ...]
    temp: Path
    umask: int = 0o022
    group: str | None = None
    ffmpeg: str | None = None
    max_bytes: int = 20 * 1024**3
    max_duration_s: int | None = None
    reserve_bytes: int = 0
    recycle_after: int = 200
    recycle_rss: int = 250 * 1024**2
    silence_s: float = 120


@dataclass(frozen=True, slots=True)
class About:
    """What a lane works with: yt-dlp's version, ffmpeg, and a JavaScript runtime.

    YouTube needs the runtime for all of its formats; None where there is none.
    """

    version: str
    has_ffmpeg: bool
    js: str | None


@dataclass(frozen=True, slots=True)
class Job:
    """One video to fetch into `folder`, working in `temp`.

    `temp` belongs to this job alone and lies on the filesystem of `folder`;
    a `.part` file in it is continued. `title` is the name a listing gave,
    where the video's own address does not tell it (feeds).
    """

    url: str
    folder: Path
    temp: Path
    audio: bool = False
    title: str | None = None


class Stage(StrEnum):
    DOWNLOADING = "downloading"
    PROCESSING = "processing"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is: bytes so far and in all, bytes a second, seconds left."""

    stage: Stage
    downloaded: int
    total: int | None
    speed: float | None
    eta_s: float | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One video of a listing. `id` is the one its file will carry."""

    url: str
    title: str
    id: str | None
    duration_s: float | None


@dataclass(frozen=True, slots=True)
class Listing:
    """What stands behind a URL: a playlist's entries, or one video as one entry.

    `is_cut` says there were more entries than a listing may have.
    """

    title: str
    id: str
    url: str
    entries: tuple[Entry, ...]
    is_playlist: bool
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """One video a search found."""

    title: str
    url: str
    id: str | None
    duration_s: float | None
    channel: str | None
    thumbnail: str | None


@dataclass(frozen=True, slots=True)
class Finished:
    """A video that lies in its folder, readable by the media server."""

    path: Path
    title: str
    video_id: str
    extractor: str
    size: int
    duration_s: float | None
    thumbnail: str | None = None


class FailKind(StrEnum):
    """What to do about a failure, not where it came from."""

    PERMANENT = "permanent"
    """Gone, private, unsupported: trying again is useless."""
    BOT = "bot"
    """The site wants a sign-in or takes us for a robot: stop asking it."""
    RATE = "rate"
    """Too many requests: later."""
    TRANSIENT = "transient"
    """A time-out, a broken connection, a server fault, a lane that died."""
    LOCAL = "local"
    """Our disk, our rights, our ffmpeg: an admin has to look."""
    OUTDATED = "outdated"
    """yt-dlp does not understand the site and is old: update it."""
    REFUSED = "refused"
    """Against our own rules: site, address, size, length, live."""
    STOPPED = "stopped"
    """The lanes are closing; what was fetched so far is kept."""


class LaneFailed(Exception):
    """A job did not end well. `said` and `warnings` are for the log, without URLs.

    `retry_after_s` is the site's own wish, where it stated one.
    """

    def __init__(
        self,
        kind: FailKind,
        said: str = "",
        *,
        retry_after_s: float | None = None,
        warnings: tuple[str, ...] = (),
    ) -> None:
        super().__init__(kind.value)
        self.kind = kind
        self.said = said
        self.retry_after_s = retry_after_s
        self.warnings = warnings
