"""downloads: mine, and what can be done with them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from medianest_bot.commands import download as card
from medianest_bot.core.command import Param, Where, command
from medianest_bot.core.context import Context
from medianest_bot.core.downloads import Job
from medianest_bot.core.reply import Choice, Item, Reply, Show, Tone
from medianest_bot.core.words import Sorry, _, ago, marked, n_

NONE = marked("You have not downloaded anything yet. Try: download and a link.")
WHICH = marked("Which one? downloads shows them with their numbers.")
REALLY = marked("Delete {title}, with all its files?")
DELETED = marked("Deleted, with its files.")
PAGE = 8
LAST_PAGE = 10_000
_LARGEST = 2**31


class Action(StrEnum):
    LIST = "list"
    SHOW = "show"
    CONFIRM = "confirm"
    CANCEL = "cancel"
    RETRY = "retry"
    DELETE = "delete"


@command(
    "Show your downloads, cancel, retry or delete them",
    where=Where.QUIETLY,
    notes=marked("cancel 3, retry 3, delete 3."),
)
async def downloads(
    ctx: Context,
    action: Annotated[Action, Param("what to do")] = Action.LIST,
    number: Annotated[int, Param("which download")] = 0,
    page: Annotated[int, Param("which page")] = 1,
    sure: Annotated[bool | None, Param("yes, delete it")] = None,
) -> Reply:
    if action is Action.LIST:
        return await _list(ctx, max(1, min(page, LAST_PAGE)))
    if not 0 < number < _LARGEST:
        raise Sorry(WHICH)
    mine, person = ctx.house.downloads, ctx.member
    if action is Action.DELETE:
        if not sure:
            return await _really(ctx, number)
        await mine.delete(person, number)
        show = Show.HERE if ctx.asked.pressed else Show.NEW
        return Reply(text=_(DELETED), tone=Tone.GOOD, show=show)
    doing = {
        Action.CONFIRM: mine.confirm,
        Action.CANCEL: mine.cancel,
        Action.RETRY: mine.retry,
    }.get(action)
    if doing is not None:
        await doing(person, number)
    return await card.drawn(ctx, number)


async def _really(ctx: Context, number: int) -> Reply:
    """Files are about to go, and the button stands where Cancel stood before."""
    download = await ctx.house.downloads.may_delete(ctx.member, number)
    sure = Choice(_("Delete it"), f"downloads delete {number} sure:yes", Tone.BAD)
    text = _(REALLY, title=download.title)
    return Reply(text=text, choices=(sure,), tone=Tone.WARN, only=True)


async def _list(ctx: Context, page: int) -> Reply:
    offset = (page - 1) * PAGE
    found, total = await ctx.house.downloads.of(ctx.member, limit=PAGE, offset=offset)
    if not found:
        return Reply(text=_(NONE))
    now = ctx.house.now()
    items = tuple(
        Item(
            title=f"#{one.id} {one.title}",
            text=f"{_(card.STATES[Job(one.state)])} · {ago(one.created_at, now)}",
            choices=(
                Choice(_("Show"), f"downloads show {one.id}"),
                *card.choices(one.id, Job(one.state), is_lacking=one.error is not None),
            ),
        )
        for one in found
    )
    return Reply(
        title=n_("{count} download", "{count} downloads", total),
        items=items,
        choices=_pages(page, total),
        show=Show.HERE if ctx.asked.pressed else Show.NEW,
    )


def _pages(page: int, total: int) -> tuple[Choice, ...]:
    choices = []
    if page > 1:
        choices.append(Choice(_("Newer"), f"downloads page:{page - 1}"))
    if page * PAGE < total:
        choices.append(Choice(_("Older"), f"downloads page:{page + 1}"))
    return tuple(choices)
