"""What a lane is told at start, and the pipe its events leave by."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRESS_S = 0.5


@dataclass(frozen=True, slots=True)
class Rules:
    """The parent's settings; see LaneSettings for their meaning."""

    events: int
    parent: int
    umask: int
    group: str | None
    ffmpeg: str | None
    max_bytes: int
    max_duration_s: int | None
    reserve_bytes: int


class Wire:
    """Events to the parent. Progress is told twice a second at most."""

    def __init__(self, descriptor: int) -> None:
        self._out = os.fdopen(descriptor, "wb", 0)
        os.set_inheritable(descriptor, False)
        self._quiet_until = 0.0

    def say(self, event: str, **data: Any) -> None:
        line = memoryview(json.dumps({"event": event, **data}).encode() + b"\n")
        while line:
            line = line[self._out.write(line) :]

    def progress(self, **data: Any) -> None:
        now = time.monotonic()
        if now >= self._quiet_until:
            self._quiet_until = now + PROGRESS_S
            self.say("p", **data)

    def job_begins(self) -> None:
        """The first progress of a job is told at once."""
        self._quiet_until = 0.0


def memory_used() -> int:
    """Bytes this process holds in memory; 0 where the system does not tell."""
    try:
        pages = Path("/proc/self/statm").read_text("ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGESIZE")
