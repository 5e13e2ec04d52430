"""Why Seerr said no: its reasons share a status and differ only in their words."""

from __future__ import annotations

from enum import Enum

from medianest_bot.services.errors import Refused, ServiceError

NO_SEASONS = "No seasons available to request"
NOT_THEIRS = "You do not have permission to delete this request."
NOT_PENDING = "This request is no longer pending."
NOT_AS_USER = "You do not have permission as this user."


class Refusal(Enum):
    """The reasons a caller can act upon.

    KEY: the API key is wrong. CSRF: Seerr's CSRF protection is on and refuses
    all that writes, key or not. The others concern the person who asked.
    """

    KEY = "key"
    CSRF = "csrf"
    QUOTA = "quota"
    PERMISSION = "permission"
    BLOCKLISTED = "blocklisted"
    DUPLICATE = "duplicate"
    NO_SEASONS = "no_seasons"
    NOT_PENDING = "not_pending"
    UNKNOWN = "unknown"


_BY_WORDS = (
    ("csrf", Refusal.CSRF),
    ("quota exceeded", Refusal.QUOTA),
    ("blocklisted", Refusal.BLOCKLISTED),
    ("blacklisted", Refusal.BLOCKLISTED),
    ("already exists", Refusal.DUPLICATE),
    ("no seasons available", Refusal.NO_SEASONS),
    ("no longer pending", Refusal.NOT_PENDING),
    ("access this endpoint", Refusal.KEY),
    ("connect.sid", Refusal.KEY),
    ("permission", Refusal.PERMISSION),
)


def refusal(error: ServiceError) -> Refusal:
    """The reason behind an error of `Seerr`; UNKNOWN for what is no refusal.

    The messages are those of Overseerr 1.34.0 and Seerr 3.1.0 (server/routes and
    server/entity/MediaRequest.ts).
    """
    if not isinstance(error, Refused):
        return Refusal.UNKNOWN
    said = error.said.lower()
    return next((why for words, why in _BY_WORDS if words in said), _by_status(error))


def is_csrf(error: ServiceError) -> bool:
    """True where CSRF protection is on: the operator must turn it off."""
    return refusal(error) is Refusal.CSRF


def _by_status(error: Refused) -> Refusal:
    if error.status == 401:
        return Refusal.KEY
    return Refusal.DUPLICATE if error.status == 409 else Refusal.UNKNOWN
