"""Slash commands, generated from the commands there are; sent when they changed."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterable
from typing import Any

import discord
import structlog
from discord import app_commands

from medianest_bot.chats._discord_options import Asked, Run, Suggest, callback
from medianest_bot.chats._discord_words import Words, described, named
from medianest_bot.core.command import Command, Commands
from medianest_bot.core.roles import Role
from medianest_bot.core.words import marked

log = structlog.get_logger(__name__)

One = app_commands.Command[Any, ..., Any]
Made = One | app_commands.Group
Payload = list[dict[str, Any]]

OF_ADMINS = marked("What the admins of this household look after")

EVERYWHERE = app_commands.AppCommandContext(
    guild=True, dm_channel=True, private_channel=True
)
ANYBODY = app_commands.AppInstallationType(guild=True, user=True)
GONE = (
    app_commands.CommandNotFound,
    app_commands.CommandSignatureMismatch,
    app_commands.TransformerError,
)
"""What Discord sends while it still shows the commands of an older version."""

SYNC_S = 30
OF_SERVER_ADMINS = discord.Permissions(manage_guild=True)


class Tree(app_commands.CommandTree[discord.Client]):
    """The slash commands of the bot. `run` answers whatever was asked with one."""

    def __init__(
        self, client: discord.Client, commands: Commands, run: Run, suggest: Suggest
    ) -> None:
        super().__init__(client)
        self._run = run
        for one in build(commands, run, suggest):
            self.add_command(one)

    async def on_error(
        self, interaction: Asked, error: app_commands.AppCommandError, /
    ) -> None:
        """Log it. A command that is not ours any more is answered like any line."""
        is_gone = isinstance(error, GONE)
        name = asked_name(interaction.data)
        cause = None if is_gone else error
        log.error("discord_command", command=name, gone=is_gone, exc_info=cause)
        if not is_gone:
            return
        try:
            await self._answer(interaction, name)
        except Exception:
            # Nobody is left to tell: discord.py would only lose it with its task.
            log.exception("discord_command", command=name)

    async def _answer(self, interaction: Asked, line: str) -> None:
        if interaction.type is discord.InteractionType.autocomplete:
            await interaction.response.autocomplete([])
            return
        await self._run(interaction, line)


def build(commands: Commands, run: Run, suggest: Suggest) -> list[Made]:
    """Every command people may see, as Discord shows it."""
    alone: list[Made] = []
    grouped: dict[str, list[Command]] = {}
    for command in commands:
        if command.hidden or command.draws:
            continue
        first, _space, second = command.name.partition(" ")
        if second:
            grouped.setdefault(first, []).append(command)
            continue
        alone.append(_alone(command, run, suggest))
    return [*alone, *(_group(n, inside, run, suggest) for n, inside in grouped.items())]


async def sync(tree: Tree, kept: str | None) -> str:
    """Tell Discord the commands, unless it has them: `kept` is what this returned.

    Where it fails, it is logged, and the next start tries again; never raises.
    """
    client = tree.client
    payload = await payloads(tree)
    now = _hash(client.application_id, payload)
    if now == kept:
        return now
    try:
        async with asyncio.timeout(SYNC_S):
            await _put(client, payload)
    except Exception as error:  # noqa: BLE001 - see below
        # A bot that answers with yesterday's commands beats one that does not start,
        # whatever stands between it and Discord made of the call.
        log.warning("discord_sync", error=f"{type(error).__name__}: {error}")
        return kept or ""
    log.info("discord_sync", commands=len(payload))
    return now


async def _put(client: discord.Client, payload: Payload) -> None:
    number = client.application_id
    if number is None:
        raise app_commands.MissingApplicationID
    await client.http.bulk_upsert_global_commands(number, payload=payload)


async def payloads(tree: Tree, words: Words | None = None) -> Payload:
    """The commands as Discord wants them, in every language we speak."""
    translator = words or Words()
    made = tree.get_commands(type=discord.AppCommandType.chat_input)
    translated = [await one.get_translated_payload(tree, translator) for one in made]
    return [_without_empty_maps(one) for one in translated]


def asked_name(data: Any) -> str:
    """The whole name of the command in what Discord sent: "admin people"."""
    names = [str(data.get("name", ""))] if data else []
    options = data.get("options", []) if data else []
    while inner := next((one for one in options if one.get("type") in (1, 2)), None):
        names.append(str(inner.get("name", "")))
        options = inner.get("options", [])
    return " ".join(names)


def _alone(command: Command, run: Run, suggest: Suggest) -> One:
    made = _made(command, command.name, run, suggest)
    made.allowed_contexts, made.allowed_installs = EVERYWHERE, ANYBODY
    made.default_permissions = _permissions([command])
    return made


def _group(
    name: str, inside: list[Command], run: Run, suggest: Suggest
) -> app_commands.Group:
    permissions = _permissions(inside)
    group = app_commands.Group(
        name=named(name),
        description=described(OF_ADMINS if permissions else inside[0].help),
        allowed_contexts=EVERYWHERE,
        allowed_installs=ANYBODY,
        default_permissions=permissions,
    )
    for command in inside:
        name = command.name.partition(" ")[2]
        group.add_command(_made(command, name, run, suggest))
    return group


def _made(command: Command, name: str, run: Run, suggest: Suggest) -> One:
    return app_commands.Command(
        name=named(name),
        description=described(command.help),
        callback=callback(command, run, suggest),
    )


def _permissions(commands: Iterable[Command]) -> discord.Permissions | None:
    """Hides what only admins may ask; whoever asks it is checked by us anyway."""
    is_of_admins = all(one.role is Role.ADMIN for one in commands)
    return OF_SERVER_ADMINS if is_of_admins else None


def _without_empty_maps(thing: Any) -> Any:
    if isinstance(thing, list):
        return [_without_empty_maps(one) for one in thing]
    if not isinstance(thing, dict):
        return thing
    return {key: _without_empty_maps(one) for key, one in thing.items() if one != {}}


def _hash(application_id: int | None, payload: Payload) -> str:
    """Differs for another bot too: what one was told, the other was not."""
    text = json.dumps([application_id, payload], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
