"""Opens the database: one writer at a time, readers apart, nothing half done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.store import _folder_lock, _migrate
from medianest_bot.core.store._connect import Engines, connect
from medianest_bot.core.store._trouble import named
from medianest_bot.core.store.errors import StoreBusy, StoreUnusable, Why

PATIENCE_S = 5.0
"""How long a transaction waits for another program to let go of the database."""
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

    def __init__(self, engines: Engines, stack: AsyncExitStack) -> None:
        self._engines = engines
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
                with named():
                    await _migrate.bring_up_to_date(engines)
            except StoreBusy as error:
                raise StoreUnusable(Why.LOCKED) from error
            kept_open = stack.pop_all()
        return cls(engines, kept_open)

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
            async with self._my_turn(), self._engines.writer.connect() as tx:
                mine = _Writing()
                _writing.set(mine)
                try:
                    await _begun(tx)
                    yield tx
                    await _committed(tx)
                finally:
                    mine.is_open = False
                    _writing.set(before)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A look at one moment of the database, never kept waiting by a writer.

        Writing raises. Raises StoreBusy or StoreUnusable where it cannot be read.
        """
        with named():
            async with self._engines.readers.connect() as db:
                yield db

    async def close(self) -> None:
        """Wait for the transaction that runs, and let go of everything."""
        async with self._turn:
            await self._stack.aclose()

    @asynccontextmanager
    async def _my_turn(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(QUEUE_S):
                await self._turn.acquire()
        except TimeoutError as error:
            raise StoreBusy from error
        try:
            yield
        finally:
            self._turn.release()


def _refuse_inside(outer: _Writing) -> None:
    """It would wait for itself. A task started in a transaction may wait, though."""
    if outer.task is asyncio.current_task():
        raise RuntimeError("a transaction was begun inside a transaction")


async def _begun(tx: AsyncConnection) -> None:
    try:
        await tx.begin()
    except BaseException:
        # It may still begin, in its thread: that connection is not used again.
        await tx.invalidate()
        raise


async def _committed(tx: AsyncConnection) -> None:
    """Commit even when cancelled: half of it would leave everybody guessing."""
    commit = asyncio.create_task(tx.commit())
    try:
        await asyncio.shield(commit)
    except BaseException:
        while not commit.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait({commit})
        if commit.cancelled() or commit.exception() is not None:
            await tx.invalidate()
        raise
