"""Builds the house from settings, opens it, and closes it in reverse.

The only file that sees every room.
"""

from __future__ import annotations

import asyncio
import errno
import shutil
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import structlog

from medianest_bot import commands
from medianest_bot._redaction import Redaction
from medianest_bot._watching import Watchers
from medianest_bot.core import people, secrets
from medianest_bot.core.command import find
from medianest_bot.core.dispatch import Dispatch
from medianest_bot.core.downloads import Downloads
from medianest_bot.core.health import Health
from medianest_bot.core.house import House
from medianest_bot.core.housekeeping import Housekeeping
from medianest_bot.core.limits import Limits, Most
from medianest_bot.core.outbox import Outbox
from medianest_bot.core.pictures import Pictures
from medianest_bot.core.places import Places
from medianest_bot.core.requests import Requests
from medianest_bot.core.search import Search
from medianest_bot.core.secrets import Where
from medianest_bot.core.store import config
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.errors import StoreError, StoreUnusable, Why
from medianest_bot.services import sites
from medianest_bot.services.cache import Cache
from medianest_bot.services.http import Http, client
from medianest_bot.services.lanes import Lanes, LaneSettings
from medianest_bot.services.plex import Plex
from medianest_bot.services.seerr import Seerr
from medianest_bot.services.uptime_kuma import Change, SignIn, UptimeKuma
from medianest_bot.services.videos import Videos
from medianest_bot.settings import Settings

log = structlog.get_logger(__name__)

LANES = 2
KUMA_TOKEN = "uptime_kuma.token"  # noqa: S105 - a name, no secret
CANARY = "canary"
CLIENT_ID = "plex.client_id"


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Pace:
    """How time goes by, and how often watchers look: the demo lives faster."""

    requests_s: float = 15.0
    now: Callable[[], datetime] = _now


@dataclass(frozen=True, slots=True)
class App:
    """An open house and its front door."""

    house: House
    dispatch: Dispatch
    settings: Settings
    derive: Callable[[str], bytes]
    """Makes 32 secret bytes for one purpose, the same ones at every start."""


@asynccontextmanager
async def open_app(settings: Settings, pace: Pace | None = None) -> AsyncIterator[App]:
    """Open the house; close it in reverse when left.

    Raises StoreError or WrongKey, before anything was promised.
    """
    async with AsyncExitStack() as stack:
        yield await _Builder(settings, pace or Pace(), stack).build()


class _Builder:
    """What is built so far, so that each part finds what it stands on."""

    def __init__(self, settings: Settings, pace: Pace, stack: AsyncExitStack) -> None:
        self._settings = settings
        self._pace = pace
        self._now = pace.now
        self._stack = stack

    async def build(self) -> App:
        settings = self._settings
        _make_folder(settings.data_dir)
        self._store = await Store.open(
            settings.database_address, lock_folder=settings.data_dir
        )
        self._stack.push_async_callback(self._store.close)
        self._ring = await asyncio.to_thread(secrets.open_keyring, settings)
        await self._check_canary()
        self._outbox = Outbox(self._store, self._now)
        house = await self._house()
        await house.places.open()
        redact = Redaction(settings.secret_values()).hide
        dispatch = Dispatch(house, self._ring.derive("lines"), redact=redact)
        self._stack.push_async_callback(dispatch.aclose)
        await people.make_admins(self._store, settings.admins, self._now)
        watchers = Watchers()
        self._stack.push_async_callback(watchers.aclose)
        watchers.keep("outbox", partial(self._outbox.run, dispatch.draw))
        watchers.keep("limits", house.limits.run)
        watchers.keep("housekeeping", Housekeeping(self._store, self._now).run)
        watchers.keep("requests", house.requests.run)
        watchers.keep("downloads", house.downloads.run)
        watchers.keep("health", house.health.run)
        watchers.start("library", house.search.warm())
        if house.kuma is not None:
            watchers.keep("uptime kuma", house.kuma.run)
        return App(house, dispatch, settings, self._ring.derive)

    async def _house(self) -> House:
        limits = Limits(self._store, self._now, Most(*self._settings.limits))
        await limits.open()
        self._stack.push_async_callback(_write_counts, limits)
        plex, seerr = await self._plex(), self._seerr()
        lanes, rules = self._lanes()
        videos = Videos(lanes, rules)
        search = Search(self._store, plex, seerr, videos, self._now)
        self._stack.push_async_callback(search.aclose)

        def changed(change: Change) -> None:
            health.monitor_changed(change)

        kuma = await self._kuma(changed)
        asked = {"plex": plex, "seerr": seerr, "uptime_kuma": kuma}
        probes = {name: one.probe for name, one in asked.items() if one is not None}
        health = Health(self._store, self._outbox, self._now, probes, kuma)
        rooms = self._settings.household_places, self._settings.admin_chats
        return House(
            commands=find(commands),
            store=self._store,
            limits=limits,
            outbox=self._outbox,
            search=search,
            requests=self._requests(seerr, limits),
            downloads=Downloads(
                self._store,
                self._outbox,
                limits,
                self._now,
                lanes=lanes,
                videos=videos,
                rules=rules,
                plex=plex,
                folder=self._settings.downloads_dir,
            ),
            health=health,
            pictures=Pictures(plex),
            places=Places(self._store, self._outbox, self._now, *rooms),
            plex=plex,
            seerr=seerr,
            kuma=kuma,
            now=self._now,
        )

    def _requests(self, seerr: Seerr | None, limits: Limits) -> Requests:
        every_s, now = self._pace.requests_s, self._now
        return Requests(self._store, seerr, self._outbox, limits, now, poll_s=every_s)

    def _http(self, service: str, url: str) -> tuple[Http, Cache]:
        pooled: httpx.AsyncClient = client(url)
        self._stack.push_async_callback(pooled.aclose)
        cache = Cache()
        self._stack.push_async_callback(cache.aclose)
        return Http(service, pooled), cache

    async def _plex(self) -> Plex | None:
        url, token = self._settings.plex_url, self._settings.plex_token
        if not url or token is None:
            return None
        http, cache = self._http("plex", url)
        return Plex(http, cache, token.get_secret_value(), await self._client_id())

    def _seerr(self) -> Seerr | None:
        url, key = self._settings.overseerr_url, self._settings.overseerr_api_key
        if not url or key is None:
            return None
        http, cache = self._http("seerr", url)
        return Seerr(http, cache, key.get_secret_value())

    async def _kuma(self, changed: Callable[[Change], None]) -> UptimeKuma | None:
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

    def _lanes(self) -> tuple[Lanes, tuple[sites.SiteRule, ...]]:
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

    async def _check_canary(self) -> None:
        """Refuse to start with a key that cannot read what was written with it."""
        async with self._store.begin() as tx:
            kept = await config.get(tx, CANARY)
            if kept is None:
                canary = secrets.make_canary(self._ring)
                await config.put(tx, CANARY, canary, self._now())
            else:
                secrets.check_canary(self._ring, kept)

    async def _client_id(self) -> str:
        """Who we are to Plex: made once, so that it lists us as one device."""
        async with self._store.begin() as tx:
            known = await config.get(tx, CLIENT_ID)
            if known is None:
                known = str(uuid.uuid4())
                await config.put(tx, CLIENT_ID, known, self._now())
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


def secret_place(key: str) -> Where:
    """Where a secret of the house itself is kept."""
    return Where("service_config", "value", key, "house")


def _plain(secret: Any) -> str | None:
    return secret.get_secret_value() if secret is not None else None


def _sign_in(settings: Settings) -> SignIn | None:
    username = settings.uptime_kuma_username
    password = _plain(settings.uptime_kuma_password)
    if not username or not password:
        return None
    return SignIn(username, password, _plain(settings.uptime_kuma_totp))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise StoreUnusable(Why.FULL if full else Why.READ_ONLY) from error


async def _write_counts(limits: Limits) -> None:
    try:
        await limits.flush()
    except StoreError:
        log.warning("counts not written")
