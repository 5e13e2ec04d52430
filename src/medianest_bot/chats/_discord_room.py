"""What answering an interaction needs: who asks, from where, and what is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import discord
import structlog

from medianest_bot.chats._discord_members import Members
from medianest_bot.chats._discord_parts import Message
from medianest_bot.chats._discord_pictures import to_read, without
from medianest_bot.chats._strangers import Strangers
from medianest_bot.core.context import Asked, Place
from medianest_bot.core.dispatch import Checked, Dispatch
from medianest_bot.core.house import House
from medianest_bot.core.reply import Reply
from medianest_bot.core.roles import PlaceKind
from medianest_bot.core.store import strangers
from medianest_bot.core.store.cards import Card
from medianest_bot.core.store.errors import StoreError
from medianest_bot.services.errors import ServiceError

log = structlog.get_logger(__name__)

PLATFORM = "discord"
PICTURE_S = 2.0
"""An answer does not wait longer for its pictures."""

Interaction = discord.Interaction[Any]


@dataclass(frozen=True, slots=True)
class Room:
    """The house as Discord's interactions find it."""

    house: House
    dispatch: Dispatch
    members: Members
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep
    strangers: Strangers = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "strangers", Strangers(self.house, PLATFORM))

    def kind(self, guild: str | None, channel: str) -> PlaceKind:
        """What a channel is to the household; without a server it is private."""
        if guild is None:
            return PlaceKind.PRIVATE
        return self.house.places.kind(PLATFORM, guild, channel)

    async def asked(
        self,
        interaction: Interaction,
        *,
        pressed: bool = False,
        asker: str | None = None,
    ) -> Asked:
        """Who asks, and where, as dispatch wants to know it."""
        account = str(interaction.user.id)
        channel = str(interaction.channel_id or 0)
        kind = await self._kind_of(interaction, account, channel)
        guild = str(interaction.guild_id) if interaction.guild_id else None
        place = Place(PLATFORM, guild or channel, kind, channel if guild else None)
        return Asked(
            platform=PLATFORM,
            account=account,
            shown_name=interaction.user.display_name,
            place=place,
            locale=str(interaction.locale),
            pressed=pressed,
            asker=asker,
        )

    async def asks_discord(self, interaction: Interaction) -> bool:
        """True where `asked` may wait for Discord to say who is a member."""
        if interaction.guild_id is not None and interaction.is_guild_integration():
            return False
        account = str(interaction.user.id)
        try:
            return await self.dispatch.person(PLATFORM, account) is None
        except StoreError:
            return False

    async def run(self, line: str, asked: Asked, checked: Checked) -> Reply:
        """Do what a line asks."""
        reply = await self.dispatch.run(line, asked, checked)
        return await self.presentable(reply)

    async def presentable(self, reply: Reply) -> Reply:
        """Without the pictures that only we could fetch and just now cannot."""
        sources = sorted(to_read(reply))
        if not sources:
            return reply
        read = await asyncio.gather(*map(self._read, sources))
        lacking = {one for one, data in zip(sources, read, strict=True) if not data}
        return without(reply, lacking) if lacking else reply

    async def is_first_today(self, who: str) -> bool:
        """True once a day for the same."""
        house = self.house
        async with house.store.begin() as tx:
            return await strangers.told(tx, PLATFORM, who, house.now())

    async def follow(
        self, channel: str, message: int, reply: Reply, account: str, kind: PlaceKind
    ) -> None:
        """Have a message redrawn from now on, or no more where it follows nothing."""
        outbox = self.house.outbox
        try:
            if reply.follows is None:
                await outbox.let_go(PLATFORM, channel, str(message))
                return
            card = Card(
                id=0,
                subject=reply.follows,
                platform=PLATFORM,
                place=channel,
                message=str(message),
                person_id=None,
                account=account,
                line=f"show {reply.follows}",
                drawn="",
                place_kind=kind.value,
            )
            await outbox.follow(card, reply)
        except Exception:
            # A chat loop: the answer is given; a card that could not be kept rests.
            log.exception("follow", subject=reply.follows)

    async def pictures(self, message: Message) -> Mapping[str, bytes]:
        """The pictures to upload, by their names; those that could not be read lack."""
        if not message.uploads:
            return {}
        wanted = {one.name: one.picture for one in message.uploads}
        found = {name: one.data for name, one in wanted.items() if one.data}
        left = [name for name in wanted if name not in found]
        read = await asyncio.gather(*(self._read(wanted[n].source) for n in left))
        more = {n: data for n, data in zip(left, read, strict=True) if data}
        return {**found, **more}

    async def _kind_of(
        self, interaction: Interaction, account: str, channel: str
    ) -> PlaceKind:
        guild = str(interaction.guild_id) if interaction.guild_id else None
        if guild is not None and interaction.is_guild_integration():
            kind = self.kind(guild, channel)
            where = interaction.channel
            is_named = kind is not self.kind(guild, "0")
            if is_named or not isinstance(where, discord.Thread):
                return kind
            # A thread is what its channel is.
            return self.kind(guild, str(where.parent_id))
        # In private, and as an app of their own anywhere: somebody of the household
        # who is nobody yet may look around, as they may in its server.
        try:
            person = await self.dispatch.person(PLATFORM, account)
        except StoreError:
            # Dispatch finds the same, and says so.
            return PlaceKind.PRIVATE
        if person is None and await self.members.has(account):
            return PlaceKind.HOUSEHOLD
        return PlaceKind.PRIVATE

    async def _read(self, source: str) -> bytes:
        try:
            async with asyncio.timeout(PICTURE_S):
                return await self.house.pictures.read(source)
        except (ServiceError, StoreError, TimeoutError):
            return b""


def is_private_message(interaction: Interaction) -> bool:
    """True in the direct messages with the bot itself."""
    context = interaction.context
    return bool(context.dm_channel) and interaction.guild_id is None
