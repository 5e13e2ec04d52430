"""One person who writes without end, and everybody else."""

from __future__ import annotations

from pathlib import Path

from tests.chats.telegram_phone import open_household

from medianest_bot.chats._telegram_handling import MOST


async def test_one_persons_flood_leaves_room_for_the_others(tmp_path: Path) -> None:
    async with open_household(tmp_path) as household:
        ana, tim = household.of("ana"), household.of("tim")
        for _one in range(MOST + 100):
            household.server.says(ana.person, "/me")
        assert (await tim.says("/me")).text
        await ana.next(0)
