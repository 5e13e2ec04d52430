"""show: draws the card of a subject (request:17), for cards and their buttons."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated

from medianest_bot.commands import (
    _access_card,
    _approval_card,
    _link_card,
    _place_card,
    _request_card,
    _used_invitation,
    download,
    status,
)
from medianest_bot.core.command import Param, command
from medianest_bot.core.context import Context
from medianest_bot.core.health import SUBJECT
from medianest_bot.core.reply import Reply
from medianest_bot.core.roles import ADMIN_PLACES, PlaceKind, Role
from medianest_bot.core.words import Sorry, marked

NO_SUCH = marked("There is nothing called “{subject}” to show.")

_LARGEST = 2**31

Draw = Callable[[Context, int], Awaitable[Reply]]
DRAWINGS: Mapping[str, Draw] = {
    "request": _request_card.by_number,
    "download": download.drawn,
}
"""Who draws which kind of subject; drawing reads rows and asks no neighbour."""
OWN: Mapping[str, Draw] = {
    "link": _link_card.by_number,
    "approval": _approval_card.by_number,
    "access": _access_card.by_number,
    "invitation": _used_invitation.by_number,
}
"""The same where the card itself knows who may see it."""


@command(
    "Show a request or a download",
    role=Role.GUEST,
    draws=True,
    hidden=True,
    open=True,
)
async def show(
    ctx: Context,
    subject: Annotated[str, Param("what to show", example="request:17")],
) -> Reply:
    if subject == SUBJECT and not _is_stranger(ctx):
        return await status.drawn(ctx)
    kind, _colon, number = subject.partition(":")
    if kind == "place" and ctx.is_admin:
        return _place(ctx, number)
    draw = OWN.get(kind)
    if ctx.role.covers(Role.MEMBER):
        draw = draw or DRAWINGS.get(kind)
    is_number = number.isascii() and number.isdigit() and len(number) < 11
    if draw is None or not is_number or int(number) >= _LARGEST:
        raise Sorry(NO_SUCH, subject=subject[:40])
    return await draw(ctx, int(number))


def _is_stranger(ctx: Context) -> bool:
    """Only in private is anybody let through to this who is nobody here."""
    return ctx.person is None and ctx.asked.place.kind is PlaceKind.PRIVATE


def _place(ctx: Context, where: str) -> Reply:
    """Of other chats than their own only admins read, and only among themselves."""
    platform, _colon, chat = where.partition(":")
    chat = ctx.house.places.id_now(platform, chat)
    is_among_admins = ctx.asked.place.kind in ADMIN_PLACES
    if not (is_among_admins or _place_card.is_here(ctx, platform, chat)):
        raise Sorry(NO_SUCH, subject=f"place:{where}"[:40])
    return _place_card.drawn(ctx, platform, chat)
