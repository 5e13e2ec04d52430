"""Tells from what a database said what is wrong with the store."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
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
# Of psycopg, which is not always installed: without a code, nobody answered.
_NO_SERVER = ("OperationalError", "ConnectionTimeout")


@contextmanager
def named() -> Iterator[None]:
    """Turn what a database says into a StoreError, where it is about the store."""
    try:
        yield
    except PoolTimeout as error:
        raise StoreBusy from error
    except (DBAPIError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        known = _known(cause)
        if known is None:
            raise
        raise known from error


def _known(cause: BaseException | None) -> StoreError | None:
    if isinstance(cause, sqlite3.Error):
        return _first(_SQLITE, str(cause).lower())
    code = getattr(cause, "sqlstate", None)
    if code is None and type(cause).__name__ in _NO_SERVER:
        return StoreUnusable(Why.UNREACHABLE)
    return _first(_POSTGRESQL, code or "")


def _first(table: Mapping[str, Why | None], said: str) -> StoreError | None:
    for start, why in table.items():
        if said.startswith(start):
            return StoreUnusable(why) if why else StoreBusy()
    return None
