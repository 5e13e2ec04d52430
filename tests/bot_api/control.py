"""People's side over HTTP, for who runs the server in a process of its own."""

from __future__ import annotations

import time
from typing import Any

from aiohttp import web
from tests.bot_api.answering import Press, Question
from tests.bot_api.refused import Raw
from tests.bot_api.server import Server
from tests.bot_api.world import Chat, Message

PEOPLE_DO = frozenset(
    (
        "adds_bot",
        "asks_inline",
        "blocks",
        "deletes",
        "edits",
        "fail",
        "group",
        "migrates",
        "person",
        "picks_inline",
        "presses",
        "put",
        "removes_bot",
        "says",
        "sends",
        "starts",
        "topic",
        "unblocks",
    )
)


class Control:
    """POST /control/<what> with the arguments; people, chats by number.

    A message is [chat, number], a result [question, place]. Several at once:
    POST /control/together with [[what, arguments], …].
    """

    def __init__(self, server: Server) -> None:
        self.server = server

    def add_to(self, app: web.Application) -> None:
        app.router.add_post("/control/together", self.together)
        app.router.add_post("/control/{what}", self.one)
        app.router.add_get("/control/calls", self.calls)

    async def one(self, request: web.Request) -> web.Response:
        told = self.do(request.match_info["what"], await request.json())
        return web.json_response(told)

    async def together(self, request: web.Request) -> web.Response:
        told = [self.do(what, given) for what, given in await request.json()]
        return web.json_response(told)

    async def calls(self, request: web.Request) -> web.Response:
        """The answered calls of `method`, once there are `least` behind `since`."""
        method = request.query.get("method", "")
        since, least = (int(request.query.get(key, 0)) for key in ("since", "least"))

        def found() -> list[Any]:
            calls = self.server.calls[since:]
            return [one for one in calls if one.status and method in ("", one.method)]

        await self.server.until(lambda: len(found()) >= least, 60)
        told = [
            {"method": c.method, "params": c.params, "at": c.at, "status": c.status}
            for c in found()
        ]
        return web.json_response({"calls": told, "all": len(self.server.calls)})

    def do(self, what: str, given: Raw) -> Raw:
        if what not in PEOPLE_DO:
            raise web.HTTPNotFound
        found = {key: self._resolved(key, value) for key, value in given.items()}
        at = time.monotonic()
        return {"at": at} | told_of(getattr(self.server, what)(**found))

    def _resolved(self, key: str, value: Any) -> Any:
        world = self.server.world
        if key in ("person", "by"):
            return world.people[value]
        if key in ("chat", "group") and value is not None:
            return world.chats[value]
        if key in ("message", "reply_to") and value is not None:
            return world.chats[value[0]].messages[value[1]]
        if key == "result":
            return self.server.open.questions[value[0]].results[value[1]]
        return value


def told_of(done: object) -> Raw:
    if isinstance(done, Message):
        return {"message": [done.chat.id, done.id], "raw": done.raw}
    if isinstance(done, Press | Question):
        return {"id": done.id}
    if isinstance(done, Chat):
        return {"id": done.id}
    return {"result": done} if isinstance(done, int | dict) else {}
