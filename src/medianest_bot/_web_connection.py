"""A connection of a browser: what is no HTTP at all gets our plain answer, too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from aiohttp import web


class Connection(web.RequestHandler):
    """aiohttp answers what it cannot read before any of our handlers is asked."""

    __slots__ = ()
    HEADERS: ClassVar[Mapping[str, str]] = {}

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Logged as ever; neither why nor what we run on is told."""
        told = super().handle_error(request, status, exc, message)
        # One that is empty is sent instead of aiohttp's own, which names versions.
        headers = {**self.HEADERS, "Server": ""}
        answer = web.Response(
            status=told.status, text=f"{told.reason}\n", headers=headers
        )
        answer.force_close()
        return answer
