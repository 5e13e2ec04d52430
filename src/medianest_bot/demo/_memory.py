"""A small file in which a stand-in remembers what has happened to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Kept = dict[str, Any]

_ODD = (ValueError, TypeError, LookupError, AttributeError, RecursionError)


class Damaged(Exception):
    """What was remembered cannot be read; nothing of it was taken over."""


class Memory:
    """Written as a whole on every change, so that a kill at any moment loses nothing.

    Without a path nothing is remembered.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._written = ""

    def recall(self, take: Callable[[Kept], None]) -> None:
        """Hand what was kept to `take`, if there is any. Raises Damaged.

        `take` must look at all of it before it changes anything.
        """
        if self._path is None or not self._path.exists():
            return
        try:
            take(json.loads(self._path.read_text("utf-8")))
        except _ODD as error:
            raise Damaged from error

    def keep(self, told: Kept) -> None:
        """Raises OSError where it cannot be written."""
        if self._path is None:
            return
        text = json.dumps(told, separators=(",", ":"))
        if text == self._written:
            return
        beside = self._path.with_name(f".{self._path.name}.new")
        beside.write_text(text, "utf-8")
        beside.replace(self._path)
        self._written = text
