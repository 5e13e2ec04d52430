"""The words of slash commands, in every language there is a catalogue for.

Discord keeps them all and shows each person their own. A command's name is looked
up with its slash (`/search`), so that no sentence is taken for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import discord
from discord import app_commands

from medianest_bot.chats._discord_text import one_line, plain, units
from medianest_bot.core.words import _, reading

LONGEST = 100
"""Units of UTF-16 in a description, or in the label of a choice."""

DASH = " – "
_NAME = re.compile(r"[-\w]{1,32}")


class Said(app_commands.locale_str):
    """English as Discord shows it, with the `text` that the catalogues know."""

    def __init__(self, shown: str, text: str) -> None:
        super().__init__(shown)
        self.text = text


def named(name: str) -> Said:
    return Said(name, f"/{name}")


def described(text: str) -> Said:
    return Said(_sentence(text), text)


def labelled(label: str) -> str:
    """A suggestion's label; a long title gives way to what is said of it."""
    label = one_line(label)
    title, dash, state = label.rpartition(DASH)
    if not dash or units(label) <= LONGEST or units(state) > LONGEST // 2:
        return plain(label, LONGEST)
    return plain(title, LONGEST - units(dash + state)) + dash + state


def _looked_up(locale: str, said: Said) -> str:
    with reading(locale):
        return _(said.text)


class Words(app_commands.Translator):
    """Only what the reader's catalogue really has; English needs no translation."""

    def __init__(self, look_up: Callable[[str, Said], str] = _looked_up) -> None:
        self._look_up = look_up

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: Any,  # noqa: ARG002 - discord.py's signature
    ) -> str | None:
        if not isinstance(string, Said):
            return None
        worded = self._look_up(locale.value, string)
        return _shown(worded) if worded != string.text else None


def _shown(worded: str) -> str | None:
    if not worded.startswith("/"):
        return _sentence(worded)
    name = worded[1:]
    return name if _NAME.fullmatch(name) and name == name.lower() else None


def _sentence(text: str) -> str:
    return plain(text[:1].upper() + text[1:], LONGEST)
