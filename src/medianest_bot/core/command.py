"""How a function becomes something people can ask, in every chat.

The signature is the form: it makes the parser, the help, the slash command and
the autocomplete. Nothing registers at import; `find` collects what a package has.

    @command("Search for a film or a show", role=Role.GUEST)
    async def search(
        ctx: Context,
        title: Annotated[str, Param("its name", rest=True)],
        where: Annotated[Where, Param("where to look")] = Where.ALL,
    ) -> Reply: ...
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import ModuleType
from typing import Any

from rapidfuzz import fuzz, process

from medianest_bot.core import line as lines
from medianest_bot.core._arguments import Argument, Param, Run, Suggest, arguments_of
from medianest_bot.core.roles import ADMIN_PLACES, PlaceKind, Role
from medianest_bot.core.words import Sorry, _, marked

__all__ = [
    "Argument",
    "Command",
    "Commands",
    "Param",
    "Run",
    "Suggest",
    "Where",
    "command",
    "find",
]

NEEDS = marked("Please write {help} behind “{command}”. For example: /{example}")
TOO_MANY = marked("“{command}” does not know what to do with “{given}”.")
UNKNOWN = marked(
    "There is no command “{word}”. To look for a title, type: /search {word}. "
    "/help shows everything else."
)
UNKNOWN_NEAR = marked("There is no command “{word}”. Did you mean {near}?")


class Where(StrEnum):
    """Where a command may be used, and who sees its answer."""

    ANYWHERE = "anywhere"
    """In a household place; the answer is an ordinary message."""
    QUIETLY = "quietly"
    """In a household place; the answer is for the asker only where that works."""
    PRIVATE = "private"
    """In a direct message; elsewhere only where answers can be hidden."""
    ADMINS = "admins"
    """In an admin place or an admin's direct messages."""


@dataclass(frozen=True, slots=True)
class Command:
    """Something people can ask. `name` is one word, or two for a group."""

    name: str
    help: str
    run: Run
    role: Role
    where: Where
    arguments: tuple[Argument, ...]
    draws: bool = False
    """True for a line that redraws a card: read-only, free, asks no neighbour."""
    hidden: bool = False
    """True where only buttons and cards use it, so that help leaves it out."""
    notes: str = ""
    """A sentence or two more for `help NAME`."""
    reads: bool = False
    """True where running it changes nothing, so that it may run beside others."""
    open: bool = False
    """True where it lets people in: strangers may ask it in private, too."""
    unlisted: bool = False
    """True where one person types it once: no list of what can be asked shows it."""

    @property
    def is_secret(self) -> bool:
        """True where what stands behind the name is nobody else's business."""
        return any(argument.param.secret for argument in self.arguments)

    def is_for(self, role: Role, place: PlaceKind) -> bool:
        """True where somebody who counts as `role` there may ask this."""
        is_here = self.where is not Where.ADMINS or place in ADMIN_PLACES
        return role.covers(self.role) and is_here

    def usage(self) -> str:
        """The form in one line: `download url [as:video|audio]`."""
        return " ".join((self.name, *(_usage(argument) for argument in self.arguments)))

    def brief(self) -> str:
        """The name and what it cannot do without: `download URL`."""
        needs = (one.name.upper() for one in self.arguments if one.required)
        return " ".join((self.name, *needs))

    def example(self) -> str:
        """A line that works, from the examples of its required arguments."""
        shown = (
            argument.param.example for argument in self.arguments if argument.required
        )
        return " ".join((self.name, *shown))

    def parse(self, text: str) -> dict[str, Any]:
        """Arguments from the text after the name. Raises Sorry, saying what is off."""
        names = frozenset(argument.name for argument in self.arguments)
        text, given = lines.options(text, names)
        given |= self._positional(text, given)
        missing = [a for a in self.arguments if a.required and a.name not in given]
        if missing:
            raise Sorry(
                NEEDS,
                command=self.name,
                help=_(missing[0].param.help),
                example=self.example(),
            )
        found = ((self._argument(name), text) for name, text in given.items())
        return {argument.keyword: argument.parse(text) for argument, text in found}

    def _argument(self, name: str) -> Argument:
        return next(a for a in self.arguments if a.name == name)

    def _positional(self, text: str, given: Mapping[str, str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for argument in self.arguments:
            if not text:
                break
            if argument.name in given:
                continue
            if argument.param.rest:
                found[argument.name] = lines.unquoted(text)
                return found
            word = lines.first_word(text)
            found[argument.name] = word.text
            text = word.rest
        if text:
            raise Sorry(TOO_MANY, command=self.name, given=text[:60])
        return found


@dataclass(frozen=True)
class Commands:
    """Every command there is, by name."""

    by_name: Mapping[str, Command] = field(default_factory=dict)

    def __iter__(self) -> Any:
        return iter(self.by_name.values())

    def split(self, text: str) -> tuple[Command, str]:
        """The command a cleaned line names, and the rest of the line.

        Raises Sorry, suggesting the nearest name, where there is none.
        """
        words = text.removeprefix("/").split(" ")
        name = self._name(words)
        if name is None:
            raise self._unknown(" ".join(words[:2]), words[0])
        return self.by_name[name], " ".join(words[len(name.split(" ")) :])

    def named(self, text: str) -> Command | None:
        """The command a line names, as far as the line itself shows (no `~key`)."""
        name = self._name(text[: lines.LONGEST].removeprefix("/").split())
        return self.by_name[name] if name is not None else None

    def knows(self, text: str) -> bool:
        """True where a line begins with the name of a command."""
        return self.named(text) is not None

    def fits(self, text: str) -> bool:
        """True where plain words are surely a command: its name, or all it needs.

        "Library Wars" is a title, though `library` is a command.
        """
        found = self.named(text)
        if found is None or found.hidden:
            return False
        _found, rest = self.split(text)
        try:
            found.parse(rest)
        except Sorry:
            return not rest
        return True

    def visible(
        self, role: Role, place: PlaceKind = PlaceKind.PRIVATE
    ) -> tuple[Command, ...]:
        """What somebody of this role may ask there, as lists show it."""
        listed = (c for c in self if not c.hidden and not c.unlisted)
        return tuple(c for c in listed if c.is_for(role, place))

    def _name(self, words: Sequence[str]) -> str | None:
        """Two words before one; the first word of a group is a command only alone."""
        two, one = (" ".join(words[:count]).casefold() for count in (2, 1))
        if two in self.by_name:
            return two
        is_alone = two == one or not self._is_group(one)
        return one if one in self.by_name and is_alone else None

    def _is_group(self, word: str) -> bool:
        return any(name.startswith(f"{word} ") for name in self.by_name)

    def _unknown(self, two: str, one: str) -> Sorry:
        names = [command.name for command in self if not command.hidden]
        said = (two.casefold(), one.casefold())
        found = [process.extractOne(s, names, scorer=fuzz.WRatio) for s in said]
        near = max((one for one in found if one), key=lambda one: one[1], default=None)
        word = (two if self._is_group(one.casefold()) else one)[:40]
        if near and near[1] >= 70:
            return Sorry(UNKNOWN_NEAR, word=word, near=near[0])
        return Sorry(UNKNOWN, word=word)


def command(
    help: str,  # noqa: A002 - reads as it is meant where it is used
    *,
    role: Role = Role.MEMBER,
    where: Where = Where.ANYWHERE,
    draws: bool = False,
    reads: bool = False,
    hidden: bool = False,
    notes: str = "",
    open: bool = False,  # noqa: A002 - as `help`
    unlisted: bool = False,
) -> Callable[[Run], Command]:
    """Make a command of a function; its name, underscores as spaces, is the name."""

    def made(run: Run) -> Command:
        return Command(
            name=run.__name__.rstrip("_").replace("_", " "),
            help=help,
            run=run,
            role=role,
            where=where,
            arguments=arguments_of(run),
            draws=draws,
            hidden=hidden,
            notes=notes,
            reads=reads or draws,
            open=open,
            unlisted=unlisted,
        )

    return made


def find(package: ModuleType) -> Commands:
    """Every command in the modules of `package`. Raises ValueError on a double name."""
    found: dict[str, Command] = {}
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        for thing in vars(importlib.import_module(module.name)).values():
            if not isinstance(thing, Command) or found.get(thing.name) is thing:
                continue
            if thing.name in found:
                raise ValueError(f"two commands are called “{thing.name}”")
            found[thing.name] = thing
    return Commands(dict(sorted(found.items())))


def _usage(argument: Argument) -> str:
    shown = argument.name.upper()
    if argument.required:
        return shown
    return f"[{argument.name}:{'|'.join(argument.choices) or shown}]"
