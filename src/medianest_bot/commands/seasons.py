"""seasons: pick any seasons of a series. Looks only; `request` does the asking."""

from __future__ import annotations

import re
from typing import Annotated

from medianest_bot.commands import _titles
from medianest_bot.core import seasons as lists
from medianest_bot.core import titles
from medianest_bot.core.command import Param, Where, command
from medianest_bot.core.context import Context
from medianest_bot.core.reply import (
    Choice,
    Field,
    Menu,
    Option,
    Picture,
    Reply,
    Show,
    Tone,
)
from medianest_bot.core.titles import reference
from medianest_bot.core.words import Sorry, _, marked, n_
from medianest_bot.services.media import Kind
from medianest_bot.services.seerr import Details, MediaState, Season, UnknownTitle

NO_SEERR = marked("Nobody takes requests here: Overseerr or Seerr is not set up.")
WHICH_SERIES = marked("Which series? For example: /seasons tv:1396")
WHICH = marked("Write seasons as numbers, for example: /seasons tv:1396 1-3,5")
NO_SERIES = marked(
    "I cannot find that series right now. Please check the number, or try again later."
)
ALL_THERE = marked("All its seasons are in the library or asked for.")
PICK = marked("Which seasons would you like?")
NONE = "none"
A_PAGE = 25
"""Entries a menu can have in the narrowest chat."""

_TOGGLE = re.compile(r"[+-]?(\d{1,3})")


@command("Pick seasons of a series", where=Where.PRIVATE, reads=True, hidden=True)
async def seasons(
    ctx: Context,
    title: Annotated[str, Param("which series", example="tv:1396")],
    picked: Annotated[str, Param("the seasons picked so far")] = "",
    toggle: Annotated[str, Param("a season to add or take away")] = "",
    page: Annotated[int, Param("which page of a long series")] = 1,
) -> Reply:
    wanted = titles.read(title)
    if wanted.kind is not Kind.TV or wanted.tmdb_id is None:
        raise Sorry(WHICH_SERIES)
    details = await _details(ctx, wanted.tmdb_id)
    free = frozenset(one.number for one in _free(details))
    chosen = tuple(number for number in _chosen(picked, toggle) if number in free)
    return _picker(ctx, details, chosen, page, is_new=not picked)


async def offer(ctx: Context, tmdb_id: int) -> Reply:
    """The card of a series nobody has picked seasons of yet."""
    return _picker(ctx, await _details(ctx, tmdb_id), (), 1, is_new=True)


async def _details(ctx: Context, tmdb_id: int) -> Details:
    if ctx.house.seerr is None:
        raise Sorry(NO_SEERR)
    try:
        return await ctx.house.seerr.details(Kind.TV, tmdb_id)
    except UnknownTitle as error:
        raise Sorry(NO_SERIES) from error


def _picker(
    ctx: Context, details: Details, chosen: tuple[int, ...], page: int, *, is_new: bool
) -> Reply:
    free = _free(details)
    name = _titles.headline(details.title, details.year)
    is_pressed = ctx.asked.pressed and not is_new
    return Reply(
        title=name,
        text="\n".join(filter(None, (details.overview if is_new else "", _ask(free)))),
        fields=_fields(details, chosen),
        picture=Picture(name, details.poster) if details.poster else None,
        choices=_choices(details.tmdb_id, free, chosen, page),
        menus=_menus(details.tmdb_id, free, chosen, page),
        links=_titles.links(ctx, details.plex_key),
        tone=Tone.PLAIN if free else Tone.GOOD,
        show=Show.HERE if is_pressed else Show.NEW,
    )


def _ask(free: tuple[Season, ...]) -> str:
    return _(PICK) if free else _(ALL_THERE)


def _chosen(picked: str, toggle: str) -> tuple[int, ...]:
    try:
        chosen = lists.parse(picked.replace(NONE, ""))
    except ValueError as error:
        raise Sorry(WHICH) from error
    if not toggle:
        return chosen
    match = _TOGGLE.fullmatch(toggle)
    if match is None:
        raise Sorry(WHICH)
    return lists.toggled(chosen, int(match[1]))


def _free(details: Details) -> tuple[Season, ...]:
    """Seasons that can be asked for, newest first; empty specials are none."""
    if details.state is MediaState.AVAILABLE:
        return ()
    free = (
        one
        for one in details.seasons
        if not one.requested
        and one.state is not MediaState.AVAILABLE
        and (one.number > 0 or one.episodes > 0)
    )
    return tuple(sorted(free, key=lambda one: -one.number))


def _fields(details: Details, chosen: tuple[int, ...]) -> tuple[Field, ...]:
    whole = details.state is MediaState.AVAILABLE
    there = [
        one.number
        for one in details.seasons
        if whole or one.state is MediaState.AVAILABLE
    ]
    asked = [one.number for one in details.seasons if one.requested]
    rows = (
        (_("In the library"), there),
        (_("Asked for"), [number for number in asked if number not in there]),
        (_("Picked"), chosen),
    )
    return tuple(Field(name, lists.shown(numbers)) for name, numbers in rows if numbers)


def _choices(
    tmdb_id: int, free: tuple[Season, ...], chosen: tuple[int, ...], page: int
) -> tuple[Choice, ...]:
    """What was picked first; then the usual wishes; then the other pages."""
    named = reference(Kind.TV.value, tmdb_id)
    found = []
    if chosen:
        text = lists.shown(chosen)
        label = n_(
            "Ask for season {text}", "Ask for seasons {text}", len(chosen), text=text
        )
        line = f"request {named} seasons:{text}"
        found.append(Choice(label, line, Tone.GOOD))
    found += _usual(named, [one.number for one in free if one.number > 0])
    return (*found, *_pages(named, len(free), chosen, page))


def _usual(named: str, free: list[int]) -> list[Choice]:
    """Latest, first and all of what is missing, each where it says something new."""
    if not free:
        return []
    latest, first = max(free), min(free)
    ways = [(_("Latest: season {number}", number=latest), str(latest))]
    if len(free) > 1:
        ways.append((_("First: season {number}", number=first), str(first)))
        ways.append((_("All {count} missing", count=len(free)), lists.MISSING))
    return [Choice(label, f"request {named} seasons:{way}") for label, way in ways]


def _pages(
    named: str, count: int, chosen: tuple[int, ...], page: int
) -> tuple[Choice, ...]:
    picked = lists.shown(chosen) or NONE
    found = []
    if page > 1:
        found.append(Choice(_("Later"), f"seasons {named} {picked} page:{page - 1}"))
    if page * A_PAGE < count:
        found.append(Choice(_("Earlier"), f"seasons {named} {picked} page:{page + 1}"))
    return tuple(found)


def _menus(
    tmdb_id: int, free: tuple[Season, ...], chosen: tuple[int, ...], page: int
) -> tuple[Menu, ...]:
    """One page of seasons; what was picked on the others stays in the line."""
    shown = free[(page - 1) * A_PAGE : page * A_PAGE]
    if not shown:
        return ()
    named = reference(Kind.TV.value, tmdb_id)
    here = {one.number for one in shown}
    others = lists.shown(number for number in chosen if number not in here) or NONE
    end = f" page:{page}" if page > 1 else ""
    picked = lists.shown(chosen) or NONE
    options = tuple(
        Option(
            _label(one),
            str(one.number),
            f"seasons {named} {picked} +{one.number}{end}",
            picked=one.number in chosen,
        )
        for one in shown
    )
    return (Menu(_("Seasons"), options, f"seasons {named} {others},{{}}{end}"),)


def _label(one: Season) -> str:
    name = _("Season {number}", number=one.number) if one.number else _("Specials")
    episodes = n_("{count} episode", "{count} episodes", one.episodes)
    return f"{name} · {episodes}" if one.episodes else name
