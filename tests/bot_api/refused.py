"""How Telegram says no."""

from __future__ import annotations

from typing import Any

Raw = dict[str, Any]
"""One object of the Bot API, as JSON has it."""

PREFIXES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    413: "Request Entity Too Large",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    504: "Gateway Timeout",
}


class Refused(Exception):
    """`description` without its prefix; `parameters` are ResponseParameters."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        prefix = PREFIXES.get(status, "Error")
        if not description.startswith(prefix):
            description = f"{prefix}: {description}" if description else prefix
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters

    def body(self) -> Raw:
        said: Raw = {
            "ok": False,
            "error_code": self.status,
            "description": self.description,
        }
        return said | ({"parameters": self.parameters} if self.parameters else {})


def bad(description: str) -> Refused:
    return Refused(400, description)
