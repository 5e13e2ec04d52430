"""One call of the REST API, as it came."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from tests.discord_api.refused import Raw, Refused

Upload = tuple[str, bytes, str]
"""Name, bytes and kind of a file."""


@dataclass(eq=False)
class Call:
    operation: str
    """As Discord's description names it: `create_message`, `create_dm` …"""
    method: str
    path: str
    where: dict[str, str]
    query: dict[str, str]
    body: Any
    files: dict[str, Upload]
    at: float
    authorization: str = ""
    status: int = 0
    """0 until answered, -1 where the line was cut."""
    answer: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    is_taken: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path} -> {self.status} {self.body!s:.200}"


async def read(operation: str, request: web.Request, at: float) -> Call:
    body, files = await _body(request)
    return Call(
        operation,
        request.method,
        request.path.removeprefix("/api/v10"),
        dict(request.match_info),
        dict(request.query),
        body,
        files,
        at,
        request.headers.get("Authorization", ""),
    )


async def _body(request: web.Request) -> tuple[Any, dict[str, Upload]]:
    if not request.can_read_body:
        return None, {}
    if request.content_type == "multipart/form-data":
        return await _form(request)
    if request.content_type != "application/json":
        words = 'Expected "Content-Type" header to be one of {"application/json"}.'
        raise Refused(400, 50035, words)
    try:
        return await request.json(), {}
    except ValueError:
        words = "The request body contains invalid JSON."
        raise Refused(400, 50109, words) from None


async def _form(request: web.Request) -> tuple[Raw, dict[str, Upload]]:
    body: Raw = {}
    files: dict[str, Upload] = {}
    for name, part in (await request.post()).items():
        if isinstance(part, web.FileField):
            files[name] = (part.filename, part.file.read(), part.content_type)
        elif name == "payload_json":
            body = json.loads(str(part))
    return body, files
