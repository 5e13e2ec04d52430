"""Uptime Kuma without its socket: /metrics, the status page, and what it announces."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from medianest_bot.services import _kuma_metrics, _kuma_page
from medianest_bot.services._kuma_live import Live
from medianest_bot.services._kuma_models import (
    Incident,
    SignIn,
    Snapshot,
    Source,
    maintenances,
)
from medianest_bot.services.cache import Cache, Kept
from medianest_bot.services.clock import loop_time
from medianest_bot.services.errors import Refused, ServiceError, Unreachable
from medianest_bot.services.http import Http

FRESH_S = 20.0
"""How long an answer of /metrics or of the beats is good for."""
PAGE_FRESH_S = 60.0
"""The same for the page itself; Kuma keeps it for five minutes."""
AGAIN_S = 60.0
"""The pause after a refusal of /metrics or a page that did not come."""


class Fallback:
    """Reads what Kuma shows over HTTP, with whatever of it may be read.

    `live` lends what the socket once told: ids of names, the pages there are.
    """

    def __init__(
        self,
        http: Http,
        live: Live,
        *,
        sign_in: SignIn | None = None,
        api_key: str | None = None,
        status_page: str | None = None,
        clock: Callable[[], float] = loop_time,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._http = http
        self._live = live
        self._basic = _basic(sign_in, api_key)
        self._status_page = status_page
        self._clock = clock
        self._now = now
        self._cache = Cache(now=now)
        self._metrics_again_at = self._page_again_at = 0.0

    async def aclose(self) -> None:
        await self._cache.aclose()

    async def snapshot(self, within_s: float) -> Kept[Snapshot]:
        """From /metrics, else from the page, else what either said last.

        Raises Unreachable or Refused.
        """
        return await self._cache.read(
            "snapshot", lambda: self._read(within_s / 2), fresh_s=FRESH_S
        )

    async def incidents(self, within_s: float) -> tuple[Incident, ...]:
        """What the page announces; none where there is no page or no answer."""
        slug = self._slug()
        if slug is None or self._clock() < self._page_again_at:
            return ()
        try:
            return _kuma_page.incidents(await self._page(slug, within_s))
        except ServiceError:
            return ()

    async def _read(self, within_s: float) -> Snapshot:
        errors: list[ServiceError] = []
        for source in (self._from_metrics, self._from_page):
            try:
                told = await source(within_s)
            except ServiceError as error:
                errors.append(error)
            else:
                if told is not None:
                    return told
        silent = [error for error in errors if isinstance(error, Unreachable)]
        raise (silent or errors or [Unreachable(self._http.service)])[0]

    async def _from_metrics(self, within_s: float) -> Snapshot | None:
        """None where no key is set, or it was refused just now.

        Kuma counts wrong passwords here with the sign-ins, and the first API key
        ever made turns the password off here: so no second try at once.
        """
        if self._basic is None or self._clock() < self._metrics_again_at:
            return None
        headers = {"Authorization": self._basic}
        try:
            answer = await self._http.get(
                "/metrics", headers=headers, within_s=within_s
            )
        except Refused:
            self._metrics_again_at = self._clock() + AGAIN_S
            raise
        body = answer.body.decode(errors="replace")
        monitors, version = _kuma_metrics.read(body, self._live.ids())
        incidents = await self.incidents(within_s)
        return Snapshot(monitors, incidents, (), Source.METRICS, self._now(), version)

    async def _from_page(self, within_s: float) -> Snapshot | None:
        """None where there is no page."""
        slug = self._slug()
        if slug is None:
            return None
        page = await self._page(slug, within_s)
        path = f"/api/status-page/heartbeat/{slug}"
        answer = await self._http.get(path, within_s=within_s)
        return Snapshot(
            monitors=_kuma_page.monitors(page, answer.object()),
            incidents=_kuma_page.incidents(page),
            maintenance=maintenances(page.get("maintenanceList")),
            source=Source.STATUS_PAGE,
            at=self._now(),
            version=self._live.version,
        )

    async def _page(self, slug: str, within_s: float) -> dict[str, Any]:
        """The page. Kuma 1.23 never answers where it does not know the slug."""

        async def fetch() -> dict[str, Any]:
            path = f"/api/status-page/{slug}"
            return (await self._http.get(path, within_s=within_s)).object()

        try:
            kept = await self._cache.read(slug, fetch, fresh_s=PAGE_FRESH_S)
        except ServiceError:
            self._page_again_at = self._clock() + AGAIN_S
            raise
        return kept.value

    def _slug(self) -> str | None:
        """The page that was set, else the first published one, fit for a path."""
        slug = self._status_page or next(iter(self._live.pages), None)
        return quote(slug, safe="") if slug else None


def _basic(sign_in: SignIn | None, api_key: str | None) -> str | None:
    words = f":{api_key}" if api_key else None
    if words is None and sign_in is not None:
        words = f"{sign_in.username}:{sign_in.password}"
    if words is None:
        return None
    return "Basic " + base64.b64encode(words.encode()).decode()
