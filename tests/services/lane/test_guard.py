from __future__ import annotations

import subprocess
import sys

import pytest

from medianest_bot.services.lane._guard import AddressRefused, Connections

_PROGRAM = """
import socket, sys
from medianest_bot.services.lane import _guard

_guard.watch_connections()
_guard.open_only([("127.0.0.1", 9)])
for port in (9, 10):
    with socket.socket() as one:
        try:
            one.connect(("127.0.0.1", port))
        except OSError as error:
            print(type(error).__name__, _guard.has_refused())
"""


@pytest.mark.parametrize(
    "address",
    [
        ("127.0.0.1", 10),
        ("127.0.0.2", 9),
        ("10.0.0.1", 80),
        ("169.254.169.254", 80),
        ("0.0.0.0", 80),
        ("224.0.0.1", 80),
        ("::1", 9, 0, 0),
        ("fe80::1%eth0", 80, 0, 2),
        ("::ffff:127.0.0.1", 10, 0, 0),
        ("64:ff9b::7f00:1", 80, 0, 0),
        ("localhost", 80),
        "/run/docker.sock",
    ],
)
def test_what_is_not_public_is_not_connected_to(address: object) -> None:
    connections = Connections()
    connections.open = frozenset({("127.0.0.1", 9)})
    with pytest.raises(AddressRefused):
        connections.check("socket.connect", (None, address))
    assert connections.has_refused


@pytest.mark.parametrize(
    "address", [("127.0.0.1", 9), ("8.8.8.8", 80), ("2001:4860:4860::8888", 443, 0, 0)]
)
def test_what_is_public_or_opened_is(address: object) -> None:
    connections = Connections()
    connections.open = frozenset({("127.0.0.1", 9)})
    connections.check("socket.connect", (None, address))
    assert not connections.has_refused


def test_a_guarded_process_cannot_connect_elsewhere() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split("\n") == [
        "ConnectionRefusedError False",
        "AddressRefused True",
        "",
    ]
