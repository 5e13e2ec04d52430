"""What the sign-in pages are told: where they are, whom they ask, whom they believe."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from medianest_bot.core._visiting import Visiting

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_USUAL_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class SignIn:
    """The sign-in pages. Addresses are as the settings hold them, with no / behind."""

    visiting: Visiting
    public_url: str
    """How browsers reach the pages: the only host and path that are ever believed."""
    plex_auth_url: str
    """Where *Continue with Plex* leads; browsers must be told beforehand."""
    csrf_key: bytes = field(repr=False)
    trusted_proxies: tuple[Network, ...] = ()
    body_s: float = 10.0
    """How long a browser may take to bring a form."""

    @property
    def prefix(self) -> str:
        """The path before all of ours, like "/nest"; mostly nothing."""
        return urlsplit(self.public_url).path

    @property
    def is_https(self) -> bool:
        return urlsplit(self.public_url).scheme == "https"


def origin(url: str) -> str:
    """The beginning of an address, as browsers write it in their Origin header."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    port = "" if parts.port in (None, _USUAL_PORTS[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{shown}{port}"
