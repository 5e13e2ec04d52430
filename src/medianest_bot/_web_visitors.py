"""Who visits, as far as it can be known, and how often they may."""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Callable, Sequence

from medianest_bot._web_types import Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

WINDOW_S = 60.0
_MOST_VISITORS = 4096
"""More at once are no household: the ones seen first are forgotten."""


def visitor(
    peer: str | None, forwarded: Sequence[str], trusted: Sequence[Network]
) -> str:
    """Who visits: one address, or the network where it is a household's own.

    `forwarded` are the X-Forwarded-For headers. They are read from the end, and only
    as far as trusted proxies wrote them: what stands before, anybody can invent.
    """
    nearest = _address(peer or "")
    words = ",".join(forwarded).split(",") if forwarded else []
    while nearest and words and _is_in(nearest, trusted):
        farther = _address(words.pop())
        if farther is None:
            break
        nearest = farther
    return _household(nearest) if nearest else ""


def _address(text: str) -> Address | None:
    try:
        found = ipaddress.ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _household(address: Address) -> str:
    """With IPv6 every device has as many addresses as it likes, all in one /64."""
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False))


class Limit:
    """So many times a minute for each visitor. Kept in memory, and bounded there."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._windows: dict[str, tuple[float, int]] = {}

    def spend(self, visitor: str) -> int:
        """0 where they may; else the seconds until they may again."""
        now = self._clock()
        began, count = self._windows.get(visitor, (now, 0))
        if now - began >= WINDOW_S:
            self._windows.pop(visitor)
            began, count = now, 0
        if count >= self._most:
            return max(1, math.ceil(began + WINDOW_S - now))
        self._windows[visitor] = (began, count + 1)
        if len(self._windows) > _MOST_VISITORS:
            self._windows.pop(next(iter(self._windows)))
        return 0
