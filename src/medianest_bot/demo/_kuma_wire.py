"""A Socket.IO server set up as Uptime Kuma's is."""

from __future__ import annotations

from typing import Any

import socketio
from socketio.packet import Packet

from medianest_bot.demo._kuma_tasks import Tasks


class _Text(Packet):  # type: ignore[misc]  # untyped there
    """Uptime Kuma sends nothing binary; a day of beats is long to look through."""

    uses_binary_events = False


def socketio_server(pings: Tasks) -> Any:
    """A server whose own tasks end with `pings`."""
    server: Any = socketio.AsyncServer(
        async_mode="aiohttp",
        always_connect=True,
        cors_allowed_origins=[],
        max_http_buffer_size=1_000_000,
        serializer=_Text,
    )
    # Engine.IO lets the task of each ping sleep on, whatever happens.
    server.eio.start_background_task = pings.begin
    return server
