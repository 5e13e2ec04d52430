"""The bot's own web server: is it well, where chats bring updates, signing in."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from functools import partial

import structlog
from aiohttp import web

from medianest_bot._web_connection import Connection
from medianest_bot._web_patience import Patience
from medianest_bot._web_types import SignIn

log = structlog.get_logger(__name__)

LARGEST = 1 << 20
"""No update of any chat comes near; what is longer is not even read."""
BODY_S = 10.0
SILENT_S = 10.0
"""How long a new connection may take until it has asked something."""
READY_S = 5.0
IDLE_S = 30.0
"""How long an open connection may say nothing between two requests."""
CLOSE_S = 0.5
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

Take = Callable[[Mapping[str, str], bytes], Awaitable[int]]
"""Is given the headers and the body; returns the status to answer with."""
Healthy = Callable[[], Mapping[str, bool]]
"""Every part of the bot, and whether it is well."""
Ready = Callable[[], Awaitable[Mapping[str, bool]]]
"""What people need before the bot can serve them, and whether it is there."""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class CannotServe(Exception):
    """The pages cannot be served there. Says so in a sentence for who set it."""


class PortTaken(CannotServe):
    """Another program has the port already."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where a chat brings its updates, by POST."""

    path: str
    take: Take


@asynccontextmanager
async def serve(
    host: str,
    port: int,
    routes: Sequence[Route],
    healthy: Healthy,
    *,
    ready: Ready | None = None,
    sign_in: SignIn | None = None,
    listener: socket.socket | None = None,
    silent_s: float = SILENT_S,
) -> AsyncIterator[int]:
    """Serve while inside; gives the port. Raises PortTaken or CannotServe.

    With a `listener`, on what it is bound to.
    """
    patience = Patience(silent_s)
    app = web.Application(
        middlewares=[patience.hear, _answering], client_max_size=LARGEST
    )
    app.router.add_get("/healthz", _health(healthy))
    if ready is not None:
        app.router.add_get("/readyz", _readiness(ready))
    for route in routes:
        app.router.add_post(route.path, _taking(route.take))
    if sign_in is not None:
        _add_pages(app, sign_in)
    app.on_response_prepare.append(_dress)
    runner = web.AppRunner(app, shutdown_timeout=CLOSE_S)
    await runner.setup()
    assert runner.server is not None
    accept = patience.connections(partial(_connection, runner.server))
    try:
        with closing(await _listen(accept, listener or (host, port))) as listening:
            yield listening.sockets[0].getsockname()[1]
    finally:
        await runner.cleanup()


class _Ours(Connection):
    __slots__ = ()
    HEADERS = HEADERS


def _connection(server: web.Server) -> web.RequestHandler:
    return _Ours(
        server,
        loop=asyncio.get_running_loop(),
        keepalive_timeout=IDLE_S,
        access_log=None,  # type: ignore[arg-type]  # as AppRunner hands it on
    )


def _add_pages(app: web.Application, sign_in: SignIn) -> None:
    # Its templates take a while to load, and not every household has the pages.
    from medianest_bot._web_signing_in import SigningIn  # noqa: PLC0415

    SigningIn(sign_in).add_to(app.router)


async def _listen(
    accept: Callable[[], asyncio.BaseProtocol], where: socket.socket | tuple[str, int]
) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    if isinstance(where, socket.socket):
        return await loop.create_server(accept, sock=where)
    host, port = where
    try:
        return await loop.create_server(accept, host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            said = f"Port {port} is taken by another program. Set WEB_PORT to another."
            raise PortTaken(said) from error
        said = f"Nothing can be served on {host}, port {port}. "
        raise CannotServe(f"{said}Check WEB_HOST and WEB_PORT.") from error


def _health(healthy: Healthy) -> Handler:
    async def health(_request: web.Request) -> web.Response:
        ill = sorted(name for name, is_well in healthy().items() if not is_well)
        if ill:
            return web.json_response({"ok": False, "unhealthy": ill}, status=503)
        return web.json_response({"ok": True})

    return health


def _readiness(ready: Ready) -> Handler:
    async def readiness(_request: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(READY_S):
                missing = sorted(
                    name for name, is_so in (await ready()).items() if not is_so
                )
        except TimeoutError:
            missing = ["answer"]
        if missing:
            return web.json_response({"ok": False, "missing": missing}, status=503)
        return web.json_response({"ok": True})

    return readiness


def _taking(take: Take) -> Handler:
    async def taking(request: web.Request) -> web.Response:
        async with asyncio.timeout(BODY_S):
            body = await request.read()
        return web.Response(status=await take(request.headers, body))

    return taking


@web.middleware
async def _answering(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Whatever happens, a plain answer: pages of errors tell strangers too much."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        return web.Response(status=error.status, text=f"{error.reason}\n")
    except TimeoutError:
        return web.Response(status=408, text="Request Timeout\n")
    except Exception:
        # A chat loop: who brings updates must hear that this one was not taken.
        log.exception("web")
        return web.Response(status=500, text="Internal Server Error\n")


async def _dress(_request: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.popall("Server", None)
