"""A small terminal on a pty: what somebody would see after all the escapes."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import re
import struct
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

ENTER = "\r"
CTRL_C = "\x03"
CTRL_D = "\x04"

_TOKEN = re.compile(
    r"\x1b\[(?P<args>[0-9;?]*)(?P<final>[A-Za-z])|\x1b\][^\x07]*\x07|\x1b[=>78()].?"
    r"|(?P<text>[^\x1b])",
    re.DOTALL,
)


class Screen:
    """Understands what prompt_toolkit writes: moves, erasing, wrapping, scrolling."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns = columns
        self.rows = rows
        self.scrolled: list[str] = []
        self._grid = [[" "] * columns for _ in range(rows)]
        self._row = self._column = 0
        self._rest = ""

    def feed(self, text: str) -> int:
        """Draw `text`; returns how often the cursor's position was asked for."""
        text = self._rest + text
        asked = end = 0
        while match := _TOKEN.match(text, end):
            end = match.end()
            if match["text"]:
                self._write(match["text"])
            elif match["final"]:
                asked += match["final"] == "n"
                self._steer(match["final"], match["args"])
        self._rest = text[end:]
        return asked

    def shown(self) -> str:
        """Everything there is to read, scrolled away or not."""
        rows = [*self.scrolled, *("".join(row).rstrip() for row in self._grid)]
        return "\n".join(rows).rstrip("\n")

    def position(self) -> tuple[int, int]:
        return self._row + 1, self._column + 1

    def _write(self, char: str) -> None:
        if char == "\r":
            self._column = 0
        elif char == "\n":
            self._feed_line()
        elif char == "\x08":
            self._column = max(0, self._column - 1)
        elif char >= " ":
            if self._column >= self.columns:
                self._column = 0
                self._feed_line()
            self._grid[self._row][self._column] = char
            self._column += 1

    def _feed_line(self) -> None:
        self._row += 1
        if self._row == self.rows:
            self.scrolled.append("".join(self._grid.pop(0)).rstrip())
            self._grid.append([" "] * self.columns)
            self._row -= 1

    def _steer(self, final: str, args: str) -> None:
        count = int(args) if args.isdigit() else 0
        self._column = min(self._column, self.columns - 1)
        match final:
            case "A":
                self._row = max(0, self._row - max(1, count))
            case "B":
                self._row = min(self.rows - 1, self._row + max(1, count))
            case "C":
                self._column = min(self.columns - 1, self._column + max(1, count))
            case "D":
                self._column = max(0, self._column - max(1, count))
            case "H":
                self._row = self._column = 0
            case "J" | "K":
                self._erase(below=final == "J", everything=count == 2)

    def _erase(self, *, below: bool, everything: bool) -> None:
        start = 0 if everything else self._column
        self._grid[self._row][start:] = [" "] * (self.columns - start)
        first = 0 if everything else self._row + 1
        for row in range(first, self.rows if below else first):
            self._grid[row] = [" "] * self.columns


class Terminal:
    """A pty with somebody who types at one end and a program at the other."""

    def __init__(self, columns: int = 60, rows: int = 24) -> None:
        self.screen = Screen(columns, rows)
        self.raw = ""
        self.running: asyncio.Future[None] = asyncio.Future()
        self._ours, self._theirs = pty.openpty()
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self._theirs, termios.TIOCSWINSZ, size)
        self.stdin: TextIO = os.fdopen(os.dup(self._theirs), "r")
        self.stdout: TextIO = os.fdopen(os.dup(self._theirs), "w")
        self._drawn = asyncio.Event()
        asyncio.get_running_loop().add_reader(self._ours, self._read)

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    async def say(self, line: str) -> None:
        """Type a line and press enter, once the prompt has taken the line."""
        await self.listens()
        self.type(line)
        await self.until(lambda shown: shown.endswith(f"> {line}"))
        self.type(ENTER)

    async def listens(self) -> None:
        """Wait for a prompt: what is typed before it, the terminal itself shows."""
        await self.until(lambda _shown: not self._echoes())

    def _echoes(self) -> bool:
        return bool(termios.tcgetattr(self._ours)[3] & termios.ECHO)

    async def sees(self, part: str) -> str:
        """Wait until `part` is to be read; returns everything that is."""
        return await self.until(lambda shown: part in shown)

    async def until(self, is_there: Callable[[str], bool]) -> str:
        try:
            async with asyncio.timeout(20):
                while not is_there(self.screen.shown()):
                    self._drawn.clear()
                    await self._drawn.wait()
        except TimeoutError:
            raise AssertionError(f"not seen:\n{self.screen.shown()}") from None
        return self.screen.shown()

    def hang_up(self) -> None:
        """Close our end, as a terminal window does."""
        if self._ours >= 0:
            asyncio.get_running_loop().remove_reader(self._ours)
            os.close(self._ours)
            self._ours = -1

    def close(self) -> None:
        self.hang_up()
        self.stdin.close()
        with suppress(OSError):
            self.stdout.close()
        os.close(self._theirs)

    def _read(self) -> None:
        text = os.read(self._ours, 65_536).decode(errors="replace")
        self.raw += text
        for _ in range(self.screen.feed(text)):
            row, column = self.screen.position()
            self.type(f"\x1b[{row};{column}R")
        self._drawn.set()


@contextmanager
def opened(columns: int = 60, rows: int = 24) -> Iterator[Terminal]:
    terminal = Terminal(columns, rows)
    try:
        yield terminal
    finally:
        terminal.close()
