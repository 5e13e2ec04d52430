"""A port for a program that must be told which one is its own."""

from __future__ import annotations

import random
import socket
from contextlib import suppress

_DICE = random.SystemRandom()


def free_port() -> int:
    """One that the system gives to nobody who asks for just any.

    Of the others each may be another test's a moment later, before the program that
    is told of it has come so far.
    """
    while True:
        port = _DICE.randrange(10_000, 32_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
