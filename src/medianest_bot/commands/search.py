"""search: films, shows and videos, wherever they are."""

from __future__ import annotations

from typing import Annotated

from medianest_bot.commands import _titles
from medianest_bot.core import titles
from medianest_bot.core.command import Param, Where, command
from medianest_bot.core.context import Context
from medianest_bot.core.line import quoted
from medianest_bot.core.reply import Choice, Item, Reply, Show, Tone
from medianest_bot.core.roles import Role
from medianest_bot.core.search import Found
from medianest_bot.core.search import Where as Place
from medianest_bot.core.words import Sorry, _, marked

WHAT = marked("What are you looking for? For example: search dune")
NOTHING = marked(
    "I found nothing called “{title}”. Check the spelling, leave out the year, "
    "or paste a link from IMDb or TMDB."
)
NOTHING_HEARD = marked("I could not look for “{title}”.")
TITLE = marked("What I found for “{title}”")
VIDEOS = marked("Look for videos")
A_LINK = marked("That is a link to no film or series I know.")
DOWNLOAD = marked("Download it")
LONGEST = 60


@command(
    "Search for a film, a series or a video",
    role=Role.GUEST,
    where=Where.QUIETLY,
    reads=True,
    notes=marked(
        "imdb:tt1160419, tmdb:438631 and links from IMDb, TMDB, TheTVDB and Plex "
        "work too."
    ),
)
async def search(
    ctx: Context,
    title: Annotated[
        str,
        Param(
            "its name, number or link",
            suggest=_titles.suggest,
            rest=True,
            example="dune",
        ),
    ],
    where: Annotated[Place | None, Param("where to look")] = None,
) -> Reply:
    if not title.strip():
        raise Sorry(WHAT)
    wanted = titles.read(title)
    if wanted.url:
        return _link(ctx, wanted.url)
    found = await ctx.house.search.find(title, where, person=ctx.person)
    if not found.titles:
        return _nothing(ctx, title, where, found)
    return Reply(
        title=_(TITLE, title=_short(title)),
        text=_titles.notes(ctx, found),
        items=tuple(_titles.item(ctx, one) for one in found.titles),
        choices=_more(title, where),
        tone=Tone.WARN if found.missing else Tone.PLAIN,
        show=Show.NEW,
    )


def _nothing(ctx: Context, title: str, where: Place | None, found: Found) -> Reply:
    """What to try instead; where somebody was silent, that comes first."""
    text = _(NOTHING_HEARD if found.missing else NOTHING, title=_short(title))
    lacks = _titles.notes(ctx, found)
    return Reply(
        text=f"{text}\n{lacks}".strip(), choices=_more(title, where), tone=Tone.WARN
    )


def _more(title: str, where: Place | None) -> tuple[Choice, ...]:
    if where is not None or titles.read(title).is_exact:
        return ()
    return (Choice(_(VIDEOS), f"search {quoted(title)} where:videos"),)


def _link(ctx: Context, url: str) -> Reply:
    """A pasted address of no film: perhaps a video to download."""
    may = ctx.role.covers(Role.MEMBER)
    choice = Choice(_(DOWNLOAD), f"download {quoted(url)}", Tone.GOOD)
    row = Item(title=_short(url), choices=(choice,) if may else ())
    return Reply(text=_(A_LINK), items=(row,))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
