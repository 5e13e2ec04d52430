"""The neighbour that takes requests: Overseerr 1.34 and Seerr 3, one client.

Acts with the API key, which stands for the owner; whatever is done for a person
carries that person's id (`X-API-User`), so that permissions, quotas and
approval are judged on the person and not on the owner.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from weakref import WeakValueDictionary

from medianest_bot.services import _seerr_reading as reading
from medianest_bot.services._seerr_calls import (
    API,
    Calls,
    UnknownTitle,
    known,
    made,
    whole,
)
from medianest_bot.services._seerr_models import (
    About,
    Chats,
    Details,
    Hit,
    MediaState,
    Page,
    Progress,
    Quota,
    Quotas,
    Request,
    RequestState,
    Season,
    User,
)
from medianest_bot.services._seerr_refusals import (
    Refusal,
    is_csrf,
    refusal,
)
from medianest_bot.services._seerr_users import Users
from medianest_bot.services.cache import Cache, Kept
from medianest_bot.services.errors import Missing
from medianest_bot.services.http import CALL_S, READ_S, Http
from medianest_bot.services.loose import text
from medianest_bot.services.media import Kind

__all__ = [
    "About",
    "Chats",
    "Details",
    "Hit",
    "MediaState",
    "Page",
    "Progress",
    "Quota",
    "Quotas",
    "Refusal",
    "Request",
    "RequestState",
    "Season",
    "Seerr",
    "UnknownTitle",
    "User",
    "is_csrf",
    "refusal",
]

_SEARCH_FRESH_S = 300
_DETAILS_FRESH_S = 60
_ABOUT_FRESH_S = 3600
_LONGEST_QUERY = 200
_BY_NUMBER = ("imdb:", "tmdb:", "tvdb:")


class Seerr:
    """One Overseerr or Seerr server.

    Every call raises the four service errors and nothing else; `refusal` tells
    what a Refused was about. User ids are ints: an `X-API-User` that is not a
    number is never answered by either server, so another type is a TypeError.
    """

    def __init__(self, http: Http, cache: Cache, key: str) -> None:
        self._http = http
        self._cache = cache
        self._calls = Calls(http, key)
        self._users = Users(self._calls, self.about)
        self._changes = 0
        self._asking: WeakValueDictionary[tuple[Kind, int, bool], asyncio.Lock] = (
            WeakValueDictionary()
        )

    async def about(self) -> About:
        """Product and version, kept for an hour.

        Only Seerr names its kind of media server in its public settings.
        """
        kept = await self._cache.read(
            "seerr:about", self._calls.about, fresh_s=_ABOUT_FRESH_S
        )
        return kept.value

    async def check_key(self) -> User:
        """The user the key stands for. Refused where the key is wrong."""
        return await self._calls.check_key()

    async def check_writing(self) -> None:
        """Refused (CSRF) where the server refuses all that writes. Changes nothing."""
        owner = await self.check_key()
        with suppress(Missing):
            # Requests are counted from 1.
            await self._calls.act("DELETE", "/request/0", as_user=owner.id)

    async def search(
        self, query: str, *, within_s: float = READ_S
    ) -> Kept[tuple[Hit, ...]]:
        """Films and series; `imdb:`, `tmdb:` and `tvdb:` prefixes are understood.

        UnknownTitle where such a number is not known.
        Nothing found may also mean that TMDB does not answer: Seerr does not say.
        Kept for five minutes, or until something is requested through here.
        """
        words = " ".join(text(query).split())[:_LONGEST_QUERY]
        if not words:
            return Kept((), datetime.now(UTC))

        async def fetch() -> tuple[Hit, ...]:
            # Both servers refuse a raw reserved character and "+" for a space.
            encoded = quote(words, safe="")
            path = f"/search?query={encoded}&page=1"
            passing = (500,) if words.casefold().startswith(_BY_NUMBER) else ()
            answer = await self._calls.get(path, within_s=within_s, answers=passing)
            return whole(known(answer), reading.hits)

        key = f"seerr:search:{self._changes}:{words.casefold()}"
        return await self._cache.read(key, fetch, fresh_s=_SEARCH_FRESH_S)

    async def details(
        self,
        kind: Kind,
        tmdb_id: int,
        *,
        within_s: float = READ_S,
        fresh: bool = False,
    ) -> Details:
        """One title, kept for a minute unless it must be `fresh`.

        UnknownTitle, an Unreachable, where the id does not exist: both servers
        answer 500 to that and to TMDB being away.
        """

        async def fetch() -> Details:
            answer = await self._calls.get(
                f"/{kind.value}/{int(tmdb_id)}", within_s=within_s, answers=(500,)
            )
            return whole(known(answer), lambda raw: reading.details(raw, kind, tmdb_id))

        key = _details_key(kind, tmdb_id)
        if fresh:
            found = await fetch()
            await self._cache.forget(key)
            return found
        return (await self._cache.read(key, fetch, fresh_s=_DETAILS_FRESH_S)).value

    async def request(
        self,
        kind: Kind,
        tmdb_id: int,
        *,
        as_user: int,
        seasons: tuple[int, ...] | None = None,
    ) -> Request:
        """Ask for a title as that user; for a series None means all seasons.

        Asked once and never repeated: after Unreachable look whether it is there.
        One at a time for each title, because the servers do not check duplicates
        under a lock. Missing where TMDB does not know the id.
        """
        body: dict[str, Any] = {"mediaType": kind.value, "mediaId": int(tmdb_id)}
        body["is4k"] = False  # left out, it would defeat the check for duplicates
        if kind is Kind.TV:
            body["seasons"] = "all" if seasons is None else list(seasons)
        lock = self._asking.setdefault((kind, tmdb_id, False), asyncio.Lock())
        try:
            async with lock:
                answer = await self._calls.act(
                    "POST", "/request", as_user=as_user, json=body, answers=(500,)
                )
        finally:
            await self._changed(kind, tmdb_id)
        return made(answer)

    async def requests(
        self,
        *,
        take: int = 20,
        skip: int = 0,
        filter: str = "all",  # noqa: A002  the word of the API
        as_user: int | None = None,
    ) -> Page:
        """Requests, newest first: all, or with `as_user` only that user's own.

        Filters both products know: all, approved, available, pending, processing,
        unavailable, failed. Seerr asks Radarr and Sonarr meanwhile: it may be slow.
        """
        params: dict[str, str | int] = {"take": take, "skip": skip}
        params |= {"filter": filter, "sort": "added"}
        if as_user is not None:
            params["requestedBy"] = as_user
        answer = await self._calls.get(
            "/request", params=params, as_user=as_user, within_s=CALL_S
        )
        return whole(answer, reading.page)

    async def read_request(self, request_id: int) -> Request:
        """The request as it stands now. Missing where it was deleted."""
        return await self._calls.request(request_id)

    async def cancel(self, request_id: int, *, as_user: int) -> None:
        """Take back one's own pending request.

        The servers let anybody delete anybody's pending request, so whose it is
        is checked here: Refused (PERMISSION, NOT_PENDING) before anything is sent.
        """
        request = await self._calls.take_back(request_id, as_user=as_user)
        await self._changed(request.kind, request.tmdb_id)

    async def approve(self, request_id: int, *, as_user: int) -> Request:
        """Approve as that manager. Success also where somebody else already did."""
        return await self._decide(request_id, "approve", as_user)

    async def decline(self, request_id: int, *, as_user: int) -> Request:
        """Decline as that manager. Success also where somebody else already did."""
        return await self._decide(request_id, "decline", as_user)

    async def quota(self, user_id: int) -> Quotas:
        return whole(
            await self._calls.get(f"/user/{int(user_id)}/quota"), reading.quotas
        )

    async def users(self) -> tuple[User, ...]:
        """Everybody with an account, all pages."""
        return await self._users.all()

    def known_name(self, user_id: int) -> str | None:
        """As `users` last told it; asks nobody."""
        return self._users.names.get(user_id)

    async def import_from_plex(self, plex_ids: Collection[int]) -> None:
        """Make users of these Plex accounts where they are none; read `users` then.

        Passes over whom the server is not shared with, and who has no address.
        """
        await self._users.import_from_plex(plex_ids)

    async def chats(self, user_id: int) -> Chats:
        """Where the user can be told, as Seerr knows it."""
        return await self._users.chats(user_id)

    async def add_chats(self, user_id: int, chats: Chats) -> bool:
        """Write down what is not there yet; True where there was something to write.

        What stands there stays: a user has one Telegram chat, and one Discord id
        where the server keeps no list of them. It is saved a moment later.
        """
        return await self._users.add_chats(user_id, chats)

    async def probe(self) -> float:
        """Milliseconds until it said how it is; no key is sent."""
        return await self._http.probe(f"{API}/status")

    async def aclose(self) -> None:
        """Closes what it was given: the connections and the kept answers."""
        await self._cache.aclose()
        await self._http.aclose()

    async def _decide(self, request_id: int, verdict: str, as_user: int) -> Request:
        path = f"/request/{int(request_id)}/{verdict}"
        answer = await self._calls.act("POST", path, as_user=as_user)
        request = whole(answer, reading.request)
        await self._changed(request.kind, request.tmdb_id)
        return request

    async def _changed(self, kind: Kind, tmdb_id: int | None) -> None:
        """What was kept about this title is no longer true."""
        self._changes += 1
        if tmdb_id is not None:
            await self._cache.forget(_details_key(kind, tmdb_id))


def _details_key(kind: Kind, tmdb_id: int) -> str:
    return f"seerr:details:{kind.value}:{tmdb_id}"
