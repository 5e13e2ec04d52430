"""That a button was pressed on our own page, in the browser that was shown it."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from medianest_bot.core._link_types import Onward, Visit

_COOKIE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_PRESS_S = 10.0
_MOST_PRESSES = 1024


def cookie(brought: str | None) -> str:
    """What this browser is known by: what it brought, where that has the form."""
    if brought and _COOKIE.fullmatch(brought):
        return brought
    return secrets.token_urlsafe(32)


def token(key: bytes, cookie: str, state: str) -> str:
    """What the form carries; nobody else can make it, for another page or browser."""
    text = f"medianest|form|v1|{cookie}|{state}"
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def is_genuine(key: bytes, brought: str | None, state: str, said: str) -> bool:
    """True where the form's token belongs to this page and to this browser's cookie."""
    if not brought or not _COOKIE.fullmatch(brought):
        return False
    expected = token(key, brought, state)
    return hmac.compare_digest(expected.encode(), said.encode("utf-8", "replace"))


def is_from_here(headers: Mapping[str, str], origin: str) -> bool:
    """True unless the browser says that another site has sent the form.

    Our pages ask browsers to tell nobody where they come from, so they say "null" of
    themselves; what other site says "null", too, is told apart by Sec-Fetch-Site.
    """
    site = headers.get("Sec-Fetch-Site", "same-origin")
    return site == "same-origin" and headers.get("Origin", origin) in (origin, "null")


@dataclass(slots=True)
class _Press:
    began: float
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    onward: Onward | None = None


class Presses:
    """Makes two quick presses of one button in one browser one press.

    The browser drops the answer to the first, and its cookie with it: without this,
    the second would come as a stranger and find the link used.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lately: dict[str, _Press] = {}

    async def once(
        self, form: str, ask: Callable[[], Awaitable[Onward | Visit]]
    ) -> Onward | Visit:
        self._forget()
        press = self._lately.setdefault(form, _Press(self._clock()))
        async with press.lock:
            if press.onward is not None:
                return press.onward
            answer = await ask()
            if isinstance(answer, Onward):
                press.onward = answer
            return answer

    def _forget(self) -> None:
        # In the order they began, so that the oldest come first.
        while self._lately:
            first = next(iter(self._lately))
            is_old = self._clock() - self._lately[first].began >= _PRESS_S
            if not is_old and len(self._lately) < _MOST_PRESSES:
                return
            del self._lately[first]
