"""The console chat at a real pty: what somebody sees, types and leaves behind."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.chats.kitchen import Kitchen, brewed, brewing
from tests.chats.terminal import CTRL_C, CTRL_D, ENTER, Terminal, opened

from medianest_bot.chats.console import Console
from medianest_bot.core.reply import Reply
from medianest_bot.core.store.cards import Card

GREETING = ("This is a kitchen.",)


@asynccontextmanager
async def sitting(
    kitchen: Kitchen, rows: int = 24, history: Path | None = None
) -> AsyncIterator[Terminal]:
    """A console on a terminal, left with Ctrl-C where the test did not leave it."""
    with opened(rows=rows) as terminal:
        console = Console(
            kitchen.door,
            GREETING,
            history,
            stdin=terminal.stdin,
            stdout=terminal.stdout,
        )
        terminal.running = asyncio.create_task(console.run())
        await terminal.sees("ana>")
        yield terminal
        if not terminal.running.done():
            terminal.type(CTRL_C)
        async with asyncio.timeout(20):
            await terminal.running


async def test_a_number_presses_that_choice_of_the_last_reply(kitchen: Kitchen) -> None:
    async with sitting(kitchen) as terminal:
        await terminal.say("menu")
        await terminal.sees("☐ One")
        await terminal.say("4")
        shown = await terminal.sees("one lump\n\nana>")
    assert shown == (
        "This is a kitchen.\n"
        "\n"
        "ana> menu\n"
        "Menu\n"
        "  • Earl Grey  [1] Brew\n"
        "  • Assam  [2] Brew\n"
        "  [3] Complain…\n"
        "  Sugar\n"
        "  [4] ☐ One\n"
        "\n"
        "ana> 4  One\n"
        "one lump\n"
        "\n"
        "ana>"
    )


async def test_press_with_its_word_works_too(kitchen: Kitchen) -> None:
    async with sitting(kitchen) as terminal:
        await terminal.say("menu")
        await terminal.sees("☐ One")
        await terminal.say("press 3 too hot")
        await terminal.sees("\nyou said too hot\n")
        await terminal.say("press 9")
        await terminal.sees("! There is no choice 9 to press.")


async def test_a_choice_that_asks_gets_its_words_first(kitchen: Kitchen) -> None:
    async with sitting(kitchen) as terminal:
        await terminal.say("menu")
        await terminal.sees("☐ One")
        await terminal.say("3")
        await terminal.sees("\nWhat is wrong? >")
        await terminal.say("cold tea")
        shown = await terminal.sees("you said cold tea\n\nana>")
    assert shown.split("☐ One\n\n")[1] == (
        "ana> 3  Complain\nWhat is wrong? cold tea\nyou said cold tea\n\nana>"
    )


async def test_an_empty_answer_runs_nothing(kitchen: Kitchen) -> None:
    async with sitting(kitchen) as terminal:
        await terminal.say("menu")
        await terminal.sees("☐ One")
        await terminal.say("3")
        await terminal.sees("wrong? >")
        terminal.type(ENTER)
        shown = await terminal.sees("What is wrong?\nana>")
    assert "you said" not in shown


async def test_a_card_is_redrawn_in_place_and_what_is_typed_stays(
    kitchen: Kitchen,
) -> None:
    async with sitting(kitchen) as terminal:
        await terminal.say("brew")
        await terminal.sees("  0%")
        await terminal.listens()
        terminal.type("echo hal")
        await terminal.sees("ana> echo hal")
        for percent in (25, 50, 75):
            kitchen.set("tea:1", brewing(percent))
            shown = await terminal.sees(f" {percent}%")
        assert shown == (
            "This is a kitchen.\n"
            "\n"
            "ana> brew\n"
            "… Tea 1\n"
            "  ███████████████░░░░░  75%  drawing\n"
            "  [1] Stop\n"
            "ana> echo hal"
        )
        kitchen.set("tea:1", brewed())
        await terminal.sees("Ready.")
        terminal.type("lo" + ENTER)
        shown = await terminal.sees("\nhallo\n\nana>")
    assert shown == (
        "This is a kitchen.\n"
        "\n"
        "ana> brew\n"
        "✓ Tea 1\n"
        "  Ready.\n"
        "  [1] Drink\n"
        "\n"
        "ana> echo hallo\n"
        "hallo\n"
        "\n"
        "ana>"
    )


async def test_a_live_card_keeps_a_mark_when_something_newer_has_the_numbers(
    kitchen: Kitchen,
) -> None:
    async with sitting(kitchen) as terminal:
        await terminal.say("brew")
        await terminal.sees("[1] Stop")
        await terminal.say("echo hi")
        await terminal.sees("[a1] Stop")
        await terminal.say("a1")
        shown = await terminal.sees("Stopped\n\nana>")
    assert shown.endswith("ana> echo hi\nhi\n\nana> a1  Stop\nStopped\n\nana>")


async def test_a_card_drawn_over_the_pressed_one_stays_in_its_place(
    kitchen: Kitchen,
) -> None:
    async with sitting(kitchen) as terminal:
        await terminal.say("pick")
        await terminal.sees("Picked 0")
        for number in (1, 2, 3):
            await terminal.say("1")
            await terminal.sees(f"Picked {number}")
        await terminal.say("echo done")
        shown = await terminal.sees("\ndone\n\nana>")
    assert shown.split("Picked 0\n")[1] == (
        "  [1] More\n"
        "\n"
        "ana> 1  More\n"
        "ana> 1  More\n"
        "ana> 1  More\n"
        "ana> echo done\n"
        "Picked 3\n"
        "  [a1] More\n"
        "\n"
        "done\n"
        "\n"
        "ana>"
    )


async def test_a_note_leaves_the_numbers_to_the_card_before_it(
    kitchen: Kitchen,
) -> None:
    kitchen.stove.cards["tea:1"] = brewed()
    async with sitting(kitchen) as terminal:
        await terminal.say("brew")
        await terminal.sees("[1] Drink")
        await terminal.say("1")
        await terminal.sees("You drank tea:1.")
        await terminal.say("1")
        await terminal.until(lambda shown: shown.count("You drank") == 2)
    assert kitchen.stove.drunk == ["tea:1", "tea:1"]


async def test_several_lines_are_in_flight_and_late_answers_say_to_what(
    kitchen: Kitchen,
) -> None:
    async with sitting(kitchen) as terminal:
        await terminal.say("slow one")
        await terminal.sees("\n… slow one\nana>")
        await terminal.say("echo two")
        await terminal.sees("\ntwo\n")
        kitchen.stove.gate.set()
        shown = await terminal.sees("\none\n")
    assert shown.startswith(
        "This is a kitchen.\n"
        "\n"
        "ana> slow one\n"
        "ana> echo two\n"
        "two\n"
        "\n"
        "ana> slow one\n"
        "one\n"
    )


async def test_cards_without_room_are_pushed_out_and_printed_again_at_rest(
    kitchen: Kitchen,
) -> None:
    async with sitting(kitchen, rows=18) as terminal:
        for number in (1, 2, 3):
            await terminal.say(f"brew tea:{number}")
            await terminal.sees(f"Tea {number}")
        kitchen.set("tea:1", brewing(40, "tea:1"))
        kitchen.set("tea:3", brewing(60, "tea:3"))
        shown = await terminal.sees("60%")
        assert shown.count("Tea 1") == 1
        assert "40%" not in shown
        kitchen.set("tea:1", brewed("tea:1"))
        shown = await terminal.sees("✓ Tea 1\n  Ready.\n  [a1] Drink\n")
    assert shown.count("Tea 3") == 1


async def test_news_come_in_above_what_is_typed(kitchen: Kitchen) -> None:
    kitchen.stove.cards["tea:2"] = Reply(text="Milk is out.")
    async with sitting(kitchen) as terminal:
        terminal.type("echo a")
        await terminal.sees("ana> echo a")
        await kitchen.tell("show tea:2")
        shown = await terminal.sees("Milk is out.\n\nana> echo a")
    assert shown.startswith("This is a kitchen.\n\nMilk is out.\n")


async def test_suggestions_are_offered_and_taken_with_tab(kitchen: Kitchen) -> None:
    async with sitting(kitchen) as terminal:
        terminal.type("brew ear")
        await terminal.sees("Earl Grey")
        terminal.type("\t")
        await terminal.sees("ana> brew tea:7")
        terminal.type(ENTER)
        await terminal.sees("… Tea 7")


async def test_typing_goes_on_while_a_suggestion_is_looked_up(
    kitchen: Kitchen,
) -> None:
    kitchen.stove.leaves = kitchen.stove.gate
    async with sitting(kitchen) as terminal:
        terminal.type("brew e")
        await terminal.sees("ana> brew e")
        terminal.type("arl")
        await terminal.sees("ana> brew earl")
        kitchen.stove.gate.set()
        await terminal.sees("Earl Grey")


async def test_what_hides_in_a_title_never_reaches_the_terminal(
    kitchen: Kitchen,
) -> None:
    kitchen.stove.cards["tea:1"] = Reply(title="\x1b]0;owned\x07\x9b2JTea \x1b[5mhot")
    async with sitting(kitchen) as terminal:
        await terminal.say("brew")
        await terminal.sees("\nTea hot\n")
    assert "owned" not in terminal.raw
    assert "\x1b[5m" not in terminal.raw


@pytest.mark.parametrize("way", ["quit" + ENTER, "exit" + ENTER, CTRL_D, CTRL_C])
async def test_leaving_is_soon_over_and_leaves_nothing(
    kitchen: Kitchen, way: str
) -> None:
    before = asyncio.all_tasks()
    async with sitting(kitchen) as terminal:
        await terminal.say("brew")
        await terminal.sees("[1] Stop")
        await terminal.say("slow one")
        await terminal.sees("… slow one")
        terminal.type(way)
        async with asyncio.timeout(5):
            await terminal.running
        shown = await terminal.until(lambda shown: shown.endswith("[1] Stop"))
    assert shown == (
        "This is a kitchen.\n"
        "\n"
        "ana> brew\n"
        "ana> slow one\n"
        "… Tea 1\n"
        "  ░░░░░░░░░░░░░░░░░░░░   0%  drawing\n"
        "  [1] Stop"
    )
    # The outbox rests for a moment after it has redrawn a card, whoever left.
    async with asyncio.timeout(20):
        while asyncio.all_tasks() - before - {asyncio.current_task()}:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_leaving_while_a_question_is_open(kitchen: Kitchen) -> None:
    async with sitting(kitchen) as terminal:
        await terminal.say("menu")
        await terminal.sees("☐ One")
        await terminal.say("3")
        await terminal.sees("wrong? >")
        terminal.type(CTRL_C)
        async with asyncio.timeout(5):
            await terminal.running


async def test_a_terminal_that_goes_away_ends_the_sitting(kitchen: Kitchen) -> None:
    async with sitting(kitchen) as terminal:
        terminal.hang_up()
        async with asyncio.timeout(5):
            await terminal.running


async def test_history_is_kept_for_its_owner_only(
    kitchen: Kitchen, tmp_path: Path
) -> None:
    path = tmp_path / "kept" / "history"
    async with sitting(kitchen, history=path) as terminal:
        await terminal.say("echo first")
        await terminal.sees("\nfirst\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    async with sitting(kitchen, history=path) as terminal:
        terminal.type("\x1b[A")
        await terminal.sees("ana> echo first")


async def test_a_history_that_cannot_be_written_disturbs_nobody(
    kitchen: Kitchen, tmp_path: Path
) -> None:
    path = tmp_path / "history"
    path.mkdir()
    async with sitting(kitchen, history=path) as terminal:
        await terminal.say("echo fine")
        await terminal.sees("\nfine\n")


async def test_cards_of_an_earlier_sitting_are_forgotten(kitchen: Kitchen) -> None:
    kitchen.stove.cards["tea:1"] = brewing(0)
    old = Card(0, "tea:1", "console", "earlier", "1", None, "ana", "show tea:1", "")
    await kitchen.outbox.follow(old, Reply())
    async with sitting(kitchen) as terminal:
        await terminal.say("brew")
        await terminal.sees("0%")
        kitchen.set("tea:1", brewing(50))
        await terminal.sees("50%")
        await kitchen.until(lambda found: len(found) == 1, "tea:1")


async def test_what_others_print_goes_above_the_prompt(kitchen: Kitchen) -> None:
    async with sitting(kitchen) as terminal:
        terminal.type("echo a")
        await terminal.sees("ana> echo a")
        print("something else")  # noqa: T201 - what this is about
        await terminal.sees("something else\nana> echo a")
