"""What Discord says about our bot, asked once and changing nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import discord
from discord.http import Route

from medianest_bot.chats import _discord_errors as errors
from medianest_bot.chats._discord_errors import WrongToken
from medianest_bot.chats._discord_wire import use_servers
from medianest_bot.chats.discord_settings import DiscordSettings
from medianest_bot.services.clock import loop_time

__all__ = ["Away", "ChannelSeen", "Odd", "Seen", "ServerSeen", "WrongToken", "look"]

_BY_PEOPLE = "1"
"""How Discord numbers "installed by a user" among the ways to install an app."""
_LONGEST = 100
_NOT_OURS = frozenset({400, 403, 404})
"""No such number, no way in, nothing there: Discord hardly tells them apart."""


class Away(Exception):
    """Nobody answers there."""


class Odd(Exception):
    """Somebody answers there, but with something else. Holds what they said."""


@dataclass(frozen=True, slots=True)
class ServerSeen:
    """One server; without a name where we are not in it, or there is none."""

    id: str
    name: str | None


@dataclass(frozen=True, slots=True)
class ChannelSeen:
    """One channel; without a name where we may not see it, or there is none."""

    id: str
    name: str | None
    server: str = ""
    """The id of the server that it is in."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Our bot, and the servers and channels that were asked about."""

    name: str
    application: str
    ms: float
    is_for_people: bool
    """True where people may add it as an app of their own."""
    servers: tuple[ServerSeen, ...] = ()
    channels: tuple[ChannelSeen, ...] = ()


async def look(
    settings: DiscordSettings, servers: Sequence[str], channels: Sequence[str]
) -> Seen:
    """Ask Discord, not at its gateway. Raises WrongToken, Away or Odd."""
    use_servers(settings.api_url, settings.gateway_url)
    try:
        async with discord.Client(intents=discord.Intents(guilds=True)) as client:
            return await _seen(client, settings.token, servers, channels)
    except discord.LoginFailure as error:
        raise WrongToken from error
    except discord.HTTPException as error:
        raise Odd(_plain(error.text) or str(error.status)) from error
    except errors.FAILURES as error:
        raise Away from error


async def _seen(
    client: discord.Client,
    token: str,
    servers: Sequence[str],
    channels: Sequence[str],
) -> Seen:
    began = loop_time()
    me: Any = await client.http.static_login(token)
    ms = (loop_time() - began) * 1000
    app: Any = await client.http.request(Route("GET", "/applications/@me"))
    if not isinstance(me, Mapping) or not isinstance(app, Mapping):
        # A page for people, most likely.
        raise Odd("no JSON")
    return Seen(
        name=_plain(me.get("username")),
        application=_plain(app.get("id")),
        ms=ms,
        is_for_people=_BY_PEOPLE in (app.get("integration_types_config") or {}),
        servers=tuple(await asyncio.gather(*(_server(client, x) for x in servers))),
        channels=tuple(await asyncio.gather(*(_channel(client, x) for x in channels))),
    )


async def _server(client: discord.Client, server: str) -> ServerSeen:
    try:
        found = await client.http.get_guild(int(server))
    except discord.HTTPException as error:
        if error.status not in _NOT_OURS:
            raise
        return ServerSeen(server, None)
    return ServerSeen(server, _plain(found["name"]))


async def _channel(client: discord.Client, channel: str) -> ChannelSeen:
    try:
        found: Any = await client.http.get_channel(int(channel))
    except discord.HTTPException as error:
        if error.status not in _NOT_OURS:
            raise
        return ChannelSeen(channel, None)
    server = _plain(found.get("guild_id"))
    return ChannelSeen(channel, _plain(found.get("name")), server)


def _plain(text: object) -> str:
    """For a terminal: whoever wrote it may have meant to paint there."""
    shown = str(text or "")[:_LONGEST]
    return "".join(one if one.isprintable() else " " for one in shown)
