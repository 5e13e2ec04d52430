"""What the Telegram chat is told before it begins."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TelegramSettings:
    """Where Telegram is, and who we are there; neither secret is ever shown."""

    token: str = field(repr=False)
    api_url: str
    file_url: str
    webhook_url: str | None = None
    """Where Telegram brings updates; without one they are fetched."""
    webhook_secret: str = field(default="", repr=False)
    announces: bool = False
    """Whether what has come is also said under its card in the household's group."""
