"""The options every yt-dlp of a lane has. None of them comes from a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from medianest_bot.services.lane._wire import Rules

NAME = "%(title).150B [%(id).60B].%(ext)s"
"""The whole file name. The id keeps a title like ".." from being a path of its own;
both are cut in bytes, so that the name with yt-dlp's suffixes fits a file system."""


def options(rules: Rules, extractors: Sequence[str], *, audio: bool) -> dict[str, Any]:
    """Everything fixed: what is not named here is off in yt-dlp's API.

    The API reads no configuration file. `external_downloader` native keeps
    rtmpdump, aria2c and ffmpeg from fetching anything by themselves.
    """
    return {
        "allowed_extractors": list(extractors),
        "default_search": "error",
        "enable_file_urls": False,
        "cachedir": False,
        "external_downloader": {"default": "native"},
        "ffmpeg_location": rules.ffmpeg or "/nonexistent",
        "fixup": "detect_or_warn" if rules.ffmpeg else "never",
        "socket_timeout": 20,
        "retries": 5,
        "fragment_retries": 5,
        "extractor_retries": 2,
        "skip_unavailable_fragments": False,
        "concurrent_fragment_downloads": 2,
        "continuedl": True,
        "outtmpl": {"default": NAME},
        "windowsfilenames": True,  # folders are often shared over SMB
        "noplaylist": True,
        "noprogress": True,
        "quiet": True,
        "color": "never",
        **_format(has_ffmpeg=rules.ffmpeg is not None, audio=audio),
    }


def _format(*, has_ffmpeg: bool, audio: bool) -> dict[str, Any]:
    """Without ffmpeg only what comes as one file; with it, what Plex plays as is."""
    if audio and not has_ffmpeg:
        return {"format": "bestaudio[ext=m4a]/bestaudio"}
    if audio:
        step = {"key": "FFmpegExtractAudio", "preferredcodec": "m4a"}
        return {"format": "bestaudio/best", "postprocessors": [step]}
    if not has_ffmpeg:
        return {"format": "best[ext=mp4]/best"}
    return {
        "format": "bestvideo*+bestaudio/best",
        "format_sort": ["vcodec:h264", "lang", "quality", "res", "fps", "acodec:aac"],
        "merge_output_format": "mp4",
    }
