"""What one thing that goes wrong must not do to all others in Discord."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.chats.discord_phone import Clock, Household, open_household
from tests.discord_api import discord_api
from tests.discord_house import settings
from tests.locks import locked
from tests.unhurried import now

from medianest_bot.chats.discord_chat import Discord


async def test_the_end_waits_for_no_discord_that_is_away(tmp_path: Path) -> None:
    clock = Clock()
    async with discord_api(now=lambda: clock().timestamp()) as server:
        household = Household(tmp_path, server, clock, {})
        await household.open()
        hold = server.hold("create_interaction_response")
        ana = household.of("ana")
        server.slash(ana.person, "help", {}, where=ana.where)
        await hold.arrived.wait()
        began = now()
        await household.close()
        assert now() - began < 10


async def test_what_breaks_beside_the_talk_begins_all_of_it_anew(
    tmp_path: Path,
) -> None:
    """Nothing else would bring news or leave strange servers any more."""
    async with open_household(tmp_path) as household:
        app = household.demo.app
        async with locked(tmp_path / "data" / "medianest.db") as other:
            other.execute("DROP TABLE tickets")
            other.execute("COMMIT")
        told = settings(household.server, household.home)
        with pytest.raises(ExceptionGroup):
            async with asyncio.timeout(20):
                await Discord(app.house, app.dispatch, told).run()
