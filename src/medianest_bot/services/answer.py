"""What a neighbour that speaks HTTP has answered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medianest_bot.services.errors import Unreadable

_SAID = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What a neighbour answered. Header names are lower case."""

    service: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON. Raises Unreadable where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise Unreadable(self.service, status=self.status) from error

    def object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises Unreadable where it is none."""
        value = self.json()
        if not isinstance(value, dict):
            raise Unreadable(self.service, status=self.status)
        return value

    @property
    def said(self) -> str:
        """The neighbour's own message, from any of the shapes they use, or ""."""
        try:
            value = self.object()
        except Unreadable:
            return ""
        text = value.get("message") or value.get("error") or ""
        return text[:_SAID] if isinstance(text, str) else ""
