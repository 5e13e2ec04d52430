"""Which settings need each other, and which do not go together."""

from __future__ import annotations

from collections.abc import Mapping

from medianest_bot import _settings_chats as chats
from medianest_bot import _settings_forms as forms
from medianest_bot._settings_chats import Chat
from medianest_bot._settings_sources import Found

_PAIRS = (
    ("plex_url", "plex_token"),
    ("overseerr_url", "overseerr_api_key"),
    ("uptime_kuma_username", "uptime_kuma_password"),
    ("discord_api_url", "discord_gateway_url"),
)


def complaints(found: Mapping[str, Found]) -> list[str]:
    """What to say about settings that are alright, each by itself."""
    return [
        *_half_configured(found),
        *_webhook(found),
        *_chats_of_two_kinds(found),
    ]


def _half_configured(found: Mapping[str, Found]) -> list[str]:
    said = []
    for pair in _PAIRS:
        for one, other in (pair, pair[::-1]):
            if one in found and other not in found:
                said.append(_lonely(found[one].name, other.upper()))
    kuma = [field for field in found if field.startswith("uptime_kuma_")]
    if kuma and "uptime_kuma_url" not in found:
        said.append(_lonely(found[kuma[0]].name, "UPTIME_KUMA_URL"))
    if "uptime_kuma_totp" in found and "uptime_kuma_username" not in found:
        said.append(_lonely("UPTIME_KUMA_TOTP", "UPTIME_KUMA_USERNAME"))
    if "discord_guilds" in found and "discord_token" not in found:
        said.append(_lonely(found["discord_guilds"].name, "DISCORD_TOKEN"))
    return said


def _lonely(name: str, missing: str) -> str:
    return f"{name} is set but {missing} is not. Set both, or neither."


def _webhook(found: Mapping[str, Found]) -> list[str]:
    if not _is_on(_text(found, "telegram_webhook")):
        return []
    said = []
    if "telegram_token" not in found:
        said.append(_lonely("TELEGRAM_WEBHOOK", "TELEGRAM_TOKEN"))
    if not _text(found, "public_url").strip().lower().startswith("https://"):
        said.append(
            "TELEGRAM_WEBHOOK is on, so PUBLIC_URL must be set and start with "
            "https://: Telegram brings updates there. Or leave TELEGRAM_WEBHOOK out."
        )
    return said


def _chats_of_two_kinds(found: Mapping[str, Found]) -> list[str]:
    admins = _chats(_text(found, "admin_chats"))
    homes = {
        "HOUSEHOLD_CHATS": _chats(_text(found, "household_chats")),
        "DISCORD_GUILDS": _servers(_text(found, "discord_guilds")),
    }
    return [
        f"{name} and ADMIN_CHATS both name {one}. Keep it in one of them."
        for name, home in homes.items()
        for one in sorted(str(chat) for chat in home & admins)
    ]


def _text(found: Mapping[str, Found], field: str) -> str:
    return (found[field].text or "") if field in found else ""


def _is_on(text: str) -> bool:
    try:
        return bool(text) and forms.yes_no(text)
    except ValueError:
        return False


def _chats(text: str) -> frozenset[Chat]:
    try:
        return frozenset(chats.chats(text))
    except ValueError:
        return frozenset()


def _servers(text: str) -> frozenset[Chat]:
    try:
        return frozenset(Chat("discord", guild) for guild in chats.guilds(text))
    except ValueError:
        return frozenset()
