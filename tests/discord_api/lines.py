"""The sessions of bots, and the connections they are reached by."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from dataclasses import dataclass, field

from aiohttp import web
from tests.discord_api.faults import Window
from tests.discord_api.refused import Raw

DISPATCH = 0
KEPT = 2_000


@dataclass(eq=False)
class Session:
    id: str
    intents: int
    properties: Raw
    sequence: int = 0
    told: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=KEPT))
    """The last events with their numbers, for who resumes."""
    line: Line | None = None
    resumes: int = 0

    def tell(self, event: str, data: Raw) -> None:
        self.sequence += 1
        said = {"op": DISPATCH, "t": event, "s": self.sequence, "d": data}
        text = json.dumps(said)
        self.told.append((self.sequence, text))
        if self.line is not None:
            self.line.send_text(text)


class Line:
    """One connection; what is sent leaves in its order."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self.socket = socket
        self.request = request
        self.session: Session | None = None
        self.sends = Window(120, 60.0)
        self.is_ended_by_us = False
        self.is_muted = False
        self._held: list[str] = []
        self._waiting: asyncio.Queue[str | int | None] = asyncio.Queue()
        self._writer = asyncio.create_task(self._write())

    def send(self, said: Raw) -> None:
        self.send_text(json.dumps(said))

    def send_text(self, text: str) -> None:
        if self.is_muted:
            self._held.append(text)
        else:
            self._waiting.put_nowait(text)

    def mute(self) -> None:
        self.is_muted = True

    def unmute(self) -> None:
        """What was to be said meanwhile is said now."""
        self.is_muted = False
        for one in self._held:
            self._waiting.put_nowait(one)
        self._held.clear()

    def close(self, code: int) -> None:
        self.is_ended_by_us = True
        self._waiting.put_nowait(code)

    def cut(self) -> None:
        """The connection is gone, without a word."""
        if self.request.transport is not None:
            self.request.transport.abort()

    async def _write(self) -> None:
        while True:
            one = await self._waiting.get()
            try:
                if isinstance(one, int):
                    await self.socket.close(code=one)
                    return
                if one is None:
                    return
                await self.socket.send_str(one)
            except ConnectionError:
                return

    async def aclose(self) -> None:
        """What is still to be sent, a close code above all, goes out first."""
        self._waiting.put_nowait(None)
        await asyncio.wait((self._writer,), timeout=1)
        self._writer.cancel()
        await asyncio.gather(self._writer, return_exceptions=True)
