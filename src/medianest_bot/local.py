"""Whoever sits at the server's own terminal: an admin."""

from __future__ import annotations

import getpass
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from medianest_bot import web
from medianest_bot._signing_in import pages
from medianest_bot.app import App, open_app
from medianest_bot.chats.console import Console
from medianest_bot.chats.door import PLATFORM, Door
from medianest_bot.core import people as rules
from medianest_bot.core.store import people
from medianest_bot.settings import Settings

NOBODY = "admin"
"""What they are called where the system has no name for its user, as in containers."""

TITLE = "medianest-bot, with {services}."
MISSING = "Not set up: {settings}. `medianest-bot doctor` says more."
YOU = "You are {name}, an admin. Three lines to try:"
THREE_LINES = (
    "  search dune          what there is, and what can be asked for",
    "  status               what is up, slow or down",
    "  help                 everything else; quit leaves",
)


async def console(settings: Settings) -> None:
    """A console chat as the local admin, until they leave.

    Raises CannotServe where the pages cannot be served on which people sign in.
    """
    async with open_app(settings) as app, _pages(app):
        door = await admin_door(app, user_name())
        history = settings.data_dir / "console_history"
        await Console(door, greeting(app, door), history).run()


@asynccontextmanager
async def _pages(app: App) -> AsyncIterator[None]:
    """Where browsers can reach us, people sign in through this terminal, too."""
    settings = app.settings
    sign_in = pages(settings, app.visits, app.derive)
    if sign_in is None:
        yield
        return
    host, port = settings.web_host, settings.web_port
    async with web.serve(host, port, (), dict, sign_in=sign_in):
        yield


async def admin_door(app: App, name: str) -> Door:
    """The door of the local admin, who is made at the first visit.

    They are an admin at every visit: whoever has the terminal has the data, too.
    """
    house = app.house
    # Digits would be read as somebody's number.
    called = f"{PLATFORM}:{name}" if name.isdigit() else name
    await rules.make_admin(house.store, (PLATFORM, name), called, house.now)
    async with house.store.read() as db:
        person = await people.by_account(db, PLATFORM, name)
    shown = person.name if person is not None else called
    return Door(app.dispatch, house.outbox, name, shown)


def user_name() -> str:
    """Who is signed in at this terminal, as the system calls them."""
    try:
        return getpass.getuser() or NOBODY
    except (KeyError, OSError, ImportError):
        return NOBODY


def greeting(app: App, door: Door) -> tuple[str, ...]:
    """The first lines of a sitting: what this is, who you are, what to try."""
    house = app.house
    neighbours = (
        ("Plex", house.plex, "PLEX_URL and PLEX_TOKEN"),
        ("Seerr", house.seerr, "OVERSEERR_URL and OVERSEERR_API_KEY"),
        ("Uptime Kuma", house.kuma, "UPTIME_KUMA_URL"),
    )
    there = [name for name, one, _settings in neighbours if one is not None]
    missing = [settings for _name, one, settings in neighbours if one is None]
    services = ", ".join(there) or "no service set up yet"
    return (
        TITLE.format(services=services),
        *([MISSING.format(settings="; ".join(missing))] if missing else []),
        YOU.format(name=door.shown_name),
        *THREE_LINES,
    )
