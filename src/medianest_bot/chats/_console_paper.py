"""What is printed for good above the prompt, in order, without disturbing it."""

from __future__ import annotations

import asyncio
import io
from contextlib import suppress

from prompt_toolkit.application import get_app_session, run_in_terminal
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.renderer import print_formatted_text
from prompt_toolkit.styles import Style

from medianest_bot.chats._console_render import Line
from medianest_bot.chats._console_text import printable

STYLE = Style.from_dict(
    {
        "title": "bold",
        "name": "ansibrightblack",
        "faint": "ansibrightblack",
        "number": "bold ansicyan",
        "link": "underline",
        "bar": "ansicyan",
        "prompt": "bold ansigreen",
        "good": "ansigreen",
        "busy": "ansicyan",
        "warn": "ansiyellow",
        "bad": "ansired",
    }
)


class Paper:
    """Prints lines in the order they were put, whenever the terminal can take them."""

    def __init__(self) -> None:
        self._output = get_app_session().output
        self._lines: list[Line] = []
        self._written = asyncio.Event()

    def put(self, *lines: Line) -> None:
        self._lines += lines
        self._written.set()

    async def run(self) -> None:
        """Print until cancelled; the prompt steps aside meanwhile."""
        while True:
            await self._written.wait()
            self._written.clear()
            await run_in_terminal(self.flush)

    def flush(self) -> None:
        """Print what is left, now. Quiet when the terminal is gone."""
        lines, self._lines = self._lines, []
        if lines:
            text = FormattedText([span for line in lines for span in (*line, _END)])
            with suppress(OSError):
                print_formatted_text(self._output, text, STYLE)


class Stray(io.TextIOBase):
    """Takes what anybody else prints, so that it goes above the prompt line by line.

    prompt_toolkit's own patch_stdout does not find a prompt that has its own input
    and output: its thread starts without our context.
    """

    def __init__(self, paper: Paper) -> None:
        super().__init__()
        self._paper = paper
        self._loop = asyncio.get_running_loop()
        self._begun = ""

    def write(self, text: str) -> int:
        """Print whole lines; may be called in any thread."""
        *whole, self._begun = (self._begun + text).split("\n")
        for line in whole:
            shown = (("class:faint", printable(line)),)
            self._loop.call_soon_threadsafe(self._paper.put, shown)
        return len(text)

    def writable(self) -> bool:
        return True


_END = ("", "\n")
