"""The arguments of a command as the options of its slash command."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any

import discord
from discord import app_commands

from medianest_bot.chats._discord_text import is_visible
from medianest_bot.chats._discord_typed import typed_line
from medianest_bot.chats._discord_words import described, labelled
from medianest_bot.core.command import Argument, Command
from medianest_bot.core.reply import Suggestion

Asked = discord.Interaction[Any]
Run = Callable[[Asked, str], Awaitable[None]]
"""Takes an interaction and the line that was asked with it."""
Suggest = Callable[[Asked, str, str, str], Awaitable[tuple[Suggestion, ...]]]
"""Takes an interaction, a command, an argument and what was typed so far."""

LONGEST_TEXT = 2000
"""Characters in a text, as in a message; half a line, so that its quotes fit too."""
HIGHEST = 2**31 - 1
CHOICES = 25
LONGEST_VALUE = 100

_ANNOTATIONS: dict[type, Any] = {
    bool: bool,
    # What people number begins at 1: requests, downloads, pages.
    int: app_commands.Range[int, 1, HIGHEST],
    str: app_commands.Range[str, 1, LONGEST_TEXT],
}

Callback = Callable[..., Coroutine[Any, Any, None]]
Choices = list[app_commands.Choice[str]]


def callback(command: Command, run: Run, suggest: Suggest) -> Callback:
    """The function discord.py reads the options from, and calls with their values."""

    async def asked(interaction: Asked, **given: object) -> None:
        await run(interaction, typed_line(command, given))

    options = command.arguments
    asked.__signature__ = _signature(options)  # type: ignore[attr-defined]
    names = {one.keyword: one.name for one in options}
    helps = {one.keyword: described(one.param.help) for one in options}
    choices = {one.keyword: _choices(one) for one in options if _is_chosen(one)}
    completions = {
        one.keyword: _completion(command, one, suggest)
        for one in options
        if _is_open(one)
    }
    app_commands.rename(**names)(asked)
    app_commands.describe(**helps)(asked)
    app_commands.choices(**choices)(asked)
    app_commands.autocomplete(**completions)(asked)
    return asked


def entries(suggestions: Iterable[Suggestion]) -> Choices:
    """What Discord takes of the suggestions: the first 25 that fit, labels cut."""
    fitting = (one for one in suggestions if is_visible(one.label) and _fits(one.value))
    return [
        app_commands.Choice(name=labelled(one.label), value=one.value)
        for one, _number in zip(fitting, range(CHOICES), strict=False)
    ]


def _fits(value: str) -> bool:
    """True where a value fits however its length is counted; cut, it would mislead."""
    return 0 < len(value.encode(errors="replace")) <= LONGEST_VALUE


def _signature(options: Iterable[Argument]) -> inspect.Signature:
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    first = inspect.Parameter("interaction", kind, annotation=Asked)
    return inspect.Signature([first, *(_parameter(one) for one in options)])


def _parameter(option: Argument) -> inspect.Parameter:
    return inspect.Parameter(
        option.keyword,
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if option.required else None,
        annotation=str if _is_chosen(option) else _ANNOTATIONS[option.type],
    )


def _is_chosen(option: Argument) -> bool:
    return bool(option.choices) and option.type is not bool


def _is_open(option: Argument) -> bool:
    return option.param.suggest is not None and option.type is str


def _choices(option: Argument) -> Choices:
    return [app_commands.Choice(name=one, value=one) for one in option.choices]


def _completion(
    command: Command, option: Argument, suggest: Suggest
) -> Callable[[Asked, str], Coroutine[Any, Any, Choices]]:
    async def completed(interaction: Asked, typed: str) -> Choices:
        return entries(await suggest(interaction, command.name, option.name, typed))

    return completed
