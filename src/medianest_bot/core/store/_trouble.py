"""Tells from what a database said what is wrong with the store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from medianest_bot.core.store.errors import (
    StoreBusy,
    StoreError,
    StoreUnusable,
    Why,
)

# Messages of the SQLite library: https://www.sqlite.org/rescode.html. They come
# from `sqlite3_errmsg`; Python 3.11 names the code too, other drivers do not.
_SQLITE = {
    "database is locked": None,
    "database table is locked": None,
    "database or disk is full": Why.FULL,
    "attempt to write a readonly database": Why.READ_ONLY,
    "unable to open database file": Why.READ_ONLY,
    "disk i/o error": Why.DAMAGED,
    "database disk image is malformed": Why.DAMAGED,
    "file is not a database": Why.DAMAGED,
}
# https://www.postgresql.org/docs/current/errcodes-appendix.html, by prefix.
_POSTGRESQL = {
    "55P03": None,
    "40P01": None,
    "53100": Why.FULL,
    "25006": Why.READ_ONLY,
    "08": Why.UNREACHABLE,
    "28": Why.UNREACHABLE,
    "3D000": Why.UNREACHABLE,
    "42501": Why.READ_ONLY,
    "57P": Why.UNREACHABLE,
    "53": Why.UNREACHABLE,
}


@contextmanager
def named() -> Iterator[None]:
    """Turn what a database says into a StoreError, where it is about the store."""
    try:
        yield
    except PoolTimeout as error:
        raise StoreBusy from error
    except DBAPIError as error:
        known = _known(error)
        if known is None:
            raise
        raise known from error


def _known(error: DBAPIError) -> StoreError | None:
    cause = error.orig
    code = getattr(cause, "sqlstate", None)
    said = str(cause).lower()
    if code is not None:
        return _first(_POSTGRESQL, code.startswith)
    if type(cause).__module__.startswith("psycopg"):
        # No code: there was no server to give one.
        gone = error.connection_invalidated or type(cause).__name__ in (
            "OperationalError",
            "ConnectionTimeout",
        )
        return StoreUnusable(Why.UNREACHABLE) if gone else None
    return _first(_SQLITE, said.startswith)


def _first(table: dict[str, Why | None], begins: object) -> StoreError | None:
    assert callable(begins)
    for start, reason in table.items():
        if begins(start):
            return StoreUnusable(reason) if reason else StoreBusy()
    return None
