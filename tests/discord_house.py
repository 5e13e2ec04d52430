"""The whole house in Discord, on a stand-in of it: what Discord tests talk to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import pytest_asyncio
from tests.discord_api import Channel, Guild, Person, Server, discord_api
from tests.discord_api.server import TOKEN

from medianest_bot.chats.discord_chat import GRACE_S, Discord, DiscordSettings
from medianest_bot.core.roles import PlaceKind
from medianest_bot.core.store import people
from medianest_bot.demo_house import Demo
from medianest_bot.services.clock import loop_time

NAMES = ("mum", "ana", "tim", "zoe")


@dataclass
class InDiscord:
    """A running chat; `server` is Discord, `home` the household's server there."""

    demo: Demo
    server: Server
    discord: Discord
    people: dict[str, Person]
    home: Guild

    @property
    def general(self) -> Channel:
        return self.server.general(self.home)


def settings(server: Server, *guilds: Guild) -> DiscordSettings:
    numbers = tuple(str(one.id) for one in guilds)
    return DiscordSettings(TOKEN, numbers, server.url, server.gateway_url)


async def settle(demo: Demo, server: Server) -> tuple[dict[str, Person], Guild]:
    """Give the household's people their accounts, and their server to the house."""
    house = demo.app.house
    found = {name: server.person(name.title()) for name in NAMES}
    home = server.guild("The Millers", *found.values())
    async with house.store.begin() as tx:
        for name, one in found.items():
            person = await people.find(tx, name)
            assert person is not None
            await people.link(tx, person.id, "discord", str(one.id), name, house.now())
        mum = await people.find(tx, "mum")
    assert mum is not None
    await house.places.added("discord", str(home.id), home.name, mum)
    await house.places.settle(mum, "discord", str(home.id), PlaceKind.HOUSEHOLD)
    return found, home


@asynccontextmanager
async def running(
    demo: Demo,
    told: DiscordSettings,
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    clock: Callable[[], float] = loop_time,
    grace_s: float = GRACE_S,
) -> AsyncIterator[Discord]:
    """The chat, from its first READY until it has ended cleanly."""
    discord = Discord(
        demo.app.house,
        demo.app.dispatch,
        told,
        wait=wait,
        clock=clock,
        grace_s=grace_s,
    )
    task = asyncio.create_task(discord.run())
    here = asyncio.create_task(discord.here.wait())
    await asyncio.wait({task, here}, return_when=asyncio.FIRST_COMPLETED)
    here.cancel()
    try:
        if task.done():
            task.result()
        yield discord
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest_asyncio.fixture
async def discord_server() -> AsyncIterator[Server]:
    """Discord itself; at the end, every call must have been as its spec says."""
    async with discord_api() as server:
        yield server
        assert server.spec_errors == []
        assert server.lacks_allowed_mentions == []


@pytest_asyncio.fixture
async def in_discord(demo: Demo, discord_server: Server) -> AsyncIterator[InDiscord]:
    found, home = await settle(demo, discord_server)
    async with running(demo, settings(discord_server, home)) as discord:
        await discord_server.until(
            lambda: discord_server.called("bulk_set_application_commands")
        )
        yield InDiscord(demo, discord_server, discord, found, home)
