"""library: what there is to watch, section by section."""

from __future__ import annotations

from medianest_bot.core.command import Where, command
from medianest_bot.core.context import Context
from medianest_bot.core.reply import Choice, Item, Reply
from medianest_bot.core.roles import Role
from medianest_bot.core.troubles import clock
from medianest_bot.core.words import Sorry, _, marked, n_

NO_PLEX = marked("There is no library here: Plex is not set up.")
EMPTY = marked("The library has no sections yet.")
OLD = marked("Plex does not answer; this is from {time}.")

FRESH_S = 15.0
"""Whoever looks here has often just heard that something came."""


@command(
    "Show what the library holds", role=Role.GUEST, where=Where.QUIETLY, reads=True
)
async def library(ctx: Context) -> Reply:
    if ctx.house.plex is None:
        raise Sorry(NO_PLEX)
    kept = await ctx.house.plex.sections(fresh_s=FRESH_S)
    if not kept.value:
        return Reply(text=_(EMPTY))
    time = clock(kept.at, ctx.house.now())
    return Reply(
        title=_("The library"),
        text=_(OLD, time=time) if kept.is_stale else "",
        items=tuple(
            Item(section.title, _count(section.count)) for section in kept.value
        ),
        choices=(Choice(_("What is new"), "recent"),),
    )


def _count(count: int | None) -> str:
    return "" if count is None else n_("{count} title", "{count} titles", count)
