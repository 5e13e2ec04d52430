"""The real program in a process of its own, at a terminal or behind pipes."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from tests.chats.terminal import Screen

PROGRAM = (sys.executable, "-m", "medianest_bot")
PATIENCE_S = 60.0
_COLUMNS, _ROWS = 100, 40


def environ(**more: str) -> dict[str, str]:
    """This process's surroundings without anybody's settings."""
    kept = ("PATH", "HOME", "LANG", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
    found = {name: os.environ[name] for name in kept if name in os.environ}
    return {
        **found,
        "TERM": "xterm",
        "PYTHONWARNINGS": "error::ResourceWarning",
        **more,
    }


def ran(
    *args: str, cwd: Path, typed: str = "", **more: str
) -> subprocess.CompletedProcess[str]:
    """Run the program to its end, with lines `typed` into a pipe."""
    return subprocess.run(
        [*PROGRAM, *args],
        cwd=cwd,
        env=environ(**more),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
        input=typed,
    )


class Sitting:
    """Somebody at a terminal of 100 columns, and the program that talks to them."""

    def __init__(
        self, args: tuple[str, ...], cwd: Path, env: Mapping[str, str]
    ) -> None:
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(
            theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0)
        )
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [*PROGRAM, *args],
            cwd=cwd,
            env=dict(env),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            # The terminal is theirs, so that closing it is told by the kernel.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - no thread runs here
        )
        os.close(theirs)
        self._screen = Screen(_COLUMNS, _ROWS)

    @property
    def seen(self) -> str:
        """All that is to be read, scrolled away or not."""
        return self._screen.shown()

    def type(self, text: str) -> None:
        os.write(self.ours, text.encode())

    def sees(self, part: str) -> str:
        """Wait until `part` is to be read; returns all that is."""
        ends = time.monotonic() + PATIENCE_S
        while part not in self.seen:
            assert time.monotonic() < ends, f"not seen: {part}\n{self.seen}"
            self._read(0.2)
        return self.seen

    def family(self) -> list[psutil.Process]:
        """The program and everything it started."""
        whole = psutil.Process(self.process.pid)
        return [whole, *whole.children(recursive=True)]

    def hang_up(self) -> None:
        os.close(self.ours)
        self.ours = -1

    def leaves(self) -> float:
        """Seconds until the process has ended, from now on."""
        began = time.monotonic()
        while self.process.poll() is None:
            assert time.monotonic() < began + PATIENCE_S, self.seen
            self._read(0.01)
        return time.monotonic() - began

    def _read(self, within_s: float) -> None:
        if self.ours < 0:
            time.sleep(within_s)
            return
        there, _, _ = select.select([self.ours], [], [], within_s)
        if not there:
            return
        try:
            said = os.read(self.ours, 65_536)
        except OSError:
            # Nobody is left at the other end.
            time.sleep(within_s)
            return
        for _ in range(self._screen.feed(said.decode(errors="replace"))):
            row, column = self._screen.position()
            self.type(f"\x1b[{row};{column}R")


@contextmanager
def sitting(*args: str, cwd: Path, **more: str) -> Iterator[Sitting]:
    one = Sitting(args, cwd, environ(**more))
    try:
        yield one
    finally:
        with suppress(ProcessLookupError):
            os.killpg(one.process.pid, signal.SIGKILL)
        one.process.wait()
        if one.ours >= 0:
            os.close(one.ours)
