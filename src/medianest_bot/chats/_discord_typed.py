"""What somebody filled in on a slash command, as one line: `Command.parse` undone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum

from medianest_bot.core import line as lines
from medianest_bot.core.command import Command


def typed_line(command: Command, given: Mapping[str, object]) -> str:
    """The line that asks for `command` with these arguments, by their keywords.

    None, and text of nothing but spaces, count as left out. Never raises: what is
    too long for a line stays too long for dispatch, which says so.
    """
    return " ".join((command.name, *_words(command, given)))


def _words(command: Command, given: Mapping[str, object]) -> Iterator[str]:
    """Required arguments by position, up to the first one left out; others by name."""
    is_by_position = True
    for argument in command.arguments:
        word = _word(given.get(argument.keyword))
        is_by_position = is_by_position and argument.required and word is not None
        if word is not None:
            yield word if is_by_position else f"{argument.name}:{word}"


def _word(value: object) -> str | None:
    text = _text(value)[: lines.LONGEST]
    return lines.quoted(text) if lines.clean(text) else None


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value.value if isinstance(value, Enum) else value)
