"""Our lane to Telegram: every call waits here for its turn.

Telegram allows about 30 calls a second, one a second to a person and 20 a minute
to a group; who goes past that is told to be silent for a while. python-telegram-bot's
AIORateLimiter then silences all chats (facts: telegram.md 3.4); here it is the one.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import count
from typing import TypeVar

import structlog
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError, TimedOut

from medianest_bot.chats._telegram_pace import Rank, Turn
from medianest_bot.chats._telegram_turns import Turns
from medianest_bot.services.clock import loop_time

__all__ = ["Lane", "PerhapsSent", "Rank", "is_unsent", "seconds"]

log = structlog.get_logger(__name__)

T = TypeVar("T")

BACK_OFF_S = (0.5, 1.0, 2.0)
LESS_SURE_S = 0.0005
"""How much longer the quickest way to Telegram is taken to be at each call."""
MOST_SILENCES = 8
"""Who is told to be silent so often for one call is not heard with it."""
MORE_S = 0.1
"""What is added to the silence we are told to keep: clocks are not the same."""

_NEVER_CONNECTED = {
    "ClientConnectorError",
    "ClientConnectorDNSError",
    "ClientConnectorSSLError",
    "ClientConnectorCertificateError",
    "ClientProxyConnectionError",
    "ConnectionTimeoutError",
}
"""What aiohttp says where there was no connection to send anything over."""


class PerhapsSent(Exception):
    """Nobody knows whether Telegram took it: doing it again could do it twice."""


class Lane:
    """Calls of the Bot API, answers before news before progress."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = loop_time,
        wait: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._wait = wait
        self._clock = clock
        self._turns = Turns(clock, wait)
        self._quickest_s = math.inf

    async def send(self, chat: str, rank: Rank, call: Callable[[], Awaitable[T]]) -> T:
        """Call when it is this chat's turn, again where nothing can be doubled.

        Raises PerhapsSent, or the TelegramError of the call.
        """
        order = self._turns.order()
        silences = count(1)
        pauses = iter(BACK_OFF_S if rank < Rank.PROGRESS else ())
        while True:
            turn = await self._turns.take(chat, rank, order)
            try:
                answer = await call()
            except RetryAfter as error:
                wait_s = seconds(error)
                log.warning("told to be silent", chat=chat, wait_s=wait_s)
                self._turns.pause(chat, wait_s + MORE_S)
                if next(silences) >= MOST_SILENCES:
                    raise
            except NetworkError as error:
                if _is_final(error):
                    raise
                if not is_unsent(error) and not _is_answer(error):
                    raise PerhapsSent(chat) from error
                pause_s = next(pauses, None)
                if pause_s is None:
                    raise
                await self._wait(pause_s)
            else:
                self._note_arrival(turn)
                return answer

    def _note_arrival(self, turn: Turn) -> None:
        """Let a call count from when Telegram had it, at the latest.

        A busy loop may hold it back behind its turn; the way back takes no less than
        the quickest call of late took in all.
        """
        now = self._clock()
        self._quickest_s = min(now - turn.at, self._quickest_s + LESS_SURE_S)
        turn.at = now - self._quickest_s


def seconds(error: RetryAfter) -> float:
    """How long Telegram wants us silent: whole seconds or, in time, a timedelta."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def is_unsent(error: TelegramError) -> bool:
    """It never left: there was no connection to send it over."""
    return type(error.__cause__).__name__ in _NEVER_CONNECTED


def _is_final(error: NetworkError) -> bool:
    """Telegram has read the call and does not want it."""
    return isinstance(error, BadRequest)


def _is_answer(error: NetworkError) -> bool:
    """Telegram, or a gateway before it, said that it failed.

    A gateway that got no answer in time knows as little as we do.
    """
    if isinstance(error, TimedOut) or error.message.startswith("Gateway Time"):
        return False
    cause = error.__cause__
    return cause is None or isinstance(cause, TelegramError)
