"""The folder a household lives in: for one at a time, with the ports it keeps."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from medianest_bot.demo._memory import Damaged, Kept, Memory

LOOPBACK = "127.0.0.1"


class Taken(Exception):
    """Another household is served from this folder."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Raises Taken where somebody else serves from the folder, else OSError.

    Ends with the process, also killed.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    descriptor = os.open(folder / "lock", flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise Taken from error
    finally:
        os.close(descriptor)


class Ports:
    """Where each stand-in listened last, so that links to it stay right."""

    def __init__(self, path: Path) -> None:
        self._memory = Memory(path)
        self._ports: dict[str, int] = {}
        # Whoever cannot read them only gets new ones.
        with suppress(Damaged):
            self._memory.recall(self._take)

    def of(self, name: str) -> int:
        """Its port; 0, which is any, where it has none or somebody else uses it."""
        port = self._ports.get(name, 0)
        return port if port and _is_free(port) else 0

    def keep(self, urls: dict[str, str]) -> None:
        ports = {name: int(url.rpartition(":")[2]) for name, url in urls.items()}
        self._memory.keep(dict(ports))

    def _take(self, kept: Kept) -> None:
        self._ports = {name: int(port) for name, port in kept.items()}


def _is_free(port: int) -> bool:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((LOOPBACK, port))
        except (OSError, OverflowError):
            return False
    return True
