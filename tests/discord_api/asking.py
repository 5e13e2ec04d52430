"""What a person's client sends when it uses the bot."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.discord_api import shapes
from tests.discord_api.commands import (
    CHANNEL,
    GROUP,
    INTEGER,
    NUMBER,
    ROLE,
    SUBCOMMAND,
    USER,
)
from tests.discord_api.components import MENUS, STRING_MENU, walk
from tests.discord_api.refused import Raw
from tests.discord_api.world import Channel, Guild, Message, Person, Role, World


class Impossible(AssertionError):
    """Discord's own client would not let a person do this."""


def payload(
    world: World,
    kind: int,
    person: Person,
    channel: Channel,
    data: Raw,
    owners: dict[str, str],
    message: Message | None = None,
) -> Raw:
    channel_raw = shapes.channel_raw(world, channel)
    said: Raw = {
        "id": str(world.new_id()),
        "application_id": str(world.me.id),
        "type": kind,
        "token": f"aW50ZXJhY3Rpb246{uuid4().hex}",
        "version": 1,
        "data": data,
        "channel_id": str(channel.id),
        "locale": person.locale,
        "app_permissions": str(world.bot_may(channel)),
        "entitlements": [],
        "authorizing_integration_owners": owners,
        "context": channel.context,
        "attachment_size_limit": 10 * 1024 * 1024,
    }
    if channel.guild is None:
        said |= {"user": person.raw, "channel": channel_raw}
    else:
        may = str(channel.guild.permissions(person.id))
        member = shapes.member_raw(channel.guild, person) | {"permissions": may}
        _resolve_members(world, channel.guild, data.get("resolved", {}))
        guild = {"id": str(channel.guild.id), "locale": channel.guild.locale}
        said |= {
            "guild_id": str(channel.guild.id),
            "guild": guild | {"features": []},
            "guild_locale": channel.guild.locale,
            "member": member,
            "channel": channel_raw | {"permissions": may},
        }
    return said if message is None else said | {"message": message.raw}


def _resolve_members(world: World, guild: Guild, resolved: Raw) -> None:
    known = [world.people[int(one)] for one in resolved.get("users", ())]
    members = {}
    for one in known:
        if one.id in guild.members:
            member = shapes.member_raw(guild, one)
            del member["user"]
            may = str(guild.permissions(one.id))
            members[str(one.id)] = member | {"permissions": may}
    if members:
        resolved["members"] = members


def owners_of(
    person: Person, channel: Channel, types: list[int], *, as_user: bool
) -> dict[str, str]:
    """Whose installation of the bot lets this person use it here."""
    found = {}
    if channel.has_bot and 0 in types and not as_user:
        found["0"] = "0" if channel.guild is None else str(channel.guild.id)
    if person.has_installed and 1 in types:
        found["1"] = str(person.id)
    if not found:
        raise Impossible(f"the bot is not installed for {person.name} here")
    return found


def command_named(world: World, name: str) -> Raw:
    for one in world.commands:
        if one["name"] == name:
            return one
    raise Impossible(f"/{name} was never synced")


def may_use(command: Raw, person: Person, channel: Channel) -> None:
    contexts = command["contexts"]
    if contexts is not None and channel.context not in contexts:
        raise Impossible(f"/{command['name']} is not offered in such a place")
    needed = command["default_member_permissions"]
    if channel.guild is None or needed is None:
        return
    may = channel.guild.permissions(person.id)
    if may & int(needed) != int(needed) or (needed == "0" and may != (1 << 53) - 1):
        raise Impossible(f"/{command['name']} is hidden from {person.name}")


def command_data(
    world: World, words: str, options: dict[str, Any], typing: str | None = None
) -> Raw:
    name, *below = words.removeprefix("/").split()
    command = command_named(world, name)
    resolved: Raw = {}
    steps, leaf = [], command
    for word in below:
        inside = leaf.get("options") or []
        found = [one for one in inside if one["name"] == word]
        if not found or found[0]["type"] not in (SUBCOMMAND, GROUP):
            raise Impossible(f"/{words}: there is no {word}")
        leaf = found[0]
        steps.append(leaf)
    known = leaf.get("options") or []
    if any(one["type"] in (SUBCOMMAND, GROUP) for one in known):
        raise Impossible(f"/{words} needs a sub-command")
    given = _given(words, known, options, typing, resolved)
    for step in reversed(steps):
        given = [{"name": step["name"], "type": step["type"], "options": given}]
    said = {"id": command["id"], "name": name, "type": 1, "options": given}
    return said | ({"resolved": resolved} if resolved else {})


def _given(
    words: str, known: list[Raw], options: Raw, typing: str | None, resolved: Raw
) -> list[Raw]:
    names = {one["name"]: one for one in known}
    for name in options:
        if name not in names:
            raise Impossible(f"/{words} has no option {name}")
    given = []
    for one in known:
        name = one["name"]
        if name not in options:
            if one.get("required") and typing is None:
                raise Impossible(f"/{words} needs {name}")
            continue
        said: Raw = {"name": name, "type": one["type"]}
        if name == typing:
            given.append(said | {"value": options[name], "focused": True})
        else:
            given.append(said | {"value": _value(one, options[name], resolved)})
    return given


def _value(option: Raw, value: Any, resolved: Raw) -> Any:
    name, kind = option["name"], option["type"]
    if isinstance(value, Person | Channel | Role):
        return _reference(kind, value, resolved)
    wanted: Any = {INTEGER: int, NUMBER: (int, float), 5: bool}.get(kind, str)
    if not isinstance(value, wanted) or (kind == INTEGER and isinstance(value, bool)):
        raise Impossible(f"{name}: {value!r} is not of its type")
    choices = option.get("choices") or []
    if choices and value not in [one["value"] for one in choices]:
        raise Impossible(f"{name}: {value!r} is no choice")
    size = value if isinstance(value, int | float) else len(value)
    low, high = ("value", "value") if kind in (INTEGER, NUMBER) else ("length",) * 2
    least, most = option.get(f"min_{low}"), option.get(f"max_{high}")
    if (least is not None and size < least) or (most is not None and size > most):
        raise Impossible(f"{name}: {value!r} is out of bounds")
    return value


def _reference(kind: int, value: Person | Channel | Role, resolved: Raw) -> str:
    place = {USER: "users", CHANNEL: "channels", ROLE: "roles"}.get(kind, "users")
    if isinstance(value, Channel):
        said = {"id": str(value.id), "name": value.name, "type": 0, "permissions": "0"}
        resolved.setdefault("channels", {})[str(value.id)] = said
    else:
        resolved.setdefault(place, {})[str(value.id)] = value.raw
    return str(value.id)


def pressed(message: Message, label: str) -> Raw:
    """A button by what stands on it, or by its custom id."""
    buttons = [one for _, one in walk(message.raw["components"]) if one["type"] == 2]
    for one in buttons:
        emoji = (one.get("emoji") or {}).get("name")
        if label in (one.get("label"), one.get("custom_id"), emoji):
            if one.get("disabled") or not one.get("custom_id"):
                raise Impossible(f"{label!r} cannot be pressed")
            said = {"component_type": 2, "custom_id": one["custom_id"]}
            return said | {"id": one["id"]}
    there = [one.get("label") for one in buttons]
    raise Impossible(f"there is no button {label!r}, only {there}")


def picked(message: Message, menu: str | None, values: list[Any]) -> Raw:
    """A menu by its placeholder or custom id; None: the only one."""
    menus = [one for _, one in walk(message.raw["components"]) if one["type"] in MENUS]
    for one in menus:
        if menu in (None, one.get("placeholder"), one["custom_id"]):
            return _picked(one, values)
    raise Impossible(f"there is no menu {menu!r}")


def _picked(menu: Raw, values: list[Any]) -> Raw:
    if menu.get("disabled"):
        raise Impossible("the menu is off")
    least, most = menu.get("min_values", 1), menu.get("max_values", 1)
    if not least <= len(values) <= most:
        raise Impossible(f"{len(values)} values, not {least} to {most}")
    said: Raw = {"component_type": menu["type"], "custom_id": menu["custom_id"]}
    said |= {"id": menu["id"]}
    if menu["type"] != STRING_MENU:
        resolved: Raw = {}
        kind = {5: USER, 6: ROLE, 8: CHANNEL}.get(menu["type"], USER)
        chosen = [_reference(kind, one, resolved) for one in values]
        return said | {"values": chosen, "resolved": resolved}
    return said | {"values": [_option(menu, one) for one in values]}


def _option(menu: Raw, wanted: str) -> str:
    for one in menu["options"]:
        if wanted in (one["label"], one["value"]):
            value: str = one["value"]
            return value
    raise Impossible(f"the menu has no {wanted!r}")


def submitted(modal: Raw, values: Raw) -> Raw:
    """`values` by label or custom id; what is left out stays as it stands."""
    left = dict(values)
    parts = []
    for at, one in enumerate(modal["components"], 1):
        if one["type"] == 18:
            inner = _filled(one["component"], one["label"], left)
            parts.append({"type": 18, "id": one.get("id", at), "component": inner})
        elif one["type"] == 1:
            field = one["components"][0]
            inner = _filled(field, field.get("label", ""), left)
            parts.append({"type": 1, "id": one.get("id", at), "components": [inner]})
    if left:
        raise Impossible(f"the modal has no {sorted(left)}")
    return {"custom_id": modal["custom_id"], "components": parts}


def _filled(field: Raw, label: str, left: Raw) -> Raw:
    kind, name = field["type"], field["custom_id"]
    value = left.pop(label, left.pop(name, None))
    said = {"type": kind, "custom_id": name, "id": field.get("id", 1)}
    if kind == 4:
        text = field.get("value") or "" if value is None else value
        least, most = field.get("min_length") or 0, field.get("max_length") or 4000
        if field.get("required", True) and not text:
            raise Impossible(f"{label} must be filled in")
        if text and not least <= len(text) <= most:
            raise Impossible(f"{label}: {len(text)} letters, not {least} to {most}")
        return said | {"value": text}
    if kind in (21, 23):
        return said | {"value": value if kind == 21 else bool(value)}
    chosen = value or []
    if kind == STRING_MENU:
        chosen = [_option(field, one) for one in chosen]
    return said | {"values": chosen}
