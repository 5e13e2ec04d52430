"""Speaks to SQLite with as few trips to the driver's thread as can be.

aiosqlite goes there four times for a statement (a cursor, the statement, its rows,
the end of the cursor) and once more to begin; a trip costs more than the statement.
Here a statement is one trip, rows and all, and the first one takes the beginning of
its transaction along.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Self

import aiosqlite
from aiosqlite.core import _STOP_RUNNING_SENTINEL


class OneTrip(aiosqlite.Connection):
    """A connection as SQLAlchemy's dialect for aiosqlite uses it, and no more.

    Made with `isolation_level=None`: nothing begins but by `begin_with`.
    """

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connector, iter_chunk_size=64)
        # A program that dies without closing us must not hang.
        self._thread.daemon = True
        self._begin = ""

    def __del__(self) -> None:
        """Ends quietly; aiosqlite would warn that nobody has closed it.

        SQLAlchemy throws a connection away whose user is cancelled while it is being
        closed. Then nobody is left who could wait: the driver's thread closes it.
        """
        if self._connection is not None:
            self._running = False
            self._tx.put_nowait((None, _closing(self._connection)))

    def begin_with(self, begin: str) -> None:
        """Begin a transaction like this, together with its first statement."""
        self._begin = begin

    def cursor(self) -> _Cursor:  # type: ignore[override]
        return _Cursor(self)

    async def run(self, act: Callable[[sqlite3.Cursor], object]) -> _Answer:
        """Do something in the driver's thread; returns all that came of it."""
        begin, self._begin = self._begin, ""
        in_thread: Callable[..., Awaitable[_Answer]] = self._execute
        return await in_thread(_run, self._conn, begin, act)

    async def commit(self) -> None:
        if not self._never_began():
            await super().commit()

    async def rollback(self) -> None:
        if not self._never_began():
            await super().rollback()

    def _never_began(self) -> bool:
        begin, self._begin = self._begin, ""
        return begin != ""


def _closing(raw: sqlite3.Connection) -> Callable[[], object]:
    def close() -> object:
        raw.close()
        return _STOP_RUNNING_SENTINEL

    return close


class _Answer:
    """What a statement left behind, read where the driver's thread is."""

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self.description = cursor.description
        self.rows = cursor.fetchall() if cursor.description else []
        # Only after the rows: those of a statement that returns some count late.
        self.rowcount = cursor.rowcount
        self.lastrowid = cursor.lastrowid


def _run(
    raw: sqlite3.Connection, begin: str, act: Callable[[sqlite3.Cursor], object]
) -> _Answer:
    if begin:
        raw.execute(begin)
    cursor = raw.cursor()
    try:
        act(cursor)
        return _Answer(cursor)
    finally:
        cursor.close()


class _Cursor:
    """One statement and its rows."""

    arraysize = 1
    _answer: _Answer | None = None

    def __init__(self, connection: OneTrip) -> None:
        self._connection = connection

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, values: Any = ()) -> Self:
        return await self._run(lambda cursor: cursor.execute(sql, values))

    async def executemany(self, sql: str, values: Iterable[Any]) -> Self:
        return await self._run(lambda cursor: cursor.executemany(sql, values))

    async def _run(self, act: Callable[[sqlite3.Cursor], object]) -> Self:
        self._answer = await self._connection.run(act)
        return self

    async def fetchall(self) -> list[Any]:
        return self._answer.rows if self._answer else []

    async def close(self) -> None:
        """There is nothing left in the driver's thread."""

    @property
    def description(self) -> Any:
        return self._answer.description if self._answer else None

    @property
    def rowcount(self) -> int:
        return self._answer.rowcount if self._answer else -1

    @property
    def lastrowid(self) -> int | None:
        return self._answer.lastrowid if self._answer else None
