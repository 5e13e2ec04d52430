"""How a message comes to be and changes, whoever asks for it."""

from __future__ import annotations

import copy
import re
from typing import Any

from tests.discord_api.calls import Upload
from tests.discord_api.components import walk
from tests.discord_api.limits import check_message, referenced
from tests.discord_api.refused import Raw
from tests.discord_api.world import (
    EPHEMERAL,
    LOADING,
    V2,
    Channel,
    File,
    Message,
    Person,
    World,
)

CHANGES = ("content", "embeds", "components")


def create(
    world: World,
    channel: Channel,
    body: Raw,
    files: dict[str, Upload],
    *,
    author: Person | None = None,
    only_for: Person | None = None,
    more: Raw | None = None,
) -> Message:
    check_message(body, files, hidden=only_for is not None)
    lacks_mentions(world, body)
    message = blank(world, channel, author or world.me, only_for, more or {})
    apply(world, message, body, files)
    publish(world, message, "MESSAGE_CREATE")
    return message


def lacks_mentions(world: World, body: Raw) -> None:
    if body.get("allowed_mentions") is None:
        world.lacks_allowed_mentions.append(body)


def blank(
    world: World, channel: Channel, author: Person, only_for: Person | None, more: Raw
) -> Message:
    number = world.new_id()
    raw: Raw = {
        "id": str(number),
        "channel_id": str(channel.id),
        "author": author.raw,
        "content": "",
        "timestamp": world.now_text(),
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "pinned": False,
        "type": 0,
        "flags": 0 if only_for is None else EPHEMERAL,
        "components": [],
    }
    message = Message(number, channel, author, raw | more, only_for)
    channel.messages[number] = message
    return message


def edit(world: World, message: Message, body: Raw, files: dict[str, Upload]) -> None:
    held = [one.raw for one in message.files]
    before = message.raw | {"attachments": held}
    told = {key: value for key, value in body.items() if key != "flags" or value}
    is_hidden = message.only_for is not None
    check_message(told | _flags(body), files, before, hidden=is_hidden)
    was_thinking = message.is_thinking
    if was_thinking:
        lacks_mentions(world, body)
    apply(world, message, body, files)
    message.raw["flags"] &= ~LOADING
    message.edits += 1
    if not was_thinking:
        message.raw["edited_timestamp"] = world.now_text()
    publish(world, message, "MESSAGE_UPDATE")


def _flags(body: Raw) -> Raw:
    return {"flags": body["flags"] or 0} if "flags" in body else {}


def apply(world: World, message: Message, body: Raw, files: dict[str, Upload]) -> None:
    raw = message.raw
    said = copy.deepcopy({key: body[key] for key in CHANGES if key in body})
    raw |= {
        key: value or ("" if key == "content" else []) for key, value in said.items()
    }
    if about := body.get("message_reference"):
        raw["message_reference"] = {
            key: str(about[key]) for key in ("message_id", "channel_id")
        }
    kept_flags = raw["flags"] & (LOADING | EPHEMERAL | V2)
    if "flags" in body:
        raw["flags"] = kept_flags | ((body["flags"] or 0) & ~EPHEMERAL)
    _keep_files(world, message, body, files)
    _resolve(raw, message.files)
    found = re.findall(r"<@!?(\d+)>", raw["content"])
    known = [world.people[int(one)] for one in found if int(one) in world.people]
    raw["mentions"] = [one.raw for one in known]


def _keep_files(
    world: World, message: Message, body: Raw, files: dict[str, Upload]
) -> None:
    said = body.get("attachments")
    if said is not None:
        wanted = {str(one["id"]) for one in said}
        message.files = [one for one in message.files if str(one.id) in wanted]
    for name, data, kind in files.values():
        number = world.new_id()
        url = f"{world.base_url}/attachments/{message.channel.id}/{number}/{name}"
        file = File(number, name, data, kind, url)
        world.files[number] = file
        message.files.append(file)


def _resolve(raw: Raw, files: list[File]) -> None:
    """Put addresses where files are spoken of, and numbers on components."""
    by_name = {one.name: one for one in files}
    in_embeds = set()
    for path, name in referenced(raw):
        place: Any = raw
        for step in path[:-1]:
            place = place[step]
        url = by_name[name].url
        place |= {path[-1]: url, f"proxy_{path[-1]}": url}
        if path[0] == "embeds":
            in_embeds.add(name)
    for embed in raw["embeds"]:
        embed.setdefault("type", "rich")
        in_embeds |= {one.name for one in files if one.url in str(embed)}
    raw["attachments"] = [one.raw for one in files if one.name not in in_embeds]
    _number(raw["components"])


def _number(components: list[Raw]) -> None:
    taken = {one["id"] for _, one in walk(components) if one.get("id")}
    free = (one for one in range(1, 1000) if one not in taken)
    for _, one in walk(components):
        if not one.get("id"):
            one["id"] = next(free)
        for held in [one, *(one.get("items") or [])]:
            media = held.get("media") or (one["type"] == 13 and held.get("file"))
            if media:
                media.setdefault("proxy_url", media["url"])
                media.setdefault("id", "0")


def delete(world: World, message: Message) -> None:
    message.is_deleted = True
    gone = {"id": str(message.id), "channel_id": str(message.channel.id)}
    if message.only_for is None and message.channel.has_bot:
        world.tell("MESSAGE_DELETE", gone | _guild(message.channel))


def publish(world: World, message: Message, event: str) -> None:
    """Told to the bot only where it is a member, not where it is just installed."""
    if message.only_for is None and message.channel.has_bot:
        world.tell(event, copy.deepcopy(message.raw) | _guild(message.channel))


def _guild(channel: Channel) -> Raw:
    return {} if channel.guild is None else {"guild_id": str(channel.guild.id)}
