"""Discord's REST API and gateway on 127.0.0.1, as strict as the real ones."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from aiohttp import web
from tests.discord_api.calls import Call, read
from tests.discord_api.faults import Fault, Faults, Hold, When, Window
from tests.discord_api.gateway import Gateway
from tests.discord_api.interactions import Interactions, Tokens
from tests.discord_api.paths import PATHS
from tests.discord_api.people import People
from tests.discord_api.refused import Raw, Refused, bad_number, too_fast
from tests.discord_api.rest import OPERATIONS
from tests.discord_api.spec import check_call
from tests.discord_api.world import Clock, Person, World

TOKEN = "MTAw.test.token"
ME = 100_000_000_000_000_000
REASONS = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Unavailable"}
MAJOR = ("channel_id", "guild_id", "webhook_token", "interaction_token")


class Server(People):
    def __init__(
        self,
        token: str = TOKEN,
        *,
        name: str = "Medianest",
        latency_s: float = 0.0,
        ack_within_s: float = 3.0,
        most_per_second: int | None = 50,
        buckets: dict[str, tuple[int, float]] | None = None,
        heartbeat_ms: int = 41_250,
        has_privileged: bool = False,
        checks_spec: bool = True,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.token = token
        self.world = World(Person(ME, name, is_bot=True), Clock(now))
        self.interactions = Interactions(self.world, ack_within_s)
        self.tokens = Tokens(self.interactions)
        self._happened = asyncio.Event()
        self.gateway = Gateway(
            self.world,
            token,
            heartbeat_ms=heartbeat_ms,
            has_privileged=has_privileged,
            woke=self.woke,
        )
        self.world.tell = self.gateway.tell
        self.latency_s = latency_s
        self.faults = Faults()
        self.calls: list[Call] = []
        self.checks_spec = checks_spec
        self.spec_errors: list[str] = []
        self.violations: list[Call] = []
        """The calls that came too fast."""
        self.buckets = buckets or {}
        self._global = Window(most_per_second, 1.0) if most_per_second else None
        self._windows: dict[tuple[str, str], Window] = {}
        self._tokened: dict[str, Callable[[Call], Any]] = {
            "create_interaction_response": self.interactions.callback,
            "execute_webhook": self.tokens.follow,
        }
        for who in ("original_webhook_message", "webhook_message"):
            self._tokened[f"get_{who}"] = self.tokens.get
            self._tokened[f"update_{who}"] = self.tokens.edit
            self._tokened[f"delete_{who}"] = self.tokens.delete

    @property
    def url(self) -> str:
        """Where the API is, without `/api/v10`."""
        return self.world.base_url

    @property
    def gateway_url(self) -> str:
        return self.gateway.url

    @property
    def lacks_allowed_mentions(self) -> list[Raw]:
        return self.world.lacks_allowed_mentions

    def advance(self, seconds: float) -> None:
        """Let time pass: for tokens, for acknowledgements, for numbers."""
        self.world.clock.advance(seconds)

    def fail(
        self,
        operation: str,
        status: int = 500,
        *,
        times: int = 1,
        when: When = "before",
        retry_after_s: float = 0.05,
        via: bool = True,
        is_global: bool = False,
    ) -> None:
        """Refuse the next calls ("*": of any kind), before or after their effect."""
        words = f"{status}: {REASONS.get(status, 'Error')}"
        refusal = Refused(status, 0, words)
        if status == 429:
            refusal = too_fast(retry_after_s, is_global=is_global, via=via)
        self.faults.add(Fault(operation, times, when, refusal))

    def cut(self, operation: str, when: When = "before", *, times: int = 1) -> None:
        """Cut the connection of the next calls."""
        self.faults.add(Fault(operation, times, when))

    def hold(self, operation: str, when: When = "before") -> Hold:
        return self.faults.hold(Hold(operation, when))

    def woke(self) -> None:
        self._happened.set()
        self._happened = asyncio.Event()

    async def until(self, predicate: Callable[[], Any], patience_s: float = 20) -> Any:
        """Wait until `predicate` holds; looked at whenever something happened."""
        try:
            async with asyncio.timeout(patience_s):
                while not (found := predicate()):
                    await self._happened.wait()
        except TimeoutError:
            last = "\n".join(str(call) for call in self.calls[-8:])
            raise AssertionError(f"never so; the last calls:\n{last}") from None
        return found

    async def next_call(self, operation: str, patience_s: float = 20) -> Call:
        """The first answered call that was not returned here before."""

        def found() -> Call | None:
            them = [one for one in self.called(operation) if one.status]
            return next((one for one in them if not one.is_taken), None)

        call: Call = await self.until(found, patience_s)
        call.is_taken = True
        return call

    def called(self, operation: str) -> list[Call]:
        return [one for one in self.calls if one.operation == operation]

    async def handle(self, operation: str, request: web.Request) -> web.StreamResponse:
        try:
            call = await read(operation, request, time.monotonic())
        except Refused as refused:
            return _json(refused.body, refused.status)
        self.calls.append(call)
        self.woke()
        if self.checks_spec:
            self.spec_errors += check_call(call)
        await self._answer(call)
        self.woke()
        if call.status == -1:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if call.status == 204:
            return web.Response(status=204, headers=call.headers)
        return _json(call.answer, call.status, call.headers)

    async def _answer(self, call: Call) -> None:
        """Fill in the call's status and answer; -1 where the line is cut."""
        name = call.operation
        await self._late()
        await self.faults.held(name, "before")
        fault = self.faults.struck(name)
        if fault is None or fault.when == "after":
            self._do(call)
        await self.faults.held(name, "after")
        await self._late()
        if fault is None:
            return
        if fault.refusal is None:
            call.status = -1
        else:
            _refuse(call, fault.refusal)

    def _do(self, call: Call) -> None:
        try:
            self._admit(call)
            done = self._done(call)
        except Refused as refused:
            _refuse(call, refused)
            return
        # Answers are what was so at this moment, however late they leave.
        call.answer = json.loads(json.dumps(done))
        call.status = 204 if done is None else 200

    def _done(self, call: Call) -> Any:
        if call.operation in self._tokened:
            return self._tokened[call.operation](call)
        if call.authorization != f"Bot {self.token}":
            raise Refused(401, 0, "401: Unauthorized")
        return OPERATIONS[call.operation](self.world, call)

    def _admit(self, call: Call) -> None:
        for name, number in call.where.items():
            if name.endswith("_id") and not number.isdigit():
                raise bad_number(name, number)
        now = time.monotonic()
        is_counted = call.operation not in self._tokened
        everything = self._global if is_counted else None
        if everything is not None and (wait := everything.enter(now)) is not None:
            self.violations.append(call)
            raise too_fast(wait, is_global=True)
        major = next((call.where[key] for key in MAJOR if key in call.where), "")
        most, seconds = self.buckets.get(call.operation, (1_000, 1.0))
        key = (call.operation, major)
        window = self._windows.setdefault(key, Window(most, seconds))
        wait = window.enter(now)
        call.headers |= {
            "X-RateLimit-Limit": str(most),
            "X-RateLimit-Remaining": str(window.left),
            "X-RateLimit-Reset": f"{time.time() + window.resets_after(now):.3f}",
            "X-RateLimit-Reset-After": f"{window.resets_after(now):.3f}",
            "X-RateLimit-Bucket": f"bucket-{call.operation}",
        }
        if wait is not None:
            self.violations.append(call)
            raise too_fast(wait)

    async def _late(self) -> None:
        if self.latency_s:
            await asyncio.sleep(self.latency_s / 2)

    async def download(self, request: web.Request) -> web.StreamResponse:
        file = self.world.files.get(int(request.match_info["file"]))
        if file is None or file.name != request.match_info["name"]:
            return web.Response(status=404)
        return web.Response(body=file.data, content_type=file.kind)


def _refuse(call: Call, refused: Refused) -> None:
    call.status, call.answer = refused.status, refused.body
    call.headers |= refused.headers


def _json(
    body: Any, status: int, headers: dict[str, str] | None = None
) -> web.StreamResponse:
    # With a charset behind it discord.py would take it for text.
    raw = json.dumps(body).encode()
    kind = "application/json"
    return web.Response(body=raw, status=status, headers=headers, content_type=kind)


async def _nowhere(_request: web.Request) -> web.StreamResponse:
    return _json({"message": "404: Not Found", "code": 0}, 404)


@asynccontextmanager
async def discord_api(
    token: str = TOKEN,
    *,
    port: int = 0,
    routes: Callable[[Server, web.Application], None] | None = None,
    **options: Any,
) -> AsyncIterator[Server]:
    """A server of one bot; `url` and `gateway_url` are for the bot's settings."""
    server = Server(token, **options)
    app = web.Application(client_max_size=60_000_000)
    for operation, (method, path) in PATHS.items():
        handler = partial(server.handle, operation)
        app.router.add_route(method, f"/api/v10{path}", handler)
    app.router.add_get("/gateway", server.gateway.connect)
    app.router.add_get("/attachments/{channel}/{file}/{name}", server.download)
    if routes is not None:
        routes(server, app)
    app.router.add_route("*", "/api/{rest:.*}", _nowhere)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    server.world.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        server.faults.clear()
        await server.gateway.aclose()
        await runner.cleanup()
