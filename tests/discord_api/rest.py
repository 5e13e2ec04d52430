"""The operations that need the bot's own token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.discord_api import messages, shapes
from tests.discord_api.calls import Call
from tests.discord_api.commands import checked
from tests.discord_api.refused import Raw, Wrong, bad_number, no
from tests.discord_api.world import ATTACH, SEND, World

Operation = Callable[[World, Call], Any]


def send(world: World, call: Call) -> Raw:
    channel = world.channel(call.where["channel_id"])
    if channel.guild is None and channel.people[0].refuses_dms:
        raise no(50007)
    may = world.bot_may(channel)
    if not may & SEND or (call.files and not may & ATTACH):
        raise no(50013)
    return messages.create(world, channel, call.body, call.files).raw


def edit(world: World, call: Call) -> Raw:
    message = world.message(
        world.channel(call.where["channel_id"]), call.where["message_id"]
    )
    if message.author is not world.me:
        raise no(50005)
    messages.edit(world, message, call.body, call.files)
    return message.raw


def delete(world: World, call: Call) -> None:
    message = world.message(
        world.channel(call.where["channel_id"]), call.where["message_id"]
    )
    if message.author is not world.me:
        raise no(50013)
    messages.delete(world, message)


def get(world: World, call: Call) -> Raw:
    channel = world.channel(call.where["channel_id"])
    return world.message(channel, call.where["message_id"]).raw


def history(world: World, call: Call) -> list[Raw]:
    channel = world.channel(call.where["channel_id"])
    seen = [
        one.raw
        for one in channel.messages.values()
        if not one.is_deleted and one.only_for is None
    ]
    before, after = (int(call.query.get(key, 0)) for key in ("before", "after"))
    fits = [
        one
        for one in seen
        if int(one["id"]) > after and (not before or int(one["id"]) < before)
    ]
    return fits[::-1][: int(call.query.get("limit", 50))]


def open_dm(world: World, call: Call) -> Raw:
    number = str(call.body.get("recipient_id"))
    if not number.isdigit():
        raise bad_number("recipient_id", number)
    person = world.people.get(int(number))
    if person is None:
        wrong = Wrong()
        words = "Value is not a user that can be written to."
        wrong.add(("recipient_id",), "INVALID_RECIPIENT", words)
        wrong.done()
    if person is None or person.is_bot:
        raise no(50007)
    return shapes.channel_raw(world, world.with_person(person))


def member(world: World, call: Call) -> Raw:
    guild = world.guild_with_bot(call.where["guild_id"])
    number = int(call.where["user_id"])
    if number not in world.people:
        raise no(10013)
    if number not in guild.members:
        raise no(10007)
    return shapes.member_raw(guild, world.people[number])


def leave(world: World, call: Call) -> None:
    guild = world.guild_with_bot(call.where["guild_id"])
    guild.has_bot = False
    guild.members.pop(world.me.id, None)
    world.tell("GUILD_DELETE", {"id": str(guild.id)})


def my_guilds(world: World, _call: Call) -> list[Raw]:
    return [
        {
            "id": str(one.id),
            "name": one.name,
            "icon": None,
            "banner": None,
            "owner": False,
            "permissions": str(one.permissions(world.me.id)),
            "features": [],
        }
        for one in world.guilds.values()
        if one.has_bot
    ]


def user(world: World, call: Call) -> Raw:
    found = world.people.get(int(call.where["user_id"]))
    if found is None:
        raise no(10013)
    return found.raw


def set_commands(world: World, call: Call) -> list[Raw]:
    _own(world, call)
    world.commands = checked(world, call.body)
    return world.commands


def get_commands(world: World, call: Call) -> list[Raw]:
    _own(world, call)
    return world.commands


def _own(world: World, call: Call) -> None:
    if call.where["application_id"] != str(world.me.id):
        raise no(10002)


def _gateway(world: World, _call: Call) -> Raw:
    return {"url": world.base_url.replace("http", "ws", 1) + "/gateway"}


def _bot_gateway(world: World, call: Call) -> Raw:
    left = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}
    return _gateway(world, call) | {"shards": 1, "session_start_limit": left}


def _guild(world: World, call: Call) -> Raw:
    guild = world.guild_with_bot(call.where["guild_id"])
    counts = {"approximate_member_count": len(guild.members)}
    return shapes.guild_raw(guild) | counts


def _channel(world: World, call: Call) -> Raw:
    return shapes.channel_raw(world, world.channel(call.where["channel_id"]))


def _typing(world: World, call: Call) -> None:
    channel = world.channel(call.where["channel_id"])
    if not world.bot_may(channel) & SEND:
        raise no(50013)


OPERATIONS: dict[str, Operation] = {
    "get_my_user": lambda world, _: shapes.me_raw(world),
    "get_my_oauth2_application": lambda world, _: shapes.application_raw(world),
    "get_my_application": lambda world, _: shapes.application_raw(world),
    "list_application_commands": get_commands,
    "bulk_set_application_commands": set_commands,
    "list_messages": history,
    "create_message": send,
    "get_message": get,
    "update_message": edit,
    "delete_message": delete,
    "create_dm": open_dm,
    "get_channel": _channel,
    "trigger_typing_indicator": _typing,
    "get_guild": _guild,
    "get_guild_member": member,
    "leave_guild": leave,
    "list_my_guilds": my_guilds,
    "get_gateway": _gateway,
    "get_bot_gateway": _bot_gateway,
    "get_user": user,
}
