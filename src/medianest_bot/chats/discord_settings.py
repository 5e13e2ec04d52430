"""What the Discord chat is told before it begins."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class DiscordSettings:
    """Who we are in Discord; the token is never shown.

    `guilds` are the servers whose members are served. The addresses are for test
    servers; without them it is Discord itself.
    """

    token: str = field(repr=False)
    guilds: tuple[str, ...] = ()
    api_url: str | None = None
    gateway_url: str | None = None
    announces: bool = False
    """Whether what has come is also said under its card in the household's channel."""
