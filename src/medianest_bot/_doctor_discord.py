"""The doctor's look at Discord: the token, the app, the servers, the channels."""

from __future__ import annotations

from collections.abc import Iterator

from medianest_bot._doctor_findings import Finding, bad, good, note
from medianest_bot.chats import discord_doctor as chat
from medianest_bot.chats.discord_doctor import ChannelSeen, Seen, ServerSeen
from medianest_bot.running import discord_settings
from medianest_bot.settings import Chat, Settings

DISCORD = "Discord"
APP = "Discord app"
ADMINS = "Discord admins"

MAY = 117_760
"""View channels, send messages, embed links, attach files, read the history."""


async def discord(settings: Settings) -> tuple[Finding, ...]:
    told = discord_settings(settings)
    if told is None:
        return (note(DISCORD, "is not set up (DISCORD_TOKEN)"),)
    named = _named(settings)
    servers = dict.fromkeys(one.id for one in named)
    channels = dict.fromkeys(one.thread for one in named if one.thread is not None)
    try:
        seen = await chat.look(told, tuple(servers), tuple(channels))
    except chat.WrongToken:
        mend = (
            "Make a new one at discord.com/developers: your application, Bot, Reset "
            "Token. Where it is right, does DISCORD_API_URL lead to Discord?"
        )
        return (bad(DISCORD, "refuses DISCORD_TOKEN", mend),)
    except chat.Away:
        mend = (
            "Can this machine reach the internet? Is DISCORD_API_URL right, "
            "seen from here?"
        )
        return (bad(DISCORD, "does not answer", mend),)
    except chat.Odd as error:
        mend = "Try again in a minute. Does DISCORD_API_URL really lead to Discord?"
        return (bad(DISCORD, f"answered something else ({error})", mend),)
    return tuple(findings(settings, seen))


def findings(settings: Settings, seen: Seen) -> Iterator[Finding]:
    """What there is to say about a bot that Discord knows."""
    yield good(DISCORD, f"{seen.name} answers in {seen.ms:.0f} ms")
    yield _app(seen)
    if not any(one.platform == "discord" for one in settings.admins):
        mend = (
            "While there is no admin, the bot shows a code for /claim when it starts. "
            "Or turn on Developer Mode (Discord's settings, Advanced), right-click "
            "your name, Copy User ID, and set ADMINS=discord: with that number behind."
        )
        yield note(ADMINS, "ADMINS names nobody of Discord", mend)
    servers = {one.id: one for one in seen.servers}
    channels = {one.id: one for one in seen.channels}
    for place in _named(settings):
        server = servers[place.id]
        if place.thread is None or server.name is None:
            yield _server(place, server, seen)
        else:
            yield _channel(place, server.name, channels[place.thread])


def _named(settings: Settings) -> tuple[Chat, ...]:
    """All that the settings name, whole servers first."""
    named = (*settings.household_places, *settings.admin_chats)
    ours = [one for one in dict.fromkeys(named) if one.platform == "discord"]
    return tuple(sorted(ours, key=lambda one: one.thread is not None))


def _app(seen: Seen) -> Finding:
    if seen.is_for_people:
        return good(APP, "people may add it for themselves, too")
    mend = (
        "To change that, tick User Install at discord.com/developers: your "
        "application, Installation."
    )
    return note(APP, "only servers can add it, people cannot for themselves", mend)


def _server(place: Chat, server: ServerSeen, seen: Seen) -> Finding:
    if server.name is not None:
        return good(str(place), f"“{server.name}”, the bot is in it")
    mend = f"Is it the server's id, and no channel's? Then add the bot: {_way_in(seen)}"
    return bad(str(place), "the bot is not in this server", mend)


def _channel(place: Chat, server: str, channel: ChannelSeen) -> Finding:
    if channel.name is None:
        mend = (
            "Is its id right? Then let the bot's role see it (the channel's settings, "
            "Permissions, View Channel)."
        )
        return bad(str(place), f"the bot sees no such channel in “{server}”", mend)
    if channel.server != place.id:
        mend = "Write discord:SERVER:CHANNEL with the id of its own server."
        return bad(str(place), f"#{channel.name} is not in “{server}”", mend)
    return good(str(place), f"#{channel.name} in “{server}”, the bot sees it")


def _way_in(seen: Seen) -> str:
    return (
        f"https://discord.com/oauth2/authorize?client_id={seen.application}"
        f"&scope=bot+applications.commands&permissions={MAY}"
    )
