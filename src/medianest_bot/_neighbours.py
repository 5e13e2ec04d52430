"""Opens the services the bot asks, as the settings name them."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any

import structlog

from medianest_bot.core import secrets
from medianest_bot.core.access import Asking
from medianest_bot.core.secrets import Keyring
from medianest_bot.core.store import config
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.sealed import KUMA_TOKEN, secret_place
from medianest_bot.services import sites
from medianest_bot.services.cache import Cache
from medianest_bot.services.http import Http, client
from medianest_bot.services.lanes import Lanes, LaneSettings
from medianest_bot.services.plex import Plex
from medianest_bot.services.plex_tv import PlexTv
from medianest_bot.services.seerr import Seerr
from medianest_bot.services.uptime_kuma import Change, SignIn, UptimeKuma
from medianest_bot.settings import Settings

log = structlog.get_logger(__name__)

LANES = 2
CLIENT_ID = "plex.client_id"
LINK_CLIENT_ID = "plex.link_client_id"
"""Another one for signing in: signing somebody out ends all tokens of a client."""


class Neighbours:
    """Opens each when asked to; `stack` closes them. Those not set up are None."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        ring: Keyring,
        now: Callable[[], datetime],
        stack: AsyncExitStack,
    ) -> None:
        self._settings = settings
        self._store = store
        self._ring = ring
        self._now = now
        self._stack = stack

    def _http(self, service: str, url: str) -> tuple[Http, Cache]:
        http, cache = Http(service, client(url)), Cache()
        self._stack.push_async_callback(http.aclose)
        self._stack.push_async_callback(cache.aclose)
        return http, cache

    async def plex(self) -> Plex | None:
        url, token = self._settings.plex_url, self._settings.plex_token
        if not url or token is None:
            return None
        http, cache = self._http("plex", url)
        return Plex(
            http, cache, token.get_secret_value(), await self._client_id(CLIENT_ID)
        )

    async def plex_tv(self) -> PlexTv:
        http, _cache = self._http("plex_tv", self._settings.plex_tv_url)
        return PlexTv(http, await self._client_id(LINK_CLIENT_ID))

    async def owner(self, plex: Plex | None) -> Asking | None:
        """plex.tv as the server's owner, with the token and the client of `plex`."""
        token = self._settings.plex_token
        if plex is None or token is None:
            return None
        http, _cache = self._http("plex_tv", self._settings.plex_tv_url)
        plex_tv = PlexTv(http, await self._client_id(CLIENT_ID))
        return Asking(plex_tv, plex, token.get_secret_value())

    def seerr(self) -> Seerr | None:
        url, key = self._settings.overseerr_url, self._settings.overseerr_api_key
        if not url or key is None:
            return None
        http, cache = self._http("seerr", url)
        return Seerr(http, cache, key.get_secret_value())

    async def kuma(self, changed: Callable[[Change], None]) -> UptimeKuma | None:
        settings = self._settings
        if not settings.uptime_kuma_url:
            return None
        http, _cache = self._http("uptime_kuma", settings.uptime_kuma_url)
        kuma = UptimeKuma(
            settings.uptime_kuma_url,
            http,
            sign_in=_sign_in(settings),
            token=await self._kept_secret(KUMA_TOKEN),
            api_key=_plain(settings.uptime_kuma_api_key),
            status_page=settings.uptime_kuma_status_page,
            keep_token=self._keep_kuma_token,
            changed=changed,
        )
        self._stack.push_async_callback(kuma.aclose)
        return kuma

    def lanes(self) -> tuple[Lanes, tuple[sites.SiteRule, ...]]:
        rules = sites.parse(self._settings.download_sites)
        lanes = Lanes(
            LaneSettings(
                sites=rules,
                temp=self._settings.downloads_dir / ".unfinished",
                umask=self._settings.downloads_umask,
                group=self._settings.downloads_group,
                ffmpeg=shutil.which("ffmpeg"),
            ),
            LANES,
        )
        self._stack.push_async_callback(lanes.aclose)
        return lanes, rules

    async def _client_id(self, name: str) -> str:
        """Who we are to Plex: made once, so that it lists us as one device."""
        async with self._store.begin() as tx:
            known = await config.get(tx, name)
            if known is None:
                known = str(uuid.uuid4())
                await config.put(tx, name, known, self._now())
        return known

    async def _kept_secret(self, key: str) -> str | None:
        """None also where it cannot be read any more: it is asked for again then."""
        async with self._store.read() as db:
            kept = await config.get(db, key)
        try:
            return self._ring.decrypt(kept, secret_place(key)) if kept else None
        except (secrets.WrongKey, secrets.Damaged):
            log.warning("a stored secret cannot be read", name=key)
            return None

    async def _keep_kuma_token(self, token: str) -> None:
        kept = self._ring.encrypt(token, secret_place(KUMA_TOKEN))
        async with self._store.begin() as tx:
            await config.put(tx, KUMA_TOKEN, kept, self._now())


def _plain(secret: Any) -> str | None:
    return secret.get_secret_value() if secret is not None else None


def _sign_in(settings: Settings) -> SignIn | None:
    username = settings.uptime_kuma_username
    password = _plain(settings.uptime_kuma_password)
    if not username or not password:
        return None
    return SignIn(username, password, _plain(settings.uptime_kuma_totp))
