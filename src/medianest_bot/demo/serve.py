"""Opens the whole demo household on loopback, and closes it again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from medianest_bot.demo import household
from medianest_bot.demo.household import Household
from medianest_bot.demo.plex import PlexStandIn
from medianest_bot.demo.plex_tv import PlexTvStandIn
from medianest_bot.demo.seerr import SeerrStandIn
from medianest_bot.demo.uptime_kuma import UptimeKumaStandIn
from medianest_bot.demo.videos import VideoSite

USERNAME = "mum"
PASSWORD = "demo-kuma-password"  # noqa: S105 - everybody may know the demo's
STATUS_PAGE = "maple"
PLEX_TOKEN = "demo-plex-token"  # noqa: S105 - same


@dataclass(frozen=True, slots=True)
class Served:
    """The stand-ins while they serve; `settings` point a bot at them."""

    household: Household
    plex: PlexStandIn
    plex_tv: PlexTvStandIn
    seerr: SeerrStandIn
    kuma: UptimeKumaStandIn
    videos: VideoSite
    settings: dict[str, str]


@asynccontextmanager
async def serve(folder: Path, *, pace: float = 1.0) -> AsyncIterator[Served]:
    """Serve the household; finished downloads belong in `folder`/downloads.

    `pace` stretches the household's own life (requests approved, monitors that
    go down); 0 leaves it to the caller.
    """
    lives = household.read()
    downloads = folder / "downloads"
    downloads.mkdir(parents=True, exist_ok=True)
    plex = PlexStandIn(lives, downloads, token=PLEX_TOKEN, pace=pace)
    plex_tv = PlexTvStandIn(lives)
    seerr = SeerrStandIn(lives, pace=pace)
    kuma = UptimeKumaStandIn(lives, username=USERNAME, password=PASSWORD, pace=pace)
    videos = VideoSite(lives, pace=pace)
    seerr.on_available(_adds_to(plex, seerr))
    async with AsyncExitStack() as stack:
        urls = []
        for one in (plex, plex_tv, seerr, kuma, videos):
            urls.append(await one.start())
            stack.push_async_callback(one.stop)
        plex_tv.plex_url = urls[0]
        settings = _settings(urls, PLEX_TOKEN, seerr.key, downloads)
        yield Served(lives, plex, plex_tv, seerr, kuma, videos, settings)


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
    urls: list[str], plex_token: str, seerr_key: str, downloads: Path
) -> dict[str, str]:
    plex, plex_tv, seerr, kuma, videos = urls
    return {
        "PLEX_URL": plex,
        "PLEX_TOKEN": plex_token,
        "PLEX_TV_URL": plex_tv,
        "OVERSEERR_URL": seerr,
        "OVERSEERR_API_KEY": seerr_key,
        "UPTIME_KUMA_URL": kuma,
        "UPTIME_KUMA_USERNAME": USERNAME,
        "UPTIME_KUMA_PASSWORD": PASSWORD,
        "UPTIME_KUMA_STATUS_PAGE": STATUS_PAGE,
        "DOWNLOAD_SITES": videos.rstrip("/") + "/",
        "DOWNLOADS_DIR": str(downloads),
    }
