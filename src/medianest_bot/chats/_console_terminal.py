"""The console chat at a terminal: a prompt below, live cards above it."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Iterable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app_session
from prompt_toolkit.formatted_text import FormattedText

from medianest_bot.chats._console_complete import LineCompleter
from medianest_bot.chats._console_history import open_history
from medianest_bot.chats._console_live import Live, Room
from medianest_bot.chats._console_paper import STYLE, Paper, Stray
from medianest_bot.chats._console_render import Line, Span
from medianest_bot.chats._console_talk import LEAVE, Said, Shown, Talk
from medianest_bot.chats._console_text import cut, laid_out, printable
from medianest_bot.chats.door import Door
from medianest_bot.core.reply import Reply, Show
from medianest_bot.core.words import Sorry

WAITING_S = 0.3
"""An answer that takes longer gets a waiting sign."""
LEAVE_S = 0.5
"""What is under way when somebody leaves has this long to stop."""

_TICK_S = 0.02
"""A timer of the loop may be this much early."""
_WIDEST = 100
_PROMPT_ROWS = 12
"""Rows left to the prompt, its completions and one line of output."""
_WAITING_ROWS = 3
_NOTHING: Line = (("", ""),)


class Terminal:
    """A conversation at the terminal of the current prompt_toolkit session."""

    def __init__(
        self, door: Door, greeting: tuple[str, ...], history: Path | None
    ) -> None:
        self._door = door
        self._greeting = greeting
        self._output = get_app_session().output
        self._paper = Paper()
        self.talk = Talk(door, self)
        self._live = Live(self._room, self.talk.mark_of, self._print)
        self._running: dict[asyncio.Task[Reply], tuple[Said, float]] = {}
        self._latest: Said | None = None
        self._prompt: PromptSession[str] = PromptSession(
            self._before_prompt,
            completer=LineCompleter(door, self.talk.place),
            history=open_history(history),
            style=STYLE,
            erase_when_done=True,
        )
        # Words for a choice are nobody's command: not completed, not remembered.
        self._question: PromptSession[str] = PromptSession(
            style=STYLE, erase_when_done=True
        )

    async def run(self) -> None:
        """Talk until quit, Ctrl-D, Ctrl-C or the end of input."""
        stray = Stray(self._paper)
        with redirect_stdout(stray), redirect_stderr(stray):
            printing = asyncio.create_task(self._paper.run())
            self._door.outbox.attach(self.talk)
            try:
                self._print(tuple((("", laid_out(text)),) for text in self._greeting))
                await self._converse()
            except (EOFError, KeyboardInterrupt):
                return
            except OSError as error:
                # What a terminal whose window was closed answers to every write.
                if error.errno != errno.EIO:
                    raise
            finally:
                self._door.outbox.detach(self.talk)
                await _stopped([*self._running, printing])
                self._live.end()
                self._paper.flush()

    def answer(self, said: Said, shown: Shown) -> None:
        is_here = shown.reply.show is Show.HERE and said.number == shown.number
        if said is not self._latest and said.line and not (shown.is_alive or is_here):
            # Something came in between, so say which line this answers.
            self._paper.put(self._echo(said, "class:faint"))
            self._latest = None
        self._live.answer(shown, is_here=is_here)
        self._refresh()

    def redraw(self, shown: Shown) -> None:
        self._live.redraw(shown)
        if not shown.is_alive:
            self._latest = None
        self._refresh()

    def news(self, shown: Shown) -> None:
        self._live.news(shown)
        self._latest = None

    async def _converse(self) -> None:
        while True:
            typed = await self._ask(self._prompt, self._before_prompt)
            if typed.casefold() in LEAVE:
                return
            if typed:
                await self._take(typed)

    async def _take(self, typed: str) -> None:
        """Start what was typed; a choice that asks is answered first."""
        try:
            said = self.talk.read(typed)
        except Sorry as sorry:
            self._paper.put(self._echo(Said(typed, typed)))
            self.talk.note(typed, sorry.worded())
            self._latest = None
            return
        self._paper.put(self._echo(said))
        if said.question is not None:
            words = await self._words(said.question)
            if not words:
                return
            said = said.answered(words)
        self._latest = said
        self._start(said)

    async def _words(self, question: str) -> str:
        asked: Line = (("class:warn", f"{printable(question)} "),)
        words = await self._ask(
            self._question, lambda: self._above((*asked, ("class:prompt", "> ")))
        )
        self._paper.put((*asked, ("", printable(words))))
        return words

    async def _ask(self, session: PromptSession[str], message: _Message) -> str:
        # Its own exception handler would stop the prompt until a key is pressed.
        typed = await session.prompt_async(message, set_exception_handler=False)
        return typed.strip()

    def _start(self, said: Said) -> None:
        loop = asyncio.get_running_loop()
        task = asyncio.create_task(self.talk.run(said))
        self._running[task] = (said, loop.time())
        task.add_done_callback(self._ended)
        loop.call_later(WAITING_S, self._refresh)

    def _ended(self, task: asyncio.Task[Reply]) -> None:
        del self._running[task]
        self._refresh()

    def _refresh(self) -> None:
        for session in (self._prompt, self._question):
            session.app.invalidate()

    def _room(self) -> Room:
        size = self._output.get_size()
        return Room(min(size.columns, _WIDEST), max(4, size.rows - _PROMPT_ROWS))

    def _print(self, lines: tuple[Line, ...]) -> None:
        self._paper.put(*lines, _NOTHING)

    def _before_prompt(self) -> FormattedText:
        return self._above((("class:prompt", self._name()),))

    def _above(self, prompt: Line) -> FormattedText:
        """Live cards and waiting signs, then the prompt itself."""
        lines = (*self._live.lines(), *self._waiting())
        spans: list[Span] = [span for line in lines for span in (*line, ("", "\n"))]
        return FormattedText([*spans, *prompt])

    def _waiting(self) -> tuple[Line, ...]:
        now = asyncio.get_running_loop().time()
        since = now - WAITING_S + _TICK_S
        late = [said for said, at in self._running.values() if at <= since]
        width = self._room().width
        return tuple(
            (("class:faint", cut(f"… {printable(said.typed)}", width)),)
            for said in late[-_WAITING_ROWS:]
        )

    def _echo(self, said: Said, style: str = "") -> Line:
        label = f"  {printable(said.label)}" if said.label else ""
        typed = cut(printable(said.typed), self._room().width * 3)
        return ("class:prompt", self._name()), (style, typed), ("class:faint", label)

    def _name(self) -> str:
        return f"{cut(printable(self._door.shown_name), 20)}> "


_Message = Callable[[], FormattedText]


async def _stopped(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel and wait a moment; whoever does not listen is left to the loop's end."""
    waited = list(tasks)
    for task in waited:
        task.cancel()
    if waited:
        await asyncio.wait(waited, timeout=LEAVE_S)
