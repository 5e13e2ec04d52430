"""Telegram's Bot API on 127.0.0.1, as strict as the real one."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from tests.bot_api import answering, editing, sending
from tests.bot_api.answering import Open
from tests.bot_api.calls import Call, native, read
from tests.bot_api.faults import Fault, Faults, Hold, Limiter, When
from tests.bot_api.files import Uploads
from tests.bot_api.people import People
from tests.bot_api.refused import Raw, Refused
from tests.bot_api.spec import check_call, description
from tests.bot_api.updates import Updates
from tests.bot_api.world import World

Method = sending.Method
METHODS = sending.METHODS | editing.METHODS | answering.METHODS
TOKEN = "123456:TEST-token_abc"


class Server(People):
    """Telegram as one bot sees it, and its people as a test drives them.

    async with bot_api() as telegram:
        ana = telegram.person(102, "Ana")
        telegram.says(ana, "/search dune")
        await telegram.until(lambda: telegram.answers(ana))
        telegram.presses(ana, telegram.answers(ana)[0], "Request")
    """

    def __init__(
        self,
        token: str = TOKEN,
        *,
        username: str = "medianest_test_bot",
        window: tuple[int, float] | None = (30, 1.0),
        group_window: tuple[int, float] | None = None,
        chat_window: tuple[int, float] | None = None,
        latency_s: float = 0.0,
        query_expiry_s: float = 30.0,
        webhook_retry_s: float = 0.05,
        inline_feedback: bool = False,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.token = token
        me = self._me(int(token.partition(":")[0]), username)
        updates = Updates(now, webhook_retry_s)
        updates.changed = self.woke
        super().__init__(World(me, now), updates, Open(query_expiry_s))
        self.me = me
        self.latency_s = latency_s
        self.inline_feedback = inline_feedback
        self.faults = Faults()
        self.limiter = Limiter(window, group_window, chat_window)
        self.calls: list[Call] = []
        self.spec_errors: list[str] = []
        self.port = 0
        self._happened = asyncio.Event()
        self.is_down = False
        self._methods: dict[str, Method] = METHODS | {
            "answerCallbackQuery": self.open.answer_callback,
            "answerInlineQuery": self.open.answer_inline,
            "getWebhookInfo": lambda *_: updates.webhook_info(),
        }

    @staticmethod
    def _me(bot_id: int, username: str) -> Raw:
        flags = {
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": True,
            "can_connect_to_business": False,
            "has_main_web_app": False,
        }
        name = {"id": bot_id, "is_bot": True, "first_name": "Medianest"}
        return name | {"username": username} | flags

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def file_url(self) -> str:
        return self.url

    @property
    def violations(self) -> list[tuple[str, object]]:
        """The calls that came too fast."""
        return self.limiter.violations

    def fail(
        self,
        method: str,
        status: int,
        description: str,
        *,
        chat: int | None = None,
        times: int = 1,
        retry_after: int | None = None,
    ) -> None:
        """Refuse the next calls of a method ("*": of any) before their effect."""
        more = {} if retry_after is None else {"retry_after": retry_after}
        refusal = Refused(status, description, **more)
        self.faults.add(Fault(method, chat, times, refusal))

    def hold(
        self, method: str, *, chat: int | None = None, when: When = "before"
    ) -> Hold:
        return self.faults.hold(Hold(method, when, chat))

    def close_connection(
        self,
        method: str,
        when: When = "before",
        *,
        chat: int | None = None,
        times: int = 1,
    ) -> None:
        self.faults.add(Fault(method, chat, times, closes=when))

    def refuses_url(
        self, url: str, why: str = "wrong type of the web page content"
    ) -> None:
        """Let Telegram fail to load a picture from `url`."""
        self.world.bad_urls[url] = why

    def goes_down(self) -> None:
        """From now on every connection is cut, also of who waits already."""
        self.is_down = True
        self.faults.release()
        self.updates.end_poll("the stand-in is down")

    def comes_back(self) -> None:
        self.is_down = False

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

    async def next_call(self, method: str, patience_s: float = 20) -> Call:
        """The first answered call of `method` that was not returned here before."""

        def found() -> Call | None:
            them = [one for one in self.called(method) if one.status]
            return next((one for one in them if not one.is_taken), None)

        call: Call = await self.until(found, patience_s)
        call.is_taken = True
        return call

    def called(self, method: str) -> list[Call]:
        return [one for one in self.calls if one.method == method]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        try:
            raw, files, is_form = await self._admitted(request)
        except Refused as refused:
            return web.json_response(refused.body(), status=refused.status)
        params = native(raw) if is_form else raw
        method = self._name(request.match_info["method"])
        call = Call(method, params, time.monotonic(), files)
        self.calls.append(call)
        self.woke()
        self.spec_errors += check_call(method, raw, set(files), is_form=is_form)
        body = await self._body(call)
        call.status = body.get("error_code", 200) if body is not None else -1
        call.result = body
        self.woke()
        if body is None:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        return web.json_response(body, status=call.status)

    async def _admitted(self, request: web.Request) -> tuple[Raw, Uploads, bool]:
        if request.match_info["token"] != self.token:
            raise Refused(401, "")
        return await read(request)

    def _name(self, said: str) -> str:
        known = [*self._methods, "getUpdates", "setWebhook", "deleteWebhook"]
        return next((one for one in known if one.lower() == said.lower()), said)

    async def _body(self, call: Call) -> Raw | None:
        """The answer, or None where the connection is cut instead."""
        method, params = call.method, call.params
        await self._late()
        await self.faults.held(method, params, "before")
        if self.is_down:
            return None
        fault = self.faults.struck(method, call.chat)
        if fault is not None and fault.closes == "before":
            return None
        try:
            if fault is not None and fault.refusal is not None:
                raise fault.refusal
            self.limiter.check(method, call.chat, time.monotonic())
            # Answers are what was so at this moment, however late they leave.
            body = json.loads(json.dumps({"ok": True, "result": await self._do(call)}))
        except Refused as refused:
            body = refused.body()
        await self.faults.held(method, params, "after")
        await self._late()
        is_cut = self.is_down or (fault is not None and fault.closes is not None)
        return None if is_cut else body

    async def _late(self) -> None:
        if self.latency_s:
            await asyncio.sleep(self.latency_s / 2)

    async def _do(self, call: Call) -> Any:
        if call.method == "getUpdates":
            return await self.updates.get(call.params)
        if call.method == "setWebhook":
            return await self.updates.set_webhook(call.params)
        if call.method == "deleteWebhook":
            return await self.updates.delete_webhook(call.params)
        if call.method not in self._methods:
            if call.method in description().get("methods", ()):
                self.spec_errors.append(f"{call.method}: unknown to the stand-in")
            raise Refused(404, "method not found")
        return self._methods[call.method](self.world, call.params, call.files)

    async def download(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != self.token:
            refused = Refused(401, "")
            return web.json_response(refused.body(), status=401)
        wanted = request.match_info["path"]
        for file in self.world.files.values():
            if file.path == wanted:
                return web.Response(body=file.data)
        return web.json_response(Refused(404, "").body(), status=404)


@asynccontextmanager
async def bot_api(
    token: str = TOKEN,
    *,
    port: int = 0,
    routes: Callable[[Server, web.Application], None] | None = None,
    **options: Any,
) -> AsyncIterator[Server]:
    """A server of one bot; `url` and `file_url` are for the bot's settings."""
    server = Server(token, **options)
    app = web.Application(client_max_size=60_000_000)
    app.router.add_route("*", "/bot{token:[^/]+}/{method}", server.handle)
    app.router.add_get("/file/bot{token:[^/]+}/{path:.+}", server.download)
    if routes is not None:
        routes(server, app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    server.port = runner.addresses[0][1]
    try:
        yield server
    finally:
        server.faults.clear()
        await server.updates.aclose()
        await runner.cleanup()
