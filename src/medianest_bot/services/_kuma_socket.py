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
_CLOSE_S = 2.0
GARBLED: tuple[type[Exception], ...] = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RecursionError,
    OverflowError,
)
"""What reading an answer that is not as it should be may end in."""

log = structlog.get_logger(__name__)

Take = Callable[[str, Sequence[Any]], None]


class Line:
    """An open connection. Kuma 2.5 can lose what is sent before it said `info`."""

    def __init__(self, sio: Any) -> None:
        self._sio = sio
        self._seen: set[str] = set()
        self._garbled: set[str] = set()
        self._awaited: dict[asyncio.Future[Any], str] = {}
        self.closed = asyncio.Event()

    async def seen(self, event: str, within_s: float) -> None:
        """Wait until the server has sent `event`. Raises Unreachable."""
        if event not in self._seen:
            await self._answered(self._await(event), within_s)

    async def call(self, event: str, *args: Any, within_s: float) -> dict[str, Any]:
        """Ask and wait for the acknowledgement. Raises Unreachable or Unreadable.

        Kuma 1.23 never acknowledges an event it does not know.
        """
        future = self._await("")
        try:
            await self._sio.emit(event, args, callback=_settles(future))
        except (socketio.exceptions.SocketIOError, OSError) as error:
            del self._awaited[future]
            raise Unreachable(SERVICE) from error
        answer = await self._answered(future, within_s)
        if not isinstance(answer, dict):
            raise Unreadable(SERVICE)
        return answer

    def close(self) -> None:
        """The connection has ended: whoever waits for something waits in vain."""
        self.closed.set()
        for future in self._awaited:
            if not future.done():
                future.set_exception(ConnectionError())

    def _await(self, event: str) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._awaited[future] = event
        return future

    async def _answered(self, future: asyncio.Future[Any], within_s: float) -> Any:
        try:
            # Not wait_for: before Python 3.12 it can lose a cancellation.
            async with asyncio.timeout(0 if self.closed.is_set() else within_s):
                return await future
        except (ConnectionError, TimeoutError) as error:
            raise Unreachable(SERVICE) from error
        finally:
            del self._awaited[future]

    def _note(self, event: str) -> None:
        self._seen.add(event)
        for future, awaited in self._awaited.items():
            if awaited == event and not future.done():
                future.set_result(None)

    def took(self, take: Take, event: str, args: Sequence[Any]) -> None:
        """Pass one event on; what cannot be read is noted once per event name."""
        try:
            take(event, args)
        except GARBLED as error:
            self.garbled(event, error)
        if event in ("info", "autoLogin"):
            self._note(event)

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
        for event in ("disconnect", "connect_error"):
            sio.on(event, lambda *_: line.close())
        _shield_from_garbage(sio, line)
        try:
            await _open(sio, url)
            yield line
        finally:
            with suppress(socketio.exceptions.SocketIOError, TimeoutError):
                async with asyncio.timeout(2 * _CLOSE_S):
                    await sio.disconnect()


async def _open(sio: Any, url: str) -> None:
    path = f"{urlsplit(url).path.strip('/')}/socket.io"
    try:
        async with asyncio.timeout(CALL_S):
            await sio.connect(
                url,
                transports=["websocket"],
                socketio_path=path,
                wait=False,  # what comes first says that we are connected
            )
    except (
        socketio.exceptions.SocketIOError,
        aiohttp.ClientError,
        OSError,
        TimeoutError,
        *GARBLED,  # an answer that is no Engine.IO at all
    ) as error:
        raise Unreachable(SERVICE) from error


def _settles(acknowledged: asyncio.Future[Any]) -> Callable[..., None]:
    def settle(*args: Any) -> None:
        if not acknowledged.done():
            acknowledged.set_result(args[0] if args else None)

    return settle


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
        except GARBLED as error:
            line.garbled("", error)

    sio.eio.on("message", careful)
