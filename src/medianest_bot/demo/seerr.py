"""A stand-in of Seerr 3.1 and Overseerr 1.34 on loopback, with requests that live."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Literal

from aiohttp import web
from aiohttp.typedefs import Handler

from medianest_bot.demo import _seerr_checks as checks
from medianest_bot.demo import _seerr_memory
from medianest_bot.demo._memory import Memory
from medianest_bot.demo._seerr_call import Call
from medianest_bot.demo._seerr_life import Arrived, Life
from medianest_bot.demo._seerr_request_routes import RequestDesk
from medianest_bot.demo._seerr_rules import No, decline, guard
from medianest_bot.demo._seerr_state import Account, Asked, Books
from medianest_bot.demo._seerr_title_routes import TitleDesk
from medianest_bot.demo._seerr_user_routes import PlexAccounts, UserDesk
from medianest_bot.demo.household import Household
from medianest_bot.demo.knobs import Knobs, middleware

_TICK_S = 0.2
_STOP_S = 0.2
_PUBLIC = ("/status", "/settings/public")
_IMPORT = "/user/import-from-plex"
_NOTIFICATIONS = "/user/{id}/settings/notifications"
_MAKING = (("POST", "/request"), ("POST", _IMPORT))

Answers = Callable[[Call], Awaitable[Any]]


class SeerrStandIn:
    """Speaks the API of Seerr 3.1.0, or with `product="overseerr"` of Overseerr.

    A request is approved by itself after 8 s, fetched from 2 to 12 s after that,
    and then available; `pace` stretches these times, 0 stops them and leaves the
    moves to `approve`, `decline`, `progress` and `finish`. What the household
    has asked for before (household.json) waits for a manager for ever. With a
    file as `memory` a new one goes on where the last one stood. From `version` 3.3
    on, Seerr keeps several Discord ids for each user.
    """

    def __init__(
        self,
        household: Household,
        *,
        key: str = "demo-seerr-key",
        product: Literal["seerr", "overseerr"] = "seerr",
        version: str | None = None,
        pace: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
        memory: Path | None = None,
    ) -> None:
        """Raises Damaged where what `memory` holds cannot be read."""
        self.key = key
        self.knobs = Knobs()
        is_seerr = product == "seerr"
        self._books = Books(household, is_seerr=is_seerr, version=version, clock=clock)
        self._life = Life(self._books, pace)
        self._titles = TitleDesk(self._books)
        self._users = UserDesk(self._books)
        self._requests = RequestDesk(self._books, self._life.arrive)
        self._pace = pace
        self._memory = Memory(memory)
        self._memory.recall(partial(_seerr_memory.take, self._books, self._life.done))
        self._runner: web.AppRunner | None = None
        self._living: asyncio.Task[None] | None = None

    @property
    def accounts(self) -> dict[int, Account]:
        """The users by id; quotas and permissions may be changed here."""
        return self._books.accounts

    @property
    def asked(self) -> dict[int, Asked]:
        """The requests by id, for looking at."""
        return self._books.asked

    async def start(self, port: int = 0) -> str:
        """Serve on loopback; returns the base URL without a slash."""
        runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=_STOP_S)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        self._runner = runner
        if self._pace > 0:
            self._living = asyncio.create_task(self._live())
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Answer nobody any more; what was asked for is remembered."""
        if self._living is not None:
            self._living.cancel()
            with suppress(asyncio.CancelledError):
                await self._living
            self._living = None
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def import_from(self, accounts: PlexAccounts) -> None:
        """Whom users can be made of; without it everybody of the household."""
        self._users.plex_accounts = accounts

    def on_available(self, callback: Arrived) -> None:
        """Called with (kind, TMDB id, seasons) when a title becomes available."""
        self._life.on_available(callback)

    def approve(self, request_id: int) -> None:
        self._life.approve(self._books.asked[request_id])
        self._remember()

    def decline(self, request_id: int) -> None:
        one = self._books.asked[request_id]
        decline(self._books, one, self._books.accounts[1])
        self._remember()

    def progress(self, request_id: int, percent: int) -> None:
        """So much of it has been fetched."""
        self._life.progress(self._books.asked[request_id], percent)

    def finish(self, request_id: int) -> None:
        """It can be watched from now on."""
        self._life.finish(self._books.asked[request_id])
        self._remember()

    def know_plex_key(self, kind: str, tmdb: int, plex_key: str) -> None:
        """The title's `ratingKey`, as a scan of Plex would find it."""
        self._books.media_of(kind, tmdb).plex_key = plex_key
        self._remember()

    def tmdb_down(self, *, is_down: bool) -> None:
        """TMDB answers Seerr no more: searches are empty, details fail."""
        self._books.is_tmdb_down = is_down

    @property
    def app(self) -> web.Application:
        """A new application over the same books; one is served at a time."""
        app = web.Application(middlewares=[middleware(self.knobs), _speak])
        titles, requests, users = self._titles, self._requests, self._users
        for method, path, answer in (
            ("GET", "/status", titles.status),
            ("GET", "/settings/public", titles.public),
            ("GET", "/settings/about", titles.about),
            ("GET", "/auth/me", titles.me),
            ("GET", "/search", titles.search),
            ("GET", "/discover/movies", titles.movies),
            ("GET", "/discover/tv", titles.shows),
            ("GET", "/discover/trending", titles.trending),
            ("GET", "/movie/{id}", titles.movie),
            ("GET", "/tv/{id}", titles.series),
            ("GET", "/tv/{id}/season/{n}", titles.season),
            ("GET", "/request", requests.requests),
            ("POST", "/request", requests.ask),
            ("GET", "/request/count", requests.count),
            ("GET", "/request/{id}", requests.request),
            ("DELETE", "/request/{id}", requests.delete),
            ("POST", "/request/{id}/retry", requests.retry),
            ("POST", "/request/{id}/{verdict}", requests.decide),
            ("GET", "/user", users.users),
            ("POST", _IMPORT, users.import_from_plex),
            ("GET", "/user/{id}", users.user),
            ("GET", "/user/{id}/quota", users.quota),
            ("GET", _NOTIFICATIONS, users.notifications),
            ("POST", _NOTIFICATIONS, users.set_notifications),
            ("GET", "/user/{id}/requests", requests.user_requests),
            ("POST", "/media/{id}/{state}", requests.mark_media),
        ):
            # Ids are numbers; anything else is no route.
            pattern = path.replace("{id}", "{id:[0-9]+}").replace("{n}", "{n:[0-9]+}")
            app.router.add_route(method, f"/api/v1{pattern}", self._take(path, answer))
        return app

    def _take(self, path: str, answer: Answers) -> Handler:
        async def handle(request: web.Request) -> web.Response:
            self._move_on()
            raw = request.raw_path.partition("?")[2]
            has_key = "X-Api-Key" in request.headers
            if path not in _PUBLIC and not has_key:
                raise checks.no_key(request.path)
            query = checks.query(path, raw, is_seerr=self._books.is_seerr)
            who = self._books.accounts[1]
            if path not in _PUBLIC:
                who = await self._identify(request)
            body = await _body(request)
            found = await answer(Call(who, query, request.match_info, body))
            if request.method != "GET":
                self._remember()
            if found is None:
                return web.Response(status=204)
            created = (request.method, path) in _MAKING
            return web.json_response(found, status=201 if created else 200)

        return handle

    async def _identify(self, request: web.Request) -> Account:
        """The owner, or whom `X-API-User` names; a key is needed for either."""
        if request.headers["X-Api-Key"] != self.key:
            raise guard()
        named = request.headers.get("X-API-User", "1")
        if not named.isdecimal():
            await _never(request)
        account = self._books.accounts.get(int(named))
        if account is None:
            raise guard()
        return account

    async def _live(self) -> None:
        while True:
            self._move_on()
            await asyncio.sleep(_TICK_S * min(1.0, self._pace))

    def _move_on(self) -> None:
        if self._life.advance():
            self._remember()

    def _remember(self) -> None:
        """Before anybody is answered, so that nothing was told that is forgotten."""
        self._memory.keep(_seerr_memory.told(self._books, self._life.done))


@web.middleware
async def _speak(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Say no in the shapes of the original."""
    try:
        return await handler(request)
    except No as no:
        return web.json_response(no.body, status=no.status)
    except web.HTTPNotFound:
        unknown = checks.not_found(request.path)
        return web.json_response(unknown.body, status=unknown.status)


async def _body(request: web.Request) -> Any:
    if not request.can_read_body:
        return None
    try:
        return await request.json()
    except ValueError:
        return None


async def _never(request: web.Request) -> None:
    """Both products never answer such a call; end with the caller leaving."""
    transport = request.transport
    while transport is not None and not transport.is_closing():  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    raise guard()
