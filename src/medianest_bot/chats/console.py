"""The console chat: at a terminal with a prompt, elsewhere line by line."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TextIO

from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_input
from prompt_toolkit.output import create_output

from medianest_bot.chats import _console_pipe
from medianest_bot.chats._console_terminal import Terminal
from medianest_bot.chats.door import Door


class Console:
    """A sitting of one person. `greeting` are the first lines shown.

    What is typed at a terminal is remembered in `history_path`, mode 0600.
    """

    def __init__(
        self,
        door: Door,
        greeting: tuple[str, ...],
        history_path: Path | None,
        *,
        stdin: TextIO | None = None,
        stdout: TextIO | None = None,
    ) -> None:
        self._door = door
        self._greeting = greeting
        self._history_path = history_path
        # Python has None for what was closed before it started.
        self._stdin: TextIO | None = stdin or sys.stdin
        self._stdout = stdout or sys.stdout

    async def run(self) -> None:
        """Talk until the person leaves or the input ends; nothing runs on."""
        stdin = self._stdin
        if stdin is None or not self._is_terminal(stdin):
            await _console_pipe.converse(
                self._door, self._greeting, stdin, self._stdout
            )
            return
        with create_app_session(create_input(stdin), create_output(self._stdout)):
            await Terminal(self._door, self._greeting, self._history_path).run()

    def _is_terminal(self, stdin: TextIO) -> bool:
        """True where a prompt can be drawn."""
        is_dumb = os.environ.get("TERM", "").casefold() in ("dumb", "unknown")
        return stdin.isatty() and self._stdout.isatty() and not is_dumb
