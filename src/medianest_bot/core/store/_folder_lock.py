"""Holds a data folder for one bot at a time. Ends with the process, also killed."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from medianest_bot.core.store.errors import StoreInUse, StoreUnusable, Why

NAME = "medianest-bot.lock"


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Raises StoreInUse where somebody else holds it, StoreUnusable if it cannot."""
    descriptor = _opened(folder / NAME)
    try:
        _lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreUnusable(reason_of(error)) from error


def _lock(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise StoreInUse from error
    except OSError as error:
        raise StoreUnusable(Why.NO_LOCKS) from error


def reason_of(error: OSError) -> Why:
    """Why a file could not be opened for writing."""
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return Why.NO_FOLDER
        case errno.ENOSPC | errno.EDQUOT:
            return Why.FULL
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return Why.READ_ONLY
        case _:
            return Why.DAMAGED
