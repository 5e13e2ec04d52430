"""How a title looks in a list: what it is, whether it is there, what fits."""

from __future__ import annotations

from collections.abc import Iterable

from medianest_bot.core.context import Context
from medianest_bot.core.line import quoted
from medianest_bot.core.reply import Choice, Item, Link, Suggestion, Tone
from medianest_bot.core.roles import Role
from medianest_bot.core.search import Availability, Found, Missing, Stale, Title
from medianest_bot.core.titles import reference
from medianest_bot.core.troubles import clock, service_name
from medianest_bot.core.words import _, marked
from medianest_bot.services.media import Kind

KINDS = {
    Kind.MOVIE: marked("film"),
    Kind.TV: marked("series"),
    Kind.VIDEO: marked("video"),
}
AVAILABILITY = {
    Availability.IN_LIBRARY: marked("in the library"),
    Availability.PARTLY: marked("partly in the library"),
    Availability.ASKED_BY_YOU: marked("asked for by you"),
    Availability.ASKED: marked("asked for by someone else"),
    Availability.CAN_REQUEST: marked("can be requested"),
    Availability.NOT: marked("not in the library"),
    Availability.VIDEO: marked("can be downloaded"),
}
NOT_YET = marked("not in the library yet")
"""What a guest hears: who asked for what is nobody's business."""

ASK = marked("Ask for it")
SEASONS = marked("Choose seasons")
SHOW = marked("Show")
TELL_ME = marked("Tell me when it comes")
DOWNLOAD = marked("Download")
WATCH = marked("Watch")

REFUSED = marked(
    "{service} does not let me in: its token or key needs an admin's look. "
    "What it knows is missing here."
)
SILENT = marked("{service} does not answer, so its titles are not in this list.")
SILENT_SINCE = marked(
    "{service} has not answered since {time}, so its titles are not in this list."
)
OLD = marked("{service} does not answer; what it knows is from {time}.")


def headline(title: str, year: int | None) -> str:
    """A name as people say it: "Dune (2021)"."""
    return f"{title} ({year})" if year else title


def item(ctx: Context, title: Title) -> Item:
    """One row of a list, with the one choice that fits."""
    return Item(
        title=headline(title.title, title.year),
        text=f"{_(KINDS[title.kind])} · {availability(ctx, title)}",
        picture=title.poster,
        choices=choices(ctx, title),
    )


def availability(ctx: Context, title: Title) -> str:
    is_guest = not ctx.role.covers(Role.MEMBER)
    wanted = (Availability.ASKED, Availability.ASKED_BY_YOU, Availability.CAN_REQUEST)
    if is_guest and title.availability in wanted:
        return _(NOT_YET)
    return _(AVAILABILITY[title.availability])


def choices(ctx: Context, title: Title) -> tuple[Choice, ...]:
    """What may be done with a title by who looks at it: one thing, or nothing."""
    if not ctx.role.covers(Role.MEMBER):
        return ()
    if title.url:
        return (Choice(_(DOWNLOAD), f"download {quoted(title.url)}", Tone.GOOD),)
    is_there = title.availability in (Availability.IN_LIBRARY, Availability.NOT)
    if is_there or title.tmdb_id is None or ctx.house.seerr is None:
        return ()
    return (_wish(title, reference(title.kind.value, title.tmdb_id)),)


def _wish(title: Title, named: str) -> Choice:
    if title.kind is Kind.TV:
        return Choice(_(SEASONS), f"seasons {named}")
    if title.request_id is not None:
        return Choice(_(SHOW), f"show request:{title.request_id}")
    is_asked = title.availability is Availability.ASKED
    return Choice(_(TELL_ME if is_asked else ASK), f"request {named}", Tone.GOOD)


def links(ctx: Context, plex_key: str | None) -> tuple[Link, ...]:
    """Where to watch it, as far as that is known; asks nobody."""
    url = ctx.house.search.link(plex_key) if plex_key else None
    return (Link(_(WATCH), url),) if url else ()


def notes(ctx: Context, found: Found) -> str:
    """What a list lacks, in a sentence for each neighbour."""
    said = [_missing(ctx, one) for one in found.missing]
    said += [_stale(ctx, one) for one in found.stale]
    return "\n".join(said)


def suggestions(ctx: Context, found: Iterable[Title]) -> tuple[Suggestion, ...]:
    """Autocomplete entries whose values name the title by its number."""
    return tuple(
        Suggestion(
            f"{headline(one.title, one.year)} – {availability(ctx, one)}",
            reference(one.kind.value, one.tmdb_id) if one.tmdb_id else one.title,
        )
        for one in found
    )


async def suggest(ctx: Context, typed: str) -> tuple[Suggestion, ...]:
    """Titles that begin like, or sound like, what was typed."""
    return suggestions(ctx, await ctx.house.search.suggest(typed, person=ctx.person))


def _missing(ctx: Context, one: Missing) -> str:
    name = service_name(one.service)
    if one.has_refused:
        return _(REFUSED, service=name)
    if one.since is None:
        return _(SILENT, service=name)
    time = clock(one.since, ctx.house.now())
    return _(SILENT_SINCE, service=name, time=time)


def _stale(ctx: Context, one: Stale) -> str:
    time = clock(one.at, ctx.house.now())
    return _(OLD, service=service_name(one.service), time=time)
