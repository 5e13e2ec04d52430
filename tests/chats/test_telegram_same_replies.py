"""The same conversation on the console and on Telegram: the same Replies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from tests.bot_api import Message, Person, Server, bot_api
from tests.chats import same_replies
from tests.chats.same_replies import SCRIPT, Says, lines_of, neutral
from tests.telegram_house import NUMBERS, TOKEN, link, running

from medianest_bot.chats._telegram_render import render
from medianest_bot.chats._telegram_text import plain
from medianest_bot.core.reply import Reply
from medianest_bot.demo_house import Demo, open_demo


@asynccontextmanager
async def household(folder: Path) -> AsyncIterator[Demo]:
    async with open_demo(folder, pace=0) as demo:
        await link(demo)
        yield demo


async def on_console(folder: Path) -> list[str]:
    """What the Replies would look like in Telegram."""
    async with household(folder) as demo:
        return await same_replies.on_console(demo, as_telegram)


async def on_telegram(folder: Path) -> list[str]:
    """What arrived there."""
    async with household(folder) as demo, bot_api(TOKEN) as server:
        people = {name: server.person(n, name) for name, n in NUMBERS.items()}
        async with running(demo, server):
            shown: list[str] = []
            last: dict[str, Message] = {}
            for step in lines_of(demo):
                person = people[step.who]
                before = last.get(step.who)
                seen = len(server.answers(person)), as_seen(before)
                if isinstance(step, Says):
                    server.says(person, f"/{step.line}")
                else:
                    assert before is not None
                    server.presses(person, before, labelled(before, step.label))
                found = await server.until(
                    partial(answer, server, person, seen, before)
                )
                last[step.who] = found
                shown.append(as_seen(found))
        assert server.spec_errors == []
        return shown


def labelled(message: Message, label: str) -> str:
    """What the button says to us; those of lists have a number before their label."""
    found = (one for one in message.buttons if one.label.endswith(label))
    return next(found).data


def answer(
    server: Server, person: Person, seen: tuple[int, str], before: Message | None
) -> Message | None:
    """The newest message to somebody, or the one before where that has changed."""
    answers = server.answers(person)
    if len(answers) > seen[0]:
        return answers[seen[0]]
    return before if as_seen(before) != seen[1] else None


def as_telegram(reply: Reply) -> str:
    message = render(reply)
    rows = [
        " ".join(f"[{one.text}|{one.data or one.url or one.copy}]" for one in row)
        for row in message.rows
    ]
    return neutral("\n".join([plain(message.html), *rows]))


def as_seen(message: Message | None) -> str:
    if message is None:
        return ""
    rows = [
        " ".join(f"[{one.label}|{one.data or one.url or one.copy}]" for one in row)
        for row in message.rows
    ]
    return neutral("\n".join([message.text, *rows]))


@pytest.mark.slow
async def test_the_console_and_telegram_say_the_same(tmp_path: Path) -> None:
    for name in ("console", "telegram"):
        (tmp_path / name).mkdir()
    console, telegram = await asyncio.gather(
        on_console(tmp_path / "console"), on_telegram(tmp_path / "telegram")
    )
    assert telegram == console
    assert len(set(console)) > len(SCRIPT) // 2
