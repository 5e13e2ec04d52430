"""Nobody is asked and nothing sent inside a transaction: looked at where it leaves."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from medianest_bot.core.store.engine import is_writing


@contextmanager
def nothing_while_writing() -> Iterator[None]:
    """Fails at the end where a call to a neighbour left inside `store.begin()`."""
    seen: list[str] = []
    send = httpx.AsyncHTTPTransport.handle_async_request

    async def watched(
        self: httpx.AsyncHTTPTransport, request: httpx.Request
    ) -> httpx.Response:
        if is_writing():
            where = "".join(traceback.format_stack()[-12:-1])
            seen.append(f"{request.method} {request.url.path}\n{where}")
        return await send(self, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", watched)
        yield
    assert seen == [], "asked a neighbour inside a transaction"
