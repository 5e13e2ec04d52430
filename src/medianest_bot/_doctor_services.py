"""The doctor's look at Plex, plex.tv and Seerr."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from medianest_bot._doctor_findings import Finding, bad, good, note, trouble
from medianest_bot._doctor_kept import Kept
from medianest_bot.services.cache import Cache
from medianest_bot.services.errors import Refused, ServiceError
from medianest_bot.services.http import Http, client
from medianest_bot.services.plex import Plex, Section
from medianest_bot.services.plex_tv import Access, PlexTv
from medianest_bot.services.seerr import About, Seerr, is_csrf
from medianest_bot.settings import Settings

IN_PLEX = "Downloads in Plex"
OLDEST = {"Overseerr": (1, 33), "Seerr": (3, 0)}
_CSRF = (
    "In Seerr, under Settings and Network, turn off CSRF protection and restart "
    "it: an API key does not get past it."
)


async def plex(settings: Settings, kept: Awaitable[Kept]) -> tuple[Finding, ...]:
    url, token = settings.plex_url, settings.plex_token
    if not url or token is None:
        return (note("Plex", "is not set up (PLEX_URL, PLEX_TOKEN)"),)
    known = await kept
    async with connected("plex", url) as (http, cache):
        server = Plex(http, cache, token.get_secret_value(), known.client_id)
        try:
            about = await server.identity()
            sections = (await server.sections()).value
        except ServiceError as error:
            return (trouble("Plex", error, "PLEX_URL", "PLEX_TOKEN"),)
    said = f"{about.name}, version {about.version}, {len(sections)} libraries"
    token_of = await _owner(settings, known, token.get_secret_value(), about.machine_id)
    return good("Plex", said), token_of, _library(sections, settings.downloads_dir)


async def _owner(
    settings: Settings, kept: Kept, token: str, machine_id: str
) -> Finding:
    """Whose token it is, as plex.tv knows it; only signing in needs plex.tv."""
    async with connected("plex_tv", settings.plex_tv_url) as (http, _cache):
        tv = PlexTv(http, kept.client_id)
        try:
            user = await tv.user(token)
            access = await tv.can_reach(token, machine_id)
        except Refused:
            mend = "The server still lets us in; make a new token to be safe."
            return note("plex.tv", "does not know PLEX_TOKEN", mend)
        except ServiceError as error:
            found = trouble("plex.tv", error, "PLEX_TV_URL", "PLEX_TOKEN")
            return note("plex.tv", found.said, "People cannot link their accounts.")
    if access is not Access.OWNER:
        mend = "Set PLEX_TOKEN to a token of the server's owner."
        return bad("plex.tv", f"{user.username} does not own this server", mend)
    return good("plex.tv", f"PLEX_TOKEN is {user.username}'s, who owns the server")


def _library(sections: tuple[Section, ...], folder: Path) -> Finding:
    ours = folder.absolute()
    for section in sections:
        if any(ours.is_relative_to(place) for place in section.folders):
            return good(IN_PLEX, f"in the library “{section.title}”")
    personal = [one for one in sections if one.is_personal]
    for section in personal:
        if any(Path(place).name == ours.name for place in section.folders):
            said = f"taken to be the library “{section.title}”, under another path"
            return note(IN_PLEX, said)
    mend = (
        "In Plex, add a library of the kind Other Videos with the folder "
        f"{ours} (or where Plex sees it)."
    )
    return bad(IN_PLEX, "no Plex library has this folder", mend)


async def seerr(settings: Settings, kept: Awaitable[Kept]) -> tuple[Finding, ...]:
    url, key = settings.overseerr_url, settings.overseerr_api_key
    if not url or key is None:
        said = "is not set up (OVERSEERR_URL, OVERSEERR_API_KEY)"
        return (note("Seerr", said),)
    async with connected("seerr", url) as (http, cache):
        desk = Seerr(http, cache, key.get_secret_value())
        try:
            about = await desk.about()
            await desk.check_writing()
        except ServiceError as error:
            if is_csrf(error):
                said = "refuses everything that writes (CSRF protection is on)"
                return (bad("Seerr", said, _CSRF),)
            return (trouble("Seerr", error, "OVERSEERR_URL", "OVERSEERR_API_KEY"),)
    return version(about), *_people(await kept)


def version(about: About) -> Finding:
    said = f"{about.product} {about.version}"
    numbers = tuple(int(one) for one in re.findall(r"\d+", about.version)[:2])
    oldest = OLDEST.get(about.product)
    if oldest is not None and numbers and numbers < oldest:
        least = ".".join(map(str, oldest))
        mend = f"Update it: this bot is tried with {least} and later."
        return note("Seerr", f"{said} is old", mend)
    return good("Seerr", said)


def _people(kept: Kept) -> tuple[Finding, ...]:
    if not kept.without_seerr:
        return ()
    who = ", ".join(kept.without_seerr)
    mend = "Say who they are there: admin people seerr NAME NUMBER"
    said = f"not known there: {who}; their requests wait for an admin"
    return (note("People in Seerr", said, mend),)


@asynccontextmanager
async def connected(service: str, url: str) -> AsyncIterator[tuple[Http, Cache]]:
    async with AsyncExitStack() as stack:
        http, cache = Http(service, client(url)), Cache()
        stack.push_async_callback(http.aclose)
        stack.push_async_callback(cache.aclose)
        yield http, cache
