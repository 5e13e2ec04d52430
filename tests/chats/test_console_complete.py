"""What the console completes, by where the cursor stands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from tests.chats.kitchen import Kitchen, Stove, commands_of

from medianest_bot.chats._console_complete import LineCompleter, find_spot
from medianest_bot.chats.door import Door


async def completed(door: Door, text: str) -> list[str]:
    """The whole line as each completion would make it."""
    completer = LineCompleter(door, "here")
    found = completer.get_completions_async(Document(text), CompleteEvent())
    return [text[: len(text) + one.start_position] + one.text async for one in found]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("ec", ["echo"]),
        ("/ec", ["/echo"]),
        ("EC", ["echo"]),
        ("brew ear", ["brew tea:7"]),
        ("brew zzz", []),
        ("brew tea:7 milk", ["brew tea:7 milk:yes", "brew tea:7 milk:no"]),
        ("brew tea:7 milk:y", ["brew tea:7 milk:yes"]),
        ("brew tea:7 milk:yes ", []),
        ("sh", []),
        ("nothing here", []),
        ("x" * 400, []),
    ],
)
async def test_completions_by_what_is_typed(
    kitchen: Kitchen, text: str, lines: list[str]
) -> None:
    assert await completed(kitchen.door, text) == lines


async def test_every_command_is_offered_for_nothing_typed(kitchen: Kitchen) -> None:
    assert await completed(kitchen.door, "") == [
        "slow",
        "brew",
        "echo",
        "menu",
        "pick",
        "crash",
        "file",
    ]


async def test_strangers_are_offered_nothing_of_the_members(kitchen: Kitchen) -> None:
    stranger = Door(kitchen.door.dispatch, kitchen.outbox, "who", "who")
    assert await completed(stranger, "") == []
    assert await completed(stranger, "brew ear") == []


async def test_late_suggestions_are_left_out(kitchen: Kitchen) -> None:
    kitchen.stove.leaves = kitchen.stove.gate
    assert await completed(kitchen.door, "brew ear") == []


@given(st.text(max_size=80), st.sampled_from(["", "brew ", "echo ", "pick ", "/brew "]))
def test_no_text_breaks_the_search_for_its_spot(text: str, before: str) -> None:
    spot = find_spot(before + text, tuple(commands_of(Stove())))
    assert spot is None or (before + text).endswith((spot.typed, spot.word))
