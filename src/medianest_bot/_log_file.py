"""The log as a file of the data folder, for when the terminal belongs to a chat."""

from __future__ import annotations

import io
import os
from contextlib import suppress
from pathlib import Path
from typing import TextIO, cast

LARGEST = 1024 * 1024
"""Bytes after which a new file is begun; the last one is kept beside it."""


def log_file(path: Path, largest: int = LARGEST) -> TextIO:
    """A stream into the file at `path`, which is made with the first line."""
    return cast(TextIO, _LogFile(path, largest))


class _LogFile(io.TextIOBase):
    """Appends to a file with mode 0600. A full disk costs the log and no more."""

    def __init__(self, path: Path, largest: int) -> None:
        super().__init__()
        self._path = path
        self._largest = largest

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._turn_over()
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
            descriptor = os.open(self._path, flags, 0o600)
            with os.fdopen(descriptor, "a", encoding="utf-8") as file:
                file.write(text)
        return len(text)

    def writable(self) -> bool:
        return True

    def _turn_over(self) -> None:
        if self._path.exists() and self._path.stat().st_size >= self._largest:
            self._path.replace(self._path.with_name(f"{self._path.name}.1"))
