"""me: who I am here, how I am reached, and what is left of my limits."""

from __future__ import annotations

from medianest_bot.commands import _accounts
from medianest_bot.core.command import Where, command
from medianest_bot.core.context import Context
from medianest_bot.core.limits import Left, What
from medianest_bot.core.reply import Choice, Field, Reply, Tone
from medianest_bot.core.roles import Role
from medianest_bot.core.store.people import Person
from medianest_bot.core.troubles import clock
from medianest_bot.core.words import _, chat_name, day, marked
from medianest_bot.services.seerr import Seerr

GUEST = marked("You are a guest here: you can search and look around.")
PAUSED = marked(
    "paused since {day}: your Plex account does not reach our server any more. You "
    "count as a guest until it does again; ask an admin."
)
NAMES = {
    What.REQUEST: marked("Requests left this hour"),
    What.DOWNLOAD: marked("Downloads left this hour"),
}
LEFT = marked("{left} of {limit}")
LEFT_UNTIL = marked("{left} of {limit}, one more at {time}")
NO_SEERR = marked("not set up yet: your requests wait until an admin does it")
NO_PLEX = marked("no account linked")
SET_UP = marked("set up")
NUMBER = marked("user {number}")
ROLES = {
    Role.GUEST: marked("guest"),
    Role.MEMBER: marked("member"),
    Role.ADMIN: marked("admin"),
}
STORED = marked("What do you store about me?")
LINK = "link"


@command(
    "Show who you are here and your limits",
    role=Role.GUEST,
    where=Where.PRIVATE,
    reads=True,
)
async def me(ctx: Context) -> Reply:
    stored = Choice(_(STORED), "privacy")
    if ctx.person is None:
        choices = (*_sign_in(ctx), stored)
        return Reply(title=ctx.asked.shown_name, text=_(GUEST), choices=choices)
    async with ctx.house.store.read() as db:
        limits = await ctx.house.limits.left(db, ctx.person.id)
    fields = (
        *_standing(ctx, ctx.person),
        *await _chats(ctx, ctx.person),
        *_neighbours(ctx, ctx.person),
        *(_left(one, ctx) for one in limits),
    )
    remove = Choice(_("Remove an account"), "unlink")
    choices = (*_sign_in(ctx), *_more(ctx), remove, stored)
    return Reply(title=ctx.person.name, fields=fields, choices=choices)


def _standing(ctx: Context, person: Person) -> tuple[Field, ...]:
    role = Field(_("Role"), _(ROLES[ctx.role]))
    if person.paused_at is None or person.role is not Role.MEMBER:
        return (role,)
    return role, Field(_("Access"), _(PAUSED, day=day(person.paused_at)))


async def _chats(ctx: Context, person: Person) -> tuple[Field, ...]:
    known = await _accounts.of(ctx, person)
    told = _accounts.described(ctx, known)
    pairs = zip(known, told, strict=True)
    return tuple(Field(chat_name(one.platform), text) for one, text in pairs)


def _neighbours(ctx: Context, person: Person) -> tuple[Field, ...]:
    fields = []
    if ctx.house.plex is not None:
        number = person.plex_id
        linked = person.plex_name or _(NUMBER, number=number)
        fields.append(Field(_("Plex account"), linked if number else _(NO_PLEX)))
    if ctx.house.seerr is not None:
        fields.append(Field(_("Request account"), _seerr(ctx.house.seerr, person)))
    return tuple(fields)


def _seerr(seerr: Seerr, person: Person) -> str:
    if person.seerr_id is None:
        return _(NO_SEERR)
    return seerr.known_name(person.seerr_id) or _(SET_UP)


def _sign_in(ctx: Context) -> tuple[Choice, ...]:
    """For who has not: it also tells who they are at Seerr."""
    is_done = ctx.person is not None and ctx.person.plex_id is not None
    can = ctx.house.linking.is_possible and ctx.house.commands.knows(LINK)
    if is_done or not can:
        return ()
    return (Choice(_("Sign in with Plex"), LINK, Tone.GOOD),)


def _more(ctx: Context) -> tuple[Choice, ...]:
    """Only where people can sign in by themselves."""
    if not ctx.house.commands.knows(LINK):
        return ()
    return (Choice(_("Add another chat"), f"{LINK} other"),)


def _left(one: Left, ctx: Context) -> Field:
    name = _(NAMES[one.what])
    if one.renews_at is None:
        return Field(name, _(LEFT, left=one.left, limit=one.limit))
    time = clock(one.renews_at, ctx.house.now())
    return Field(name, _(LEFT_UNTIL, left=one.left, limit=one.limit, time=time))
