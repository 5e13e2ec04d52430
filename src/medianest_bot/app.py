"""Builds the house from settings, opens it, and closes it in reverse.

The only file that sees every room.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import structlog

from medianest_bot import commands
from medianest_bot._neighbours import Neighbours
from medianest_bot._redaction import Redaction
from medianest_bot._signing_in import Household, SigningIn, signing_in
from medianest_bot._watching import Watchers
from medianest_bot.core import access, secrets
from medianest_bot.core import people as rules
from medianest_bot.core._link_ground import Ground
from medianest_bot.core._link_plex import PlexSide
from medianest_bot.core._link_secrets import LinkSecrets
from medianest_bot.core._link_visits import Visits
from medianest_bot.core.access import Access
from medianest_bot.core.claiming import Claims
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
from medianest_bot.core.seerr_accounts import SeerrAccounts
from medianest_bot.core.store import config
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.errors import StoreError, StoreUnusable, Why
from medianest_bot.core.store.people import Person
from medianest_bot.core.store.sealed import CANARY
from medianest_bot.services.lanes import Lanes
from medianest_bot.services.sites import SiteRule
from medianest_bot.services.uptime_kuma import Change, UptimeKuma
from medianest_bot.services.videos import Videos
from medianest_bot.settings import Settings

log = structlog.get_logger(__name__)


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
    visits: Visits
    """The browser's side of signing in."""


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
        self._near = Neighbours(
            settings, self._store, self._ring, self._now, self._stack
        )
        house = await self._house()
        await house.places.open()
        redact = Redaction(settings.secret_values()).hide
        dispatch = Dispatch(house, self._ring.derive("lines"), redact=redact)
        self._stack.push_async_callback(dispatch.aclose)
        await rules.make_admins(self._store, settings.admins, self._now)
        watchers = Watchers()
        self._stack.push_async_callback(watchers.aclose)
        watchers.keep("outbox", partial(self._outbox.run, dispatch.draw))
        watchers.keep("limits", house.limits.run)
        watchers.keep("housekeeping", Housekeeping(self._store, self._now).run)
        watchers.keep("requests", house.requests.run)
        watchers.keep("downloads", house.downloads.run)
        watchers.keep("health", house.health.run)
        watchers.keep("signing in", self._entrance.watch.run)
        looks = await self._access(house.places)
        if looks is not None:
            watchers.keep("access", looks.run)
        watchers.start("library", house.search.warm())
        if house.kuma is not None:
            watchers.keep("uptime kuma", house.kuma.run)
        return App(house, dispatch, settings, self._ring.derive, self._entrance.visits)

    async def _house(self) -> House:
        limits = Limits(self._store, self._now, Most(*self._settings.limits))
        await limits.open()
        self._stack.push_async_callback(_write_counts, limits)
        near, settings = self._near, self._settings
        self._plex, self._seerr = await near.plex(), near.seerr()
        lanes, site_rules = near.lanes()
        videos = Videos(lanes, site_rules)
        search = Search(self._store, self._plex, self._seerr, videos, self._now)
        self._stack.push_async_callback(search.aclose)
        health, kuma = await self._health()
        rooms = settings.household_places, settings.admin_chats
        places = Places(self._store, self._outbox, self._now, *rooms)
        requests = self._requests(limits)
        self._accounts = self._seerr_accounts(requests)
        self._entrance = await self._signing_in(places)
        return House(
            commands=find(commands),
            store=self._store,
            limits=limits,
            outbox=self._outbox,
            search=search,
            requests=requests,
            downloads=self._downloads(limits, lanes, videos, site_rules),
            health=health,
            pictures=Pictures(self._plex),
            places=places,
            claims=Claims(self._store, self._ring.derive("claims"), self._now),
            linking=self._entrance.linking,
            approvals=self._entrance.approvals,
            invitations=self._entrance.invitations,
            plex=self._plex,
            seerr=self._seerr,
            kuma=kuma,
            now=self._now,
        )

    async def _health(self) -> tuple[Health, UptimeKuma | None]:
        def changed(change: Change) -> None:
            health.monitor_changed(change)

        kuma = await self._near.kuma(changed)
        asked = {"plex": self._plex, "seerr": self._seerr, "uptime_kuma": kuma}
        probes = {name: one.probe for name, one in asked.items() if one is not None}
        health = Health(self._store, self._outbox, self._now, probes, kuma)
        return health, kuma

    def _requests(self, limits: Limits) -> Requests:
        every_s, now = self._pace.requests_s, self._now
        return Requests(
            self._store, self._seerr, self._outbox, limits, now, poll_s=every_s
        )

    def _downloads(
        self,
        limits: Limits,
        lanes: Lanes,
        videos: Videos,
        site_rules: tuple[SiteRule, ...],
    ) -> Downloads:
        return Downloads(
            self._store,
            self._outbox,
            limits,
            self._now,
            lanes=lanes,
            videos=videos,
            rules=site_rules,
            plex=self._plex,
            folder=self._settings.downloads_dir,
        )

    def _seerr_accounts(self, requests: Requests) -> SeerrAccounts | None:
        if self._seerr is None:
            return None
        return SeerrAccounts(
            self._store,
            self._seerr,
            requests,
            self._now,
            may_import=self._settings.overseerr_import_users,
        )

    async def _signing_in(self, places: Places) -> SigningIn:
        settings, plex = self._settings, self._plex
        plex_tv = await self._near.plex_tv()
        side = PlexSide(plex_tv, plex, settings.plex_auth_url) if plex else None
        ground = Ground(
            store=self._store,
            outbox=self._outbox,
            secrets=LinkSecrets(self._ring),
            plex=side,
            now=self._now,
            public_url=settings.public_url,
            plex_url=settings.plex_tv_url,
            tell_admins=places.tell_admins,
        )
        name = Household(settings.household_name, plex)
        return await signing_in(ground, name, self._joined)

    async def _joined(self, person: Person) -> None:
        """Who came in may be somebody at Seerr already."""
        self._outbox.changed(access.subject_of(person))
        if self._accounts is not None:
            await self._accounts.find_for(person)

    async def _access(self, places: Places) -> Access | None:
        """The daily look at Plex, as the owner of the server."""
        asking = await self._near.owner(self._plex)
        if asking is None:
            return None
        tell = places.tell_admins
        return Access(
            self._store,
            self._outbox,
            asking,
            self._accounts,
            self._now,
            tell_admins=tell,
        )

    async def _check_canary(self) -> None:
        """Refuse to start with a key that cannot read what was written with it."""
        async with self._store.begin() as tx:
            kept = await config.get(tx, CANARY)
            if kept is None:
                canary = secrets.make_canary(self._ring)
                await config.put(tx, CANARY, canary, self._now())
            else:
                secrets.check_canary(self._ring, kept)


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
