"""A sign-in's side at Plex: the PIN, who confirmed it, and that no token stays."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import structlog

from medianest_bot.services.errors import Missing, Refused, ServiceError
from medianest_bot.services.plex import Plex
from medianest_bot.services.plex_tv import Access, Pin, PlexTv

log = structlog.get_logger(__name__)

_LONGEST_PRODUCT = 60


@dataclass(frozen=True, slots=True)
class Claimed:
    """Whose PIN it is by now. The token is used for this, signed out and forgotten."""

    plex_id: int
    name: str
    access: Access
    token: str = field(repr=False)


class PlexSide:
    """Everything a sign-in asks of plex.tv. Every method raises ServiceError."""

    def __init__(self, plex_tv: PlexTv, plex: Plex, auth_url: str) -> None:
        self._plex_tv = plex_tv
        self._plex = plex
        self._auth_url = auth_url

    async def mint(self, product: str, *, strong: bool) -> Pin:
        """A new PIN; `product` is what Plex shows to who confirms it."""
        return await self._plex_tv.create_pin(strong=strong, product=product)

    def address(self, pin: Pin, forward_url: str, product: str) -> str:
        """Where a browser confirms it."""
        return self._plex_tv.sign_in_address(
            self._auth_url, pin.code, forward_url, product=product
        )

    async def claimed(self, pin: Pin) -> Claimed | None:
        """Who confirmed it; None while nobody has. Raises Missing once it is over."""
        token = await self._plex_tv.read_pin(pin.id)
        if token is None:
            return None
        identity = await self._plex.identity()
        user, access = await asyncio.gather(
            self._plex_tv.user(token),
            self._plex_tv.can_reach(token, identity.machine_id),
        )
        name = user.username or user.title or str(user.id)
        return Claimed(user.id, name, access, token)

    async def leave_nothing(self, pin: Pin, token: str | None = None) -> bool:
        """Sign out whatever token the PIN holds; False where that must be tried again.

        Without `token`, Plex is asked whether it holds one. A PIN that nobody has
        confirmed may still be: whoever left the page has Plex's open.
        """
        try:
            token = token or await self._plex_tv.read_pin(pin.id)
            if token is None:
                return False
            await self._plex_tv.sign_out(token)
        except (Missing, Refused):
            # It is over, or the token is nobody's already.
            return True
        except ServiceError:
            log.info("a token waits to be signed out")
            return False
        return True


def product_for(platform: str, shown_name: str) -> str:
    """What Plex lists the sign-in as: ASCII, for it travels in a header."""
    name = f"MediaNest - {platform.capitalize()} {shown_name}"
    plain = "".join(char if " " <= char <= "~" else "?" for char in name)
    return plain[:_LONGEST_PRODUCT]
