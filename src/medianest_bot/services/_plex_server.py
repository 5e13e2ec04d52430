"""The Plex server itself: which one it is, its libraries, and single items."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from medianest_bot.services import _plex_reading as reading
from medianest_bot.services._plex_calls import Calls
from medianest_bot.services._plex_models import Identity, Item, Section
from medianest_bot.services.cache import Cache, Kept
from medianest_bot.services.errors import ServiceError, Unreadable
from medianest_bot.services.http import READ_S, Http

LIBRARY_FRESH_S = 600
_IDENTITY_FRESH_S = 3600


class Server:
    """What every part of the client needs to know of the server."""

    def __init__(self, http: Http, cache: Cache, token: str, client_id: str) -> None:
        self._http = http
        self._cache = cache
        self._calls = Calls(http, token, client_id)

    async def identity(self) -> Identity:
        """Which server this is, kept for an hour."""

        async def fetch() -> Identity:
            return reading.identity(await self._calls.get("/"))

        kept = await self._cache.read("plex:identity", fetch, fresh_s=_IDENTITY_FRESH_S)
        return kept.value

    async def check_token(self) -> None:
        """Refused where the token is wrong."""
        reading.identity(await self._calls.get("/"))

    async def sections(
        self, within_s: float = READ_S, *, fresh_s: float = LIBRARY_FRESH_S
    ) -> Kept[tuple[Section, ...]]:
        """The libraries with their counts, at most `fresh_s` old where Plex answers."""

        async def fetch() -> tuple[Section, ...]:
            answer = await self._calls.get("/library/sections", within_s=within_s)
            found = reading.each(reading.rows(answer), reading.section)
            counts = (self._count(one, within_s) for one in found)
            told = await asyncio.gather(*counts)
            pairs = zip(found, told, strict=True)
            return tuple(replace(one, count=count) for one, count in pairs)

        return await self._cache.read("plex:sections", fetch, fresh_s=fresh_s)

    async def item(self, key: str) -> Item:
        path = f"/library/metadata/{self._calls.key(key)}"
        answer = await self._calls.get(path, {"includeGuids": 1})
        found = reading.each(reading.rows(answer), reading.item)
        if not found:
            raise Unreadable(self._calls.service, status=answer.status)
        return found[0]

    async def probe(self) -> float:
        """Milliseconds until it said who it is; no token is sent."""
        return await self._http.probe("/identity")

    async def aclose(self) -> None:
        """Closes what it was given: the connections and the kept answers."""
        await self._cache.aclose()
        await self._http.aclose()

    async def _count(self, section: Section, within_s: float) -> int | None:
        """One library that does not answer must not hide the others."""
        path = f"/library/sections/{section.key}/all"
        try:
            answer = await self._calls.page(path, size=0, within_s=within_s)
            return reading.total(answer)
        except ServiceError:
            return None
