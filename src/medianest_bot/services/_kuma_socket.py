"""One Socket.IO connection to Uptime Kuma: opened, asked, closed without a trace."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import socketio
import socketio.exceptions
import structlog

from medianest_bot.services._kuma_models import SERVICE
from medianest_bot.services.errors import Unreachable, Unreadable
from medianest_bot.services.http import CALL_S

LARGEST_FRAME = 16 * 1024 * 1024
_CONNECT_S = 5.0
_CLOSE_S = 2.0
_GARBLED = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RecursionError,
    OverflowError,
)

log = structlog.get_logger(__name__)

Take = Callable[[str, Sequence[Any]], None]


class Line:
    """An open connection. Kuma 2.5 can lose what is sent before `greeted`."""

    def __init__(self, sio: Any) -> None:
        self._sio = sio
        self._seen: dict[str, asyncio.Event] = {}
        self._garbled: set[str] = set()
        self.closed = asyncio.Event()

    async def seen(self, event: str, within_s: float) -> None:
        """Wait until the server has sent `event`. Raises Unreachable."""
        waiter = self._seen.setdefault(event, asyncio.Event())
        try:
            await asyncio.wait_for(waiter.wait(), within_s)
        except TimeoutError as error:
            raise Unreachable(SERVICE) from error

    def has_seen(self, event: str) -> bool:
        return event in self._seen and self._seen[event].is_set()

    async def call(self, event: str, *args: Any, within_s: float) -> dict[str, Any]:
        """Ask and wait for the acknowledgement. Raises Unreachable or Unreadable.

        Kuma 1.23 never acknowledges an event it does not know.
        """
        try:
            answer = await self._sio.call(event, args, timeout=within_s)
        except (socketio.exceptions.SocketIOError, ConnectionError) as error:
            raise Unreachable(SERVICE) from error
        if not isinstance(answer, dict):
            raise Unreadable(SERVICE)
        return answer

    def took(self, take: Take, event: str, args: Sequence[Any]) -> None:
        """Pass one event on; what cannot be read is noted once per event name."""
        try:
            take(event, args)
        except _GARBLED as error:
            self.garbled(event, error)
        if event in ("info", "autoLogin", "setup"):
            self._seen.setdefault(event, asyncio.Event()).set()

    def garbled(self, event: str, error: Exception) -> None:
        if event not in self._garbled and len(self._garbled) < 50:
            self._garbled.add(event)
            log.warning("unreadable event", kind=event[:40], why=type(error).__name__)


@asynccontextmanager
async def connect(url: str, take: Take) -> AsyncIterator[Line]:
    """Open a connection and hand every event to `take`. Raises Unreachable."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        sio = _client(session)
        line = Line(sio)
        sio.on("*", lambda event, *args: line.took(take, event, args))
        sio.on("disconnect", lambda *_: line.closed.set())
        _shield_from_garbage(sio, line)
        try:
            await _open(sio, url)
            yield line
        finally:
            with suppress(socketio.exceptions.SocketIOError, TimeoutError):
                await asyncio.wait_for(sio.disconnect(), 2 * _CLOSE_S)


async def _open(sio: Any, url: str) -> None:
    path = f"{urlsplit(url).path.strip('/')}/socket.io"
    try:
        async with asyncio.timeout(CALL_S):
            await sio.connect(
                url,
                transports=["websocket"],
                socketio_path=path,
                wait_timeout=_CONNECT_S,
            )
    except (
        socketio.exceptions.SocketIOError,
        aiohttp.ClientError,
        OSError,
        TimeoutError,
        *_GARBLED,  # an answer that is no Engine.IO at all
    ) as error:
        raise Unreachable(SERVICE) from error


def _client(session: aiohttp.ClientSession) -> Any:
    quiet = logging.Logger("socketio", logging.CRITICAL + 1)  # noqa: LOG001 — kept out of the tree: frames hold secrets
    return socketio.AsyncClient(
        reconnection=False,
        handle_sigint=False,
        logger=quiet,
        engineio_logger=quiet,
        http_session=session,
        request_timeout=_CLOSE_S,
        websocket_extra_options={"max_msg_size": LARGEST_FRAME},
    )


def _shield_from_garbage(sio: Any, line: Line) -> None:
    """A frame that is no Socket.IO packet is passed over, not left to the loop."""
    read = sio.eio.handlers["message"]

    async def careful(data: Any) -> None:
        try:
            await read(data)
        except _GARBLED as error:
            line.garbled("", error)

    sio.eio.on("message", careful)
