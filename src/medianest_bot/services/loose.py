"""Reads what neighbours send loosely: anything may be missing or of another type."""

from __future__ import annotations

from typing import Any

_TOO_BIG = 2**63


def table(value: object) -> dict[str, Any]:
    """A JSON object; empty where it is none."""
    return value if isinstance(value, dict) else {}


def number(value: object) -> int | None:
    """A whole number that a database can hold."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if abs(value) < _TOO_BIG else None


def text(value: object) -> str:
    """Text that can be stored and sent: no NUL, no half of a surrogate pair."""
    if not isinstance(value, str):
        return ""
    return value.replace("\0", "").encode("utf-8", "replace").decode()
