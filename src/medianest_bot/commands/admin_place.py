"""admin place: which chats are the family's, which the admins', which not ours."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

from medianest_bot.commands import _place_card
from medianest_bot.commands._place_card import LABELS
from medianest_bot.core.command import Param, command
from medianest_bot.core.context import Context
from medianest_bot.core.dispatch import NOT_HERE
from medianest_bot.core.reply import Choice, Item, Reply, Suggestion
from medianest_bot.core.roles import ADMIN_PLACES, PlaceKind, Role
from medianest_bot.core.words import Sorry, _, marked, n_

WHICH_CHAT = marked(
    "Which chat? Write its kind and its number, for example: telegram:-100123. "
    "/admin place lists those I know."
)
NONE = marked(
    "I am in no group chat yet. Add me to one, and I ask there what it is to you."
)
NEW = marked("not settled yet")
FIXED = marked("set in the settings")
AWAY = marked("I am not in it now")

SHOWN = 25
_CHAT = re.compile(r"(telegram|discord):([A-Za-z0-9_@-]{1,64})")


class What(StrEnum):
    HOUSEHOLD = "household"
    ADMIN = "admin"
    OTHER = "other"


async def chats(ctx: Context, typed: str) -> tuple[Suggestion, ...]:
    """The chats we know, by what they are called or their number."""
    if ctx.asked.place.kind not in ADMIN_PLACES:
        return ()
    known = (
        (row.title, f"{row.platform}:{row.chat}") for row in ctx.house.places.rows()
    )
    named = (
        (f"{title} ({where})" if title else where, where) for title, where in known
    )
    found = [Suggestion(*one) for one in named if typed.casefold() in one[0].casefold()]
    return tuple(found[:SHOWN])


# For admins in any place that counts, also in a chat that is not settled yet: that
# is where they are asked. Of other chats nothing is told there.
@command(
    "Set which group chats are for the family or for admins",
    role=Role.ADMIN,
    notes=marked(
        "telegram:-100123 household, telegram:-100123 admin, "
        "telegram:-100123 other (not ours: I leave it)."
    ),
)
async def admin_place(
    ctx: Context,
    chat: Annotated[str, Param("which chat", suggest=chats)] = "",
    kind: Annotated[What | None, Param("what it is")] = None,
) -> Reply:
    is_admins = ctx.asked.place.kind in ADMIN_PLACES
    if not chat:
        here = ctx.asked.place
        return (
            _list(ctx) if is_admins else _place_card.drawn(ctx, here.platform, here.id)
        )
    match = _CHAT.fullmatch(chat)
    if match is None:
        raise Sorry(WHICH_CHAT)
    platform, number = match.groups()
    number = ctx.house.places.id_now(platform, number)
    if not is_admins and not _place_card.is_here(ctx, platform, number):
        raise Sorry(NOT_HERE)
    if kind is not None:
        settled = PlaceKind(kind.value)
        row = await ctx.house.places.settle(ctx.member, platform, number, settled)
        number = row.chat
    return _place_card.drawn(ctx, platform, number)


def _list(ctx: Context) -> Reply:
    rows = _rows(ctx)
    if not rows:
        return Reply(text=_(NONE))
    title = n_("{count} group chat", "{count} group chats", len(rows))
    more = len(rows) - SHOWN
    text = n_("and {count} more", "and {count} more", more) if more > 0 else ""
    return Reply(title=title, text=text, items=rows[:SHOWN])


def _rows(ctx: Context) -> tuple[Item, ...]:
    places = ctx.house.places
    rows = []
    for row in places.rows():
        if places.is_preset(row.platform, row.chat):
            continue
        where, kind = f"{row.platform}:{row.chat}", PlaceKind(row.kind)
        parts = [_(LABELS.get(kind, NEW)), where]
        parts += [] if row.is_here else [_(AWAY)]
        change = Choice(_("Change"), f"admin place {where}")
        rows.append(
            Item(title=row.title or where, text=" · ".join(parts), choices=(change,))
        )
    for spot, kind in places.presets():
        where = ":".join(part for part in spot if part)
        rows.append(Item(title=where, text=f"{_(LABELS[kind])} · {_(FIXED)}"))
    return tuple(rows)
