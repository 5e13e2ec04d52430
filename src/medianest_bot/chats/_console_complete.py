"""Completes what is being typed: commands, their options, and suggested values."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Container, Iterable, Iterator
from dataclasses import dataclass

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from medianest_bot.chats._console_text import cut, printable
from medianest_bot.chats.door import Door
from medianest_bot.core import line as lines
from medianest_bot.core.command import Argument, Command
from medianest_bot.core.dispatch import SUGGEST_S
from medianest_bot.core.reply import Suggestion

_LABEL = 60
_LONGEST = 300
"""Characters typed; nothing longer is completed."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the cursor is in a line: which values could stand there."""

    command: Command
    argument: Argument | None
    typed: str
    """What there is of the value so far."""
    word: str
    """The last word, which an option could complete."""
    left: tuple[Argument, ...]
    """Arguments that could still be given by name."""
    is_named: bool = False


class LineCompleter(Completer):
    """Asks the house for suggestions while somebody types; late ones are dropped."""

    def __init__(self, door: Door, place: str) -> None:
        self._door = door
        self._place = place

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterable[Completion]:
        """Nothing: the prompt asks asynchronously."""
        del document, complete_event
        return ()

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        del complete_event
        for completion in await self._found(document.text_before_cursor):
            yield completion

    async def _found(self, text: str) -> list[Completion]:
        if len(text) > _LONGEST:
            return []
        try:
            async with asyncio.timeout(SUGGEST_S):
                return await self._complete(text.lstrip())
        except TimeoutError:
            return []

    async def _complete(self, text: str) -> list[Completion]:
        commands = await self._door.dispatch.visible(self._door.asked(self._place))
        found = list(complete_name(text, commands))
        spot = find_spot(text, commands)
        if spot is None:
            return found
        return [*found, *await self._values(spot), *complete_options(spot)]

    async def _values(self, spot: Spot) -> list[Completion]:
        argument = spot.argument
        if argument is None:
            return []
        if argument.choices:
            return list(_chosen(argument, spot.typed))
        if argument.param.suggest is None:
            return []
        suggestions = await self._door.dispatch.suggest(
            spot.command.name,
            argument.name,
            spot.typed,
            self._door.asked(self._place),
        )
        return [_suggested(one, spot) for one in suggestions]


def complete_name(text: str, commands: Iterable[Command]) -> Iterator[Completion]:
    """Commands whose name starts with what is typed."""
    typed = text.removeprefix("/")
    for command in commands:
        if command.name.startswith(typed.casefold()) and command.name != typed:
            yield Completion(
                command.name, -len(typed), display_meta=printable(command.help)
            )


def complete_options(spot: Spot) -> Iterator[Completion]:
    """`name:value` for what may still be given by name."""
    if spot.is_named:
        return
    for argument in spot.left:
        values = argument.choices or ("",)
        for option in (f"{argument.name}:{value}" for value in values):
            if option.startswith(spot.word) and option != spot.word:
                meta = printable(argument.param.help)
                yield Completion(option, -len(spot.word), display_meta=meta)


def find_spot(text: str, commands: Iterable[Command]) -> Spot | None:
    """What the cursor at the end of `text` is at; None while a name is typed."""
    typed = text.removeprefix("/")
    named = [c for c in commands if typed.casefold().startswith(f"{c.name} ")]
    if not named:
        return None
    command = max(named, key=lambda one: len(one.name))
    rest = typed[len(command.name) + 1 :].lstrip()
    return _spot(command, rest)


def _spot(command: Command, rest: str) -> Spot:
    before, _space, word = rest.rpartition(" ")
    arguments = {argument.name: argument for argument in command.arguments}
    words, given = lines.options(before.strip(), frozenset(arguments))
    left = tuple(_left(command, words, given))
    name, colon, value = word.partition(":")
    if colon and name in arguments and name not in given:
        return Spot(command, arguments[name], value, word, left, is_named=True)
    if given:
        # Options come last, so only more of them may follow.
        return Spot(command, None, word, word, left)
    argument, typed = _positional(command, rest)
    left = tuple(one for one in left if one is not argument)
    return Spot(command, argument, typed, word, left)


def _left(command: Command, words: str, given: Container[str]) -> Iterator[Argument]:
    """Optional arguments that neither a name nor a position has filled yet."""
    for argument in command.arguments:
        if argument.name in given:
            continue
        if words:
            words = "" if argument.param.rest else lines.first_word(words).rest
        elif not argument.required:
            yield argument


def _positional(command: Command, text: str) -> tuple[Argument | None, str]:
    """The argument the cursor is in by its position, and what there is of it."""
    for argument in command.arguments:
        after = lines.first_word(text).rest
        is_last_word = not after and not text.endswith(" ")
        if argument.param.rest or is_last_word:
            return argument, text
        text = after
    return None, ""


def _chosen(argument: Argument, typed: str) -> Iterator[Completion]:
    for value in argument.choices:
        if value.startswith(typed.casefold()) and value != typed:
            meta = printable(argument.param.help)
            yield Completion(value, -len(typed), display_meta=meta)


def _suggested(suggestion: Suggestion, spot: Spot) -> Completion:
    """A suggestion as what to type: quoted where it is one word among others."""
    is_rest = spot.argument is not None and spot.argument.param.rest
    value = suggestion.value
    text = printable(value) if is_rest else lines.quoted(value)
    label = cut(printable(suggestion.label), _LABEL)
    return Completion(text, -len(spot.typed), display=label)
