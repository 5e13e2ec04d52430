"""Addresses: which a chat can reach for a picture, or open from a button."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

_LONGEST_URL = 2048
_NAME = re.compile(r"(?:[a-z0-9_-]{1,63}\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})")
_AT_HOME = re.compile(
    r".*\.(?:arpa|corp|example|home|internal|intranet|invalid|lan|local|localdomain"
    r"|localhost|private|test)"
)
"""Endings of names that only a household's own network knows."""


@lru_cache(maxsize=512)
def is_public(url: str) -> bool:
    """True where a chat's own servers may be sent there for a picture."""
    parts = _parts(url)
    if parts is None or parts.scheme != "https" or parts.port not in (None, 443):
        return False
    host = (parts.hostname or "").lower()
    is_name = _NAME.fullmatch(host) and not _AT_HOME.fullmatch(host)
    return bool(is_name) and not parts.username


def is_button(url: str) -> bool:
    """True where chats take it under a button: at home too, but with a dot."""
    parts = _parts(url)
    if parts is None or parts.scheme not in ("http", "https"):
        return False
    host = (parts.hostname or "").lower()
    return _NAME.fullmatch(host) is not None or _is_number(host)


def _parts(url: str) -> SplitResult | None:
    """A whole address of printable ASCII; None for anything else."""
    if not url.isascii() or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url) if len(url) <= _LONGEST_URL else None
        _port = parts.port if parts else None
    except ValueError:
        return None
    return parts


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
