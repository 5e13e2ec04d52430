"""What strangers are told in private, and how many of them may ask at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from medianest_bot.core._allowed import Stranger
from medianest_bot.core._failures import note
from medianest_bot.core.command import Command
from medianest_bot.core.context import Asked, Context
from medianest_bot.core.house import House
from medianest_bot.core.reply import Choice, Item, Reply, Tone
from medianest_bot.core.roles import PlaceKind, Role
from medianest_bot.core.words import Sorry, _, marked

MOST = 500
"""Strangers who may ask within a minute; each of them takes some memory so long."""
AT_ONCE = 4
"""Strangers who are answered at a time."""
WINDOW = timedelta(minutes=1)
SIGN_IN = "link"
"""The way in that needs a media server of Plex."""
PRESS = marked("This bot serves one household. Press {button}; an admin then says yes.")
CROWDED = marked("Many people ask at once just now. Please try again in a minute.")


class Crowd:
    """Keeps count of who of the strangers asked lately, and of no more than `MOST`."""

    def __init__(self, now: Callable[[], datetime], most: int = MOST) -> None:
        self._now = now
        self._most = most
        self._seen: dict[str, datetime] = {}
        self._few = asyncio.Semaphore(AT_ONCE)

    async def run(self, command: Command, context: Context, rest: str) -> Reply:
        """Run it; of strangers only a few at a time, so that nobody waits for them."""
        if not context.is_stranger:
            return await command.run(context, **command.parse(rest))
        async with self._few:
            return await command.run(context, **command.parse(rest))

    def admit(self, who: str) -> None:
        """Let a stranger ask. Raises Sorry while too many others do."""
        now = self._now()
        self._forget(now)
        if who not in self._seen and len(self._seen) >= self._most:
            raise Sorry(CROWDED)
        # Put last, so that those who have been quiet the longest come first.
        self._seen.pop(who, None)
        self._seen[who] = now

    def _forget(self, now: datetime) -> None:
        while self._seen:
            oldest = next(iter(self._seen))
            if now - self._seen[oldest] < WINDOW:
                return
            del self._seen[oldest]


def refused(sorry: Sorry, asked: Asked, house: House) -> Reply:
    """What no is said with; strangers in private hear what lets people in."""
    reply = note(sorry, asked)
    if not isinstance(sorry, Stranger) or asked.place.kind is not PlaceKind.PRIVATE:
        return reply
    ways = _ways(house)
    # One button is enough to begin with; the rest can be read.
    first = next((one for one in ways if _runs_alone(one)), None)
    if first is not None:
        reply = replace(reply, choices=(_choice(first),))
    if first is not None and first.name == SIGN_IN:
        reply = replace(reply, text=_(PRESS, button=_(first.help)))
    others = (one for one in ways if one is not first)
    items = tuple(Item(f"/{one.brief()}", _(one.help)) for one in others)
    return replace(reply, items=items)


def _ways(house: House) -> list[Command]:
    """What lets people in here, as things are set up."""
    listed = house.commands.visible(Role.GUEST, PlaceKind.PRIVATE)
    is_possible = house.linking.is_possible
    return [one for one in listed if one.open and (is_possible or one.name != SIGN_IN)]


def _runs_alone(command: Command) -> bool:
    return not any(argument.required for argument in command.arguments)


def _choice(command: Command) -> Choice:
    return Choice(_(command.help), command.name, Tone.GOOD)
