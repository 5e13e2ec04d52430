"""link: sign in with Plex, so that the bot knows who this chat account is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from medianest_bot.commands import _invitation, _link_card
from medianest_bot.core._link_types import LIVE, Attempt, State
from medianest_bot.core._qr import qr_png
from medianest_bot.core.command import Param, Where, command
from medianest_bot.core.context import Context
from medianest_bot.core.reply import Choice, Picture, Reply, Show, Tone
from medianest_bot.core.roles import Role
from medianest_bot.core.store import people
from medianest_bot.core.words import Sorry, _, marked

SIGNED_IN = marked("You are signed in with Plex as {plex}.")
PAUSED = marked(
    "You were signed in as {plex}, but that Plex account cannot use our server now."
)
NOTHING_OPEN = marked("There is no sign-in to end.")
NO_PAGE = marked("There is no page to show a code of. Begin again: /link")
SCAN = marked(
    "Point the camera of the other device at this picture. The link in it is for you "
    "alone; enter the six digits here."
)

BEFORE_DIGITS = frozenset({State.OPEN, State.AT_PLEX})
TOLD_AGAIN = frozenset({State.DENIED, State.FOREIGN})
TOLD_FOR = timedelta(days=7)


class Step(StrEnum):
    START = "start"
    AGAIN = "again"
    CANCEL = "cancel"
    OTHER = "other"
    QR = "qr"


@command(
    "Sign in with Plex",
    role=Role.GUEST,
    where=Where.PRIVATE,
    open=True,
    notes=marked(
        "link 123456 brings the six digits of the page; link other lets you in from "
        "another chat; link again begins anew, link cancel ends it."
    ),
)
async def link(
    ctx: Context,
    code: Annotated[
        str, Param("the six digits of the page", rest=True, secret=True)
    ] = "",
    step: Annotated[Step, Param("what to do")] = Step.START,
) -> Reply:
    if code.casefold() in list(Step):
        code, step = "", Step(code.casefold())
    if code:
        return await _enter(ctx, code)
    match step:
        case Step.CANCEL:
            return await _cancel(ctx)
        case Step.OTHER:
            return await _invitation.own(ctx)
        case Step.QR:
            return await _qr(ctx)
        case Step.AGAIN:
            return await _begin(ctx)
        case _:
            return await _start(ctx)


async def _start(ctx: Context) -> Reply:
    """How it stands, for who has begun or is signed in; else a beginning."""
    attempt = await _open(ctx)
    if attempt is not None:
        return await _link_card.drawn(ctx, attempt)
    if ctx.person is not None and ctx.person.plex_id is not None:
        return _signed_in(ctx)
    ended = await ctx.house.linking.latest(ctx.asked)
    if ended is not None and _is_to_be_told(ended, ctx.house.now()):
        return await _link_card.told_again(ctx, ended)
    return await _begin(ctx)


async def _enter(ctx: Context, code: str) -> Reply:
    early = await _open(ctx)
    if early is not None and early.state in BEFORE_DIGITS:
        return await _link_card.too_early(ctx, early)
    entered = await ctx.house.linking.enter(ctx.asked, code)
    return await _shown(ctx, entered)


async def _begin(ctx: Context) -> Reply:
    attempt = await ctx.house.linking.begin(ctx.asked, ctx.person)
    return await _link_card.drawn(ctx, attempt)


async def _cancel(ctx: Context) -> Reply:
    ended = await ctx.house.linking.cancel(ctx.asked)
    if ended is None:
        raise Sorry(NOTHING_OPEN)
    return await _link_card.drawn(ctx, ended)


async def _qr(ctx: Context) -> Reply:
    attempt = await _open(ctx)
    if attempt is None or attempt.state is not State.OPEN:
        raise Sorry(NO_PAGE)
    picture = qr_png(ctx.house.linking.address(attempt))
    shown = Picture(_("A QR code with the link of the page"), data=picture)
    return Reply(text=_(SCAN), picture=shown, only=True, show=Show.NEW)


def _signed_in(ctx: Context) -> Reply:
    name = ctx.member.plex_name or str(ctx.member.plex_id)
    words = PAUSED if ctx.member.paused_at else SIGNED_IN
    again = Choice(_("Sign in again"), "link again")
    other = Choice(_("Add another chat"), "link other")
    tone = Tone.WARN if ctx.member.paused_at else Tone.GOOD
    return Reply(text=_(words, plex=name), choices=(again, other), tone=tone, only=True)


async def _open(ctx: Context) -> Attempt | None:
    """What this account has begun and can still go on with."""
    attempt = await ctx.house.linking.latest(ctx.asked)
    if attempt is None or attempt.state not in LIVE:
        return None
    return attempt if attempt.expires_at > ctx.house.now() else None


def _is_to_be_told(ended: Attempt, now: datetime) -> bool:
    """A card of a while ago cannot be redrawn in every chat, so this says it again."""
    return ended.state in TOLD_AGAIN and now - ended.updated_at < TOLD_FOR


async def _shown(ctx: Context, attempt: Attempt) -> Reply:
    """As whoever they have just become."""
    async with ctx.house.store.read() as db:
        person = await people.by_account(db, ctx.asked.platform, ctx.asked.account)
    return await _link_card.drawn(replace(ctx, person=person), attempt)
