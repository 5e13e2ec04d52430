"""me: who I am here, and what is left of my limits."""

from __future__ import annotations

from medianest_bot.core.command import Where, command
from medianest_bot.core.context import Context
from medianest_bot.core.limits import Left, What
from medianest_bot.core.reply import Field, Reply
from medianest_bot.core.roles import Role
from medianest_bot.core.store import people
from medianest_bot.core.troubles import clock
from medianest_bot.core.words import _, marked

GUEST = marked("You are a guest here: you can search and look around.")
NAMES = {
    What.REQUEST: marked("Requests left this hour"),
    What.DOWNLOAD: marked("Downloads left this hour"),
}
LEFT = marked("{left} of {limit}")
LEFT_UNTIL = marked("{left} of {limit}, one more at {time}")
NO_SEERR = marked("not set up yet: your requests wait until an admin does it")
NUMBER = marked("user {number}")
ROLES = {
    Role.GUEST: marked("guest"),
    Role.MEMBER: marked("member"),
    Role.ADMIN: marked("admin"),
}


@command(
    "Show who you are here and your limits",
    role=Role.GUEST,
    where=Where.PRIVATE,
    reads=True,
)
async def me(ctx: Context) -> Reply:
    if ctx.person is None:
        return Reply(title=ctx.asked.shown_name, text=_(GUEST))
    async with ctx.house.store.read() as db:
        accounts = await people.accounts_of(db, ctx.person.id)
        limits = await ctx.house.limits.left(db, ctx.person.id)
    fields = [Field(_("Role"), _(ROLES[ctx.role]))]
    chats = ", ".join(f"{one.platform} ({one.shown_name})" for one in accounts)
    fields.append(Field(_("Chats"), chats))
    if ctx.house.seerr is not None:
        known = ctx.person.seerr_id
        seerr = _(NUMBER, number=known) if known is not None else _(NO_SEERR)
        fields.append(Field(_("Request account"), seerr))
    fields += [_left(one, ctx) for one in limits]
    return Reply(title=ctx.person.name, fields=tuple(fields))


def _left(one: Left, ctx: Context) -> Field:
    name = _(NAMES[one.what])
    if one.renews_at is None:
        return Field(name, _(LEFT, left=one.left, limit=one.limit))
    time = clock(one.renews_at, ctx.house.now())
    return Field(name, _(LEFT_UNTIL, left=one.left, limit=one.limit, time=time))
