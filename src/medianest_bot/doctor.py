"""Looks at everything the bot stands on and says what to mend, and how."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from medianest_bot.core.secrets import Damaged, WrongKey, open_keyring
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.errors import StoreError
from medianest_bot.services import sites
from medianest_bot.services.cache import Cache
from medianest_bot.services.errors import Refused, ServiceError, Unreachable
from medianest_bot.services.http import Http, client
from medianest_bot.services.plex import Plex
from medianest_bot.services.seerr import Seerr
from medianest_bot.settings import Settings, WrongSettings, read

MIN_FREE = 2 * 1024**3
Write = Callable[[str], None]


class Sign(StrEnum):
    GOOD = "ok  "
    NOTE = "note"
    BAD = "BAD "


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, and what to do where it is not good."""

    sign: Sign
    about: str
    said: str
    mend: str = ""

    def __str__(self) -> str:
        mend = f"\n       → {self.mend}" if self.mend else ""
        return f"{self.sign} {self.about}: {self.said}{mend}"


async def run(write: Write, environ: Mapping[str, str] | None = None) -> int:
    """Check everything, print a line each; returns 1 where something is bad."""
    try:
        settings = read(environ) if environ is None else read(environ, env_file=None)
    except WrongSettings as wrong:
        for complaint in wrong.complaints:
            write(str(Finding(Sign.BAD, "Settings", complaint)))
        return 1
    write(str(Finding(Sign.GOOD, "Settings", "all of them can be read")))
    found = [_folder("Data folder", settings.data_dir, "DATA_DIR")]
    found.append(await _store(settings))
    found.append(_keys(settings))
    found += await _neighbours(settings)
    found += _downloads(settings)
    for finding in found:
        write(str(finding))
    return int(any(finding.sign is Sign.BAD for finding in found))


def _folder(about: str, folder: Path, setting: str) -> Finding:
    """A folder is good when it is there, or can be made, and can be written."""
    nearest = folder
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        mend = f"Make it writable for the bot's user, or set {setting} to another one."
        return Finding(Sign.BAD, about, f"{folder} cannot be written", mend)
    free = shutil.disk_usage(nearest).free
    if free < MIN_FREE:
        mend = "Make room, or point it at a larger disk."
        return Finding(Sign.BAD, about, f"only {free // 1024**2} MB are free", mend)
    return Finding(Sign.GOOD, about, f"{folder}, {free // 1024**3} GB free")


async def _store(settings: Settings) -> Finding:
    """Works beside a running bot: only the bot takes the folder's lock."""
    if not settings.data_dir.exists() and settings.database_url is None:
        return Finding(Sign.NOTE, "Database", "is made at the first start")
    try:
        store = await Store.open(settings.database_address)
    except StoreError as error:
        mend = "See docs/run.md, section Database."
        return Finding(Sign.BAD, "Database", str(error), mend)
    await store.close()
    return Finding(Sign.GOOD, "Database", "opens")


def _keys(settings: Settings) -> Finding:
    if not settings.data_dir.exists():
        return Finding(Sign.NOTE, "Encryption key", "is made at the first start")
    try:
        open_keyring(settings)
    except (WrongKey, Damaged, OSError) as error:
        mend = "Put the key back that was in use before, or restore DATA_DIR/keys."
        return Finding(Sign.BAD, "Encryption key", str(error), mend)
    return Finding(Sign.GOOD, "Encryption key", "can be read")


async def _neighbours(settings: Settings) -> list[Finding]:
    checks: list[Awaitable[list[Finding]]] = [
        _plex(settings),
        _seerr(settings),
        _kuma(settings),
    ]
    return [finding for found in await asyncio.gather(*checks) for finding in found]


async def _plex(settings: Settings) -> list[Finding]:
    url, token = settings.plex_url, settings.plex_token
    if not url or token is None:
        return [Finding(Sign.NOTE, "Plex", "is not set up (PLEX_URL, PLEX_TOKEN)")]
    async with _http("plex", url) as (http, cache):
        plex = Plex(http, cache, token.get_secret_value(), "medianest-bot-doctor")
        try:
            identity = await plex.identity()
            await plex.check_token()
            sections = (await plex.sections()).value
        except ServiceError as error:
            return [_trouble("Plex", error, "PLEX_URL", "PLEX_TOKEN")]
    said = f"{identity.name}, version {identity.version}, {len(sections)} libraries"
    found = [Finding(Sign.GOOD, "Plex", said)]
    folders = [place for section in sections for place in section.folders]
    ours = settings.downloads_dir.absolute()
    if any(ours.is_relative_to(place) for place in folders):
        return [*found, Finding(Sign.GOOD, "Downloads in Plex", "a library holds them")]
    personal = next((s for s in sections if s.is_personal), None)
    if personal is not None:
        said = f"taken to be the library “{personal.title}”, under another path"
        return [*found, Finding(Sign.NOTE, "Downloads in Plex", said)]
    mend = (
        "In Plex, add a library of the kind Other Videos with the folder "
        f"{ours} (or where Plex sees it)."
    )
    said = "no Plex library has this folder"
    return [*found, Finding(Sign.BAD, "Downloads in Plex", said, mend)]


async def _seerr(settings: Settings) -> list[Finding]:
    url, key = settings.overseerr_url, settings.overseerr_api_key
    if not url or key is None:
        said = "is not set up (OVERSEERR_URL, OVERSEERR_API_KEY)"
        return [Finding(Sign.NOTE, "Seerr", said)]
    async with _http("seerr", url) as (http, cache):
        seerr = Seerr(http, cache, key.get_secret_value())
        try:
            about = await seerr.about()
            await seerr.check_key()
        except ServiceError as error:
            return [_trouble("Seerr", error, "OVERSEERR_URL", "OVERSEERR_API_KEY")]
    said = f"{about.product} {about.version}"
    return [Finding(Sign.GOOD, "Seerr", said)]


async def _kuma(settings: Settings) -> list[Finding]:
    url = settings.uptime_kuma_url
    if not url:
        said = "is not set up (UPTIME_KUMA_URL)"
        return [Finding(Sign.NOTE, "Uptime Kuma", said)]
    async with _http("uptime_kuma", url) as (http, _cache):
        try:
            ms = await http.probe("/api/entry-page")
        except ServiceError as error:
            credentials = "UPTIME_KUMA_USERNAME"
            return [_trouble("Uptime Kuma", error, "UPTIME_KUMA_URL", credentials)]
    found = [Finding(Sign.GOOD, "Uptime Kuma", f"answers in {ms:.0f} ms")]
    ways = (
        settings.uptime_kuma_username,
        settings.uptime_kuma_api_key,
        settings.uptime_kuma_status_page,
    )
    if not any(ways):
        mend = (
            "Set UPTIME_KUMA_USERNAME and UPTIME_KUMA_PASSWORD, or "
            "UPTIME_KUMA_API_KEY, or UPTIME_KUMA_STATUS_PAGE."
        )
        found.append(Finding(Sign.BAD, "Uptime Kuma", "no way in is set", mend))
    return found


def _downloads(settings: Settings) -> list[Finding]:
    found = [_folder("Downloads folder", settings.downloads_dir, "DOWNLOADS_DIR")]
    try:
        rules = sites.parse(settings.download_sites)
        found.append(Finding(Sign.GOOD, "Download sites", f"{len(rules)} allowed"))
    except ValueError as error:
        mend = "Correct DOWNLOAD_SITES; docs/settings.md says what it may hold."
        found.append(Finding(Sign.BAD, "Download sites", str(error), mend))
    for program, mend in (
        ("ffmpeg", "apt install ffmpeg: without it only single-file videos work."),
        ("deno", "Install deno: without it some YouTube videos do not work."),
    ):
        there = shutil.which(program)
        sign = Sign.GOOD if there else Sign.NOTE
        said = "is there" if there else "is not there"
        found.append(Finding(sign, program, said, "" if there else mend))
    return found


def _trouble(about: str, error: ServiceError, url: str, key: str) -> Finding:
    match error:
        case Unreachable():
            said = "does not answer"
            mend = f"Is it running? Is {url} right, seen from here?"
        case Refused(status=401 | 403):
            said = "refuses us"
            mend = f"{key} is wrong or was revoked: make a new one and set it."
        case _:
            said = "answered something else than it should"
            mend = f"Does {url} really lead to {about}, and not to a login page?"
    return Finding(Sign.BAD, about, said, mend)


@asynccontextmanager
async def _http(service: str, url: str) -> AsyncIterator[tuple[Http, Cache]]:
    async with AsyncExitStack() as stack:
        pooled = await stack.enter_async_context(client(url))
        cache = Cache()
        stack.push_async_callback(cache.aclose)
        yield Http(service, pooled), cache
