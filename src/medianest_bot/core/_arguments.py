"""The arguments of a command, read from the signature of its function."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from medianest_bot.core.reply import Reply, Suggestion
from medianest_bot.core.words import Sorry, marked

Run = Callable[..., Awaitable[Reply]]
Suggest = Callable[[Any, str], Awaitable[tuple[Suggestion, ...]]]
"""Takes a Context and what was typed so far. Not named: context knows commands."""

NO_SUCH_VALUE = marked("{name} can be {choices}, not “{given}”.")
NOT_A_NUMBER = marked("{name} must be a whole number, not “{given}”.")

_NUMBERS = 2**31


@dataclass(frozen=True, slots=True)
class Param:
    """What a chat shows of one argument.

    `rest` takes the rest of the line. What is `secret` opens something, like a code:
    no record of what went wrong shows it.
    """

    help: str
    suggest: Suggest | None = None
    rest: bool = False
    example: str = ""
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument, as read from the signature."""

    name: str
    keyword: str
    """The parameter's own name: `as_` for what people write as `as`."""
    param: Param
    type: type
    required: bool
    default: Any

    @property
    def choices(self) -> tuple[str, ...]:
        if issubclass(self.type, Enum):
            return tuple(str(member.value) for member in self.type)
        return ("yes", "no") if self.type is bool else ()

    def parse(self, text: str) -> Any:
        """`text` as this argument's type. Raises Sorry where it is none."""
        if self.choices:
            return self._chosen(text)
        if self.type is int:
            return self._number(text)
        return text

    def _chosen(self, text: str) -> Any:
        given = text.casefold()
        if given not in self.choices:
            raise Sorry(
                NO_SUCH_VALUE,
                name=self.name,
                choices=", ".join(self.choices),
                given=text,
            )
        return given == "yes" if self.type is bool else self.type(given)

    def _number(self, text: str) -> int:
        digits = text.removeprefix("#").removeprefix("-")
        is_number = digits.isascii() and digits.isdigit() and len(digits) < 11
        if not is_number or int(digits) >= _NUMBERS:
            raise Sorry(NOT_A_NUMBER, name=self.name, given=text)
        return int(text.removeprefix("#"))


def arguments_of(run: Run) -> tuple[Argument, ...]:
    """What a command's function takes beside its context."""
    hints = get_type_hints(run, include_extras=True)
    signature = inspect.signature(run)
    return tuple(
        _read(name, hints[name], parameter.default)
        for name, parameter in list(signature.parameters.items())[1:]
    )


def _read(name: str, hint: Any, default: Any) -> Argument:
    if get_origin(hint) is not Annotated:
        raise TypeError(f"{name} needs Annotated[…, Param(…)]")
    kind, param = get_args(hint)
    if get_origin(kind) in (Union, UnionType):
        kind = next(part for part in get_args(kind) if part is not type(None))
    return Argument(
        name=name.rstrip("_"),
        keyword=name,
        param=param,
        type=kind,
        required=default is inspect.Parameter.empty,
        default=None if default is inspect.Parameter.empty else default,
    )
