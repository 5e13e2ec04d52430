"""Slash commands: what may be synced, and what a person makes of them."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from tests.discord_api.refused import Raw, Wrong
from tests.discord_api.world import World

Path = tuple[str | int, ...]
NAME = re.compile(r"[-_'\w]{1,32}")
SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE = range(1, 9)
MENTIONABLE, NUMBER, ATTACHMENT = 9, 10, 11
LOCALES = re.compile(
    "ar|bg|cs|da|de|el|en-GB|en-US|es-419|es-ES|fi|fr|he|hi|hr|hu|id|it|ja|ko|lt|nl|"
    "no|pl|pt-BR|ro|ru|sv-SE|th|tr|uk|vi|zh-CN|zh-TW"
)


def checked(world: World, commands: Any) -> list[Raw]:
    """The commands as Discord keeps them; the same name keeps its number."""
    wrong = Wrong()
    if not isinstance(commands, list):
        wrong.add((), "LIST_TYPE_CONVERT", "Only iterables may be used")
        wrong.done()
    kinds = Counter(one.get("type") or 1 for one in commands)
    for kind, most in ((1, 100), (2, 15), (3, 15)):
        if kinds[kind] > most:
            words = f"Maximum number of application commands reached ({most})."
            wrong.add((), "APPLICATION_COMMANDS_MAX", words)
    names = Counter((one.get("type") or 1, one.get("name")) for one in commands)
    for at, one in enumerate(commands):
        if names[(one.get("type") or 1, one.get("name"))] > 1:
            words = "Application command names must be unique"
            path: Path = (at, "name")
            wrong.add(path, "APPLICATION_COMMANDS_DUPLICATE_NAME", words)
        _check_one(one, (at,), wrong)
        if _size(one) > 8000:
            words = "Command exceeds maximum size (8000)"
            wrong.add((at,), "APPLICATION_COMMAND_TOO_LARGE", words)
    wrong.done()
    return [_kept(world, one) for one in commands]


def _kept(world: World, command: Raw) -> Raw:
    kind = command.get("type") or 1
    same = [
        one
        for one in world.commands
        if (one["type"], one["name"]) == (kind, command["name"])
    ]
    number = same[0]["id"] if same else str(world.new_id())
    usual: Raw = {
        "description": "",
        "default_member_permissions": None,
        "nsfw": False,
        "contexts": None,
        "integration_types": [0],
        "name_localizations": None,
        "description_localizations": None,
        "dm_permission": True,
    }
    told = {key: value for key, value in command.items() if value is not None}
    if "default_member_permissions" in told:
        held = str(told["default_member_permissions"])
        told["default_member_permissions"] = held
    mine = {"id": number, "application_id": str(world.me.id), "type": kind}
    return usual | told | mine | {"version": str(world.new_id())}


def _check_one(one: Raw, path: Path, wrong: Wrong) -> None:
    if (one.get("type") or 1) != 1:
        wrong.length((*path, "name"), one.get("name") or "", 1, 32)
        return
    _check_words(one, path, wrong)
    _check_options(one.get("options") or [], path, wrong, depth=0)
    for key, allowed in (("contexts", (0, 1, 2)), ("integration_types", (0, 1))):
        for value in one.get(key) or []:
            if value not in allowed:
                wrong.add((*path, key), "BASE_TYPE_CHOICES", "Not one of them")


def _check_words(one: Raw, path: Path, wrong: Wrong) -> None:
    name = one.get("name") or ""
    _check_name(name, (*path, "name"), wrong)
    wrong.length((*path, "description"), one.get("description") or "", 1, 100)
    for key in ("name_localizations", "description_localizations"):
        for locale, words in (one.get(key) or {}).items():
            here = (*path, key, locale)
            if not LOCALES.fullmatch(locale):
                wrong.add(here, "BASE_TYPE_CHOICES", "No such locale")
            if key == "name_localizations":
                _check_name(words, here, wrong)
            wrong.length(here, words, 1, 100)


def _check_name(name: str, path: Path, wrong: Wrong) -> None:
    if not NAME.fullmatch(name) or name != name.lower():
        words = "String value did not match validation regex."
        wrong.add(path, "STRING_TYPE_REGEX", words)


def _check_options(options: list[Raw], path: Path, wrong: Wrong, *, depth: int) -> None:
    wrong.length((*path, "options"), options, 0, 25)
    kinds = {one.get("type") in (SUBCOMMAND, GROUP) for one in options}
    if len(kinds) > 1:
        words = "Sub-commands and options cannot stand side by side."
        wrong.add((*path, "options"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", words)
    names = Counter(one.get("name") for one in options)
    was_optional = False
    for at, one in enumerate(options):
        here = (*path, "options", at)
        if names[one.get("name")] > 1:
            words = "Option names must be unique"
            wrong.add(here, "APPLICATION_COMMAND_OPTIONS_NAME_INVALID", words)
        if one.get("required") and was_optional:
            words = "Required options must be placed before non-required options"
            wrong.add(here, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", words)
        was_optional |= not one.get("required")
        _check_option(one, here, wrong, depth=depth)


def _check_option(one: Raw, path: Path, wrong: Wrong, *, depth: int) -> None:
    _check_words(one, path, wrong)
    kind = one.get("type")
    if kind not in range(1, 12):
        wrong.add((*path, "type"), "BASE_TYPE_CHOICES", "No such type")
    if kind in (SUBCOMMAND, GROUP):
        if depth > (0 if kind == GROUP else 1):
            words = "Groups cannot be nested deeper."
            wrong.add(path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", words)
        inside = one.get("options") or []
        if kind == GROUP and not inside:
            wrong.add((*path, "options"), "BASE_TYPE_REQUIRED", "Required")
        _check_options(inside, path, wrong, depth=depth + 1)
    choices = one.get("choices") or []
    if choices and one.get("autocomplete"):
        words = "Choices and autocomplete exclude each other."
        wrong.add(path, "APPLICATION_COMMAND_AUTOCOMPLETE_WITH_CHOICES", words)
    if one.get("autocomplete") and kind not in (STRING, INTEGER, NUMBER):
        wrong.add(path, "APPLICATION_COMMAND_AUTOCOMPLETE_INVALID", "Not this type")
    wrong.length((*path, "choices"), choices, 0, 25)
    for at, choice in enumerate(choices):
        wrong.length((*path, "choices", at, "name"), choice.get("name") or "", 1, 100)
        wrong.length((*path, "choices", at, "value"), str(choice.get("value")), 1, 100)


def _size(one: Raw) -> int:
    own = len(one.get("name") or "") + len(one.get("description") or "")
    own += sum(len(x["name"]) + len(str(x["value"])) for x in one.get("choices") or [])
    return own + sum(_size(inside) for inside in one.get("options") or [])
