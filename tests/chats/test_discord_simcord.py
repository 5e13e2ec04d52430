"""A second judge: the chat in SimCord, a model of Discord that others made.

It says of nobody where they installed the bot, so that every answer in a server is
for whoever asked alone; tests of that, and of all that needs a wire, are elsewhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import discord
import simcord
from simcord.actors import MemberActor
from simcord.builders import ChannelHandle
from simcord.results import InteractionResult
from tests.discord_api.components import walk
from tests.household import Talk

from medianest_bot.chats._discord_asking import Asking
from medianest_bot.chats._discord_owed import Owed
from medianest_bot.chats._discord_port import DiscordPort
from medianest_bot.chats._discord_room import Room
from medianest_bot.chats._discord_tree import Tree, sync
from medianest_bot.chats.discord_chat import Discord, DiscordSettings, _Client
from medianest_bot.core.store import people
from medianest_bot.demo_house import Demo


@asynccontextmanager
async def in_simcord(demo: Demo) -> AsyncIterator[tuple[MemberActor, ChannelHandle]]:
    """Ana, in a channel of a server where the bot has told its commands."""
    # What the house begins at its first question goes on for good: SimCord would
    # wait for it if a command had begun it.
    await Talk(demo)("search alien")
    client, tree = made(demo)
    async with simcord.run(client) as env:
        await sync(tree, None)
        guild, user, house = env.create_guild(), env.create_user("ana"), demo.app.house
        async with house.store.begin() as tx:
            ana = await people.find(tx, "ana")
            assert ana is not None
            account = str(user.id)
            await people.link(tx, ana.id, "discord", account, "ana", house.now())
        yield guild.add_member(user), guild.create_text_channel("general")


def made(demo: Demo) -> tuple[discord.Client, Tree]:
    """What `Discord.run` puts together, with a client that connects to nothing."""
    house, dispatch = demo.app.house, demo.app.dispatch
    client = _Client()
    members = Discord(house, dispatch, DiscordSettings("", ()))._members(client)
    room = Room(house, dispatch, members, asyncio.sleep)
    client._asking = asking = Asking(room, Owed(room), DiscordPort(room, client))
    return client, Tree(client, house.commands, asking.typed, asking.suggest)


def shown(result: InteractionResult) -> str:
    """Its words and its buttons, from top to bottom."""
    assert result.response is not None
    parts: list[dict[str, Any]] = [
        one for _, one in walk(result.response.components) if one["type"] in (2, 10)
    ]
    return "\n".join(one.get("content") or f"[{one['label']}]" for one in parts)


async def test_a_series_takes_three_steps(demo: Demo) -> None:
    async with in_simcord(demo) as (ana, channel):
        picker = await ana.slash(channel, "request", title="breaking bad")
        assert picker.response is not None
        message = picker.response.message
        await ana.select(message, ["5", "4"])
        asked = await ana.click(message, label="Ask for seasons 4-5")
        assert shown(asked) == (
            "### Breaking Bad (2008)\n"
            "Asked for. Now it waits for somebody to approve it.\n"
            "**Seasons** 4-5\n"
            "[Cancel]"
        )


async def test_titles_are_offered_while_one_types(demo: Demo) -> None:
    async with in_simcord(demo) as (ana, channel):
        offered = await ana.autocomplete(channel, "request", "title", "dune")
        values = [one["value"] for one in offered]
        assert values == ["movie:841", "movie:438631", "movie:693134"]


async def test_an_old_button_asks_a_question(demo: Demo) -> None:
    async with in_simcord(demo) as (ana, channel):
        status = await ana.slash(channel, "status")
        assert status.response is not None
        for _, one in walk(ana._message(status.response.message).components):
            if "custom_id" in one:
                one["custom_id"] = "l:gone 1"
        old = await ana.click(status.response.message, label="Look again")
        assert shown(old) == "⚠️ That button is old.\n[Search again…]"
        assert old.response is not None
        question = await ana.click(old.response.message, label="Search again…")
        found = await ana.submit_modal(question, {"words": "metropolis"})
        assert "**Metropolis (1927)**\nfilm · in the library" in shown(found)


async def test_in_private_the_answer_is_an_ordinary_message(demo: Demo) -> None:
    async with in_simcord(demo) as (ana, _channel):
        told = (await ana.user.slash("requests")).response
        assert told is not None
        said = told.content, told.ephemeral
        words = "You have not asked for anything yet. For example: /request dune"
        assert said == (words, False)
