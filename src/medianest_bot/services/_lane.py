"""One lane as its parent sees it: a child process, a pipe each way, and its end."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Self

import structlog

from medianest_bot.services.lane_types import About, FailKind, LaneFailed, LaneSettings

BOOT_S = 30.0
"""How long a lane may take to say that it is ready."""
PROCESS_S = 3600.0
"""How long ffmpeg may work without a word."""
CANCEL_S = 0.3
"""What a lane gets to end by itself before it is killed."""

_GONE_S = 0.5
_LONGEST_EVENT = 16 * 1024 * 1024
_URL = re.compile(r"\b\w+://\S+")

Event = dict[str, Any]
log = structlog.get_logger(__name__)


class Lane:
    """A running lane. It does one job at a time; `open` is the way to get one."""

    def __init__(
        self,
        settings: LaneSettings,
        process: asyncio.subprocess.Process,
        commands: int,
        stderr: IO[bytes],
    ) -> None:
        self._settings = settings
        self._process = process
        self._commands = commands
        self._stderr = stderr
        self._events = asyncio.StreamReader(limit=_LONGEST_EVENT)
        self._transport: asyncio.BaseTransport | None = None
        self._is_answered = True
        self._is_closed = False
        self._rss = 0
        self.jobs = 0
        self.about = About("", has_ffmpeg=False, js=None)

    @classmethod
    async def open(cls, settings: LaneSettings) -> Self:
        """Start a lane and wait until it is ready. Raises LaneFailed (local)."""
        theirs, commands = os.pipe()
        events, events_theirs = os.pipe()
        stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the lane
        try:
            process = await asyncio.create_subprocess_exec(
                *_command_line(settings, events_theirs),
                stdin=theirs,
                stdout=stderr,
                stderr=stderr,
                pass_fds=(events_theirs,),
                env=_environment(settings),
                cwd=_home(settings),
                start_new_session=True,
            )
        except BaseException as error:
            os.close(commands)
            os.close(events)
            stderr.close()
            if isinstance(error, OSError):
                raise LaneFailed(FailKind.LOCAL, error.strerror or "") from error
            raise
        finally:
            os.close(theirs)
            os.close(events_theirs)
        lane = cls(settings, process, commands, stderr)
        await lane._boot(events)
        return lane

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_usable(self) -> bool:
        """True while it lives and has answered what it was asked."""
        return self._is_answered and self._process.returncode is None

    @property
    def is_worn(self) -> bool:
        """True when it should be replaced: yt-dlp grows with every job."""
        settings = self._settings
        return self.jobs >= settings.recycle_after or self._rss >= settings.recycle_rss

    async def run(self, command: Event, on_event: Callable[[Event], None]) -> Event:
        """Have one job done; the events on the way go to `on_event`.

        Returns the event that ends it ("done"). Raises LaneFailed; after
        anything but an answer the lane is not usable any more.
        """
        self._is_answered = False
        self.jobs += 1
        self._write(command)
        within_s = self._settings.silence_s
        while True:
            event = await self._next(within_s)
            kind = event.get("event")
            if kind in ("done", "fail"):
                self._is_answered = True
                self._rss = event.get("rss", 0)
                return _answer(event)
            in_step = kind == "pp" and event.get("status") != "finished"
            within_s = PROCESS_S if in_step else self._settings.silence_s
            on_event(event)

    async def quit(self) -> None:
        """End an idle lane: it leaves when its commands end."""
        await self.end(CANCEL_S, by=None)

    async def end(
        self, grace_s: float = CANCEL_S, by: signal.Signals | None = signal.SIGINT
    ) -> None:
        """Interrupt the whole process group; kill what is left after `grace_s`.

        SIGTERM would leave ffmpeg behind; SIGINT is what yt-dlp ends it on.
        """
        self._close_commands()
        if by is not None:
            self._signal(by)
        try:
            async with asyncio.timeout(grace_s):
                await self._process.wait()
        except TimeoutError:
            log.debug("lane killed", pid=self.pid)
        self._signal(signal.SIGKILL)
        await self._process.wait()
        await self._group_gone()
        self._close()

    async def _boot(self, events: int) -> None:
        loop = asyncio.get_running_loop()
        try:
            self._transport, _ = await loop.connect_read_pipe(
                lambda: asyncio.StreamReaderProtocol(self._events),
                os.fdopen(events, "rb", 0),
            )
            ready = await self._next(BOOT_S)
        except LaneFailed as error:
            await self.end(0)
            raise LaneFailed(FailKind.LOCAL, error.said) from error
        except BaseException:
            await self.end(0)
            raise
        self.about = About(ready["version"], ready["ffmpeg"], ready["js"])
        log.debug("lane ready", pid=self.pid, yt_dlp=self.about.version)

    def _write(self, command: Event) -> None:
        line = json.dumps(command).encode() + b"\n"
        try:
            # One command at a time, far below what a pipe holds: never blocks.
            os.write(self._commands, line)
        except OSError as error:
            raise LaneFailed(FailKind.TRANSIENT, self._last_words()) from error

    async def _next(self, within_s: float) -> Event:
        try:
            async with asyncio.timeout(within_s):
                line = await self._events.readline()
            event = json.loads(line) if line else None
        except TimeoutError as error:
            raise LaneFailed(FailKind.TRANSIENT, "the lane fell silent") from error
        except ValueError as error:
            raise LaneFailed(FailKind.TRANSIENT, "not an event") from error
        if not isinstance(event, dict):
            raise LaneFailed(FailKind.TRANSIENT, self._last_words())
        return event

    def _last_words(self) -> str:
        """The end of what a lane that died wrote, without URLs."""
        if self._stderr.closed:
            return "the lane ended"
        size = self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, size - 2000))
        lines = self._stderr.read().decode("utf-8", "replace").split("\n")
        words = next((line for line in reversed(lines) if line.strip()), "")
        return f"the lane ended: {_URL.sub('<url>', words)[:200]}"

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    async def _group_gone(self) -> None:
        """Wait for ffmpeg, which is not our child, to be gone too."""
        with suppress(ProcessLookupError, TimeoutError):
            async with asyncio.timeout(_GONE_S):
                while True:
                    os.killpg(self.pid, 0)
                    await asyncio.sleep(0.005)

    def _close_commands(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            os.close(self._commands)

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()
        self._stderr.close()


def _answer(event: Event) -> Event:
    if event["event"] == "done":
        return event
    raise LaneFailed(
        FailKind(event["kind"]),
        event["said"],
        retry_after_s=event.get("retry_after_s"),
        warnings=tuple(event.get("warnings", ())),
    )


def _command_line(settings: LaneSettings, events: int) -> tuple[str, ...]:
    rules = {
        "events": events,
        "parent": os.getpid(),
        "umask": settings.umask,
        "group": settings.group,
        "ffmpeg": settings.ffmpeg,
        "max_bytes": settings.max_bytes,
        "max_duration_s": settings.max_duration_s,
        "reserve_bytes": settings.reserve_bytes,
    }
    # -P, -s: neither the working folder nor a home decides what is imported.
    program = (sys.executable, "-P", "-s", "-m", "medianest_bot.services.lane")
    return (*program, json.dumps(rules))


def _environment(settings: LaneSettings) -> dict[str, str]:
    """All a lane learns of its surroundings: no proxies, no plug-ins, no keys."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(_home(settings)),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "YTDLP_NO_PLUGINS": "1",
    }


def _home(settings: LaneSettings) -> Path:
    """An empty folder: what yt-dlp might read from a home is not there."""
    home = settings.temp / "home"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return home.resolve()
