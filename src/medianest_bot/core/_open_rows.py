"""Reads the open requests for many searches at once."""

from __future__ import annotations

import asyncio

from medianest_bot.core.store import requests as rows
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.requests import MediaRequest

Rows = tuple[MediaRequest, ...]


class OpenRows:
    """Whoever comes while somebody reads shares the next reading.

    That one begins after all of them asked, so each sees what was written before;
    twenty searches at once cost two readings, not twenty.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._turn = asyncio.Lock()
        self._next: asyncio.Task[Rows] | None = None
        self._reading: set[asyncio.Task[Rows]] = set()

    async def read(self) -> Rows:
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

    async def _read(self) -> Rows:
        async with self._turn:
            self._next = None
            async with self._store.read() as db:
                return await rows.open_ones(db)
