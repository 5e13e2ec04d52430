"""Servers the bot is added to and removed from."""

from __future__ import annotations

import asyncio

import discord
import structlog

from medianest_bot.chats import _discord_errors as errors
from medianest_bot.chats._discord_room import PLATFORM, Room
from medianest_bot.core.store.errors import StoreError

log = structlog.get_logger(__name__)


class Groups:
    """Has admins asked what a new server is, and leaves what is not ours."""

    def __init__(self, room: Room, client: discord.Client) -> None:
        self._room = room
        self._client = client

    async def added(self, guild: discord.Guild) -> None:
        """Discord does not say who added us, so all admins are asked in private."""
        await self._room.house.places.added(PLATFORM, str(guild.id), guild.name, None)

    async def removed(self, guild: discord.Guild) -> None:
        await self._room.house.places.gone(PLATFORM, str(guild.id))

    async def keep(self, look_s: float) -> None:
        """Leave servers that are not ours, until cancelled."""
        places = self._room.house.places
        while True:
            places.changed.clear()
            try:
                await self._look()
            except StoreError:
                # A watcher: looked at again in a while.
                log.warning("servers not looked at", exc_info=True)
            try:
                async with asyncio.timeout(look_s):
                    await places.changed.wait()
            except TimeoutError:
                continue

    async def _look(self) -> None:
        """What came and went while we were away, and what is to be left."""
        places = self._room.house.places
        here = {str(guild.id) for guild in self._client.guilds}
        for guild in self._client.guilds:
            row = places.row(PLATFORM, str(guild.id))
            if not guild.unavailable and (row is None or not row.is_here):
                await self.added(guild)
        for row in places.rows():
            if row.platform == PLATFORM and row.is_here and row.chat not in here:
                await places.gone(PLATFORM, row.chat)
        for number in places.to_leave(PLATFORM):
            await self._leave(number)

    async def _leave(self, number: str) -> None:
        try:
            await self._client.http.leave_guild(int(number))
        except errors.FAILURES as error:
            log.info("not left", place=number, reason=str(error))
            if not errors.is_unwelcome(error):
                # Tried again at the next look.
                return
        await self._room.house.places.gone(PLATFORM, number)
