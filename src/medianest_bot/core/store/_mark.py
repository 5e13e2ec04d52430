"""Tells in microseconds whether anybody has written since one last looked."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path

from sqlalchemy import URL


class Mark:
    """Changes with every commit of anybody, in this program or another.

    SQLite counts the commits of all others than the connection that asks, and this
    one never writes. Asking takes some 5 µs of a file that is mapped into memory, so
    it needs no thread.
    """

    def __init__(self, url: URL) -> None:
        self._asked: sqlite3.Connection | None = None
        if url.get_backend_name() != "sqlite":
            return
        path = Path(url.database or "").absolute()
        # It may be opened in one thread and closed in another; nobody waits for it.
        self._asked = sqlite3.connect(
            path, timeout=0, isolation_level=None, check_same_thread=False
        )

    def read(self) -> int | None:
        """The mark; None where the database has none, or does not say just now."""
        if self._asked is None:
            return None
        with suppress(sqlite3.Error):
            found = self._asked.execute("PRAGMA data_version").fetchone()
            return int(found[0])
        return None

    def close(self) -> None:
        if self._asked is not None:
            self._asked.close()
