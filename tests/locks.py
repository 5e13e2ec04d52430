"""Another program that holds the database while a test looks on."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from medianest_bot.core.store.engine import Store

PATIENCE_S = 20


@asynccontextmanager
async def locked(path: Path | str) -> AsyncIterator[sqlite3.Connection]:
    """Nobody else may write to this database until `ROLLBACK` or the end.

    The lock is waited for beside the loop: who holds it just now may need the loop
    to let go of it.
    """
    opened = partial(
        sqlite3.connect,
        path,
        timeout=PATIENCE_S,
        isolation_level=None,
        check_same_thread=False,
    )
    other = await asyncio.to_thread(opened)
    try:
        await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
        yield other
    finally:
        other.close()


@asynccontextmanager
async def impatient(path: Path | str) -> AsyncIterator[Store]:
    """A store that soon gives up where somebody else holds the database."""
    store = await Store.open(f"sqlite:///{path}", patience_s=0.05)
    try:
        yield store
    finally:
        await store.close()
