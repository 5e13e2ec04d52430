"""A sitting as plain text, one reply after another: for pipes, files and scripts."""

from __future__ import annotations

from collections.abc import Callable

from medianest_bot.chats._console_render import plain, render
from medianest_bot.chats._console_talk import Said, Shown, Talk
from medianest_bot.chats._console_text import printable
from medianest_bot.chats.door import Door

WIDTH = 100

Write = Callable[[str], None]
"""Writes one text and ends the line."""


class PlainScreen:
    """Writes what is shown; what changed is written again as a whole."""

    def __init__(self, door: Door, write: Write, *, echoes: bool = False) -> None:
        self._write = write
        self._echoes = echoes
        self.talk = Talk(door, self)

    def answer(self, said: Said, shown: Shown) -> None:
        if self._echoes:
            self._write(f"> {printable(said.typed)}")
        self._show(shown)

    def redraw(self, shown: Shown) -> None:
        self._show(shown)

    def news(self, shown: Shown) -> None:
        self._show(shown)

    def say(self, text: str) -> None:
        """Write a sentence that is nobody's reply."""
        self._write(text)

    def _show(self, shown: Shown) -> None:
        text = plain(render(shown.reply, WIDTH, self.talk.mark_of(shown)))
        self._write(f"{text}\n")
