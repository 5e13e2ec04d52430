"""What a failure of yt-dlp means: one of a few kinds, and a short line for the log."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

import yt_dlp
from yt_dlp.networking.exceptions import HTTPError, TransportError
from yt_dlp.utils import (
    ContentTooShortError,
    DownloadCancelled,
    ExtractorError,
    PostProcessingError,
)

from medianest_bot.services.lane import _guard

OLD_DAYS = 60
"""Sites change; an extractor older than this is the first suspect."""

_LOCAL = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.EFBIG,
    errno.ENAMETOOLONG,
    errno.EXDEV,
}
# In this order: a site's "try again later" also says that a video is unavailable.
_PASSING = {
    "rate": "too many requests|try again later|rate.?limit",
    "bot": "sign in to confirm|not a bot|confirm your age|log ?in required|--cookies",
}
_LASTING = {
    "permanent": "unavailable|not available|does not exist|private|removed|copyright"
    "|members.only|drm|unsupported url|no suitable extractor",
}
_URL = re.compile(r"\b\w+://\S+")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


class Refused(DownloadCancelled):  # type: ignore[misc]
    """Against our own rules; yt-dlp lets this one through all its layers."""


@dataclass(frozen=True, slots=True)
class Failure:
    kind: str
    said: str
    retry_after_s: float | None = None


def of(error: BaseException) -> Failure:
    """What `error` means."""
    chain = tuple(_chain(error))
    said = brief(str(error))
    if _guard.has_refused() or any(isinstance(one, Refused) for one in chain):
        return Failure("refused", said)
    status = next((one for one in chain if isinstance(one, HTTPError)), None)
    kind = _by_disk(chain) or _by_words(said, _PASSING) or _by_status(status)
    kind = kind or _by_words(said, _LASTING) or _by_type(chain)
    return Failure(kind, said, _retry_after(status))


def brief(text: str) -> str:
    """One short line without URLs, colours and line breaks."""
    return " ".join(_URL.sub("<url>", _ANSI.sub("", text)).split())[:300]


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and all that led to it, in any of yt-dlp's ways to keep that."""
    todo: list[object] = [error]
    seen: set[int] = set()
    while todo:
        one = todo.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        carried = (getattr(one, "exc_info", None) or (None, None))[1]
        cause = getattr(one, "cause", None)
        todo += [carried, cause, one.__cause__, one.__context__]


def _by_disk(chain: tuple[BaseException, ...]) -> str | None:
    for one in chain:
        if isinstance(one, PostProcessingError):
            return "local"
        if isinstance(one, OSError) and one.errno in _LOCAL:
            return "local"
    return None


def _by_words(said: str, phrases: dict[str, str]) -> str | None:
    lower = said.lower()
    return next(
        (kind for kind, words in phrases.items() if re.search(words, lower)), None
    )


def _by_type(chain: tuple[BaseException, ...]) -> str:
    if any(isinstance(one, TransportError | ContentTooShortError) for one in chain):
        return "transient"
    expected = [one.expected for one in chain if isinstance(one, ExtractorError)]
    if any(expected):
        return "permanent"
    return "outdated" if _age_days() > OLD_DAYS else "transient"


def _by_status(error: HTTPError | None) -> str | None:
    if error is None:
        return None
    if error.status == 429:
        return "rate"
    if error.status in (401, 403, 408) or error.status >= 500:
        return "transient"  # YouTube's 403 on media passes with a fresh extraction
    return "permanent"


def _retry_after(error: HTTPError | None) -> float | None:
    if error is None:
        return None
    value = error.response.headers.get("Retry-After") or ""
    return float(value) if value.isascii() and value.isdigit() else None


def _age_days() -> int:
    """How old this yt-dlp is; its version begins with its date."""
    year, month, day, *_ = yt_dlp.version.__version__.split(".")
    return (datetime.now(UTC).date() - date(int(year), int(month), int(day))).days
