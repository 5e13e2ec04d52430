"""Calls that answer interactions: made again where discord.py gives up, or too late.

discord.py repeats no answer to an interaction whose connection was cut, nor one
that a gateway before Discord refused, and after a fault of Discord's it waits for a
second, then three (facts: discord.md 7).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import aiohttp
import discord
import structlog
from discord.http import Route, json_or_text
from discord.webhook.async_ import AsyncWebhookAdapter

from medianest_bot.chats import _discord_errors as errors
from medianest_bot.chats._discord_render import bare
from medianest_bot.core.reply import Reply

log = structlog.get_logger(__name__)

T = TypeVar("T")

PAUSES_S = (0.2, 0.4, 0.6, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
"""The first ones within the three seconds that Discord waits for the first word."""
CALLBACK_S = 1.0
"""A first word that is not taken by then is said again: it counts only once."""
CALL_S = 30.0
_LONGEST_S = 60.0


class Calls(AsyncWebhookAdapter):
    """What discord.py makes its calls by an interaction's token with."""

    def __init__(self, wait: Callable[[float], Awaitable[None]]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._wait = wait

    async def request(
        self,
        route: Route,
        session: aiohttp.ClientSession,
        *,
        payload: dict[str, Any] | None = None,
        multipart: list[dict[str, Any]] | None = None,
        proxy: str | None = None,
        proxy_auth: aiohttp.BasicAuth | None = None,
        files: Sequence[discord.File] | None = None,
        reason: str | None = None,
        auth_token: str | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> Any:
        """Ask until it has worked, a few times at most; raises what it ended with."""
        del reason, auth_token
        is_first_word = route.path.endswith("/callback")
        patience_s = CALLBACK_S if is_first_word and not files else CALL_S

        async def call(attempt: int) -> Any:
            for one in files or ():
                one.reset(seek=attempt)
            async with session.request(
                route.method,
                route.url,
                params=params,
                proxy=proxy,
                proxy_auth=proxy_auth,
                timeout=aiohttp.ClientTimeout(total=patience_s * (attempt + 1)),
                **_body(payload, multipart),
            ) as response:
                return _taken(response, await json_or_text(response))

        return await surely(call, wait=self._wait)


async def surely(
    call: Callable[[int], Awaitable[T]],
    *,
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> T:
    """Call until it has worked, a few times at most; raises what it ended with."""
    for attempt, pause_s in enumerate(PAUSES_S):
        try:
            return await call(attempt)
        except errors.FAILURES as error:
            if not errors.is_worth_another_try(error):
                raise
            log.info("once more", reason=type(error).__name__)
            await wait(_pause(error, pause_s))
    return await call(len(PAUSES_S))


async def or_bare(call: Callable[[Reply], Awaitable[T]], reply: Reply) -> T:
    """Bring a reply, or its words alone where Discord does not take the rest."""
    try:
        return await call(reply)
    except discord.HTTPException as error:
        if not errors.is_not_taken(error):
            raise
        log.warning("brought without pictures", reason=str(error))
        return await call(bare(reply))


def _body(
    payload: dict[str, Any] | None, multipart: list[dict[str, Any]] | None
) -> dict[str, Any]:
    if not multipart:
        headers = {"Content-Type": "application/json"}
        return (
            {} if payload is None else {"data": json.dumps(payload), "headers": headers}
        )
    form = aiohttp.FormData(quote_fields=False)
    for one in multipart:
        form.add_field(**one)
    return {"data": form}


def _taken(response: aiohttp.ClientResponse, said: Any) -> Any:
    """What was answered; raises as discord.py does, and how long to wait."""
    if response.status < 300:
        return said
    if response.status == 429 and isinstance(said, dict):
        raise discord.RateLimited(float(said.get("retry_after", 1.0)))
    if response.status >= 500:
        raise discord.DiscordServerError(response, said)
    kinds = {403: discord.Forbidden, 404: discord.NotFound}
    raise kinds.get(response.status, discord.HTTPException)(response, said)


def _pause(error: errors.Failure, pause_s: float) -> float:
    """As long as Discord says, where it says so."""
    said = getattr(error, "retry_after", None)
    if said is None and isinstance(error, discord.HTTPException):
        text = error.response.headers.get("Retry-After", "")
        said = float(text) if text.replace(".", "", 1).isdigit() else None
    return min(max(pause_s, said or 0.0), _LONGEST_S)
