"""Makes the engines: how SQLite and PostgreSQL are spoken to."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, ExceptionContext, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from medianest_bot.core.store._folder_lock import reason_of
from medianest_bot.core.store._one_trip import OneTrip
from medianest_bot.core.store.errors import StoreUnusable, Why

READERS = 4
_LOCK_KEY = 0x6D6E6274
"""Ours among PostgreSQL's advisory locks: "mnbt"."""


@dataclass(frozen=True, slots=True)
class Engines:
    """Ways into one database.

    Transactions of `writer` and `migrator` hold the lock for writing from their
    beginning; those of `readers` cannot write.
    """

    writer: AsyncEngine
    readers: AsyncEngine
    migrator: AsyncEngine

    async def dispose(self) -> None:
        for engine in (self.readers, self.migrator, self.writer):
            await engine.dispose()


def connect(url: str, patience_s: float) -> Engines:
    """Engines for an address. Raises StoreUnusable where there can be none."""
    parsed = _parsed(url)
    match parsed.get_backend_name():
        case "sqlite" if parsed.database and parsed.database != ":memory:":
            return _sqlite(parsed.set(drivername="sqlite+aiosqlite"), patience_s)
        case "postgresql" | "postgres":
            return _postgresql(parsed.set(drivername="postgresql+psycopg"), patience_s)
        case _:
            raise StoreUnusable(Why.BAD_ADDRESS)


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError:
        # Its message holds the address, which may hold a password.
        raise StoreUnusable(Why.BAD_ADDRESS) from None


def _sqlite(url: URL, patience_s: float) -> Engines:
    path = Path(url.database or "").absolute()
    _touch(path)
    raw = partial(
        sqlite3.connect,
        path,
        timeout=patience_s,
        # No implicit transactions: ours begin where we say so.
        isolation_level=None,
        # Each belongs to a thread of the driver, but is closed by whoever is left.
        check_same_thread=False,
    )

    def engine(begin: str, pragmas: tuple[str, ...], **pool: Any) -> AsyncEngine:
        made = create_async_engine(
            url, async_creator=lambda: OneTrip(raw), hide_parameters=True, **pool
        )
        _run_at_connect(made, pragmas)
        _run_at_begin(made, begin)
        _leave_when_undone(made)
        return made

    wal = ("journal_mode=WAL", "synchronous=FULL")
    write = "BEGIN IMMEDIATE"
    pool = {"pool_timeout": patience_s, "max_overflow": 0}
    return Engines(
        # The store ends every transaction itself, so there is nothing to reset.
        writer=engine(
            write,
            (*wal, "foreign_keys=ON"),
            pool_size=1,
            pool_reset_on_return=None,
            **pool,
        ),
        # A read is of one moment, also when it is several statements.
        readers=engine("BEGIN", ("query_only=ON",), pool_size=READERS, **pool),
        # A table that is made anew must not take its children with it.
        migrator=engine(write, (*wal, "foreign_keys=OFF"), poolclass=NullPool),
    )


def _run_at_begin(engine: AsyncEngine, begin: str) -> None:
    def begun(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        driver.begin_with(begin)

    event.listen(engine.sync_engine, "begin", begun)


def _leave_when_undone(engine: AsyncEngine) -> None:
    """Leave a connection whose transaction is gone after an error.

    It could not begin, or SQLite undid it by itself: what came next would be kept
    at once, whatever becomes of the rest.
    """

    def failed(context: ExceptionContext) -> None:
        if context.connection is None or context.connection.closed:
            return
        driver: Any = context.connection.connection.driver_connection
        if not driver.in_transaction:
            context.is_disconnect = True
            context.invalidate_pool_on_disconnect = False

    event.listen(engine.sync_engine, "handle_error", failed)


def _run_at_connect(engine: AsyncEngine, pragmas: tuple[str, ...]) -> None:
    def connected(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    event.listen(engine.sync_engine, "connect", connected)


def _touch(path: Path) -> None:
    """Make the file, for our eyes only, and find out early if we may write it."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise StoreUnusable(reason_of(error)) from error


def _postgresql(url: URL, patience_s: float) -> Engines:
    try:
        pooled = create_async_engine(
            url,
            hide_parameters=True,
            pool_size=READERS + 1,
            max_overflow=4,
            pool_timeout=patience_s,
            pool_pre_ping=True,
            connect_args={"connect_timeout": max(2, round(patience_s))},
        )
    except ModuleNotFoundError as error:
        raise StoreUnusable(Why.NO_DRIVER) from error
    # The rules above the store count first and write then; as with SQLite, nobody
    # may write in between, not even another machine.
    lock = (
        f"SELECT set_config('lock_timeout', '{round(patience_s * 1000)}', true),"
        f" pg_advisory_xact_lock({_LOCK_KEY})"
    )

    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(lock)

    writer = pooled.execution_options(writes=True)
    event.listen(writer.sync_engine, "begin", begun)
    readers = pooled.execution_options(postgresql_readonly=True)
    return Engines(writer=writer, readers=readers, migrator=writer)
