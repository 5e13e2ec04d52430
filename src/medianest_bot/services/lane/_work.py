"""What a lane does with its commands: list, search, fetch."""

from __future__ import annotations

import errno
import grp
import json
import os
from collections.abc import Callable, Iterable
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yt_dlp
from yt_dlp.utils import Popen, unsmuggle_url

from medianest_bot.services.lane import _failures, _guard
from medianest_bot.services.lane._failures import Refused
from medianest_bot.services.lane._fetcher import Fetcher, forbid_ffmpeg_to_fetch
from medianest_bot.services.lane._wire import Rules, Wire, memory_used
from medianest_bot.services.sites import LONGEST

_LONGEST_TITLE = 500

Command = dict[str, Any]


def serve(rules: Rules, wire: Wire, commands: Iterable[bytes]) -> None:
    """Do one command after another; no failure of a job ends the lane."""
    _guard.tie_children(Popen)
    forbid_ffmpeg_to_fetch()
    work = _Work(rules, wire)
    wire.say(
        "ready",
        version=yt_dlp.version.__version__,
        ffmpeg=rules.ffmpeg is not None and os.access(rules.ffmpeg, os.X_OK),
        js=work.js(),
    )
    for line in commands:
        command = json.loads(line)
        if command["do"] == "quit":
            return
        work.do(command)


class _Work:
    def __init__(self, rules: Rules, wire: Wire) -> None:
        self._rules = rules
        self._wire = wire
        self._fetcher = cache(self._new_fetcher)
        self._jobs: dict[str, Callable[[Fetcher, Command], dict[str, Any]]] = {
            "expand": _expand,
            "find": _find,
            "download": self._download,
        }

    def js(self) -> str | None:
        """The JavaScript runtime YouTube's player needs, where one is installed."""
        fetcher = self._fetcher(("generic",), "download", audio=False)
        runtimes = fetcher._js_runtimes.items()  # noqa: SLF001 - told nowhere else
        return next((name for name, one in runtimes if one and one.info), None)

    def do(self, command: Command) -> None:
        fetcher = self._fetcher(
            tuple(command["extractors"]),
            command["do"],
            audio=command.get("audio", False),
        )
        try:
            temp = Path(command["temp"]) if "temp" in command else None
            fetcher.begin(command["prefix"], temp)
            said = self._jobs[command["do"]](fetcher, command)
        except Exception as error:  # noqa: BLE001 - a job's failure is an answer
            self._fail(fetcher, error)
        else:
            self._end(fetcher, "done", **said)

    def _fail(self, fetcher: Fetcher, error: Exception) -> None:
        failure = _failures.of(error)
        self._end(
            fetcher,
            "fail",
            kind=failure.kind,
            said=failure.said,
            retry_after_s=failure.retry_after_s,
        )

    def _end(self, fetcher: Fetcher, event: str, **said: Any) -> None:
        self._wire.say(event, rss=memory_used(), warnings=fetcher.warnings, **said)

    def _new_fetcher(
        self, extractors: tuple[str, ...], purpose: str, *, audio: bool
    ) -> Fetcher:
        fetcher = Fetcher(self._rules, self._wire, extractors, audio=audio)
        if purpose in ("expand", "find"):
            fetcher.params["extract_flat"] = True
            fetcher.params["lazy_playlist"] = True
            fetcher.params["noplaylist"] = False
        return fetcher

    def _download(self, fetcher: Fetcher, command: Command) -> dict[str, Any]:
        named = {"_type": "url_transparent", "url": command["url"]}
        info = fetcher.process_ie_result({**named, "title": command["title"]})
        done = (info or {}).get("requested_downloads")
        if not done:
            raise Refused("a playlist, not a video")
        path = self._bring(Path(done[0]["filepath"]), Path(command["folder"]))
        finished = {
            "path": str(path),
            "title": _line(info["title"]),
            "video_id": info["id"],
            "extractor": info["extractor_key"].lower(),
            "size": path.stat().st_size,
            "duration_s": info.get("duration"),
            "thumbnail": info.get("thumbnail"),
        }
        return {"finished": finished}

    def _bring(self, made: Path, folder: Path) -> Path:
        """Put the finished file where people and Plex see it, all of it at once."""
        self._make(folder)
        made.chmod(0o666 & ~self._rules.umask)
        self._share(made)
        # A leading dot would hide the file from Plex.
        path = folder / (made.name.lstrip(". ") or made.name)
        made.replace(path)
        return path

    def _make(self, folder: Path) -> None:
        if folder.is_dir():
            return
        self._make(folder.parent)
        folder.mkdir(exist_ok=True)
        folder.chmod(0o777 & ~self._rules.umask)
        self._share(folder)

    def _share(self, path: Path) -> None:
        if self._rules.group is not None:
            os.chown(path, -1, _group(self._rules.group))


def _expand(fetcher: Fetcher, command: Command) -> dict[str, Any]:
    info = fetcher.extract_info(command["url"], download=False, process=False)
    while info.get("_type") in ("url", "url_transparent"):
        info = fetcher.extract_info(
            info["url"], download=False, ie_key=info.get("ie_key"), process=False
        )
    is_playlist = info.get("_type") in ("playlist", "multi_video")
    raw = info["entries"] if is_playlist else [{**info, "url": command["url"]}]
    entries = [
        _entry(one) for one in _first(raw, command["most"] + 1) if _is_entry(one)
    ]
    return {
        "title": _line(info.get("title") or info["id"]),
        "id": info["id"],
        "url": command["url"],
        "entries": entries[: command["most"]],
        "is_playlist": is_playlist,
        "is_cut": len(entries) > command["most"],
    }


def _first(entries: Any, most: int) -> Iterable[dict[str, Any]]:
    """The first entries, in any of the shapes yt-dlp keeps them in."""
    if hasattr(entries, "getslice"):
        paged: list[dict[str, Any]] = entries.getslice(0, most)
        return paged
    return islice(entries, most)


def _find(fetcher: Fetcher, command: Command) -> dict[str, Any]:
    search = f"ytsearch{command['count']}:{command['query']}"
    info = fetcher.extract_info(search, download=False, process=False)
    return {"found": [_found(one) for one in info["entries"] if one]}


def _group(name: str) -> int:
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError as error:
        raise OSError(errno.EPERM, "there is no such group") from error


def _entry(info: dict[str, Any]) -> dict[str, Any]:
    url, _ = unsmuggle_url(info.get("url") or info["webpage_url"], {})
    name = Path(urlsplit(url).path).stem
    return {
        "url": url,
        "title": _line(info.get("title") or name or url),
        # A feed's entry has no id; fetched by its address it is called like this.
        "id": info.get("id") or name or None,
        "duration_s": info.get("duration"),
    }


def _is_entry(info: dict[str, Any] | None) -> bool:
    """False for the gaps in a playlist, and for addresses nobody would check."""
    url = (info or {}).get("url") or (info or {}).get("webpage_url") or ""
    return 0 < len(url.partition("#")[0]) <= LONGEST


def _line(text: str) -> str:
    """A title as one line; a feed may send a megabyte of it."""
    return " ".join(text[:_LONGEST_TITLE].split())


def _found(info: dict[str, Any]) -> dict[str, Any]:
    thumbnails = info.get("thumbnails") or [{}]
    entry = _entry(info)
    return {
        **entry,
        "channel": info.get("channel") or info.get("uploader"),
        "thumbnail": info.get("thumbnail") or thumbnails[-1].get("url"),
    }
