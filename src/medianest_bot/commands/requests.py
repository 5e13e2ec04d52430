"""requests: what I asked for, and how far it is."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from math import ceil
from typing import Annotated

from medianest_bot.commands import _request_card
from medianest_bot.core.command import Param, Where, command
from medianest_bot.core.context import Context
from medianest_bot.core.reply import Choice, Item, Picture, Reply, Show
from medianest_bot.core.requests import OPEN, State
from medianest_bot.core.store import requests as rows
from medianest_bot.core.store.requests import MediaRequest
from medianest_bot.core.words import _, marked

NONE = marked("You have not asked for anything yet. For example: /request dune")
NONE_SUCH = marked("None of your requests is there.")
TITLE = marked("Your requests")
A_PAGE = 8


class Which(StrEnum):
    """Requests by how far they are."""

    ALL = "all"
    OPEN = "open"
    AVAILABLE = "available"
    DECLINED = "declined"
    FAILED = "failed"
    CANCELLED = "cancelled"


@command(
    "Show what you asked for",
    where=Where.PRIVATE,
    notes=marked("cancel:17 takes back one that is not decided yet."),
)
async def requests(
    ctx: Context,
    state: Annotated[Which, Param("how far they are")] = Which.ALL,
    page: Annotated[int | None, Param("which page")] = None,
    cancel: Annotated[int | None, Param("the number of one to take back")] = None,
) -> Reply:
    show = Show.HERE if ctx.asked.pressed else Show.NEW
    if cancel is not None:
        row = await ctx.house.requests.cancel(ctx.member, cancel)
        if page is None:
            return replace(await _request_card.of_row(ctx, row), show=show)
    # What is taken back in a list leaves the list where it is.
    return replace(await _list(ctx, state, page or 1), show=show)


async def _list(ctx: Context, state: Which, page: int) -> Reply:
    states = _states(state)
    async with ctx.house.store.read() as db:
        count = await rows.count_of(db, ctx.member.id, states)
        page = max(1, min(page, ceil(count / A_PAGE)))
        skip = (page - 1) * A_PAGE
        found = await rows.of_person(db, ctx.member.id, states, A_PAGE, skip)
    if not found:
        return Reply(text=_(NONE if state is Which.ALL else NONE_SUCH))
    where = f"requests state:{state.value} page:{page}"
    return Reply(
        title=_(TITLE),
        items=tuple(_item(ctx, row, where) for row in found),
        choices=_pages(state, page, count),
    )


def _states(which: Which) -> tuple[str, ...] | None:
    if which is Which.ALL:
        return None
    return OPEN if which is Which.OPEN else (State(which.value),)


def _item(ctx: Context, row: MediaRequest, where: str) -> Item:
    name = _request_card.name(row)
    show = Choice(_("Show"), f"show request:{row.id}")
    return Item(
        title=name,
        text=_request_card.state_of(row),
        picture=Picture(name, row.poster) if row.poster else None,
        choices=(show, *_request_card.choices(ctx, row, where)),
    )


def _pages(which: Which, page: int, count: int) -> tuple[Choice, ...]:
    line = f"requests state:{which.value} page:"
    newer = (Choice(_("Newer"), f"{line}{page - 1}"),) if page > 1 else ()
    has_older = page * A_PAGE < count
    older = (Choice(_("Older"), f"{line}{page + 1}"),) if has_older else ()
    return (*newer, *older)
