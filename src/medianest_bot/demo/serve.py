"""Opens the whole demo household on loopback, and closes it again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from medianest_bot.demo import household
from medianest_bot.demo._home import Ports, Taken, alone
from medianest_bot.demo._memory import Damaged
from medianest_bot.demo.household import Household
from medianest_bot.demo.plex import PlexStandIn
from medianest_bot.demo.plex_tv import PlexTvStandIn
from medianest_bot.demo.seerr import SeerrStandIn
from medianest_bot.demo.uptime_kuma import UptimeKumaStandIn
from medianest_bot.demo.videos import VideoSite

__all__ = ["Served", "Taken", "serve"]

PLEX_MEMORY = "plex.json"
SEERR_MEMORY = "seerr.json"
PLEX_TV_MEMORY = "plex-tv.json"
USERNAME = "mum"
PASSWORD = "demo-kuma-password"  # noqa: S105 - everybody may know the demo's
STATUS_PAGE = "maple"
PLEX_TOKEN = "demo-plex-token"  # noqa: S105 - same
SEERR_KEY = "demo-seerr-key"
_Remembering = tuple[PlexStandIn, SeerrStandIn, PlexTvStandIn]
SECRETS = (PASSWORD, PLEX_TOKEN, SEERR_KEY)


class StandIn(Protocol):
    async def start(self, port: int = 0) -> str: ...

    async def stop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Served:
    """The stand-ins while they serve; `settings` point a bot at them.

    `has_forgotten` is True where what they remembered could not be read, so that
    they began anew.
    """

    household: Household
    plex: PlexStandIn
    plex_tv: PlexTvStandIn
    seerr: SeerrStandIn
    kuma: UptimeKumaStandIn
    videos: VideoSite
    settings: dict[str, str]
    has_forgotten: bool = False


@asynccontextmanager
async def serve(folder: Path, *, pace: float = 1.0) -> AsyncIterator[Served]:
    """Serve the household; finished downloads belong in `folder`/downloads.

    `pace` stretches the household's own life (requests approved, monitors that
    go down); 0 leaves it to the caller. Served again from the same folder, it
    goes on where it stood, under the same addresses where they are free. Raises
    Taken where it is being served, OSError where `folder` cannot be written.
    """
    lives = household.read()
    downloads = folder / "downloads"
    downloads.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        stack.enter_context(alone(folder))
        (plex, seerr, plex_tv), has_forgotten = _remembering(lives, folder, pace)
        kuma = UptimeKumaStandIn(lives, username=USERNAME, password=PASSWORD, pace=pace)
        videos = VideoSite(lives, pace=pace)
        seerr.on_available(_adds_to(plex, seerr))
        seerr.import_from(plex_tv.shared)
        named = (
            ("plex", plex),
            ("plex_tv", plex_tv),
            ("seerr", seerr),
            ("uptime_kuma", kuma),
            ("videos", videos),
        )
        urls = await _start(stack, named, Ports(folder / "ports.json"))
        plex_tv.plex_url = urls["plex"]
        settings = _settings(urls, PLEX_TOKEN, seerr.key, downloads)
        yield Served(lives, plex, plex_tv, seerr, kuma, videos, settings, has_forgotten)


async def _start(
    stack: AsyncExitStack, named: Iterable[tuple[str, StandIn]], ports: Ports
) -> dict[str, str]:
    """Where each of them listens, under its old port if it can be had."""
    urls: dict[str, str] = {}
    started: list[StandIn] = []
    stack.push_async_callback(_stop, started)
    for name, one in named:
        urls[name] = await one.start(ports.of(name))
        started.append(one)
    ports.keep(urls)
    return urls


async def _stop(started: Iterable[StandIn]) -> None:
    """All at once: each gives those who are connected a moment to leave."""
    await asyncio.gather(*(one.stop() for one in started))


def _remembering(
    lives: Household, folder: Path, pace: float
) -> tuple[_Remembering, bool]:
    """Those that remember. They tell one story, so they forget it together."""
    try:
        return _three(lives, folder, pace), False
    except Damaged:
        for name in (PLEX_MEMORY, SEERR_MEMORY, PLEX_TV_MEMORY):
            (folder / name).unlink(missing_ok=True)
        return _three(lives, folder, pace), True


def _three(lives: Household, folder: Path, pace: float) -> _Remembering:
    plex = PlexStandIn(
        lives,
        folder / "downloads",
        token=PLEX_TOKEN,
        pace=pace,
        memory=folder / PLEX_MEMORY,
    )
    seerr = SeerrStandIn(lives, key=SEERR_KEY, pace=pace, memory=folder / SEERR_MEMORY)
    return plex, seerr, PlexTvStandIn(lives, memory=folder / PLEX_TV_MEMORY)


def _adds_to(
    plex: PlexStandIn, seerr: SeerrStandIn
) -> Callable[[str, int, tuple[int, ...]], None]:
    """What becomes available is in Plex then, and Seerr knows where."""

    def add(kind: str, tmdb_id: int, seasons: tuple[int, ...]) -> None:
        if kind == "movie":
            plex.add_movie(tmdb_id)
        else:
            plex.add_seasons(tmdb_id, seasons)
        row = plex.library.by_tmdb(tmdb_id, "movie" if kind == "movie" else "show")
        if row is not None:
            seerr.know_plex_key(kind, tmdb_id, str(row["ratingKey"]))

    return add


def _settings(
    urls: dict[str, str], plex_token: str, seerr_key: str, downloads: Path
) -> dict[str, str]:
    return {
        "PLEX_URL": urls["plex"],
        "PLEX_TOKEN": plex_token,
        "PLEX_TV_URL": urls["plex_tv"],
        "PLEX_AUTH_URL": f"{urls['plex_tv']}/auth",
        "OVERSEERR_URL": urls["seerr"],
        "OVERSEERR_API_KEY": seerr_key,
        "UPTIME_KUMA_URL": urls["uptime_kuma"],
        "UPTIME_KUMA_USERNAME": USERNAME,
        "UPTIME_KUMA_PASSWORD": PASSWORD,
        "UPTIME_KUMA_STATUS_PAGE": STATUS_PAGE,
        "DOWNLOAD_SITES": f"{urls['videos']}/",
        "DOWNLOADS_DIR": str(downloads.absolute()),
    }
