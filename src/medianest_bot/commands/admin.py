"""admin: all that a tap on `/admin people` sends in Telegram; shows what there is."""

from __future__ import annotations

from medianest_bot.core.command import Command, Where, command
from medianest_bot.core.context import Context
from medianest_bot.core.reply import Choice, Item, Reply
from medianest_bot.core.roles import Role
from medianest_bot.core.words import _, marked

TITLE = marked("For admins")
OPEN = marked("Open")


@command(
    "Show what admins look after",
    role=Role.ADMIN,
    where=Where.ADMINS,
    reads=True,
    hidden=True,
)
async def admin(ctx: Context) -> Reply:
    kind = ctx.asked.place.kind
    listed = ctx.house.commands.visible(ctx.role, kind)
    rows = (_row(one) for one in listed if one.name.startswith("admin "))
    return Reply(title=_(TITLE), items=tuple(rows))


def _row(one: Command) -> Item:
    return Item(one.name, _(one.help), choices=(Choice(_(OPEN), one.name),))
