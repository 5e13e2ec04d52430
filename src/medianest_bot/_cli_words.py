"""What the command line says where the bot cannot start, for whoever runs it."""

from __future__ import annotations

from pathlib import Path

from medianest_bot.core.secrets import Damaged, NoKey, WrongKey
from medianest_bot.core.store.errors import StoreError, StoreInUse, StoreUnusable, Why

NO_CHAT = """\
No chat is set up, so there is nothing to run. For Telegram, set TELEGRAM_TOKEN;
for Discord, set DISCORD_TOKEN (docs/setup.md tells how to get one). Without a chat,
try these:

  medianest-bot console   talks to your own services, in this terminal
  medianest-bot demo      shows everything on a household of its own
"""
IN_USE = (
    "Another medianest-bot already works on this data folder. Stop it first, "
    "or give this one its own (DATA_DIR, or --data for the demo)."
)
BUSY = "The database is busy. Try again in a moment."
WRONG_KEY = (
    "ENCRYPTION_KEYS cannot read what this database holds. "
    "Put the key back that was in use before."
)
DAMAGED = "A stored secret is damaged. Put a backup of the database in its place."
UNUSABLE = {
    Why.READ_ONLY: "The data folder cannot be written to. Check who owns DATA_DIR.",
    Why.NO_FOLDER: "The folder for the database does not exist. Check DATABASE_URL.",
    Why.NO_LOCKS: "DATA_DIR is on a drive without locks. Put it on a local disk.",
    Why.LOCKED: "Another program keeps the database locked. Close it and try again.",
    Why.FULL: "The disk is full. Make room and try again; nothing was lost.",
    Why.NEWER: "The database was written by a newer version. Install that one again.",
    Why.FOREIGN: "DATABASE_URL names a database that belongs to another program.",
    Why.DAMAGED: "The database file is damaged. Put a backup in its place.",
    Why.UNREACHABLE: "The database server does not answer. Check DATABASE_URL.",
    Why.NO_DRIVER: "PostgreSQL needs more: pip install 'medianest-bot[scale]'.",
    Why.BAD_ADDRESS: "DATABASE_URL is no address of a database this bot knows.",
}


def worded(error: StoreError | WrongKey | Damaged) -> str:
    """Why the bot does not start, and what to do."""
    match error:
        case StoreInUse():
            return IN_USE
        case StoreUnusable(reason=reason):
            return UNUSABLE[reason]
        case NoKey():
            return str(error)
        case WrongKey():
            return WRONG_KEY
        case Damaged():
            return DAMAGED
        case _:
            return BUSY


def unwritable(folder: Path) -> str:
    return f"The folder {folder} cannot be written to. Choose another with --data."
