"""Reads every sentence in the code: constant text, and all its blanks filled in."""

from __future__ import annotations

import ast
import importlib
import itertools
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from medianest_bot.core.roles import Role

ROOT = Path(__file__).parent.parent
SRC = ROOT / "src"
ROOMS = ("core", "commands", "chats")
WORDING = {"_": 1, "n_": 2, "marked": 1, "Sorry": 1}
"""What words a sentence, and how many texts it takes."""

PASSES_ON = {"core/words.py", "core/command.py"}
"""Where sentences that stand elsewhere are worded: nothing to read here."""


@dataclass(frozen=True, slots=True)
class Said:
    """One call that words something."""

    path: Path
    node: ast.Call
    how: str
    stills: frozenset[str]
    """Names in its file that only ever stand for constant text."""

    @property
    def where(self) -> str:
        return f"{self.path.relative_to(SRC / 'medianest_bot')}:{self.node.lineno}"

    @property
    def texts(self) -> list[ast.expr]:
        return self.node.args[: WORDING[self.how]]

    @property
    def given(self) -> set[str] | None:
        """What fills the blanks; None where that is only known at run time."""
        names = {keyword.arg for keyword in self.node.keywords}
        given = {name for name in names if name is not None}
        return None if None in names else given | ({"count"} & {self.count})

    @property
    def count(self) -> str:
        return "count" if self.how == "n_" else ""


def said() -> list[Said]:
    found = []
    for path in spoken():
        nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
        stills = still_names(nodes)
        calls = (node for node in nodes if isinstance(node, ast.Call))
        found += [
            Said(path, call, call.func.id, stills)
            for call in calls
            if isinstance(call.func, ast.Name) and call.func.id in WORDING
        ]
    return found


def spoken() -> list[Path]:
    """Every file whose words reach a person: those of the rooms, those of the pages."""
    ours = SRC / "medianest_bot"
    in_rooms = [path for room in ROOMS for path in (ours / room).rglob("*.py")]
    return sorted([*in_rooms, *ours.glob("_web_*.py")])


def still_names(nodes: list[ast.AST]) -> frozenset[str]:
    """Local names that are given constant text wherever they are given any."""
    given: dict[str, list[bool]] = {}
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            given.setdefault(node.targets[0].id, []).append(is_still(node.value))
    return frozenset(name for name, still in given.items() if all(still))


def sentences(one: Said) -> Iterator[str]:
    """The texts behind a call, as far as they stand still in its module."""
    for text in itertools.chain.from_iterable(map(halves, one.texts)):
        if isinstance(text, ast.Constant):
            yield str(text.value)
            continue
        value = evaluated(table_of(text), module(one.path))
        yield from value.values() if isinstance(value, Mapping) else (value,)


def table_of(text: ast.expr) -> ast.expr:
    """`TABLE` of `TABLE[key]` and `TABLE.get(key)`; anything else is itself."""
    match text:
        case ast.Subscript(value=table):
            return table
        case ast.Call(func=ast.Attribute(value=table)):
            return table
    return text


def halves(text: ast.expr) -> tuple[ast.expr, ...]:
    return (text.body, text.orelse) if isinstance(text, ast.IfExp) else (text,)


def evaluated(expression: ast.expr, inside: ModuleType) -> Any:
    code = compile(ast.Expression(expression), "<sentence>", "eval")
    return eval(code, vars(inside))


def module(path: Path) -> ModuleType:
    name = path.relative_to(SRC).with_suffix("").as_posix().replace("/", ".")
    return importlib.import_module(name)


def is_still(text: ast.expr) -> bool:
    """True for a constant, a name in capitals, one of two such, an entry of a table."""
    match text:
        case ast.Constant(value=value):
            return isinstance(value, str)
        case ast.Subscript(value=table):
            return is_still(table)
        case ast.IfExp(body=one, orelse=other):
            return is_still(one) and is_still(other)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.isupper()
        case ast.Call(func=ast.Attribute(attr="get", value=table)):
            return is_still(table)
    return False


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


SAID = said()


def test_there_are_sentences_to_read() -> None:
    assert {one.how for one in SAID} == set(WORDING)


def test_what_is_marked_stands_there_in_full() -> None:
    built = [
        one.where
        for one in SAID
        if one.how == "marked" and not isinstance(one.texts[0], ast.Constant)
    ]
    assert built == []


def test_no_sentence_is_put_together_on_the_spot() -> None:
    """An f-string has no entry in any catalogue."""
    built = [
        f"{one.where} {ast.unparse(text)[:60]}"
        for one in SAID
        if one.path.relative_to(SRC / "medianest_bot").as_posix() not in PASSES_ON
        for text in one.texts
        if not is_still(text) and not is_carried(one, text)
    ]
    assert built == []


def is_carried(one: Said, text: ast.expr) -> bool:
    """True where marked text comes along in something else."""
    match text:
        case ast.Name(id=name):
            return name in one.stills
        case ast.Attribute(value=ast.Name(id="role") | ast.Attribute(attr="role")):
            return text.attr == "value"
        case ast.Attribute(attr=name):
            return name in CARRIED
        case ast.Call(func=ast.Attribute(attr="get"), args=[_, _]):
            return True
    return False


CARRIED = {"help", "notes", "refusal", "text", "then", "title"}


def test_the_words_for_roles_are_marked() -> None:
    marked = {
        text.value
        for one in SAID
        if one.how == "marked"
        for text in one.texts
        if isinstance(text, ast.Constant)
    }
    assert set(Role) - marked == set()


def test_every_blank_is_filled_in_and_nothing_is_given_in_vain() -> None:
    wrong = [
        f"{one.where} “{text}” was given {sorted(given)}"
        for one in SAID
        if one.how != "marked" and (given := one.given) is not None
        if all(is_still(text) for text in one.texts)
        for text in sentences(one)
        if blanks(text) - given or (one.how != "n_" and given - blanks(text))
    ]
    assert wrong == []


@pytest.mark.parametrize("sign", ["!", "..."])
def test_no_sentence_shouts_or_trails_off(sign: str) -> None:
    loud = [
        f"{one.where} {text}"
        for one in SAID
        if all(isinstance(text, ast.Constant) for text in one.texts)
        for text in sentences(one)
        if sign in text
    ]
    assert loud == []
