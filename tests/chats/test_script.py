"""Lines without a terminal: what is written, when it ends, with which exit code."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import structlog
from tests.chats.kitchen import Kitchen, brewed, brewing

from medianest_bot.chats.script import run_lines
from medianest_bot.core.reply import Item, Reply


class Written(list[str]):
    """Collects what is written; `seen` waits until a text holds something."""

    def __init__(self) -> None:
        super().__init__()
        self._news = asyncio.Event()

    def __call__(self, text: str) -> None:
        self.append(text)
        self._news.set()

    async def seen(self, part: str) -> None:
        async with asyncio.timeout(20):
            while not any(part in text for text in self):
                self._news.clear()
                await self._news.wait()

    def text(self) -> str:
        return "\n".join(self)


async def said(
    kitchen: Kitchen,
    *lines: str,
    write: Callable[[str], None],
    as_json: bool = False,
    timeout_s: float = 10.0,
) -> int:
    return await run_lines(
        lines, kitchen.door, as_json=as_json, timeout_s=timeout_s, write=write
    )


async def test_replies_are_written_below_their_lines(kitchen: Kitchen) -> None:
    written = Written()
    code = await said(kitchen, "echo hello", "menu", write=written)
    assert code == 0
    assert written.text() == (
        "> echo hello\n"
        "hello\n"
        "\n"
        "> menu\n"
        "Menu\n"
        "  • Earl Grey  [1] Brew\n"
        "  • Assam  [2] Brew\n"
        "  [3] Complain…\n"
        "  Sugar\n"
        "  [4] ☐ One\n"
    )


async def test_press_presses_choices_of_the_last_reply_and_menu_options(
    kitchen: Kitchen,
) -> None:
    written = Written()
    await said(
        kitchen, "menu", "press 4", "menu", "press 3 too hot", "press 1", write=written
    )
    assert written[2:4] == ["> press 4", "one lump\n"]
    assert written[6:] == [
        "> press 3 too hot",
        "you said too hot\n",
        "> press 1",
        "! There is no choice 1 to press.\n",
    ]


async def test_a_choice_that_asks_says_how_to_answer(kitchen: Kitchen) -> None:
    written = Written()
    await said(kitchen, "menu", "press 3", "press 1 hot", write=written)
    assert written[2:] == [
        "> press 3",
        "! What is wrong? Answer with: press 3 and your words.\n",
        "> press 1 hot",
        "! Choice 1 takes no words.\n",
    ]


async def test_a_list_at_rest_is_told_in_a_line_when_it_changes(
    kitchen: Kitchen,
) -> None:
    well = Reply(title="All hot", items=(Item("Stove"),), follows="tea:1")
    kitchen.stove.cards["tea:1"] = well
    written = Written()
    running = asyncio.create_task(said(kitchen, "brew", write=written))
    await written.seen("All hot")
    kitchen.set("tea:1", replace(well, title="The stove is cold"))
    assert await running == 0
    assert written.text() == ("> brew\nAll hot\n  • Stove\n\nThe stove is cold\n")


async def test_it_ends_when_what_it_started_has_ended(kitchen: Kitchen) -> None:
    written = Written()
    running = asyncio.create_task(said(kitchen, "brew", write=written))
    await written.seen("0%")
    kitchen.set("tea:1", brewing(50))
    await written.seen("50%")
    kitchen.set("tea:1", brewed())
    assert await running == 0
    assert written.text() == (
        "> brew\n"
        "… Tea 1\n"
        "  ░░░░░░░░░░░░░░░░░░░░   0%  drawing\n"
        "  [1] Stop\n"
        "\n"
        "… Tea 1\n"
        "  ██████████░░░░░░░░░░  50%  drawing\n"
        "  [1] Stop\n"
        "\n"
        "✓ Tea 1\n"
        "  Ready.\n"
        "  [1] Drink\n"
    )


async def test_a_change_that_came_before_the_card_was_kept_is_not_lost(
    kitchen: Kitchen,
) -> None:
    kitchen.stove.cards["tea:1"] = brewed()
    written = Written()

    def write(text: str) -> None:
        written(text)
        if "Ready" in text:
            kitchen.stove.cards["tea:1"] = Reply(title="Cold", follows="tea:1")

    assert await said(kitchen, "brew", write=write) == 0
    assert written[-1] == "Cold\n"
    assert len(written) == 3


async def test_pressing_a_card_again_uses_what_it_shows_now(kitchen: Kitchen) -> None:
    written = Written()
    kitchen.stove.cards["tea:1"] = brewed()
    await said(kitchen, "brew", "press 1", "press 1", write=written)
    assert kitchen.stove.drunk == ["tea:1", "tea:1"]


async def test_the_time_out_says_what_still_runs(kitchen: Kitchen) -> None:
    written = Written()
    code = await said(kitchen, "brew", write=written, timeout_s=1)
    assert (code, written[-1]) == (0, "Still running: Tea 1 (tea:1)")


async def test_the_time_out_names_a_line_without_an_answer(kitchen: Kitchen) -> None:
    written = Written()
    code = await said(kitchen, "slow one", "echo no", write=written, timeout_s=0.1)
    assert (code, list(written)) == (0, ["No answer yet: slow one"])


async def test_something_broken_is_exit_code_1(kitchen: Kitchen) -> None:
    written = Written()
    assert await said(kitchen, "crash", "echo on", write=written) == 1
    assert written[1] == (
        "✗ That did not work (reference abc123). It has been noted for the admin.\n"
    )
    assert written[3] == "on\n"


async def test_news_are_written_with_marks_of_their_own(kitchen: Kitchen) -> None:
    written = Written()
    kitchen.stove.cards["tea:2"] = brewed("tea:2")
    running = asyncio.create_task(said(kitchen, "brew", write=written))
    await written.seen("0%")
    await kitchen.tell("show tea:2")
    await written.seen("Tea 2")
    kitchen.set("tea:1", brewed())
    assert await running == 0
    assert written[2] == "✓ Tea 2\n  Ready.\n  [b1] Drink\n"


async def test_json_is_one_whole_object_a_line(kitchen: Kitchen) -> None:
    written = Written()
    code = await said(kitchen, "file", "brew", write=written, as_json=True, timeout_s=1)
    first, second, late = (json.loads(text) for text in written)
    assert code == 0
    assert first == {
        "line": "file",
        "reply": empty()
        | {
            "text": "Here.",
            "files": [{"name": "a.txt", "data": {"base64_length": 8}}],
        },
    }
    assert second["reply"]["progress"] == {"fraction": 0.0, "text": "drawing"}
    assert late == {"unanswered": None, "still_running": ["tea:1"]}


async def test_json_tells_redraws_and_news_apart(kitchen: Kitchen) -> None:
    written = Written()
    kitchen.stove.cards["tea:2"] = Reply(text="Milk is out.")
    running = asyncio.create_task(said(kitchen, "brew", write=written, as_json=True))
    await written.seen("Tea 1")
    await kitchen.tell("show tea:2")
    await written.seen("Milk")
    kitchen.set("tea:1", Reply(title="Ready", follows="tea:1"))
    await running
    assert [json.loads(text) for text in written[1:]] == [
        {"news": "ana", "reply": empty() | {"text": "Milk is out."}},
        {"redraw": "tea:1", "reply": empty() | {"title": "Ready", "follows": "tea:1"}},
    ]


def empty() -> dict[str, Any]:
    return {
        "title": "",
        "text": "",
        "fields": [],
        "items": [],
        "picture": None,
        "files": [],
        "progress": None,
        "choices": [],
        "menus": [],
        "links": [],
        "copy": "",
        "tone": "plain",
        "follows": None,
        "busy": False,
        "show": "new",
        "only": False,
        "failed": False,
    }


async def test_a_card_that_cannot_be_kept_is_answered_all_the_same(
    kitchen: Kitchen,
) -> None:
    written = Written()
    async with kitchen.store.begin() as tx:
        await tx.exec_driver_sql("DROP TABLE cards")
    with structlog.testing.capture_logs() as logged:
        code = await said(kitchen, "brew", write=written)
    assert (code, len(written)) == (0, 3)
    assert "follow" in {one["event"] for one in logged}
