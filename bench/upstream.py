"""An upstream that answers after exactly so long: what another one said, again.

Runs in a process of its own, so that what it costs is not counted as ours. The
first question of a kind goes to the origin; every later one is answered from
memory after the latency.

    python -m bench.upstream LATENCY_S ORIGIN …   prints one address for each origin
"""

from __future__ import annotations

import asyncio
import sys
import urllib.error
import urllib.request
from collections.abc import Callable

HEAD = (
    "HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\n"
    "Content-Length: {length}\r\nConnection: keep-alive\r\n\r\n"
)


class Replay(asyncio.Protocol):
    """One connection of a client; requests come one after another."""

    def __init__(self, origin: str, known: dict[str, bytes], latency_s: float) -> None:
        self._origin = origin
        self._known = known
        self._latency_s = latency_s
        self._waiting = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        while b"\r\n\r\n" in self._waiting:
            head, _, self._waiting = self._waiting.partition(b"\r\n\r\n")
            answer = self._answer(head.decode("latin-1"))
            loop = asyncio.get_running_loop()
            loop.call_later(self._latency_s, self._send, answer)

    def _send(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)

    def _answer(self, head: str) -> bytes:
        first, *rest = head.split("\r\n")
        target = first.split(" ")[1]
        # A search is one answer whatever is looked for; all else is told apart.
        asked = target.partition("?")[0] if "search" in target else target
        page = [line for line in rest if line.lower().startswith("x-plex-container")]
        key = " ".join((asked, *page))
        if key not in self._known:
            self._known[key] = self._ask(target, rest)
        return self._known[key]

    def _ask(self, target: str, headers: list[str]) -> bytes:
        pairs = (line.split(": ", 1) for line in headers if ": " in line)
        sent = {name: value for name, value in pairs if name.lower() != "host"}
        sent["accept-encoding"] = "identity"
        request = urllib.request.Request(self._origin + target, headers=sent)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                status, body = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, body = error.code, error.read()
        head = HEAD.format(status=status, length=len(body))
        return head.encode() + bytes(body)


async def main(latency_s: float, origins: list[str]) -> None:
    loop = asyncio.get_running_loop()
    for origin in origins:
        server = await loop.create_server(_replays(origin, latency_s), "127.0.0.1", 0)
        print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    # Ends with the process that asks: its end of our input closes.
    await asyncio.to_thread(sys.stdin.read)


def _replays(origin: str, latency_s: float) -> Callable[[], Replay]:
    known: dict[str, bytes] = {}
    return lambda: Replay(origin, known, latency_s)


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]), sys.argv[2:]))
