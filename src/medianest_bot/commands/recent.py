"""recent: what came into the library lately."""

from __future__ import annotations

from medianest_bot.commands import _titles
from medianest_bot.core.command import Where, command
from medianest_bot.core.context import Context
from medianest_bot.core.reply import Item, Picture, Reply
from medianest_bot.core.roles import Role
from medianest_bot.core.troubles import clock
from medianest_bot.core.words import Sorry, _, ago, marked
from medianest_bot.services.plex import Item as PlexItem

NO_PLEX = marked("There is no library here: Plex is not set up.")
NOTHING = marked("Nothing has come into the library yet.")
OLD = marked("Plex does not answer; this is from {time}.")
TITLE = marked("New in the library")
SHOWN = 10


@command(
    "Show what came into the library lately",
    role=Role.GUEST,
    where=Where.QUIETLY,
    reads=True,
)
async def recent(ctx: Context) -> Reply:
    if ctx.house.plex is None:
        raise Sorry(NO_PLEX)
    kept = await ctx.house.plex.recent(SHOWN)
    if not kept.value:
        return Reply(text=_(NOTHING))
    time = clock(kept.at, ctx.house.now())
    return Reply(
        title=_(TITLE),
        text=_(OLD, time=time) if kept.is_stale else "",
        items=tuple(_item(ctx, one) for one in kept.value),
    )


def _item(ctx: Context, one: PlexItem) -> Item:
    name = _titles.headline(one.full_title, one.year)
    parts = [_(_titles.KINDS[one.kind])]
    if one.added is not None:
        parts.append(ago(one.added, ctx.house.now()))
    picture = Picture(name, f"plex:{one.thumb}") if one.thumb else None
    return Item(title=name, text=" · ".join(parts), picture=picture)
