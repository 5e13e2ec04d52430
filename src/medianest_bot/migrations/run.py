"""Runs the migrations a database lacks. Imported only where it lacks some."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from medianest_bot.core.store.errors import StoreUnusable, Why


def upgrade(db: Connection, revision: str | None) -> None:
    """From `revision` (None: nothing at all) to the newest, in its transaction.

    Raises StoreUnusable for a revision that only a newer version knows.
    """
    settings = config(db)
    if revision is not None:
        _check_known(settings, revision)
    command.upgrade(settings, "head")


def config(db: Connection) -> Config:
    """Alembic's settings, without a file of its own."""
    made = Config()
    # Alembic interpolates: a percent sign in a folder's name is doubled.
    folder = str(Path(__file__).parent).replace("%", "%%")
    made.set_main_option("script_location", folder)
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = db
    return made


def _check_known(settings: Config, revision: str) -> None:
    try:
        ScriptDirectory.from_config(settings).get_revision(revision)
    except CommandError as error:
        raise StoreUnusable(Why.NEWER) from error
