"""People's side over HTTP, for who runs the server in a process of its own."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

from aiohttp import web
from tests.discord_api.interactions import Asked
from tests.discord_api.refused import Raw
from tests.discord_api.server import Server
from tests.discord_api.world import Channel, Guild, Message, Person

PEOPLE_DO = frozenset(
    (
        "adds_bot",
        "advance",
        "autocomplete",
        "between",
        "channel",
        "cut",
        "deletes",
        "dm",
        "fail",
        "general",
        "guild",
        "person",
        "picks",
        "presses",
        "removes_bot",
        "says",
        "slash",
        "submits",
        "what_they_see",
    )
)
GATEWAY_DOES = frozenset(
    (
        "comes_back",
        "drop",
        "goes_deaf",
        "goes_down",
        "hears_again",
        "invalidate",
        "ready_again",
        "reconnect",
    )
)
PEOPLE = ("person", "other")


class Control:
    """POST /control/<what> with the arguments; everything by its number.

    A message is [channel, number]; a guild's members go in `members`. What an
    interaction came to is asked by GET /control/asked?id=…&until=answered, whose
    times are seconds after it was sent. Several at once: POST /control/together
    with [[what, arguments], …].
    """

    def __init__(self, server: Server) -> None:
        self.server = server
        self.asked: dict[int, Asked] = {}

    def add_to(self, app: web.Application) -> None:
        app.router.add_post("/control/together", self.together)
        app.router.add_post("/control/{what}", self.one)
        app.router.add_get("/control/calls", self.calls)
        app.router.add_get("/control/asked", self.outcome)
        app.router.add_get("/control/state", self.state)

    async def one(self, request: web.Request) -> web.Response:
        told = self.do(request.match_info["what"], await request.json())
        return web.json_response(told)

    async def together(self, request: web.Request) -> web.Response:
        told = [self.do(what, given) for what, given in await request.json()]
        return web.json_response(told)

    async def calls(self, request: web.Request) -> web.Response:
        """The answered calls of `operation`, once `least` are behind `since`."""
        wanted = request.query.get("operation", "")
        since, least = (int(request.query.get(key, 0)) for key in ("since", "least"))

        def found() -> list[Any]:
            calls = self.server.calls[since:]
            return [
                one for one in calls if one.status and wanted in ("", one.operation)
            ]

        await self.server.until(lambda: len(found()) >= least, 60)
        told = [
            {"operation": c.operation, "body": c.body, "at": c.at, "status": c.status}
            for c in found()
        ]
        return web.json_response({"calls": told, "all": len(self.server.calls)})

    async def outcome(self, request: web.Request) -> web.Response:
        """Of all interactions asked for, once they are `until`, or too late."""
        wanted = [int(one) for one in request.query["id"].split(",")]
        key = f"{request.query.get('until', 'answered')}_at"
        patience_s = float(request.query.get("patience_s", 20))

        def is_done(asked: Asked) -> bool:
            return getattr(asked, key) is not None

        them = [self.asked[one] for one in wanted]
        # What never comes is told as null.
        with suppress(AssertionError):
            await self.server.until(lambda: all(map(is_done, them)), patience_s)
        return web.json_response([self._told(one) for one in them])

    def _told(self, asked: Asked) -> Raw:
        def after(at: float | None) -> float | None:
            return None if at is None else at - asked.at

        message = None
        if asked.answer is not None:
            message = [asked.channel.id, asked.answer.id]
        return {
            "id": asked.id,
            "acknowledged": asked.acknowledged,
            "acknowledged_after_s": after(asked.acknowledged_at),
            "answered_after_s": after(asked.answered_at),
            "message": message,
            "raw": None if asked.answer is None else asked.answer.raw,
            "choices": asked.choices,
            "modal": asked.modal,
        }

    async def state(self, _request: web.Request) -> web.Response:
        server = self.server
        return web.json_response(
            {
                "is_connected": server.gateway.is_connected,
                "identifies": len(server.gateway.identifies),
                "commands": [one["name"] for one in server.world.commands],
                "thinking": [one.id for one in server.thinking()],
                "unanswered": [one.id for one in server.unanswered()],
                "late": [one.id for one in server.interactions.late],
                "twice": [one.id for one in server.interactions.twice],
                "lacks_allowed_mentions": len(server.lacks_allowed_mentions),
                "spec_errors": server.spec_errors,
                "violations": len(server.violations),
                "calls": len(server.calls),
            }
        )

    def do(self, what: str, given: Raw) -> Raw:
        at = time.monotonic()
        if what in GATEWAY_DOES:
            getattr(self.server.gateway, what)(**given)
            return {"at": at}
        if what not in PEOPLE_DO:
            raise web.HTTPNotFound
        found = {key: self._resolved(key, value) for key, value in given.items()}
        members = found.pop("members", ())
        if what == "guild":
            done: object = self.server.guild(found.pop("name"), *members, **found)
        else:
            done = getattr(self.server, what)(**found)
        if isinstance(done, Asked):
            self.asked[done.id] = done
        return {"at": at} | told_of(done)

    def _resolved(self, key: str, value: Any) -> Any:
        world = self.server.world
        if key in PEOPLE:
            return world.people[value]
        if key == "members":
            return [world.people[one] for one in value]
        if key == "guild":
            return world.guilds[value]
        if key in ("channel", "where"):
            return world.channels[value]
        if key == "message":
            return world.channels[value[0]].messages[value[1]]
        return self.asked[value] if key == "asked" else value


def told_of(done: object) -> Raw:
    if isinstance(done, Message):
        return {"message": [done.channel.id, done.id], "raw": done.raw}
    if isinstance(done, Asked | Person | Guild | Channel):
        return {"id": done.id}
    return {} if done is None else {"result": done}
