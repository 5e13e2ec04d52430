"""Ties of a lane: it dies with its parent and connects to public addresses only."""

from __future__ import annotations

import ctypes
import functools
import ipaddress
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable
from typing import Any

from medianest_bot.services.sites import is_global

_PR_SET_PDEATHSIG = 1  # prctl(2), Linux


class AddressRefused(OSError):
    """yt-dlp was led to an address that is not public."""


class Connections:
    """Which addresses may be connected to. One for the whole process."""

    def __init__(self) -> None:
        self.open: frozenset[tuple[str, int]] = frozenset()
        self.has_refused = False

    def check(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "socket.connect" and not self._may(args[1]):
            self.has_refused = True
            raise AddressRefused("not a public address")

    def _may(self, address: object) -> bool:
        if not isinstance(address, tuple):
            return False
        host, port = str(address[0]).partition("%")[0], int(address[1])
        if (host, port) in self.open:
            return True
        try:
            return is_global(ipaddress.ip_address(host))
        except ValueError:
            return False


_connections = Connections()


def watch_connections() -> None:
    """From now on connect(2) is only reached with a public address.

    The check is at the connection, after the name was resolved, so neither a
    redirect nor a changing DNS answer leads past it. Programs that yt-dlp starts
    are beyond it: none of them is given an address to fetch (see _fetcher).
    """
    sys.addaudithook(_connections.check)


def open_only(addresses: Iterable[tuple[str, int]]) -> None:
    """Let these (host, port) through although they are private, and no others."""
    found: set[tuple[str, int]] = set()
    for host, port in addresses:
        found |= {(str(row[4][0]), port) for row in _resolved(host, port)}
    _connections.open = frozenset(found)
    _connections.has_refused = False


def has_refused() -> bool:
    """True when a connection was refused since `open_only`."""
    return _connections.has_refused


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends, however it ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))


def tie_children(popen: type[subprocess.Popen[Any]]) -> None:
    """Let what yt-dlp starts (ffmpeg, deno) die with the lane as well.

    Otherwise an ffmpeg outlives a lane that was killed, and writes into the file
    its successor is writing.
    """
    start: Callable[..., None] = popen.__init__

    @functools.wraps(start)
    def start_tied(self: Any, *args: Any, **kwargs: Any) -> None:
        start(self, *args, **{"preexec_fn": die_with_parent, **kwargs})

    popen.__init__ = start_tied  # type: ignore[method-assign]


def _resolved(host: str, port: int) -> list[Any]:
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return []  # then it cannot be connected to either
