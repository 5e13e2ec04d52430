"""request: ask for a film or a series."""

from __future__ import annotations

import re
from typing import Annotated

from medianest_bot.commands import _request_card, _titles
from medianest_bot.commands.seasons import offer
from medianest_bot.core import titles
from medianest_bot.core.command import Param, command
from medianest_bot.core.context import Context
from medianest_bot.core.reply import Field, Reply, Show, Tone
from medianest_bot.core.requests import Reason, Wish
from medianest_bot.core.search import Availability, Found, Title
from medianest_bot.core.titles import Wanted, reference
from medianest_bot.core.words import Sorry, _, marked
from medianest_bot.services.media import Kind

WHAT = marked("What would you like? For example: /request dune")
NO_SEERR = marked("Nobody takes requests here: Overseerr or Seerr is not set up.")
NOTHING = marked(
    "I found no film or series called “{title}”. Check the spelling, leave out the "
    "year, or paste a link from IMDb or TMDB."
)
SILENT = marked("I could not look for “{title}”.")
WHICH = marked("Which one?")
THERE = marked("That is in the library already.")
SEASONS_THERE = marked("Those seasons are in the library already.")
FOLLOWED = marked("That was asked for already. This card follows it.")

_REFERENCE = re.compile(r"(?:movie|tv):\d+", re.IGNORECASE)


@command(
    "Ask for a film or a series",
    notes=marked(
        "With a number (movie:438631) it is asked for at once. For a series say "
        "which seasons: latest, first, missing, or numbers such as 1-3,5."
    ),
)
async def request(
    ctx: Context,
    title: Annotated[
        str,
        Param(
            "its name, number or link",
            suggest=_titles.suggest,
            rest=True,
            example="dune 2021",
        ),
    ],
    seasons: Annotated[str, Param("latest, first, missing or 1-3,5")] = "",
) -> Reply:
    if ctx.house.seerr is None:
        raise Sorry(NO_SEERR)
    if not title.strip():
        raise Sorry(WHAT)
    wanted = titles.read(title)
    seasons = seasons or wanted.seasons or ""
    if _REFERENCE.fullmatch(title.strip()) and wanted.kind and wanted.tmdb_id:
        return await _exactly(ctx, wanted.kind, wanted.tmdb_id, seasons)
    found = await ctx.house.search.find(title, person=ctx.person)
    one = _the_one(wanted, found)
    if one is not None:
        return await _card(ctx, one, found, seasons)
    return _which(ctx, title, found)


async def _exactly(ctx: Context, kind: Kind, tmdb_id: int, seasons: str) -> Reply:
    """Ask at once; for a series without seasons, offer them."""
    if kind is Kind.TV and not seasons:
        return await offer(ctx, tmdb_id)
    search = ctx.house.search
    if kind is Kind.MOVIE and search.plex_key(kind, tmdb_id):
        return await _there(ctx, kind, tmdb_id)
    known = search.known(kind, tmdb_id)
    poster = known.poster.source if known and known.poster else ""
    wish = Wish(
        kind, tmdb_id, seasons, known, poster if poster.startswith("https:") else None
    )
    asked = await ctx.house.requests.ask(ctx.member, wish)
    if asked.request is None:
        return await _there(ctx, kind, tmdb_id)
    is_followed = asked.request.reason == Reason.FOLLOWED
    already = FOLLOWED if is_followed else _request_card.ALREADY
    note = "" if asked.is_new else _(already)
    return await _request_card.of_row(ctx, asked.request, note)


async def _there(ctx: Context, kind: Kind, tmdb_id: int) -> Reply:
    found = await ctx.house.search.find(reference(kind, tmdb_id), person=ctx.person)
    known = next(iter(found.titles), None)
    return Reply(
        title=_titles.headline(known.title, known.year) if known else "",
        text=_(SEASONS_THERE if kind is Kind.TV else THERE),
        picture=known.poster if known else None,
        links=_titles.links(ctx, known.plex_key if known else None),
        tone=Tone.GOOD,
    )


def _the_one(wanted: Wanted, found: Found) -> Title | None:
    """The only title that is exactly what was asked for."""
    candidates = [one for one in found.titles if one.kind is not Kind.VIDEO]
    if not wanted.is_exact:
        candidates = titles.exact(wanted, candidates)
    return candidates[0] if len(candidates) == 1 else None


async def _card(ctx: Context, one: Title, found: Found, seasons: str) -> Reply:
    """What it is, so that nobody asks for the wrong film, and the choice that fits."""
    if one.kind is Kind.TV and one.tmdb_id is not None:
        if seasons:
            return await _exactly(ctx, one.kind, one.tmdb_id, seasons)
        return await offer(ctx, one.tmdb_id)
    if one.request_id is not None and one.availability is not Availability.IN_LIBRARY:
        note = _(_request_card.ALREADY)
        row = await ctx.house.requests.read(one.request_id)
        if row is not None:
            return await _request_card.of_row(ctx, row, note)
    is_there = one.availability is Availability.IN_LIBRARY
    lacks = _titles.notes(ctx, found)
    text = "\n".join(part for part in (one.overview, lacks) if part)
    status = f"{_(_titles.KINDS[one.kind])} · {_titles.availability(ctx, one)}"
    return Reply(
        title=_titles.headline(one.title, one.year),
        text=text,
        fields=(Field(_("What"), status),),
        picture=one.poster,
        choices=_titles.choices(ctx, one),
        links=_titles.links(ctx, one.plex_key),
        tone=Tone.GOOD if is_there else Tone.PLAIN,
        show=Show.NEW,
    )


def _which(ctx: Context, title: str, found: Found) -> Reply:
    lacks = _titles.notes(ctx, found)
    shown = title if len(title) <= 60 else f"{title[:59]}…"
    if not found.titles:
        text = _(SILENT if found.missing else NOTHING, title=shown)
        return Reply(text=f"{text}\n{lacks}".strip(), tone=Tone.WARN)
    return Reply(
        title=_(WHICH),
        text=lacks,
        items=tuple(_titles.item(ctx, one) for one in found.titles),
    )
