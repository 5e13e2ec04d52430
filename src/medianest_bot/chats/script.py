"""A chat without a terminal: runs given lines and writes what their person sees."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any, Protocol

from medianest_bot.chats._console_plain import PlainScreen, Write
from medianest_bot.chats._console_talk import (
    HOW_TO_ANSWER,
    Said,
    Screen,
    Shown,
    Talk,
    named,
)
from medianest_bot.chats._console_text import cut, printable
from medianest_bot.chats.door import Door
from medianest_bot.core.reply import Progress, Reply
from medianest_bot.core.words import Sorry, _

GRACE_S = 0.3
"""How long a late piece of news may come behind the last redraw."""


async def run_lines(
    lines: Sequence[str],
    door: Door,
    *,
    as_json: bool,
    timeout_s: float,
    write: Callable[[str], None],
) -> int:
    """Run lines one after another; write replies, redraws and news as they come.

    Ends when everything that was started has ended or waits for a person; at the
    latest after `timeout_s`, saying what still runs. Returns the exit code: 1 where
    something broke that should not have, otherwise 0. Each call of `write` is one
    text to be followed by a line end; with `as_json` it is one JSON object.
    """
    screen: _ScriptScreen
    screen = _JsonScreen(door, write) if as_json else _TextScreen(door, write)
    script = _Script(screen.talk)
    door.outbox.attach(screen.talk)
    try:
        async with asyncio.timeout(timeout_s) as limit:
            await script.run(lines)
    except TimeoutError:
        if not limit.expired():
            raise
        screen.late(script.unanswered, screen.talk.alive())
    finally:
        door.outbox.detach(screen.talk)
    return 1 if script.has_failed else 0


class _Script:
    """The lines on their way; `unanswered` is the one that is being run."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self.has_failed = False
        self.unanswered: str | None = None

    async def run(self, lines: Sequence[str]) -> None:
        for line in lines:
            self.unanswered = line
            await self._say(line)
            self.unanswered = None
        await self._settle()

    async def _say(self, line: str) -> None:
        try:
            said = self._talk.read(line)
        except Sorry as sorry:
            self._talk.note(line, sorry.worded())
            return
        if said.question is not None:
            number = line.rsplit(maxsplit=1)[-1]
            self._talk.note(
                line, _(HOW_TO_ANSWER, question=said.question, number=number)
            )
            return
        reply = await self._talk.run(said)
        self.has_failed = self.has_failed or reply.failed

    async def _settle(self) -> None:
        """Wait until nothing more happens by itself."""
        while True:
            while self._talk.alive():
                await self._change()
            if not self._talk.follows_any():
                return
            await self._talk.refresh()
            if self._talk.alive():
                continue
            try:
                async with asyncio.timeout(GRACE_S):
                    await self._change()
            except TimeoutError:
                return

    async def _change(self) -> None:
        await self._talk.changed.wait()
        self._talk.changed.clear()


class _ScriptScreen(Screen, Protocol):
    talk: Talk

    def late(self, unanswered: str | None, alive: Sequence[Shown]) -> None:
        """Say what is not finished."""
        ...


class _TextScreen(PlainScreen):
    def __init__(self, door: Door, write: Write) -> None:
        super().__init__(door, write, echoes=True)

    def late(self, unanswered: str | None, alive: Sequence[Shown]) -> None:
        if unanswered is not None:
            self.say(_("No answer yet: {line}", line=cut(printable(unanswered), 80)))
        for shown in alive:
            title = cut(printable(named(shown)), 80)
            self.say(
                _(
                    "Still running: {title} ({subject})",
                    title=title,
                    subject=shown.subject,
                )
            )


class _JsonScreen:
    """One JSON object a line, in ASCII so that no text can steer a terminal."""

    def __init__(self, door: Door, write: Write) -> None:
        self._write = write
        self._account = door.account
        self.talk = Talk(door, self)

    def answer(self, said: Said, shown: Shown) -> None:
        self._put(line=said.typed, reply=as_data(shown.reply))

    def redraw(self, shown: Shown) -> None:
        self._put(redraw=shown.subject, reply=as_data(shown.reply))

    def news(self, shown: Shown) -> None:
        self._put(news=self._account, reply=as_data(shown.reply))

    def late(self, unanswered: str | None, alive: Sequence[Shown]) -> None:
        subjects = [shown.subject for shown in alive]
        self._put(unanswered=unanswered, still_running=subjects)

    def _put(self, **data: Any) -> None:
        self._write(json.dumps(data, allow_nan=False))


def as_data(reply: Reply) -> dict[str, Any]:
    """The whole reply as JSON can hold it; of bytes, only how long they would be."""
    progress = reply.progress
    if progress and not _is_number(progress.fraction):
        reply = replace(reply, progress=Progress(None, progress.text))
    return {name: _jsonable(value) for name, value in asdict(reply).items()}


def _is_number(fraction: float | None) -> bool:
    return fraction is not None and math.isfinite(fraction)


def _jsonable(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"base64_length": 4 * math.ceil(len(value) / 3)}
    if isinstance(value, dict):
        return {name: _jsonable(one) for name, one in value.items()}
    if isinstance(value, tuple | list):
        return [_jsonable(one) for one in value]
    return value
