"""The same conversation on the console and in Discord: the same Replies."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

from tests.chats import same_replies
from tests.chats.discord_phone import Household, Phone, open_household
from tests.chats.same_replies import SCRIPT, Presses, Says, lines_of, neutral
from tests.discord_api import Asked, Impossible, Message, discord_api
from tests.discord_api.components import walk
from tests.discord_house import settle

from medianest_bot.chats._discord_render import render
from medianest_bot.chats._discord_wire import layout
from medianest_bot.core.command import Commands
from medianest_bot.core.reply import Reply
from medianest_bot.core.words import Sorry
from medianest_bot.demo_house import open_demo

Raw = dict[str, Any]

NOT_TO_BE_ASKED = (
    Says("request", "zoe"),
    Says("library dune", "mum"),
    Says("weather", "tim"),
    Says("show request:99", "tim"),
)
"""What Discord itself lets nobody send: its forms are of our commands, filled in."""


async def on_console(folder: Path) -> list[str]:
    """What the Replies would look like in Discord."""
    async with open_demo(folder, pace=0) as demo, discord_api() as server:
        await settle(demo, server)
        return await same_replies.on_console(demo, as_discord)


async def in_discord(folder: Path) -> list[str | None]:
    """What arrived there, in the private talks; None where nobody could ask."""
    async with open_household(folder) as household:
        last: dict[str, Message] = {}
        shown: list[str | None] = []
        for step in lines_of(household.demo):
            phone = household.of(step.who).in_private
            if isinstance(step, Presses):
                asked = await phone.presses(last[step.who], step.label)
            elif (found := await said(household, phone, step.line)) is not None:
                asked = found
            else:
                shown.append(None)
                continue
            last[step.who] = answer(asked)
            shown.append(as_seen(last[step.who]))
        return shown


async def said(household: Household, phone: Phone, line: str) -> Asked | None:
    """Fill in the slash command for a line."""
    try:
        name, options = form(household.demo.app.house.commands, line)
        return await phone.asks(name, **options)
    except (Sorry, Impossible):
        return None


def form(commands: Commands, line: str) -> tuple[str, dict[str, Any]]:
    command, rest = commands.split(line)
    given = command.parse(rest)
    options = {
        one.name: plainly(given[one.keyword])
        for one in command.arguments
        if one.keyword in given
    }
    return command.name, options


def plainly(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def answer(asked: Asked) -> Message:
    """The message that came of it, or the pressed one, which has become it."""
    found = asked.answer or next(iter(asked.followups), asked.source)
    assert found is not None
    return found


def as_discord(reply: Reply) -> str:
    message = render(reply, asker="1")
    if message.card is None:
        return drawn(message.content, [])
    view: Any = layout(message.card)
    return drawn("", view.to_components())


def as_seen(message: Message) -> str:
    return drawn(message.raw["content"], message.raw["components"])


def drawn(content: str, components: list[Raw]) -> str:
    """All that a message says, shows and carries, one component to a line."""
    lines = (f"{one['type']} {' | '.join(told(one))}" for _, one in walk(components))
    shown = neutral("\n".join([content, *lines]))
    return re.sub(r":@\w+ ", ":@asker ", re.sub(r"\d{15,}", "number", shown))


def told(one: Raw) -> Iterator[str]:
    for key in ("content", "label", "style", "custom_id", "url", "accent_color"):
        yield str(one.get(key) or "")
    for shot in (one, *one.get("items", ())):
        yield str(shot.get("description") or "")
        for key in ("media", "file"):
            yield shot.get(key, {}).get("url", "").rpartition("/")[2]
    for option in one.get("options", ()):
        yield f"{option['label']} {option['value']} {option.get('default', False)}"


async def test_the_console_and_discord_say_the_same(tmp_path: Path) -> None:
    for name in ("console", "discord"):
        (tmp_path / name).mkdir()
    console, discord = await asyncio.gather(
        on_console(tmp_path / "console"), in_discord(tmp_path / "discord")
    )
    impossible = [step in NOT_TO_BE_ASKED for step in SCRIPT]
    assert discord == [
        None if is_impossible else shown
        for shown, is_impossible in zip(console, impossible, strict=True)
    ]
    assert len(set(discord)) > len(SCRIPT) // 2
