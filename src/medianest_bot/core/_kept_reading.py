"""Reads the same of the store for many at once, and keeps it until somebody writes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.store.engine import Store

T = TypeVar("T")


class KeptReading(Generic[T]):
    """What one query says, as of the moment somebody asks.

    It is asked again after any write to the database, of this program or another.
    Whoever comes while somebody reads shares the next reading. That one begins after
    all of them asked, so each sees what was written before; twenty searches at once
    cost two readings, not twenty.
    """

    def __init__(
        self, store: Store, query: Callable[[AsyncConnection], Awaitable[T]]
    ) -> None:
        self._store = store
        self._query = query
        self._turn = asyncio.Lock()
        self._kept: tuple[int, T] | None = None
        self._next: asyncio.Task[T] | None = None
        self._reading: set[asyncio.Task[T]] = set()

    async def read(self) -> T:
        kept = self._kept
        if kept is not None and kept[0] == self._store.mark():
            return kept[1]
        if self._next is None:
            self._next = asyncio.create_task(self._read())
            self._reading.add(self._next)
            self._next.add_done_callback(self._reading.discard)
        # One who leaves must not take the others' answer away.
        return await asyncio.shield(self._next)

    async def aclose(self) -> None:
        """Ends the readings that still go on."""
        for task in (tasks := [*self._reading]):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self) -> T:
        async with self._turn:
            self._next = None
            # Before the reading: what is written meanwhile has it read again.
            mark = self._store.mark()
            async with self._store.read() as db:
                value = await self._query(db)
            self._kept = (mark, value) if mark is not None else None
            return value
