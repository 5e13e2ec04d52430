"""People who ask and press, and how long each of them waits.

A wait begins when the update is there for the bot to fetch, and ends when the call
with the answer has arrived whole.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from itertools import count

from tests.bot_api import Call

from bench._telegram_bots import FIRST_SERIES, Bot

PATIENCE_S = 15.0
PAUSE_S = 1.2
"""Ours sends no more than Telegram takes; what it still has to send leaves first."""


class Crowd:
    """Everybody in one bot's Telegram; the words are others each time."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self._words = count(1)
        self._series = count(FIRST_SERIES)
        self.lost = 0

    async def one_by_one(self, people: Iterable[int]) -> list[float]:
        """Milliseconds until each search was answered, each asked for itself."""
        took = [one for number in people for one in await self.together([number])]
        await asyncio.sleep(PAUSE_S)
        return took

    async def at_once(self, people: Iterable[int]) -> list[float]:
        took = await self.together(people)
        await asyncio.sleep(PAUSE_S)
        return took

    async def together(self, people: Iterable[int]) -> list[float]:
        """The same, all asked in one moment."""
        await self._is_polling()
        return await _all(self, [self._asks(number) for number in people])

    async def presses_one_by_one(self, people: Iterable[int]) -> list[float]:
        """Milliseconds until the card that was pressed on showed something else."""
        took = []
        for number in people:
            await self._is_polling()
            took += await _all(self, [self._presses(number)])
        await asyncio.sleep(PAUSE_S)
        return took

    async def presses_at_once(self, people: Iterable[int]) -> list[float]:
        await self._is_polling()
        took = await _all(self, [self._presses(number) for number in people])
        await asyncio.sleep(PAUSE_S)
        return took

    def _asks(self, number: int) -> asyncio.Future[float]:
        server, word = self.bot.server, _word(next(self._words))
        answered = self.bot.calls.next("sendMessage", number)
        began = time.monotonic()
        server.says(server.world.people[number], f"/search dune {word}")
        return asyncio.ensure_future(_wait(answered, began))

    def _presses(self, number: int) -> asyncio.Future[float]:
        server = self.bot.server
        card = server.answers(number)[-1]
        redrawn = self.bot.calls.next("editMessageText", number)
        began = time.monotonic()
        line = f"seasons tv:{next(self._series)} none +1"
        server.presses(server.world.people[number], card, line, forged=True)
        return asyncio.ensure_future(_wait(redrawn, began))

    async def _is_polling(self) -> None:
        server = self.bot.server
        await server.until(lambda: server.updates.is_polled)


async def _all(crowd: Crowd, waits: list[asyncio.Future[float]]) -> list[float]:
    done, late = await asyncio.wait(waits, timeout=PATIENCE_S)
    crowd.lost += len(late)
    for one in late:
        one.cancel()
    return [one.result() for one in waits if one in done]


async def _wait(answered: asyncio.Future[Call], began: float) -> float:
    return ((await answered).at - began) * 1000


def _word(number: int) -> str:
    """Another one each time, and no number: those are looked for in two ways."""
    letters = "bcdfghjklm"
    return "".join(letters[int(digit)] * 2 for digit in f"{number:04}")
