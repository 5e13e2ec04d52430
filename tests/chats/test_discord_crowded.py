"""Many cards move in one channel: nobody else waits behind Discord's limits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from tests.chats.discord_phone import Clock, Household, shown
from tests.discord_api import Channel, discord_api

from medianest_bot.chats._discord_port import CROWDED_PACE_S, PACE_S, DiscordPort
from medianest_bot.chats._discord_render import render
from medianest_bot.chats._discord_wire import NO_MENTIONS, layout
from medianest_bot.core.reply import Progress, Reply
from medianest_bot.core.store.cards import Card

CARDS = 20
ME = "(only you) Medianest: │ ### ana"


@pytest_asyncio.fixture
async def household(tmp_path: Path) -> AsyncIterator[Household]:
    clock = Clock()
    limits = {"update_message": (5, 5.0)}
    async with discord_api(now=lambda: clock().timestamp(), buckets=limits) as server:
        household = Household(tmp_path, server, clock, {})
        await household.open()
        try:
            yield household
        finally:
            await household.close()
        assert (server.violations, server.thinking()) == ([], [])


async def cards(household: Household, channel: Channel, count: int) -> list[Card]:
    """Messages of the bot's, as cards of what goes on."""
    client = household.discord._client
    assert client is not None
    where = client.get_partial_messageable(channel.id)
    first = render(moving(0)).card
    assert first is not None
    made = [
        await where.send(view=layout(first), allowed_mentions=NO_MENTIONS)
        for _ in range(count)
    ]
    return [
        Card(
            id=0,
            subject=f"download:{one.id}",
            platform="discord",
            place=str(channel.id),
            message=str(one.id),
            person_id=None,
            account=str(household.people["ana"].id),
            line="",
            drawn="",
            place_kind="household",
        )
        for one in made
    ]


def moving(percent: int) -> Reply:
    progress = Progress(percent / 100, "loading")
    return Reply(title="A film", progress=progress, busy=True)


async def test_commands_do_not_wait_behind_twenty_cards(household: Household) -> None:
    port = household.demo.app.house.outbox._ports.get("discord")
    assert isinstance(port, DiscordPort)
    crowd = await cards(household, household.general, CARDS)
    elsewhere = household.server.channel(household.home, "elsewhere")
    single = (await cards(household, elsewhere, 1))[0]
    assert port.pace_s(crowd[0]) == PACE_S
    called = household.server.called
    edits = [asyncio.create_task(port.edit(one, moving(10))) for one in crowd]
    await household.server.until(lambda: len(called("update_message")) >= 5)
    ana = household.of("ana")
    asked = [shown(await ana.asks("me")).split("\n")[0] for _ in range(5)]
    assert await port.edit(single, moving(20))
    # In five seconds Discord takes five more.
    waiting = [one.done() for one in edits].count(False)
    assert (asked, waiting >= CARDS / 2) == ([ME] * 5, True)
    assert (port.pace_s(crowd[0]), port.pace_s(single)) == (CROWDED_PACE_S, PACE_S)
    for one in edits:
        one.cancel()
    await asyncio.gather(*edits, return_exceptions=True)
