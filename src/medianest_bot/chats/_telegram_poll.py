"""Fetches updates, at least once each, for as long as the chat is open."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import urlencode

import structlog
from telegram.error import (
    Conflict,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import BaseRequest

from medianest_bot.chats import _telegram_inbox as inboxes
from medianest_bot.chats._telegram_errors import WrongToken
from medianest_bot.chats._telegram_inbox import Inbox, Stored
from medianest_bot.chats._telegram_lane import seconds
from medianest_bot.core.store.errors import StoreError
from medianest_bot.services.clock import loop_time

log = structlog.get_logger(__name__)

ALLOWED = ("message", "callback_query", "inline_query", "my_chat_member")
HOLD_S = 50
"""How long Telegram may hold a poll open; its server allows no more."""
_ANSWER_S = HOLD_S + 10.0
FIRST_S = 1.0
LONGEST_S = 30.0
CONFLICTS = 3
"""After so many in a row somebody else polls with our token."""
REFUSALS = 5
"""After so many in a row the token is no token any more."""


class Poll:
    """The long poll. `last_heard` is when Telegram last answered (monotonic)."""

    def __init__(
        self,
        request: BaseRequest,
        url: str,
        inbox: Inbox,
        arrived: Callable[[Sequence[Stored]], Awaitable[None]],
        *,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = loop_time,
    ) -> None:
        self._request = request
        self._url = url
        self._inbox = inbox
        self._arrived = arrived
        self._wait = wait
        self._clock = clock
        self._offset: int | None = None
        self._failed = 0
        self._refused = 0
        self.conflicts = 0
        self.last_heard = clock()

    async def run(self) -> None:
        """Fetch until cancelled. Raises WrongToken where the token has been revoked."""
        while True:
            try:
                await self._once()
            except TimedOut:
                # A long poll that nobody answered: the next one follows at once.
                await self._wait(0)
            except InvalidToken as error:
                await self._note_refusal(error)
            except RetryAfter as error:
                await self._wait(seconds(error))
            except Conflict:
                await self._note_conflict()
            except (TelegramError, StoreError, ValueError, TypeError) as error:
                await self._back_off(error)

    async def confirm(self, within_s: float) -> None:
        """Tell Telegram what we have kept, so that it is not sent once more."""
        if self._offset is None:
            return
        try:
            async with asyncio.timeout(within_s):
                await self._fetch(hold_s=0, limit=1)
        except (TelegramError, TimeoutError, ValueError, TypeError):
            # It comes again then, and is known by its number.
            log.info("not confirmed")

    async def _once(self) -> None:
        # After trouble, to hear at once that it is over.
        batch = await self._fetch(0 if self._failed else HOLD_S, limit=100)
        self._failed = self._refused = self.conflicts = 0
        self.last_heard = self._clock()
        if not batch:
            # All before is confirmed by now. Numbers begin anew, perhaps lower,
            # after a week without updates (Bot API, `Update.update_id`).
            self._offset = None
            return
        stored = await self._inbox.take(batch)
        numbers = inboxes.numbers(batch)
        if not numbers:
            raise ValueError("a batch of updates without numbers")
        self._offset = max(numbers) + 1
        await self._arrived(stored)

    async def _fetch(self, hold_s: int, limit: int) -> list[Any]:
        """One getUpdates, read raw: one odd update must not hold up the others."""
        asked = {
            "timeout": hold_s,
            "limit": limit,
            "allowed_updates": json.dumps(ALLOWED),
        }
        if self._offset is not None:
            asked["offset"] = self._offset
        answer = await self._request.retrieve(
            f"{self._url}?{urlencode(asked)}", read_timeout=_ANSWER_S
        )
        result = json.loads(answer)
        batch = result.get("result") if isinstance(result, dict) else None
        if not isinstance(batch, list):
            raise TypeError("updates in no list")
        return batch

    async def _note_conflict(self) -> None:
        self.conflicts += 1
        if self.conflicts == CONFLICTS:
            log.error(
                "somebody else polls with this token; stop the other bot, "
                "or make a new token with BotFather"
            )
        await self._wait(min(FIRST_S * 2**self.conflicts, LONGEST_S))

    async def _note_refusal(self, error: InvalidToken) -> None:
        """A gateway on the way may answer 404 now and then; a revoked token always."""
        self._refused += 1
        if self._refused >= REFUSALS:
            raise WrongToken from error
        log.warning("Telegram refuses our token", tries=self._refused)
        await self._wait(min(FIRST_S * 2 ** (self._refused - 1), LONGEST_S))

    async def _back_off(self, error: Exception) -> None:
        self._failed += 1
        say = log.warning if self._failed <= 1 else log.info
        kind = "network" if isinstance(error, NetworkError) else type(error).__name__
        say("no updates", reason=kind, tries=self._failed)
        await self._wait(min(FIRST_S * 2 ** (self._failed - 1), LONGEST_S))
