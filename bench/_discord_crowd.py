"""People who search and type, and how long each of them waits.

A wait begins when the interaction leaves Discord, and ends when the bot's call with
the answer has been taken there.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Self

from tests.discord_api import Asked, Person, Server

from bench._discord_bots import Bot

PATIENCE_S = 15.0
LITTLE_S = 0.5
"""For a bot that has lost something already: this must end, too."""
PAUSE_S = 0.2
FOUND = "Dune"
"""What stands in every right answer."""


@dataclass
class Waits:
    """Milliseconds until each interaction was acknowledged, and answered."""

    acknowledged: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)

    def __iadd__(self, other: Waits) -> Self:
        self.acknowledged += other.acknowledged
        self.answered += other.answered
        return self


_WORDS = count(1)


class Crowd:
    """Everybody in one bot's Discord."""

    def __init__(self, bot: Bot, found: str = FOUND) -> None:
        self.bot = bot
        self._found = found
        self.people = bot.place.people
        self._server: Server = bot.place.server
        self.lost = 0
        """Never answered, or with something else than what was asked for."""

    async def one_by_one(self, number: int, words: list[str] | None = None) -> Waits:
        """What each of so many people waits, each asking for themselves."""
        waits = Waits()
        for person, word in zip(
            self.people[:number], words or new(number), strict=False
        ):
            waits += await self.waits([self.asks(person, word)])
        return waits

    async def at_once(self, number: int, words: list[str] | None = None) -> Waits:
        """The same, all asking in one moment."""
        pairs = zip(self.people[:number], words or new(number), strict=False)
        waits = await self.waits([self.asks(*pair) for pair in pairs])
        await asyncio.sleep(PAUSE_S)
        return waits

    async def type_at_once(self, words: list[str]) -> list[float]:
        """Until each of so many people saw what they may mean."""
        asked = [
            self._server.autocomplete(
                person, "search", "title", word, where=self.bot.place.channel
            )
            for person, word in zip(self.people, words, strict=False)
        ]
        waits = await self.waits(asked)
        await asyncio.sleep(PAUSE_S)
        return waits.answered

    async def steadily(self, seconds: float, every_s: float) -> Waits:
        """Somebody asks now and then, whether others were answered or not."""
        asked: list[Asked] = []
        number = round(seconds / every_s)
        for word in new(number):
            person = self.people[len(asked) % len(self.people)]
            asked.append(self.asks(person, word))
            await asyncio.sleep(every_s)
        return await self.waits(asked)

    def asks(self, person: Person, words: str) -> Asked:
        channel = self.bot.place.channel
        return self._server.slash(person, "search", {"title": words}, where=channel)

    async def all_acknowledged(self, asked: list[Asked]) -> None:
        await self._until(lambda: all(one.acknowledged_at for one in asked))

    def _is_right(self, asked: Asked) -> bool:
        shown = asked.choices if asked.answer is None else asked.answer.raw
        return self._found in json.dumps(shown)

    async def waits(self, asked: list[Asked]) -> Waits:
        await self._until(lambda: all(one.answered_at for one in asked))
        waits = Waits()
        for one in asked:
            if one.acknowledged_at is None or one.answered_at is None:
                self.lost += 1
                continue
            self.lost += not self._is_right(one)
            waits.acknowledged.append((one.acknowledged_at - one.at) * 1000)
            waits.answered.append((one.answered_at - one.at) * 1000)
        return waits

    async def _until(self, is_so: Callable[[], bool]) -> None:
        # Who is still waiting then is counted.
        with suppress(AssertionError):
            await self._server.until(is_so, LITTLE_S if self.lost else PATIENCE_S)


def new(number: int) -> list[str]:
    """Words that nobody has looked for yet; no numbers: those are others' names."""
    letters = "bcdfghjklm"
    digits = (f"{next(_WORDS):04}" for _ in range(number))
    return ["dune " + "".join(letters[int(d)] * 2 for d in one) for one in digits]
