"""How a row names where news go: rooms of admins, and accounts of nobody here."""

from __future__ import annotations

from collections.abc import Iterable

Spot = tuple[str, str, str | None]
"""A platform, a chat and perhaps a thread in it."""

_ONLY_THREADS = frozenset({"discord"})
"""Where a chat is a server, and only its channels can be written to."""


_ACCOUNT = "account:"
"""No platform is called that."""


def account_name(platform: str, account: str) -> str:
    """As a row keeps an account that is nobody's here: `account:telegram:901`."""
    return f"{_ACCOUNT}{platform}:{account}"


def account_of(name: str | None) -> tuple[str, str] | None:
    """`account_name` undone; None for a room."""
    if name is None or not name.startswith(_ACCOUNT):
        return None
    platform, _colon, account = name.removeprefix(_ACCOUNT).partition(":")
    return platform, account


def name_of(spot: Spot) -> str:
    """As a row keeps it: `telegram:-100123:7`."""
    return ":".join(part for part in spot if part)


def spot_of(name: str) -> Spot:
    """`name_of` undone."""
    platform, _colon, rest = name.partition(":")
    chat, _colon, thread = rest.partition(":")
    return platform, chat, thread or None


def writable(spots: Iterable[Spot]) -> tuple[Spot, ...]:
    """Those one can write to; of a chat and a thread in it, the thread alone."""
    given = sorted(set(spots), key=name_of)
    threaded = {spot[:2] for spot in given if spot[2] is not None}
    return tuple(
        spot
        for spot in given
        if spot[2] is not None
        or (spot[:2] not in threaded and spot[0] not in _ONLY_THREADS)
    )
