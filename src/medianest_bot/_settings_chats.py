"""The form of settings about chats: tokens, and who or what has a number there."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from pydantic import SecretStr

PLATFORMS = ("discord", "telegram", "console")

# A user's number, and 35 letters today; BotFather has never promised that many.
_TELEGRAM = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{10,200}")
# The application's number in base64, a time, a signature. Their lengths have grown.
_DISCORD = re.compile(r"[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{10,}")
_GUILD = re.compile(r"[0-9]{1,20}")
_CHAT = re.compile(r"(discord:|telegram:-)[0-9]+(:[0-9]+)?")


class Account(NamedTuple):
    """One chat's user: who is an admin from the start."""

    platform: str
    id: str


class Chat(NamedTuple):
    """A group chat, or one topic of it."""

    platform: str
    id: str
    thread: str | None = None

    def __str__(self) -> str:
        return ":".join(part for part in self if part is not None)


def telegram(text: str) -> SecretStr:
    """The token of a Telegram bot."""
    text = text.strip()
    if not _TELEGRAM.fullmatch(text):
        raise ValueError(
            "is no Telegram token. Copy it again from BotFather, all of it: a number, "
            "a colon, then letters, like 123456:ABC-def."
        )
    return SecretStr(text)


def discord(text: str) -> SecretStr:
    """The token of a Discord bot."""
    text = text.strip()
    if not _DISCORD.fullmatch(text):
        raise ValueError(
            "is no bot's token. At discord.com/developers open your application, then "
            "Bot, press Reset Token, and copy all of it: three parts with dots between."
        )
    return SecretStr(text)


def parts_of_tokens(
    telegram: SecretStr | None, discord: SecretStr | None
) -> tuple[str, ...]:
    """What is secret about tokens: not the bot's number, which anybody may know."""
    parts = []
    if telegram is not None:
        parts.append(telegram.get_secret_value().partition(":")[2])
    if discord is not None:
        parts.append(discord.get_secret_value().rpartition(".")[2])
    return tuple(parts)


def guilds(value: Any) -> Any:
    """Ids of Discord servers."""
    if not isinstance(value, str):
        return value
    entries = _entries(value)
    for at, entry in enumerate(entries, 1):
        if not _GUILD.fullmatch(entry):
            raise ValueError(
                f"has an entry (number {at}) that is no server's id. In Discord, turn "
                "on Developer Mode (settings, Advanced), then right-click the server: "
                "Copy Server ID. It has digits only."
            )
    return tuple(dict.fromkeys(entries))


def accounts(value: Any) -> Any:
    """Pairs of chat and id."""
    if not isinstance(value, str):
        return value
    pairs = [_account(entry) for entry in _entries(value)]
    if None in pairs:
        raise ValueError(
            f"has an entry (number {pairs.index(None) + 1}) that is not written "
            f"chat:id, like telegram:123456. Chats are {', '.join(PLATFORMS)}."
        )
    return tuple(pairs)


def _account(entry: str) -> Account | None:
    platform, _, account = (part.strip() for part in entry.partition(":"))
    platform = platform.lower()
    is_id = account.isprintable() if platform == "console" else account.isdecimal()
    if platform not in PLATFORMS or not account or not is_id:
        return None
    return Account(platform, account)


def chats(value: Any) -> Any:
    """Group chats, each with its thread where one topic is meant."""
    if not isinstance(value, str):
        return value
    entries = _entries(value)
    found = [_chat(entry) for entry in entries]
    if None in found:
        at = found.index(None)
        raise ValueError(f"has an entry (number {at + 1}) that {_why(entries[at])}")
    return tuple(dict.fromkeys(found))


def _chat(entry: str) -> Chat | None:
    text = re.sub(r"\s*:\s*", ":", entry.lower())
    return Chat(*text.split(":")) if _CHAT.fullmatch(text) else None


def _why(entry: str) -> str:
    if re.match(r"telegram\s*:\s*[0-9]", entry.lower()):
        return (
            "is a person's number, or lacks its minus: groups in Telegram have "
            "numbers like telegram:-100123456."
        )
    return (
        "is not written chat:id or chat:id:thread, like telegram:-100123456:7 "
        "or discord:123:456 (a server and its channel)."
    )


def _entries(text: str) -> list[str]:
    return [entry.strip() for entry in text.split(",") if entry.strip()]
