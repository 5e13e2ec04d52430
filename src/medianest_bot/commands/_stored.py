"""What is stored about somebody, as a few lines and as a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from medianest_bot.core.reply import Field, File
from medianest_bot.core.store.exports import Rows
from medianest_bot.core.words import _, marked

KINDS = {
    "users": marked("Who you are here"),
    "accounts": marked("Your accounts in chats"),
    "media_requests": marked("Titles you asked for"),
    "youtube_downloads": marked("Your downloads"),
    "download_items": marked("Videos in your downloads"),
    "cards": marked("Messages I keep up to date for you"),
    "news": marked("News for you"),
    "spent": marked("What counts for your limits"),
    "link_attempts": marked("Times you signed in"),
    "invitations": marked("Invitations"),
    "expected": marked("What an admin noted of your Plex account"),
    "blocked": marked("Blocked accounts"),
    "parents": marked("Who looks after whom"),
    "places": marked("Group chats you brought me to"),
    "tickets": marked("Buttons that wait for you"),
    "strangers": marked("When I told you how to come in"),
    "error_logs": marked("Errors that you ran into"),
    "audit": marked("What admins changed about you, or you as an admin"),
}
"""What the rows of each table are to whom they are about."""
FILE = "what-i-store-about-you.json"


def counted(found: Mapping[str, Rows]) -> tuple[Field, ...]:
    """How much there is of each kind."""
    return tuple(Field(_(KINDS[kind]), str(len(rows))) for kind, rows in found.items())


def as_file(found: Mapping[str, Rows], now: datetime) -> File:
    """All of it, to be read by people and programs."""
    stored = {
        "made_at": now.isoformat(timespec="seconds"),
        "stored": {
            kind: {"what": _(KINDS[kind]), "rows": rows} for kind, rows in found.items()
        },
    }
    text = json.dumps(stored, default=_plain, ensure_ascii=False, indent=2)
    return File(FILE, text.encode())


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
