"""What a test or a person can make go wrong in a stand-in while it runs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(slots=True)
class Knobs:
    """Turn one at any time; it takes effect with the next call.

    `latency_s` is waited before every answer. `fail_status` is answered instead
    of the truth, `garbage` is sent with status 200 in place of the body, `hang`
    never answers until it is turned off or the caller leaves, `csrf` refuses
    what writes, `rate_limited` is how many of the next calls get a 429.
    `only` limits all of them to paths that begin with it.
    """

    latency_s: float = 0.0
    fail_status: int | None = None
    garbage: str | None = None
    hang: bool = False
    csrf: bool = False
    rate_limited: int = 0
    only: str = ""

    def reset(self) -> None:
        """Everything works again."""
        for name, value in _values(Knobs()).items():
            setattr(self, name, value)


def _values(knobs: Knobs) -> dict[str, object]:
    return {name: getattr(knobs, name) for name in Knobs.__dataclass_fields__}


def middleware(knobs: Knobs) -> Middleware:
    """Put this first in an application's middlewares."""

    @web.middleware
    async def turn(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.startswith(knobs.only):
            return await handler(request)
        await _wait(knobs, request)
        trouble = _trouble(knobs, request)
        return await handler(request) if trouble is None else trouble

    return turn


async def _wait(knobs: Knobs, request: web.Request) -> None:
    if knobs.latency_s:
        await asyncio.sleep(knobs.latency_s)
    # A knob is a plain field that anybody may turn, so it is looked at, not awaited.
    while _hangs(knobs, request):  # noqa: ASYNC110
        await asyncio.sleep(0.02)


def _hangs(knobs: Knobs, request: web.Request) -> bool:
    transport = request.transport
    return knobs.hang and transport is not None and not transport.is_closing()


def _trouble(knobs: Knobs, request: web.Request) -> web.Response | None:
    if knobs.rate_limited > 0:
        knobs.rate_limited -= 1
        return web.json_response(
            {"message": "Too Many Requests"}, status=429, headers={"Retry-After": "1"}
        )
    if knobs.fail_status is not None:
        return web.json_response({"message": "It broke."}, status=knobs.fail_status)
    if knobs.garbage is not None:
        return web.Response(text=knobs.garbage, content_type="application/json")
    if knobs.csrf and request.method in _WRITES:
        return web.json_response({"message": "invalid csrf token"}, status=403)
    return None
