"""One conversation for every chat, and how it goes on the console."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.household import Talk

from medianest_bot.core.reply import Reply
from medianest_bot.demo_house import Demo


@dataclass(frozen=True)
class Says:
    line: str
    who: str = "ana"


@dataclass(frozen=True)
class Presses:
    """The button with this label on the newest answer to this person."""

    label: str
    who: str = "ana"


SCRIPT = (
    Says("help"),
    Says("help request", "zoe"),
    Says("help", "mum"),
    Says("search dune"),
    Presses("Ask for it"),
    Presses("Cancel"),
    Says("request movie:438631", "tim"),
    Says("requests", "tim"),
    Says("request silo", "zoe"),
    Says("request tv:125988", "mum"),
    Says("search zzzzzz", "tim"),
    Says("request", "zoe"),
    Says("library"),
    Says("library dune", "mum"),
    Says("recent", "zoe"),
    Says("weather", "tim"),
    Says('search "unclosed'),
    Says("admin errors", "zoe"),
    Says("admin people", "mum"),
    Says("downloads", "tim"),
    Says("download https://elsewhere.example/film"),
    Says("download {site}video/nothing.mp4", "zoe"),
    Says("show request:99", "tim"),
    Says("requests cancel:77"),
    Says("admin errors", "mum"),
)
"""Everybody takes turns: Telegram wants no more than a message a second to one."""


def lines_of(demo: Demo) -> tuple[Says | Presses, ...]:
    site = demo.served.settings["DOWNLOAD_SITES"]
    return tuple(
        Says(one.line.format(site=site), one.who)
        if isinstance(one, Says) and "{site}" in one.line
        else one
        for one in SCRIPT
    )


async def on_console(demo: Demo, dressed: Callable[[Reply], str]) -> list[str]:
    """What the Replies would look like in another chat."""
    say = Talk(demo)
    last: dict[str, Reply] = {}
    shown: list[str] = []
    for step in lines_of(demo):
        if isinstance(step, Says):
            reply = await say(step.line, step.who)
        else:
            reply = await say.press(last[step.who], step.label, step.who)
        last[step.who] = reply
        shown.append(dressed(reply))
    return shown


def neutral(shown: str) -> str:
    """Without what is different at every run: ports, references, minutes."""
    shown = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:0", html.unescape(shown))
    shown = re.sub(r"~[\w-]+", "~key", shown)
    return re.sub(r"reference [0-9a-f]{6}", "reference", shown)
