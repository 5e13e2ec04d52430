"""The console chat where there is no terminal: reads lines, writes plain text."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TextIO

from medianest_bot.chats._console_plain import PlainScreen
from medianest_bot.chats._console_talk import LEAVE, Talk
from medianest_bot.chats._console_text import laid_out, printable
from medianest_bot.chats.door import Door
from medianest_bot.core.words import Sorry

_CHUNK = 65_536
_LONGEST = 65_536
"""Bytes of a line that are kept: more than a line may have, so it is refused."""


async def converse(
    door: Door, greeting: tuple[str, ...], stdin: TextIO | None, stdout: TextIO
) -> None:
    """Answer one line after another until they end or one says quit.

    Ends as well when nobody reads the answers any more.
    """
    screen = PlainScreen(door, lambda text: print(text, file=stdout, flush=True))
    door.outbox.attach(screen.talk)
    try:
        for text in greeting:
            screen.say(laid_out(text))
        screen.say("")
        if stdin is not None:
            await _answer_all(screen, stdin.fileno())
    except BrokenPipeError:
        return
    finally:
        door.outbox.detach(screen.talk)


async def _answer_all(screen: PlainScreen, descriptor: int) -> None:
    async with aclosing(lines_of(descriptor)) as lines:
        async for line in lines:
            if line.strip().casefold() in LEAVE:
                return
            if line.strip():
                await _answer(screen, line, lines)


async def _answer(screen: PlainScreen, line: str, lines: AsyncIterator[str]) -> None:
    """Run one line; a choice that asks takes the next line as its words."""
    talk: Talk = screen.talk
    try:
        said = talk.read(line)
    except Sorry as sorry:
        talk.note(line, sorry.worded())
        return
    if said.question is not None:
        screen.say(printable(said.question))
        words = (await anext(lines, "")).strip()
        if not words:
            return
        said = said.answered(words)
    await talk.run(said)


async def lines_of(descriptor: int) -> AsyncGenerator[str, None]:
    """Lines as they come in, without their ends. Starts no thread."""
    kept = b""
    while chunk := await _chunk(descriptor):
        *whole, kept = (kept + chunk).split(b"\n")
        for line in whole:
            yield line.decode(errors="replace")
        kept = kept[:_LONGEST]
    if kept:
        yield kept.decode(errors="replace")


async def _chunk(descriptor: int) -> bytes:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    try:
        loop.add_reader(descriptor, ready.set)
    except PermissionError:
        # Plain files are always ready, so epoll refuses them: epoll_ctl(2), EPERM.
        return os.read(descriptor, _CHUNK)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)
    return os.read(descriptor, _CHUNK)
