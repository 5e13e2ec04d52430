"""Takes out of log lines what must not be read there: secrets, and forged lines."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

HIDDEN = "[hidden]"
_SHORT = 6
"""Shorter secrets are hidden as whole words only, or no line could be read."""

_SECRET_NAME = re.compile(
    r"token|secret|passw|pwd|passphrase|api[_-]?key|authorization|cookie|totp|csrf",
    re.IGNORECASE,
)
# Each is linear in the length of the text, which may come from anybody.
_PATTERNS = (
    # user:password@ in any URL
    (re.compile(r"(\w://)[^/\s?#'\"<>]*@"), rf"\1{HIDDEN}@"),
    (re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{8,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    # X-Plex-Token=…, "apiKey": "…", X-Api-Key: …
    (
        re.compile(
            r"((?:token|api[_-]?key|secret|passw(?:or)?d|pwd|authorization)"
            r"[\"']?\s*[=:]\s*)"
            r"(\"[^\"]*\"|'[^']*'|[^\s&,;\"'<>()\[\]{}]+)",
            re.IGNORECASE,
        ),
        rf"\1{HIDDEN}",
    ),
    (
        re.compile(r"(cookie[\"']?\s*[=:]\s*)[^\r\n]+", re.IGNORECASE),
        rf"\1{HIDDEN}",
    ),
    # what the address of a sign-in page carries
    (
        re.compile(r"([?&](?:code|state|pin|key|sig)=)[^\s&\"'<>]+", re.IGNORECASE),
        rf"\1{HIDDEN}",
    ),
    (
        re.compile(
            r"((?:/|%2F)(?:link(?:/|%2F)return|link|pins)(?:/|%2F))[\w-]+",
            re.IGNORECASE,
        ),
        rf"\1{HIDDEN}",
    ),
    # Telegram's bot tokens, Discord's and JSON Web Tokens, Discord's webhooks
    (re.compile(r"(?<!\d)\d+(?::|%3A)[\w-]{30,}", re.IGNORECASE), HIDDEN),
    (re.compile(r"(?<![\w.-])[\w-]{20,}\.[\w-]{6,}\.[\w-]{25,}"), HIDDEN),
    # and what answers an interaction of Discord's, in an address or in one's words
    (
        re.compile(
            r"((?:/|%2F)(?:webhooks|interactions)(?:/|%2F)\d+(?:/|%2F))[\w.~+=-]+",
            re.IGNORECASE,
        ),
        rf"\1{HIDDEN}",
    ),
    # the same token anywhere else: it begins with "interaction" in base64
    (re.compile(r"aW50ZXJhY3Rpb2[\w+=-]{16,}"), HIDDEN),
)
# Every pattern needs one of these; most values in a line have none.
_MARKS = re.compile(r"[=:@./%\s]")
# Control characters, line and paragraph separators, marks that turn the direction.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_CONTROL_IN_TRACEBACK = re.compile(
    _CONTROL.pattern.replace(r"\x00-\x1f", r"\x00-\x09\x0b-\x1f")
)


class Redaction:
    """A structlog processor; it stands right before the one that makes the line."""

    def __init__(self, secrets: Collection[str] = ()) -> None:
        self._known = _known(secrets)

    def __call__(
        self, _logger: object, _method: str, event: Mapping[str, Any]
    ) -> dict[str, Any]:
        line = {
            self._clean(str(name)): self._value(name, event[name]) for name in event
        }
        for name in ("exception", "stack"):
            if isinstance(text := event.get(name), str):
                line[name] = self._traceback(text)
        return line

    def hide(self, text: str) -> str:
        """The text without anything that is, or looks like, a secret."""
        if self._known:
            text = self._known.sub(HIDDEN, text)
        if _MARKS.search(text):
            for pattern, instead in _PATTERNS:
                text = pattern.sub(instead, text)
        return text

    def _clean(self, text: str) -> str:
        return _CONTROL.sub(_escaped, self.hide(text))

    def _traceback(self, text: str) -> str:
        """Every line of it is set in, so that none can pass for a line of the log."""
        text = _CONTROL_IN_TRACEBACK.sub(_escaped, self.hide(text))
        return "\n".join(f"  {line}" for line in text.split("\n"))

    def _value(self, name: object, value: Any) -> Any:
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else str(value)
        if value and isinstance(name, str) and _SECRET_NAME.search(name):
            return HIDDEN
        if isinstance(value, Mapping):
            return {
                self._clean(str(key)): self._value(key, one)
                for key, one in value.items()
            }
        if isinstance(value, list | tuple | set | frozenset):
            return [self._value(None, one) for one in value]
        return self._clean(value if isinstance(value, str) else repr(value))


def _known(secrets: Collection[str]) -> re.Pattern[str] | None:
    """All of them in every way they may be written, the longest first."""
    forms = {form for secret in secrets for form in _forms(secret) if form}
    words = sorted(forms, key=len, reverse=True)
    return re.compile("|".join(_matched(word) for word in words)) if words else None


def _forms(secret: str) -> tuple[str, ...]:
    return (
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
    )


def _matched(word: str) -> str:
    if len(word) >= _SHORT:
        return re.escape(word)
    return rf"(?<!\w){re.escape(word)}(?!\w)"


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()
