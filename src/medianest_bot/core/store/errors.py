"""What can go wrong with the store. Errors carry data, no words.

StoreError
 ├── StoreInUse      another bot works on this data folder
 ├── StoreUnusable   it cannot be used as it is; `reason` says why
 └── StoreBusy       somebody else has held it for too long; later may work
"""

from __future__ import annotations

from enum import StrEnum


class Why(StrEnum):
    """Why a store cannot be used."""

    READ_ONLY = "read_only"
    """The folder, the file or the disk cannot be written."""
    NO_FOLDER = "no_folder"
    """The folder it should lie in does not exist."""
    NO_LOCKS = "no_locks"
    """The file system offers no locks (some network drives)."""
    LOCKED = "locked"
    """Another program holds the database, already at the start."""
    FULL = "full"
    """The disk is full."""
    NEWER = "newer"
    """Written by a newer version of this program."""
    FOREIGN = "foreign"
    """Not our database: it has tables of the same names, but not ours."""
    DAMAGED = "damaged"
    """Not a database, or a broken one."""
    UNREACHABLE = "unreachable"
    """The database server does not answer, or refuses us."""
    NO_DRIVER = "no_driver"
    """PostgreSQL is asked for, but the `scale` extra is not installed."""
    BAD_ADDRESS = "bad_address"
    """The address is of no kind of database we know."""


class StoreError(Exception):
    """The store did not do what was asked; nothing was changed."""


class StoreInUse(StoreError):
    """Another bot works on this data folder."""


class StoreUnusable(StoreError):
    """The store cannot be used as it is."""

    def __init__(self, reason: Why) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"the store is unusable: {self.reason.value}"


class StoreBusy(StoreError):
    """Somebody else has held the store for too long; trying later may work."""
