"""The private files keys live in: made once, whole, and for nobody else's eyes."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Callable
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

_OTHERS = 0o077
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


def read_or_make(path: Path, make: Callable[[], str]) -> str:
    """The text kept in `path`; where there is none, what `make` returns, kept.

    The file is 0600 in a folder of 0700. It appears whole or not at all, also
    when the power fails; of two makers the first one wins. Raises OSError, or
    ValueError where the file is no text.
    """
    _private_folder(path.parent)
    if not path.exists():
        _put(path, make())
    _tighten(path, 0o600)
    return path.read_text("ascii").strip()


def replace(path: Path, text: str) -> None:
    """Put `text` in the place of what `path` holds.

    Whoever reads the file finds the old text or the new one, also when the power
    fails; once this returns, the new one. Raises OSError, and the old one stays.
    """
    _private_folder(path.parent)
    _sweep(path)
    beside = _beside(path)
    try:
        _write_new(beside, text)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _private_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _tighten(folder, 0o700)


def _tighten(path: Path, mode: int) -> None:
    """Close to others what a copy or an unpacked archive may have left open."""
    if path.stat().st_mode & _OTHERS:
        path.chmod(mode)
        log.warning("keys were open to other users", closed=path.name)


def _put(path: Path, text: str) -> None:
    beside = _beside(path)
    try:
        _write_new(beside, text)
        _take_name(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}")


def _sweep(path: Path) -> None:
    """What a killed process left half written."""
    for left in path.parent.glob(f".{path.name}.*"):
        left.unlink(missing_ok=True)


def _write_new(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{text}\n")
        file.flush()
        os.fsync(file.fileno())


def _take_name(made: Path, path: Path) -> None:
    """Give the finished file its name, unless somebody else was first."""
    try:
        os.link(made, path)
    except FileExistsError:
        return
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # Some network and FAT filesystems know no second name for a file.
        made.rename(path)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
