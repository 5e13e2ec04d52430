"""How the video site sends a file: from where asked, at a speed, or only a part."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress

from aiohttp import web


def first(request: web.Request) -> int:
    """The first byte asked for. Only the form that continues to the end is known."""
    asked = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", ""))
    return int(asked[1]) if asked else 0


async def send(
    request: web.Request,
    body: bytes,
    bytes_per_s: int | None,
    *,
    most: int | None = None,
) -> web.StreamResponse:
    """The part that was asked for; hangs up after `most` bytes of it."""
    start = first(request)
    if start >= len(body):
        size = {"Content-Range": f"bytes */{len(body)}"}
        raise web.HTTPRequestRangeNotSatisfiable(headers=size)
    response = await begin(request, len(body), start)
    part = body[start:]
    with suppress(ConnectionResetError):  # whoever asked has gone
        await pour(response, part[:most], bytes_per_s)
        if most is not None and most < len(part) and request.transport is not None:
            request.transport.close()
        else:
            await response.write_eof()
    return response


async def begin(
    request: web.Request, size: int | None, start: int = 0
) -> web.StreamResponse:
    """The head of an answer; without a size it has no Content-Length."""
    response = web.StreamResponse(headers={"Accept-Ranges": "bytes"})
    response.content_type = "video/mp4"
    if size is not None:
        response.content_length = size - start
    if start and size is not None:
        response.set_status(206)
        response.headers["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
    await response.prepare(request)
    return response


async def pour(
    response: web.StreamResponse, body: bytes, bytes_per_s: int | None
) -> None:
    """Write at that speed, a tenth of a second's worth at a time."""
    step = max(1024, bytes_per_s // 10) if bytes_per_s else 256 * 1024
    for offset in range(0, len(body), step):
        await response.write(body[offset : offset + step])
        if bytes_per_s:
            await asyncio.sleep(step / bytes_per_s)
