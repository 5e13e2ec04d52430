"""The Bot API over aiohttp: half the work of httpx for each call.

With twenty people at once our own work is what they wait for (bench, `telegram`).
"""

from __future__ import annotations

from typing import Any

import aiohttp
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

CONNECT_S = 5.0
IDLE_S = 30.0
"""How long an idle connection is kept."""

_Seconds = Any
"""A number, None, or what python-telegram-bot puts in place of one."""


class Request(BaseRequest):
    """Connections to Telegram, `most` at a time; more calls wait for one."""

    def __init__(self, most: int, read_timeout: float = 15.0) -> None:
        self._most = most
        self._read_timeout = read_timeout
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        return self._read_timeout

    async def initialize(self) -> None:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=self._most, keepalive_timeout=IDLE_S)
            self._session = aiohttp.ClientSession(connector=connector, trust_env=True)

    async def shutdown(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: _Seconds = BaseRequest.DEFAULT_NONE,
        write_timeout: _Seconds = BaseRequest.DEFAULT_NONE,  # noqa: ARG002 - theirs
        connect_timeout: _Seconds = BaseRequest.DEFAULT_NONE,  # noqa: ARG002
        pool_timeout: _Seconds = BaseRequest.DEFAULT_NONE,  # noqa: ARG002
    ) -> tuple[int, bytes]:
        """Status and body. Raises TimedOut, NetworkError; their cause is aiohttp's."""
        session = self._session
        if session is None:
            raise NetworkError("not connected")
        given = isinstance(read_timeout, int | float)
        read_s = read_timeout if given else self._read_timeout
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=CONNECT_S, sock_read=read_s
        )
        data = _body(request_data) if request_data is not None else None
        try:
            async with session.request(
                method, url, data=data, timeout=timeout
            ) as answer:
                return answer.status, await answer.read()
        except TimeoutError as error:
            raise TimedOut from error
        except aiohttp.ClientError as error:
            # Its own text may hold the address, and that the token.
            raise NetworkError(type(error).__name__) from error
        except (AssertionError, RuntimeError) as error:
            if not session.closed:
                raise
            # So it ends where the session is closed while a connection is made.
            raise NetworkError("not connected") from error


def _body(data: RequestData) -> aiohttp.FormData | dict[str, str]:
    if not data.multipart_data:
        return data.json_parameters
    form = aiohttp.FormData(data.json_parameters)
    for name, (filename, content, kind) in data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=kind)
    return form
