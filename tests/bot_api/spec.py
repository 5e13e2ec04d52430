"""Whether what goes over the wire is as the Bot API's description has it."""

from __future__ import annotations

import html
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from tests.bot_api.markup import units
from tests.bot_api.refused import Raw

SPEC = Path(__file__).parents[2].parent / "shared" / "specs" / "telegram-bot-api.json"
"""Not part of the project: where it is absent nothing is checked."""

PLAIN: dict[str, type | tuple[type, ...]] = {
    "Integer": int,
    "Float": (int, float),
    "String": str,
    "Boolean": bool,
}
_LENGTH = re.compile(r"(\d+)\s?-\s?(\d+) (characters|bytes)")
_COUNT = re.compile(
    r"(\d+)-(\d+) (?:identifiers|items|answer|initial|emoji|search|two)"
)
_RANGE = re.compile(r"(?:Values between |[;,] )(\d+)-(\d+)(?: are accepted)?(?:\.|$)")
_ONE_OF = re.compile(
    r'(?:must|can) be one of ((?:["“][^"”]+["”](?: \([^)]*\))?(?:,? or |, )?)+)',
    re.IGNORECASE,
)
_CONSTANT = re.compile(r'(?:must be|always) ["“]?([a-z0-9_]+)["”]?$')


@cache
def description() -> Raw:
    """Empty where there is none."""
    if not SPEC.is_file():
        return {}
    found: Raw = json.loads(SPEC.read_text("utf-8"))
    return found


def check_call(
    method: str, params: Raw, files: set[str], *, is_form: bool
) -> list[str]:
    """What is wrong with one call, in words; nothing where all is well."""
    spec = description()
    if not spec:
        return []
    if method not in spec["methods"]:
        return [f"{method}: no such method"]
    fields = {one["name"]: one for one in spec["methods"][method].get("fields", [])}
    given = set(params) | (files & set(fields))
    wrong = [
        f"{method}.{name}: required, not there"
        for name, one in fields.items()
        if one["required"] and name not in given
    ]
    wrong += [f"{method}.{name}: unknown" for name in sorted(set(params) - set(fields))]
    for name, value in params.items():
        if name in fields:
            native = _native(value, fields[name]["types"]) if is_form else value
            wrong += _check_field(f"{method}.{name}", native, fields[name], params)
    return wrong


def check_result(method: str, value: Any) -> list[str]:
    """What is wrong with an answer of ours."""
    if not description():
        return []
    kinds = description()["methods"][method]["returns"]
    return min((_check_type(method, value, kind) for kind in kinds), key=len)


def check_value(where: str, value: Any, kind: str) -> list[str]:
    """What is wrong with a value that should be of the type `kind`."""
    if not description():
        return []
    return _check_type(where, value, kind)


def _native(value: Any, kinds: list[str]) -> Any:
    """A form has only texts: what a text means depends on what is wanted."""
    if not isinstance(value, str) or kinds == ["String"]:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _check_field(where: str, value: Any, field: Raw, beside: Raw) -> list[str]:
    tries = [_check_type(where, value, kind) for kind in field["types"]]
    wrong = min(tries, key=len)
    return wrong or _check_words(where, value, field["description"], beside)


def _check_type(where: str, value: Any, kind: str) -> list[str]:
    if kind.startswith("Array of "):
        if not isinstance(value, list):
            return [f"{where}: no list"]
        inner = kind.removeprefix("Array of ")
        found = [
            _check_type(f"{where}[{at}]", one, inner) for at, one in enumerate(value)
        ]
        return [wrong for some in found for wrong in some]
    if kind in PLAIN:
        is_right = isinstance(value, PLAIN[kind])
        is_right &= kind == "Boolean" or not isinstance(value, bool)
        return [] if is_right else [f"{where}: {value!r:.60} is no {kind}"]
    if kind == "InputFile":
        return [f"{where}: no file"]
    return _check_object(where, value, kind)


def _check_object(where: str, value: Any, kind: str) -> list[str]:
    told = description()["types"].get(kind, {})
    if kind == "RichText" and isinstance(value, str):
        return []
    if subtypes := told.get("subtypes"):
        likely = [one for one in subtypes if _says_so(value, one)] or subtypes
        return min((_check_type(where, value, one) for one in likely), key=len)
    if not isinstance(value, dict):
        return [f"{where}: no {kind}"]
    fields = {one["name"]: one for one in told.get("fields", [])}
    wrong = [
        f"{where}.{name}: required, not there"
        for name, one in fields.items()
        if one["required"] and name not in value
    ]
    unknown = sorted(set(value) - set(fields))
    wrong += [f"{where}.{name}: unknown in {kind}" for name in unknown]
    for name, one in value.items():
        if name in fields:
            wrong += _check_field(f"{where}.{name}", one, fields[name], value)
    return wrong


def _says_so(value: Any, kind: str) -> bool:
    """True where a value names itself to be of this subtype."""
    if not isinstance(value, dict):
        return False
    named = _constants(kind)
    return bool(named) and all(value.get(key) == one for key, one in named.items())


@cache
def _constants(kind: str) -> Raw:
    """The fields whose value tells a type from its siblings."""
    fields = description()["types"].get(kind, {}).get("fields", [])
    found = [(one["name"], _CONSTANT.search(one["description"])) for one in fields]
    return {name: one[1] for name, one in found if one is not None}


def _check_words(where: str, value: Any, words: str, beside: Raw) -> list[str]:
    """The limits that the description states in words."""
    if isinstance(value, str):
        return _check_text(where, value, words, beside)
    if isinstance(value, list) and (found := _COUNT.search(words)):
        least, most = int(found[1]), int(found[2])
        if not least <= len(value) <= most:
            return [f"{where}: {len(value)} of them, not {least}-{most}"]
    if isinstance(value, int) and (found := _RANGE.search(words)):
        least, most = int(found[1]), int(found[2])
        if not least <= value <= most:
            return [f"{where}: {value}, not {least}-{most}"]
    return []


def _check_text(where: str, value: str, words: str, beside: Raw) -> list[str]:
    if constant := _CONSTANT.search(words):
        return [] if value == constant[1] else [f"{where}: not {constant[1]!r}"]
    if one_of := _ONE_OF.search(words):
        names = re.findall(r'["“]([^"”]+)["”]', one_of[1])
        if value not in names:
            return [f"{where}: {value!r} is none of {names}"]
    found = _LENGTH.search(words)
    if found is None:
        return []
    if "entit" in words and "parsing" in words and beside.get("parse_mode"):
        value = html.unescape(re.sub(r"<[^>]*>", "", value))
    length = len(value.encode()) if found[3] == "bytes" else units(value)
    least, most = int(found[1]), int(found[2])
    if least <= length <= most:
        return []
    return [f"{where}: {length} {found[3]}, not {least}-{most}"]
