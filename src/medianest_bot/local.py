"""Whoever sits at the server's own terminal: an admin."""

from __future__ import annotations

from medianest_bot.app import App
from medianest_bot.chats.door import PLATFORM, Door
from medianest_bot.core.roles import Role
from medianest_bot.core.store import people

THREE_LINES = (
    "  search dune          what there is, and what can be asked for",
    "  status               what is up, slow or down",
    "  help                 everything else; quit leaves",
)


async def admin_door(app: App, name: str) -> Door:
    """The door of the local admin, who is made at the first visit."""
    house = app.house
    async with house.store.begin() as tx:
        person = await people.by_account(tx, PLATFORM, name)
        if person is None:
            known = await people.find(tx, name)
            person = known or await people.add(tx, name, Role.ADMIN, now=house.now())
            await people.link(tx, person.id, PLATFORM, name, name, house.now())
    return Door(app.dispatch, house.outbox, name, person.name)


def greeting(app: App, door: Door) -> tuple[str, ...]:
    """The first lines of a sitting: what this is, who you are, what to try."""
    neighbours = (
        ("Plex", app.house.plex),
        ("Seerr", app.house.seerr),
        ("Uptime Kuma", app.house.kuma),
    )
    there = [name for name, one in neighbours if one is not None]
    return (
        f"medianest-bot, with {', '.join(there) or 'no service set up yet'}.",
        f"You are {door.shown_name}, an admin. Three lines to try:",
        *THREE_LINES,
    )
