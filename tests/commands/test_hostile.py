from __future__ import annotations

import asyncio
from itertools import product

import pytest
from tests.household import Talk
from tests.unhurried import now

from medianest_bot import commands
from medianest_bot.core.command import Argument, Command, find
from medianest_bot.core.reply import Reply

COMMANDS = tuple(find(commands))
LIMIT_S = 5.0

HOSTILE = {
    "empty": '""',
    "huge": "x" * 100_000,
    "long": "x" * 4000,
    "controls": "a\x00b\x1b[2J\x07\r\nquit\u2028c",
    "right to left": "\u202egnp.exe\u2066\u200f\u061c",
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈",
    "half a surrogate": "\ud83d",
    "sql": "'; DROP TABLE users; --",
    "html": "<script>alert(1)</script> &amp; <b>",
    "markup": "**_`[x](http://evil.example)`_** @everyone",
    "template": "{0} {title} {__class__} %s %(x)s ${x}",
    "quotes": '"\\" "" "\\\\',
    "options": "where:nowhere page:-1 as:as: name:name:",
    "number": "99999999999999999999",
    "negative": "-1",
    "other digits": "٣²½",
    "an id": "movie:0 tv:-5 request:0",
    "an id of nothing": "movie:999999999",
    "path": "../../../etc/passwd",
    "address": "http://169.254.169.254/latest/meta-data",
    "file": "file:///etc/passwd",
    "key": "~" + "0" * 24,
    "combining": "Z̸̛͇" + "\u0301" * 500,
}


def lines(command: Command, text: str) -> list[str]:
    """The text as every argument, by place and by name."""
    told = [f"{command.name} {text}"]
    told += [_named(command, argument, text) for argument in command.arguments]
    told.append(" ".join([command.name, *([text] * len(command.arguments))]))
    return told


def _named(command: Command, argument: Argument, text: str) -> str:
    others = " ".join(
        one.param.example for one in command.arguments if one is not argument
    )
    return f"{command.name} {others} {argument.name}:{text}"


async def said(say: Talk, line: str, *, pressed: bool) -> Reply:
    async with asyncio.timeout(LIMIT_S * 2):
        return await say(line, "mum", pressed=pressed)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
async def test_whatever_is_typed_gets_an_answer(say: Talk, command: Command) -> None:

    wrong: list[tuple[str, str]] = []
    for kind, text in HOSTILE.items():
        say.demo.app.house.limits._commands.clear()

        for line, pressed in product(lines(command, text), (False, True)):
            started = now()
            reply = await said(say, line, pressed=pressed)
            took_s = now() - started
            is_answer = bool(reply.text or reply.title or reply.items)
            if reply.failed or not is_answer or took_s > LIMIT_S:
                wrong.append((kind, f"{took_s:.1f} s: {reply.text}"))
    assert wrong == []
