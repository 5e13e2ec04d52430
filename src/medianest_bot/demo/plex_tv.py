"""A stand-in for plex.tv on loopback: accounts, who reaches what, and PINs."""

from __future__ import annotations

import random
import string
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from medianest_bot.demo import _plex_tv_shapes as shapes
from medianest_bot.demo._memory import Kept, Memory
from medianest_bot.demo._plex_tv_pages import Pages
from medianest_bot.demo._plex_tv_shapes import Account, Code
from medianest_bot.demo.household import Household
from medianest_bot.demo.knobs import Knobs, middleware
from medianest_bot.demo.plex import tokens

STRONG_S, WEAK_S = 1800, 900
"""How long a PIN may be confirmed."""
_LETTERS = string.ascii_lowercase + string.digits
_STOP_S = 0.2

Answers = Callable[[web.Request, Account], Awaitable[web.Response]]


class PlexTvStandIn:
    """Knows everybody of the household with a Plex account, and one stranger.

    The first person owns the server. `claim` is what somebody does in a browser, on
    the pages at /auth and /link: it confirms a PIN as that account. `plex_url` is
    where resources say the server is; `clock` moves the time in which PINs expire. With
    a file as `memory` a new one knows with whom the server was shared.
    """

    def __init__(
        self,
        household: Household,
        *,
        token: str = "demo-plex-token",  # noqa: S107 — of an invented house
        plex_url: str = "http://127.0.0.1:32400",
        clock: Callable[[], float] = time.time,
        memory: Path | None = None,
    ) -> None:
        """Raises Damaged where what `memory` holds cannot be read."""
        self.knobs = Knobs()
        self.plex_url = plex_url
        self.lag_s = 0.0
        """How long after it was confirmed a PIN does not tell yet."""
        self.accounts = {one.name: one for one in _accounts(household, token)}
        self.tokens = {one.token: one.name for one in self.accounts.values()}
        """Whose each valid token is."""
        self._server_tokens = {
            one.name: one.server_token for one in self.accounts.values()
        }
        self._household = household
        self._clock = clock
        self._codes: dict[int, Code] = {}
        self._chance = random.Random(0)  # noqa: S311 — scenery, no secret
        self._runner: web.AppRunner | None = None
        self._memory = Memory(memory)
        self._memory.recall(self._take)

    @property
    def pins(self) -> tuple[Code, ...]:
        """Those that were made, oldest first, for looking at."""
        return tuple(self._codes.values())

    async def start(self, port: int = 0) -> str:
        """Serve on loopback; returns the base URL without a slash."""
        runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=_STOP_S)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        self._runner = runner
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def claim(self, code: str, name: str) -> None:
        """The person of that Plex name confirms the PIN; a token comes of it."""
        one = next(one for one in self._codes.values() if one.code == code)
        one.token = f"demo-account-{name}-{one.id}"
        one.told_from = self._clock() + self.lag_s
        self.tokens[one.token] = name

    def share(self, name: str, *, is_pending: bool = False) -> None:
        """The server is shared with them; not yet while they have not accepted."""
        held = self._server_tokens[name] or f"demo-server-{name}"
        self.accounts[name] = replace(
            self.accounts[name], server_token=held, is_pending=is_pending
        )
        self._keep()

    def unshare(self, name: str) -> None:
        """They do not reach the server any more."""
        self.accounts[name] = replace(self.accounts[name], server_token=None)
        self._keep()

    def shared(self) -> list[tuple[int, str]]:
        """The numbers and names of whom the owner shares the server with."""
        return [(one.id, one.name) for one in self._sharers()]

    @property
    def app(self) -> web.Application:
        """A new application over the same accounts; one is served at a time."""
        app = web.Application(middlewares=[middleware(self.knobs), _hide])
        mine = self._for_account
        app.add_routes(
            [
                web.post("/api/v2/pins", self._create),
                web.post("/api/v2/pins.json", self._create),
                web.get(r"/api/v2/pins/{id:\d+}", self._read),
                web.get(r"/api/v2/pins/{id:\d+}.json", self._read),
                web.put("/api/v2/pins/link", mine(self._link)),
                web.get("/api/v2/user", mine(self._user)),
                web.get("/users/account.json", mine(self._old_user)),
                web.get("/api/v2/ping", mine(self._ping)),
                web.delete("/api/v2/users/signout", mine(self._sign_out)),
                web.get("/api/v2/resources", mine(self._resources)),
                web.get("/api/users", mine(self._users)),
                web.get("/api/users/", mine(self._users)),
                web.get("/api/v2/friends", self._friends),
                *Pages(self.accounts, self._choose, self._unshared, self.share).routes,
            ]
        )
        return app

    def _for_account(self, answer: Answers) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            token = await _asked(request, "X-Plex-Token")
            name = self.tokens.get(token)
            if name is None:
                return shapes.no(request, 401, 1001, "User could not be authenticated")
            return await answer(request, self.accounts[name])

        return handle

    async def _create(self, request: web.Request) -> web.Response:
        client_id = await _asked(request, "X-Plex-Client-Identifier")
        if not client_id:
            return _no_client(request)
        is_strong = await _asked(request, "strong") in ("true", "1")
        now = self._clock()
        one = Code(
            id=self._chance.randrange(10**9),
            code="".join(self._chance.choices(_LETTERS, k=25 if is_strong else 4)),
            client_id=client_id,
            product=await _asked(request, "X-Plex-Product") or "Plex Web",
            created=now,
            expires=now + (STRONG_S if is_strong else WEAK_S),
        )
        self._codes[one.id] = one
        return shapes.answer(request, "pin", shapes.pin(one, now), 201)

    async def _read(self, request: web.Request) -> web.Response:
        """Only for the client that made it, and only until it expires."""
        client_id = await _asked(request, "X-Plex-Client-Identifier")
        if not client_id:
            return _no_client(request)
        one = self._codes.get(int(request.match_info["id"]))
        now = self._clock()
        if one is None or one.client_id != client_id or one.expires <= now:
            return shapes.no(request, 404, 1020, "Code not found or expired")
        return shapes.answer(request, "pin", shapes.pin(one, now))

    async def _link(self, request: web.Request, who: Account) -> web.Response:
        """Somebody signed in types the code at plex.tv/link."""
        code = await _asked(request, "code")
        if code not in {one.code for one in self._codes.values()}:
            return shapes.no(request, 404, 1020, "Code not found or expired")
        self.claim(code, who.name)
        return web.Response(status=204)

    def _choose(self, code: str, name: str, client_id: str | None) -> bool:
        """Somebody chose an account on a page; pressing twice does no harm."""
        now = self._clock()
        for one in self._codes.values():
            is_it = one.code == code and one.expires > now
            if is_it and client_id in (None, one.client_id):
                if one.token is None:
                    self.claim(code, name)
                return self.tokens.get(one.token or "") == name
        return False

    async def _user(self, request: web.Request, who: Account) -> web.Response:
        token = await _asked(request, "X-Plex-Token")
        return shapes.answer(request, "user", shapes.user(who, token))

    async def _old_user(self, request: web.Request, who: Account) -> web.Response:
        token = await _asked(request, "X-Plex-Token")
        return shapes.answer(request, "user", {"user": shapes.user(who, token)})

    async def _ping(self, request: web.Request, _who: Account) -> web.Response:
        return shapes.answer(request, "pong", {"pong": True})

    async def _sign_out(self, request: web.Request, _who: Account) -> web.Response:
        self.tokens.pop(await _asked(request, "X-Plex-Token"), None)
        return web.Response(status=204)

    async def _resources(self, request: web.Request, who: Account) -> web.Response:
        if not await _asked(request, "X-Plex-Client-Identifier"):
            return _no_client(request)
        rows = [shapes.player(who)]
        if who.server_token is not None and not who.is_pending:
            house = self._household
            rows.insert(
                0,
                shapes.server(
                    who, house.name, house.plex_machine_id, self._owner, self.plex_url
                ),
            )
        return shapes.answer(request, "resources", rows)

    async def _users(self, _request: web.Request, who: Account) -> web.Response:
        """Whom the asker shares with: everybody for the owner, else nobody."""
        shared = self._sharers() if who.is_owner else []
        house = self._household
        return shapes.friends(shared, house.plex_machine_id, house.name)

    def _sharers(self) -> list[Account]:
        everybody = self.accounts.values()
        return [one for one in everybody if one.server_token and not one.is_owner]

    def _unshared(self) -> list[str]:
        everybody = self.accounts.values()
        return [one.name for one in everybody if one.server_token is None]

    def _take(self, kept: Kept) -> None:
        known = {str(name): bool(is_so) for name, is_so in kept["shared"].items()}
        for name, is_so in known.items():
            held = self._server_tokens[name] or f"demo-server-{name}"
            token = held if is_so else None
            self.accounts[name] = replace(self.accounts[name], server_token=token)

    def _keep(self) -> None:
        everybody = self.accounts.values()
        shared = {one.name: one.server_token is not None for one in everybody}
        self._memory.keep({"shared": shared})

    async def _friends(self, _request: web.Request) -> web.Response:
        return shapes.gone()

    @property
    def _owner(self) -> Account:
        return next(one for one in self.accounts.values() if one.is_owner)


def _accounts(household: Household, token: str) -> list[Account]:
    """By Plex name; the owner's token of the account opens the server as well."""
    held = tokens(household, token)
    found = [
        Account(
            id=person.plex_id,
            name=person.plex_name or person.name,
            token=held[person.name] if number == 0 else f"demo-account-{person.name}",
            server_token=held[person.name],
            is_owner=number == 0,
        )
        for number, person in enumerate(household.people)
        if person.plex_id is not None
    ]
    return [*found, Account(9001, "stranger", "demo-account-stranger", None)]


async def _asked(request: web.Request, name: str) -> str:
    """A header, a part of the query or a field of a form: plex.tv takes all three."""
    given = request.headers.get(name) or request.query.get(name)
    if given is None and request.content_type == "application/x-www-form-urlencoded":
        given = str((await request.post()).get(name, ""))
    return given or ""


def _no_client(request: web.Request) -> web.Response:
    return shapes.no(request, 400, 1000, "X-Plex-Client-Identifier is missing")


@web.middleware
async def _hide(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPNotFound:
        return shapes.no(request, 404, 1002, "Not Found")
