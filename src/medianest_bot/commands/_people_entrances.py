"""admin people: who is expected, invited, looked after, or not blocked any more."""

from __future__ import annotations

import re

from medianest_bot.commands import _invitation
from medianest_bot.core import entrances as rules
from medianest_bot.core import people as adding
from medianest_bot.core.context import Context
from medianest_bot.core.reply import Reply, Tone
from medianest_bot.core.roles import Role
from medianest_bot.core.store import people
from medianest_bot.core.store.people import Person
from medianest_bot.core.words import Sorry, _, marked

WHICH_PLEX = marked("Which Plex account? For example: plex:bob, or its number plex:123")
EXPECTED = marked(
    "When {who} signs in with Plex as {plex}, nobody has to approve it. It makes them "
    "a member, never an admin."
)
NOT_EXPECTED = marked("{who} is not expected any more.")
WAS_NOT = marked("{who} was not expected.")
UNBLOCKED = marked("{who} may ask to come in again.")
NOT_BLOCKED = marked("{who} is not blocked.")
WHO_EXPECTED = marked(
    "Who is expected? Somebody's name here, or a chat account like discord:123"
)
NO_PARENT = marked("Who looks after {name}? Write a name, or nobody.")
HAS_PARENT = marked("{parent} looks after {name} now.")
HAS_NONE = marked("Nobody looks after {name} now.")

NOBODY = "nobody"
_ACCOUNT = re.compile(r"(telegram|discord|console):[A-Za-z0-9_.-]{1,64}")
_PERSON = re.compile(r"person:[0-9]{1,9}")
_PLEX = re.compile(r"(?:plex:)?(\S{1,64})")


async def expect(ctx: Context, name: str, value: str) -> Reply:
    """`@ana plex:bob`: no approval is needed for that."""
    who = await _who(ctx, name)
    match = _PLEX.fullmatch(value)
    if match is None:
        raise Sorry(WHICH_PLEX)
    await rules.expect(ctx.house.store, ctx.member, who, match[1], ctx.house.now)
    return _done(_(EXPECTED, who=name, plex=match[1]))


async def unexpect(ctx: Context, name: str, _value: str) -> Reply:
    who = name if _PERSON.fullmatch(name) else await _who(ctx, name)
    was = await rules.unexpect(ctx.house.store, ctx.member, who, ctx.house.now)
    return _done(_(NOT_EXPECTED if was else WAS_NOT, who=name))


async def unblock(ctx: Context, name: str, _value: str) -> Reply:
    if not _ACCOUNT.fullmatch(name):
        raise Sorry(NOT_BLOCKED, who=name)
    was = await rules.unblock(ctx.house.store, ctx.member, name, ctx.house.now)
    return _done(_(UNBLOCKED if was else NOT_BLOCKED, who=name))


async def invite(ctx: Context, name: str, value: str) -> Reply:
    """Somebody nobody knows yet becomes a member once they use it.

    Who is asked for a name may answer with two words: both are the name.
    """
    name = f"{name} {value}".strip()
    async with ctx.house.store.read() as db:
        person = await people.find(db, name)
    if person is None:
        house = ctx.house
        person = await adding.add(house.store, ctx.member, name, Role.MEMBER, house.now)
    return await _invitation.made(ctx, person)


async def parent(ctx: Context, person: Person, value: str) -> Reply:
    """Who looks after somebody that has no account of their own at Plex."""
    if not value:
        raise Sorry(NO_PARENT, name=person.name)
    other = None
    if value.casefold() != NOBODY:
        async with ctx.house.store.read() as db:
            other = await people.find(db, value)
        if other is None or other.id == person.id:
            raise Sorry(NO_PARENT, name=person.name)
    await rules.set_parent(ctx.house.store, ctx.member, person, other, ctx.house.now)
    if other is None:
        return _done(_(HAS_NONE, name=person.name))
    return _done(_(HAS_PARENT, name=person.name, parent=other.name))


async def _who(ctx: Context, name: str) -> str:
    if _ACCOUNT.fullmatch(name):
        return name
    async with ctx.house.store.read() as db:
        person = await people.find(db, name.removeprefix("@"))
    if person is None:
        raise Sorry(WHO_EXPECTED)
    return f"person:{person.id}"


def _done(text: str) -> Reply:
    return Reply(text=text, tone=Tone.GOOD)
