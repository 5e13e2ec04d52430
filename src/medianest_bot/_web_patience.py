"""Closes connections on which nothing is asked, which aiohttp would hold for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Patience:
    """How long a new connection may take to ask its first question.

    Between questions it is aiohttp itself that waits only so long.
    """

    def __init__(self, most_s: float) -> None:
        self._most_s = most_s
        self._silent: set[web.RequestHandler] = set()

    def connections(
        self, make: Callable[[], web.RequestHandler]
    ) -> Callable[[], asyncio.BaseProtocol]:
        """As `make` does, and gives up those that stay silent."""
        loop = asyncio.get_running_loop()

        def accepted() -> web.RequestHandler:
            connection = make()
            self._silent.add(connection)
            loop.call_later(self._most_s, self._give_up, connection)
            return connection

        return accepted

    @web.middleware
    async def hear(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self._silent.discard(request.protocol)
        return await handler(request)

    def _give_up(self, connection: web.RequestHandler) -> None:
        if connection not in self._silent:
            return
        self._silent.discard(connection)
        if connection.transport is not None:
            connection.transport.abort()
