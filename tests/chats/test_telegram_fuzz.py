"""Whatever an update holds: the chat lives on, and the update is done with."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from typing import Any

import pytest
from tests.bot_api import Server
from tests.bot_api.spec import PLAIN, description
from tests.telegram_house import InTelegram, in_telegram, telegram_api  # noqa: F401

from medianest_bot.chats._telegram_poll import ALLOWED
from medianest_bot.core.store import inbox

SPEC = description()
KINDS = [
    pytest.param(
        field["name"], marks=[] if field["name"] in ALLOWED else pytest.mark.slow
    )
    for field in SPEC.get("types", {}).get("Update", {}).get("fields", ())
    if field["name"] != "update_id"
] or [pytest.param("", marks=pytest.mark.skip(reason="no description of the API"))]

EACH = 12
DEEPEST = 5
TEXTS = (
    *("", "dune", "/start", "/request movie:438631", "/search@medianest_test_bot x"),
    *("~00", "@ana requests", "/start r-1", "/start k-x", "\x00", "\u202edune"),
    *("\ud800", "👩‍👩‍👧" * 40, "x" * 5000, "-1", "/", "<b>&", "private", "group"),
    *("show request:1", "https://t.me/medianest_test_bot?start=t-movie-438631"),
    *("member", "kicked", "creator", "restricted", "supergroup"),
)
# Ana, the bot itself, a group, nobody, and numbers that no number should be.
NUMBERS = (102, 123456, -100123, 0, 1, -1, 41, 2**31, 2**53, 2**63, 10**30, 1.5)
BROKEN: tuple[Any, ...] = (
    *(None, True, False, [], {}, [[]], [None], {"id": None}, "", "x", 0, -1, 1e308),
    *({"": {}}, [{"type": []}], {"chat": {"id": 102, "type": "private"}}),
)


class Maker:
    """Makes values as the description has them, and now and then spoils one."""

    def __init__(self, chance: random.Random, spoils: float) -> None:
        self.chance = chance
        self.spoils = spoils

    def value(self, kinds: list[str], depth: int) -> Any:
        if self.chance.random() < self.spoils:
            return self.chance.choice(BROKEN)
        return self._made(self.chance.choice(kinds), depth)

    def _made(self, kind: str, depth: int) -> Any:
        if kind.startswith("Array of "):
            few = range(self.chance.randrange(3))
            inner = kind.removeprefix("Array of ")
            return [self.value([inner], depth + 1) for _ in few]
        if kind == "Boolean":
            return self.chance.random() < 0.8
        if kind in PLAIN:
            return self.chance.choice(TEXTS if kind == "String" else NUMBERS)
        told = SPEC["types"].get(kind, {})
        if subtypes := told.get("subtypes"):
            return self._made(self.chance.choice(subtypes), depth)
        return {
            field["name"]: self.value(field["types"], depth + 1)
            for field in told.get("fields", ())
            if self._is_there(field, depth)
        }

    def _is_there(self, field: dict[str, Any], depth: int) -> bool:
        likely = 0.95 if field["required"] else 0.3 / (depth + 1)
        likely = 0.8 if field["name"] in ("text", "data", "from", "chat") else likely
        return depth < DEEPEST and self.chance.random() < likely


def updates(kind: str) -> Iterator[dict[str, Any]]:
    """Of the same kinds in each run, so that what was found is found again."""
    fields = SPEC["types"]["Update"]["fields"]
    types = next(field["types"] for field in fields if field["name"] == kind)
    for number in range(EACH):
        chance = random.Random(f"{kind} {number}")
        maker = Maker(chance, spoils=(0.0, 0.05, 0.3)[number % 3])
        yield {kind: maker.value(types, 0)}
    yield from ({kind: one} for one in BROKEN)


@pytest.mark.parametrize("kind", KINDS)
async def test_no_update_stops_the_chat(
    in_telegram: InTelegram,  # noqa: F811
    kind: str,
) -> None:
    server = in_telegram.server
    ana = server.person(102, "Ana")
    # Told all that the description knows, whatever we have asked for.
    server.updates.allow({"allowed_updates": [kind, "message"]})
    numbers = [server.put(one)["update_id"] for one in updates(kind)]
    before = len(server.answers(ana))
    server.says(ana, "/help")
    await server.until(lambda: was_helped(server, before), 30)
    async with asyncio.timeout(30):
        # A mark is written, and no event is sent.
        while left := await unfinished(in_telegram):  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    assert in_telegram.telegram.healthy
    assert (left, server.updates.confirmed.issuperset(numbers)) == ((), True)


async def unfinished(house: InTelegram) -> tuple[inbox.Update, ...]:
    async with house.demo.app.house.store.read() as db:
        return await inbox.unfinished(db, "telegram")


def was_helped(server: Server, before: int) -> bool:
    newest = server.answers(server.world.people[102])[before:]
    return any(one.text.startswith("What you can ask") for one in newest)
