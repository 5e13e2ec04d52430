"""What an admin lets single people ask for, in words and from words."""

from __future__ import annotations

import re
from collections.abc import Iterable

from medianest_bot.core import people as rules
from medianest_bot.core.context import Context
from medianest_bot.core.limits import Own, What
from medianest_bot.core.reply import Reply, Tone
from medianest_bot.core.store.people import Person
from medianest_bot.core.words import Sorry, _, marked

WHICH_LIMIT = marked(
    "Which limit? Write commands, requests or downloads with a number, for example "
    "requests:50. requests:usual takes it back."
)
HOW_MANY = marked("Write a number from {least} to {most}, or usual.")
NAMES = {
    "commands": What.COMMAND,
    "requests": What.REQUEST,
    "downloads": What.DOWNLOAD,
}
OWN = {
    What.COMMAND: marked("{limit} commands a minute"),
    What.REQUEST: marked("{limit} requests an hour"),
    What.DOWNLOAD: marked("{limit} downloads an hour"),
}
NOW = {
    What.COMMAND: marked("{name} may now give {limit} commands a minute."),
    What.REQUEST: marked("{name} may now ask for {limit} titles an hour."),
    What.DOWNLOAD: marked("{name} may now start {limit} downloads an hour."),
}
USUAL = "usual"
MOST = 10_000
_VALUE = re.compile(r"(\w+)[: =]+(\w+)")


async def changed(ctx: Context, person: Person, value: str) -> Reply:
    """Sets `requests:50` or `requests:usual`. Raises Sorry where it is neither."""
    limits, own = ctx.house.limits, _read(value)
    await rules.change_limit(
        ctx.house.store, ctx.member, person, own, limits, ctx.house.now
    )
    limit = limits.usual(own.what) if own.limit is None else own.limit
    return Reply(text=_(NOW[own.what], name=person.name, limit=limit), tone=Tone.GOOD)


def worded(owns: Iterable[Own]) -> str:
    """What somebody may otherwise than others: "50 requests an hour"."""
    return ", ".join(_(OWN[own.what], limit=own.limit) for own in owns)


def _read(value: str) -> Own:
    match = _VALUE.fullmatch(value.casefold().strip())
    what = NAMES.get(match[1]) if match else None
    if match is None or what is None:
        raise Sorry(WHICH_LIMIT)
    if match[2] == USUAL:
        return Own(what, None)
    # Whoever may give no command at all could not even ask why.
    least = 1 if what is What.COMMAND else 0
    is_number = match[2].isascii() and match[2].isdigit() and len(match[2]) < 6
    if not is_number or not least <= int(match[2]) <= MOST:
        raise Sorry(HOW_MANY, least=least, most=MOST)
    return Own(what, int(match[2]))
