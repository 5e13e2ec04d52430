"""One call of the bot: what came over the wire, and what was answered."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from tests.bot_api.files import Upload, Uploads
from tests.bot_api.refused import Raw, bad

TEXTS = frozenset(
    [
        "text",
        "caption",
        "callback_query_id",
        "inline_query_id",
        "inline_message_id",
        "url",
        "secret_token",
        "name",
        "description",
        "short_description",
        "photo",
        "document",
        "parse_mode",
        "action",
        "file_id",
        "next_offset",
        "language_code",
    ]
)
"""Parameters that stay texts, whatever they look like."""


@dataclass(eq=False)
class Call:
    """One call; `status` is 0 until it was answered (and -1 where it never is)."""

    method: str
    params: Raw
    at: float
    files: Uploads = field(default_factory=dict, repr=False)
    status: int = 0
    result: Any = field(default=None, repr=False)
    is_taken: bool = field(default=False, repr=False)

    @property
    def chat(self) -> Any:
        return self.params.get("chat_id")


async def read(request: web.Request) -> tuple[Raw, Uploads, bool]:
    """The parameters as they came, the files, and whether all values are texts."""
    params: Raw = dict(request.query)
    if request.content_type == "application/json":
        try:
            said = await request.json()
        except ValueError as error:
            raise bad("can't parse JSON object") from error
        return params | said, {}, False
    files: Uploads = {}
    for key, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            with value.file as data:
                files[key] = Upload(value.filename, data.read())
        else:
            params[key] = value
    return params, files, True


def native(params: Raw) -> Raw:
    return {key: _native(key, value) for key, value in params.items()}


def _native(key: str, value: str) -> Any:
    if key in TEXTS:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
