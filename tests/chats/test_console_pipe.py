"""The console chat without a terminal: lines in, plain text out, then gone."""

from __future__ import annotations

import asyncio
import io
import os
from pathlib import Path
from typing import TextIO

import pytest
from tests.chats.kitchen import Kitchen, brewed

from medianest_bot.chats.console import Console
from medianest_bot.core.outbox import fingerprint


async def answered(kitchen: Kitchen, stdin: TextIO | None) -> str:
    """Everything written until the console ends."""
    stdout = io.StringIO()
    console = Console(kitchen.door, ("Hello.",), None, stdin=stdin, stdout=stdout)
    async with asyncio.timeout(20):
        await console.run()
    return stdout.getvalue()


def typed(folder: Path, text: str) -> TextIO:
    path = folder / "typed"
    path.write_text(text)
    return path.open()


async def test_a_file_of_lines_is_answered_line_by_line(
    kitchen: Kitchen, tmp_path: Path
) -> None:
    with typed(tmp_path, "echo one\n\nmenu\n4\necho last") as stdin:
        said = await answered(kitchen, stdin)
    assert said == (
        "Hello.\n"
        "\n"
        "one\n"
        "\n"
        "Menu\n"
        "  • Earl Grey  [1] Brew\n"
        "  • Assam  [2] Brew\n"
        "  [3] Complain…\n"
        "  Sugar\n"
        "  [4] ☐ One\n"
        "\n"
        "one lump\n"
        "\n"
        "last\n"
        "\n"
    )


async def test_a_choice_that_asks_takes_the_next_line(
    kitchen: Kitchen, tmp_path: Path
) -> None:
    with typed(tmp_path, "menu\n3\ntoo hot\nmenu\n3\n") as stdin:
        said = await answered(kitchen, stdin)
    assert "What is wrong?\nyou said too hot\n" in said
    assert said.endswith("What is wrong?\n")


@pytest.mark.parametrize("word", ["quit", "EXIT ", "/quit"])
async def test_quit_ends_it_before_the_input_does(
    kitchen: Kitchen, tmp_path: Path, word: str
) -> None:
    with typed(tmp_path, f"{word}\necho no\n") as stdin:
        assert await answered(kitchen, stdin) == "Hello.\n\n"


async def test_a_pipe_is_answered_as_its_lines_come(kitchen: Kitchen) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading) as stdin:
        running = asyncio.create_task(answered(kitchen, stdin))
        for part in (b"echo o", b"ne\necho two\nbr", b"ew\n"):
            os.write(writing, part)
            await asyncio.sleep(0)
        os.close(writing)
        said = await running
    assert said.startswith("Hello.\n\none\n\ntwo\n\n… Tea 1\n")


async def test_redraws_are_written_while_lines_come(kitchen: Kitchen) -> None:
    reading, writing = os.pipe()
    stdout = io.StringIO()
    with os.fdopen(reading) as stdin:
        console = Console(kitchen.door, (), None, stdin=stdin, stdout=stdout)
        running = asyncio.create_task(console.run())
        os.write(writing, b"brew\n")
        await kitchen.until(lambda found: len(found) == 1, "tea:1")
        kitchen.set("tea:1", brewed())
        mark = fingerprint(brewed())
        await kitchen.until(lambda found: found[0].drawn == mark, "tea:1")
        os.close(writing)
        await running
    assert stdout.getvalue().endswith("[1] Stop\n\n✓ Tea 1\n  Ready.\n  [1] Drink\n\n")


async def test_no_input_at_all_is_the_end(kitchen: Kitchen) -> None:
    with os.fdopen(os.open(os.devnull, os.O_RDONLY)) as stdin:
        assert await answered(kitchen, stdin) == "Hello.\n\n"


async def test_endless_and_broken_lines_are_refused_politely(
    kitchen: Kitchen, tmp_path: Path
) -> None:
    path = tmp_path / "typed"
    path.write_bytes(b"echo " + b"x" * 300_000 + b"\necho \xff\xfe\x00\x1b[31m\n")
    with path.open() as stdin:
        said = await answered(kitchen, stdin)
    assert said == (
        "Hello.\n"
        "\n"
        "! That is too long for me. Please keep it under 4096 characters.\n"
        "\n"
        "\ufffd\ufffd [31m\n"
        "\n"
    )


async def test_nobody_reading_the_answers_ends_it(
    kitchen: Kitchen, tmp_path: Path
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    stdout = os.fdopen(writing, "w")
    with typed(tmp_path, "echo one\necho two\n") as stdin:
        console = Console(kitchen.door, ("Hello.",), None, stdin=stdin, stdout=stdout)
        async with asyncio.timeout(20):
            await console.run()
    with pytest.raises(BrokenPipeError):
        stdout.close()
