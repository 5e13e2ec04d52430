"""The secrets of a sign-in: nothing in its row opens anything without the house's key.

Its link, its way back and its six digits are made from a random salt and a key that
is not in the database, so that they can be shown again and are still nowhere kept.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from base64 import urlsafe_b64encode
from datetime import datetime

from medianest_bot.core._link_types import Attempt
from medianest_bot.core.secrets import Keyring, Where
from medianest_bot.core.store.sealed import pin_place
from medianest_bot.services.plex_tv import Pin

_DIGITS = 6


def new_salt() -> str:
    return secrets.token_urlsafe(32)


def new_cookie() -> str:
    return secrets.token_urlsafe(32)


def hashed(secret: str) -> str:
    """What is kept of a secret that is random enough to need no salt."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def is_same(one: str, other: str) -> bool:
    """Compares in a time that tells nothing."""
    return hmac.compare_digest(
        one.encode(errors="replace"), other.encode(errors="replace")
    )


class LinkSecrets:
    """Makes what belongs to one sign-in, the same every time."""

    def __init__(self, ring: Keyring) -> None:
        self._ring = ring
        self._key = ring.derive("links")

    def state(self, salt: str) -> str:
        """The end of the link that the chat shows."""
        return self._text("state", salt)

    def second(self, salt: str) -> str:
        """The end of the way back from Plex."""
        return self._text("second", salt)

    def code(self, attempt: Attempt) -> str:
        """Six digits that the page shows and the chat brings."""
        made = self._made(f"code {attempt.plex_id}", attempt.salt)
        return f"{int.from_bytes(made) % 10**_DIGITS:0{_DIGITS}}"

    def seal(self, attempt: Attempt, pin: Pin) -> str:
        kept = {"id": pin.id, "code": pin.code, "expires": pin.expires.isoformat()}
        return self._ring.encrypt(json.dumps(kept), _place(attempt))

    def opened(self, attempt: Attempt, sealed: str) -> Pin:
        """Raises WrongKey or Damaged."""
        kept = json.loads(self._ring.decrypt(sealed, _place(attempt)))
        return Pin(kept["id"], kept["code"], datetime.fromisoformat(kept["expires"]))

    def _text(self, what: str, salt: str) -> str:
        made = self._made(what, salt)
        return urlsafe_b64encode(made).rstrip(b"=").decode()

    def _made(self, what: str, salt: str) -> bytes:
        return hmac.digest(self._key, f"{what}\0{salt}".encode(), "sha256")


def _place(attempt: Attempt) -> Where:
    return pin_place(attempt.id, attempt.platform, attempt.account)
