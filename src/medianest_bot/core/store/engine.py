"""Opens the database: one writer at a time, readers apart, nothing half done."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.store import _folder_lock, _migrate
from medianest_bot.core.store._connect import Engines, connect
from medianest_bot.core.store._mark import Mark
from medianest_bot.core.store._trouble import named
from medianest_bot.core.store.errors import StoreBusy, StoreUnusable, Why

PATIENCE_S = 5.0
"""How long a transaction waits for another program to let go of the database."""
_AGAIN_S = 0.05
QUEUE_S = 20.0
"""How long a transaction waits for others of ours."""


class _Writing:
    """One transaction; also seen by tasks that were started inside it."""

    def __init__(self) -> None:
        self.is_open = True
        self.task = asyncio.current_task()


_writing: ContextVar[_Writing | None] = ContextVar("writing", default=None)


def is_writing() -> bool:
    """True inside `Store.begin`: then nobody may be asked and nothing sent."""
    writing = _writing.get()
    return writing is not None and writing.is_open


class Store:
    """An open database. Made by `open`; whoever opens it closes it."""

    def __init__(
        self,
        engines: Engines,
        writer: AsyncConnection,
        mark: Mark,
        stack: AsyncExitStack,
    ) -> None:
        self._engines = engines
        self._writer = writer
        self._mark = mark
        self._stack = stack
        self._turn = asyncio.Lock()

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        lock_folder: Path | None = None,
        patience_s: float = PATIENCE_S,
    ) -> Store:
        """Open the database at `url`, brought up to date first.

        `sqlite:///…` (a file) or `postgresql://…`. With `lock_folder`, only one
        store at a time is open on that folder. Raises StoreInUse where another is,
        StoreUnusable where it cannot be opened.
        """
        async with AsyncExitStack() as stack:
            if lock_folder is not None:
                stack.enter_context(_folder_lock.held(lock_folder))
            engines = connect(url, patience_s)
            stack.push_async_callback(engines.dispose)
            try:
                writer = await _connected(engines, patience_s)
            except StoreBusy as error:
                raise StoreUnusable(Why.LOCKED) from error
            stack.push_async_callback(writer.close)
            mark = Mark(engines.readers.url)
            stack.callback(mark.close)
            kept_open = stack.pop_all()
        return cls(engines, writer, mark, kept_open)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """A transaction: the only way to write, and one at a time.

        Commits at the end; rolls back on any exception and when cancelled. Raises
        StoreBusy or StoreUnusable where the database cannot be written.
        """
        before = _writing.get()
        if before is not None and before.is_open:
            _refuse_inside(before)
        with named():
            await self._take_turn()
            mine = _Writing()
            _writing.set(mine)
            try:
                await _begin(self._writer)
                yield self._writer
                await _surely(self._writer.commit())
            except BaseException:
                await _surely(_undo(self._writer))
                raise
            finally:
                mine.is_open = False
                _writing.set(before)
                self._turn.release()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A look at one moment of the database, never kept waiting by a writer.

        Writing raises. Raises StoreBusy or StoreUnusable where it cannot be read.
        """
        with named():
            async with self._engines.readers.connect() as db:
                yield db

    def mark(self) -> int | None:
        """Stays the same as long as nobody writes, here or in another program.

        None where that is not known: it is never known of PostgreSQL.
        """
        return self._mark.read()

    async def close(self) -> None:
        """Wait for the transaction that runs, and let go of everything."""
        async with self._turn:
            await self._stack.aclose()

    async def _take_turn(self) -> None:
        if not self._turn.locked():
            await self._turn.acquire()
            return
        try:
            async with asyncio.timeout(QUEUE_S):
                await self._turn.acquire()
        except TimeoutError as error:
            raise StoreBusy from error


async def _connected(engines: Engines, patience_s: float) -> AsyncConnection:
    """The writer's connection, to tables that are up to date.

    SQLite refuses at once, without its usual patience, where two programs turn the
    write-ahead log of a new file on together; so we bring the patience.
    """
    ends = time.monotonic() + patience_s
    while True:
        try:
            with named():
                await _migrate.bring_up_to_date(engines)
                return await engines.writer.connect()
        except StoreBusy:
            if time.monotonic() >= ends:
                raise
            await asyncio.sleep(_AGAIN_S)


def _refuse_inside(outer: _Writing) -> None:
    """It would wait for itself. A task started in a transaction may wait, though."""
    if outer.task is asyncio.current_task():
        raise RuntimeError("a transaction was begun inside a transaction")


async def _begin(tx: AsyncConnection) -> None:
    """Begin, on a new connection where the server has dropped the one we had."""
    try:
        await tx.begin()
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        await tx.rollback()
        await tx.begin()


async def _undo(tx: AsyncConnection) -> None:
    """Leave nothing of a transaction that failed, wherever it did."""
    if not tx.in_transaction():
        # Its beginning may still go on in the driver's thread, or its commit has
        # failed half way: nobody knows, so that connection is not used again.
        await tx.invalidate()
    await tx.rollback()


async def _surely(work: Coroutine[Any, Any, None]) -> None:
    """Finish `work` also when cancelled: half of it leaves everybody guessing."""
    task = asyncio.create_task(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait({task})
        if not task.cancelled():
            task.exception()
        raise
