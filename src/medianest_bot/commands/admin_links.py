"""admin links: who wants to come in, who is expected, who may not."""

from __future__ import annotations

from typing import Annotated

from medianest_bot.commands import _approval_card
from medianest_bot.core._link_types import Attempt
from medianest_bot.core.approvals import Verdict
from medianest_bot.core.command import Param, Where, command
from medianest_bot.core.context import Context
from medianest_bot.core.reply import Choice, Item, Reply, Tone
from medianest_bot.core.roles import Role
from medianest_bot.core.store import entrances
from medianest_bot.core.store.entrances import Blocked, Expected
from medianest_bot.core.words import Sorry, _, chat_name, marked, n_

NOBODY = marked("Nobody is waiting to come in.")
WHICH_PERSON = marked("Who is it? Press a button of the card.")
EXPECTED = marked("expected as {plex} at Plex: needs no approval")
BLOCKED = marked("blocked: may not ask to come in")


@command(
    "Approve who wants to come in",
    role=Role.ADMIN,
    where=Where.ADMINS,
    notes=marked(
        "12 approve, 12 deny REASON, 12 block; without a number it lists who waits."
    ),
)
async def admin_links(
    ctx: Context,
    number: Annotated[int | None, Param("the number of the sign-in")] = None,
    verdict: Annotated[Verdict | None, Param("what you say")] = None,
    reason: Annotated[str, Param("what they are told", rest=True)] = "",
    who: Annotated[int | None, Param("whose account it is, for same")] = None,
) -> Reply:
    if number is None:
        return await _list(ctx)
    if verdict is None:
        return await _approval_card.by_number(ctx, number)
    if verdict is Verdict.SAME and who is None:
        raise Sorry(WHICH_PERSON)
    decided = await ctx.house.approvals.decide(
        ctx.member, number, verdict, reason, who if verdict is Verdict.SAME else None
    )
    return await _approval_card.drawn(ctx, decided)


async def _list(ctx: Context) -> Reply:
    waiting = await ctx.house.approvals.waiting()
    async with ctx.house.store.read() as db:
        expected = await entrances.all_expected(db)
        blocked = await entrances.all_blocked(db)
    rows = [
        Item(
            title=one.shown_name,
            text=f"{_account(one)} · Plex: {one.plex_name}",
            choices=(Choice(_("Look"), f"admin links {one.id}"),),
        )
        for one in waiting
    ]
    others = (*map(_expected, expected), *map(_blocked, blocked))
    if not rows:
        return Reply(text=_(NOBODY), items=others)
    title = n_("{count} waits to come in", "{count} wait to come in", len(rows))
    return Reply(title=title, items=(*rows, *others))


def _expected(one: Expected) -> Item:
    forget = Choice(_("Forget that"), f"admin people unexpect {one.who}", Tone.BAD)
    return Item(one.who, _(EXPECTED, plex=one.plex), choices=(forget,))


def _blocked(one: Blocked) -> Item:
    line = f"admin people unblock {one.platform}:{one.account}"
    undo = Choice(_("Unblock"), line)
    return Item(f"{one.shown_name} ({_account(one)})", _(BLOCKED), choices=(undo,))


def _account(one: Attempt | Blocked) -> str:
    return f"{chat_name(one.platform)} {one.account}"
