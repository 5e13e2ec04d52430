from __future__ import annotations

import errno

import pytest
from yt_dlp.networking.exceptions import TransportError
from yt_dlp.utils import DownloadError, ExtractorError, PostProcessingError

from medianest_bot.services.lane import _failures
from medianest_bot.services.lane._failures import Failure, Refused


def carried(cause: Exception) -> DownloadError:
    """As yt-dlp hands a failure out: the cause in a triple of its own."""
    return DownloadError(f"ERROR: {cause}", (type(cause), cause, None))


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("[youtube] abc: Private video. Sign in if you've been granted", "permanent"),
        ("[youtube] abc: Video unavailable", "permanent"),
        ("[youtube] abc: Join this channel to get access to members-only", "permanent"),
        ("This video is DRM protected", "permanent"),
        ("Requested format is not available", "permanent"),
        ("Sign in to confirm you’re not a bot. Use --cookies", "bot"),
        ("Sign in to confirm your age", "bot"),
        ("Video unavailable. This content isn't available, try again later.", "rate"),
        ("HTTP Error 429: Too Many Requests", "rate"),
        ("This live event will begin in 3 hours", "permanent"),
    ],
)
def test_what_a_site_says_has_a_kind(said: str, kind: str) -> None:
    error = carried(ExtractorError(said, expected=True))
    assert _failures.of(error).kind == kind


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        (TransportError("timed out"), "transient"),
        (OSError(errno.ENOSPC, "No space left on device"), "local"),
        (PostProcessingError("Conversion failed!"), "local"),
        (Refused("larger than allowed"), "refused"),
    ],
)
def test_what_breaks_on_the_way_has_a_kind(cause: Exception, kind: str) -> None:
    assert _failures.of(carried(cause)).kind == kind


def test_an_extractor_that_gives_up_is_outdated_once_it_is_old(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    error = carried(ExtractorError("Unable to extract player"))
    monkeypatch.setattr("yt_dlp.version.__version__", "2020.01.01.123")
    assert _failures.of(error).kind == "outdated"
    monkeypatch.setattr("yt_dlp.version.__version__", "2999.01.01")
    assert _failures.of(error).kind == "transient"


def test_what_is_said_is_one_short_line_without_addresses() -> None:
    long = "\x1b[0;31mERROR:\x1b[0m at https://x.example/?token=secret\n" + "x" * 900
    said = _failures.of(Refused(long)).said
    assert said == "ERROR: at <url> " + "x" * (300 - len("ERROR: at <url> "))
    assert Failure("refused", said) == _failures.of(Refused(long))
