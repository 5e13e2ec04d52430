"""Buttons and questions outlast the process that sent them."""

from __future__ import annotations

from pathlib import Path

from tests.bot_api import bot_api
from tests.chats.telegram_phone import Phone, drawn
from tests.telegram_house import TOKEN, link, running
from tests.writing_guard import nothing_while_writing

from medianest_bot.demo_house import open_demo


async def test_buttons_and_questions_work_after_a_restart(tmp_path: Path) -> None:
    with nothing_while_writing():
        async with bot_api(TOKEN) as server:
            ana = Phone(server, 102, "Ana")
            async with open_demo(tmp_path, pace=0) as demo:
                await link(demo)
                async with running(demo, server):
                    found = await ana.says("/request dune 1984")
                    said = await ana.says("me")
                    old = await ana.presses_for(said, "nonsense", forged=True)
                    question = await ana.presses_for(old, "Search again…")
            async with (
                open_demo(tmp_path, pace=0) as demo,
                running(demo, server),
            ):
                answer = await ana.says("metropolis", reply_to=question)
                again = await ana.presses_for(old, "Search again…")
                await ana.presses_over(found, "Ask for it")
                asked = demo.served.seerr.asked.values()
                assert [one.media.tmdb for one in asked if one.by.id == 2] == [841]
            assert answer.text.startswith("What I found for “metropolis”")
            assert drawn(again) == drawn(question)
            assert found.labels == ["Cancel"]
            assert server.spec_errors == []
