"""Whether what goes over the wire is as Discord's own description has it."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from tests.discord_api.calls import Call
from tests.discord_api.paths import PATHS
from tests.discord_api.refused import Raw

SPEC = Path(__file__).parents[2].parent / "shared" / "specs" / "discord-openapi.json"
"""Not part of the project: where it is absent nothing is checked."""

_HOME = "urn:discord"


@cache
def description() -> Raw:
    """Empty where there is none."""
    if not SPEC.is_file():
        return {}
    found: Raw = json.loads(SPEC.read_text("utf-8"))
    return found


@cache
def _registry() -> Registry[Any]:
    resource = Resource.from_contents(description(), default_specification=DRAFT202012)
    empty: Registry[Any] = Registry()
    held: Registry[Any] = empty.with_resource(_HOME, resource)
    return held


@cache
def _validator(pointer: str) -> Any:
    schema = {"$ref": f"{_HOME}#{pointer}"}
    return Draft202012Validator(schema, registry=_registry())


def check_call(call: Call) -> list[str]:
    """What is wrong with one call, in words; nothing where all is well."""
    told = _told(call.operation)
    if told is None:
        return []
    at, operation = told
    wrong = _check_query(call, operation)
    bodies = operation.get("requestBody", {}).get("content", {})
    if "application/json" in bodies and call.method != "GET":
        pointer = f"{at}/requestBody/content/application~1json/schema"
        wrong += _check(call.operation, _allowed(call), pointer)
    elif call.body:
        wrong.append(f"{call.operation}: takes no body")
    return wrong


def check_answer(call: Call) -> list[str]:
    """What is wrong with an answer of ours."""
    told = _told(call.operation)
    if told is None or call.status != 200:
        return []
    at, operation = told
    if "content" not in operation["responses"].get("200", {}):
        return [f"{call.operation}: no answer wanted"]
    pointer = f"{at}/responses/200/content/application~1json/schema"
    return _check(f"{call.operation} answer", call.answer, pointer)


def _told(operation: str) -> tuple[str, Raw] | None:
    method, path = PATHS[operation]
    told = description().get("paths", {}).get(path, {}).get(method.lower())
    if told is None:
        return None
    escaped = path.replace("~", "~0").replace("/", "~1")
    return f"/paths/{escaped}/{method.lower()}", told


def _check(where: str, value: Any, pointer: str) -> list[str]:
    found = best_match(_validator(pointer).iter_errors(value))
    if found is None:
        return []
    found = _deepest(found)
    path = "".join(f"[{one!r}]" for one in found.absolute_path)
    return [f"{where}{path}: {found.message:.300}"]


def _deepest(error: Any) -> Any:
    """Of several kinds a value may be, what is wrong with the one it says it is."""
    while error.context:
        kinds: dict[Any, list[Any]] = {}
        for one in error.context:
            kinds.setdefault(one.schema_path[0], []).append(one)
        meant = [some for some in kinds.values() if not any(map(_is_other, some))]
        if not meant:
            return error
        error = min(meant, key=len)[0]
    return error


def _is_other(error: Any) -> bool:
    if error.validator == "type" and "null" in str(error.validator_value):
        return not error.path
    return list(error.path) == ["type"] and error.validator in ("enum", "const")


def _check_query(call: Call, operation: Raw) -> list[str]:
    known = {
        one["name"]: one["schema"]
        for one in operation.get("parameters", [])
        if one.get("in") == "query"
    }
    wrong = [
        f"{call.operation}?{name}: unknown" for name in set(call.query) - set(known)
    ]
    for name, value in call.query.items():
        kind = known.get(name, {}).get("type")
        # discord.py sends booleans as 1 and 0, which Discord takes.
        if kind == "boolean" and value not in ("0", "1", "true", "false"):
            wrong.append(f"{call.operation}?{name}: {value!r} is no boolean")
        if kind == "integer" and not value.isdigit():
            wrong.append(f"{call.operation}?{name}: {value!r} is no number")
    return wrong


def _allowed(call: Call) -> Any:
    """The body without discord.py's known harmless ways: numbers as numbers."""
    body = copy.deepcopy(call.body)
    if not isinstance(body, dict):
        return body
    data = body.get("data")
    inner = data if isinstance(data, dict) else body
    for one in inner.get("attachments") or []:
        one["id"] = str(one["id"])
    if "recipient_id" in body:
        body["recipient_id"] = str(body["recipient_id"])
    about = body.get("message_reference") or {}
    for key in about.keys() & {"message_id", "channel_id", "guild_id"}:
        about[key] = str(about[key])
    return body
