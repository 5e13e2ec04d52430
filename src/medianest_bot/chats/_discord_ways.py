"""How an answer is shown: for whose eyes, and in which message."""

from __future__ import annotations

from enum import Enum

import discord

from medianest_bot.chats._discord_ids import Kind
from medianest_bot.chats._discord_room import Interaction, is_private_message
from medianest_bot.core.command import Command, Where
from medianest_bot.core.context import Asked
from medianest_bot.core.places import OURS
from medianest_bot.core.reply import Reply, Show
from medianest_bot.core.roles import PlaceKind, Role


class Way(Enum):
    """How a press is answered."""

    NEW = 1
    HERE = 2
    INSTEAD = 3
    """For everybody, in place of what only the presser saw."""


def how(
    reply: Reply, kind: Kind, pressed: discord.Message | None, *, quietly: bool
) -> Way:
    """The card that was pressed gives way to the one that was asked for.

    Not a list, whose other rows may be wanted too, nor what others see as well.
    """
    if pressed is None:
        return Way.NEW
    follows, is_row = reply.follows is not None, kind is Kind.ROW
    if follows and pressed.flags.ephemeral and not quietly:
        return Way.NEW if is_row else Way.INSTEAD
    is_own = pressed.flags.ephemeral or pressed.guild is None
    becomes = follows and is_own and not is_row
    return Way.HERE if becomes or reply.show is Show.HERE else Way.NEW


def changes(command: Command | None) -> bool:
    return command is not None and not (command.reads or command.draws)


def is_for_one(
    command: Command | None, asked: Asked, interaction: Interaction, reply: Reply | None
) -> bool:
    """True where only whoever asked may see the answer.

    In direct messages there is nobody else. In a server only the card that follows
    something is for everybody, and only in servers of the household; until that is
    known nobody else sees anything.
    """
    if is_private_message(interaction):
        return False
    if interaction.guild_id is None or not interaction.is_guild_integration():
        return True
    is_ours = asked.place.kind in OURS
    if not is_ours or command is None or command.where is not Where.ANYWHERE:
        return True
    if command.role is Role.ADMIN and asked.place.kind is not PlaceKind.ADMIN:
        return True
    pressed = interaction.message
    if pressed is not None and pressed.flags.ephemeral and not changes(command):
        return True
    return reply is None or reply.follows is None or bool(reply.menus)
