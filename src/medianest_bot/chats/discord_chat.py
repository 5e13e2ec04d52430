"""The Discord chat: slash commands, buttons and cards, while `run` is running."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any

import discord
import structlog
from discord.webhook.async_ import async_context

from medianest_bot.chats._discord_asking import Asking
from medianest_bot.chats._discord_calls import Calls
from medianest_bot.chats._discord_errors import FAILURES, WrongToken
from medianest_bot.chats._discord_groups import Groups
from medianest_bot.chats._discord_members import Members
from medianest_bot.chats._discord_owed import Owed
from medianest_bot.chats._discord_port import DiscordPort
from medianest_bot.chats._discord_room import PLATFORM, Interaction, Room
from medianest_bot.chats._discord_tree import Tree, sync
from medianest_bot.chats._discord_wire import NO_MENTIONS, use_servers
from medianest_bot.chats.discord_settings import DiscordSettings
from medianest_bot.core.dispatch import Dispatch
from medianest_bot.core.house import House
from medianest_bot.core.roles import PlaceKind
from medianest_bot.core.store import config
from medianest_bot.core.store.errors import StoreError
from medianest_bot.services.clock import loop_time
from medianest_bot.services.errors import Unreachable

__all__ = ["Discord", "DiscordSettings", "WrongToken"]

log = structlog.get_logger(__name__)

GUILD_WAIT_S = 0.3
"""How long after READY discord.py waits for more servers; a household has a few."""
GRACE_S = 1.5
"""So long the end waits for answers under way."""
GOODBYE_S = 0.3
"""A gateway that is deaf would keep us for half a minute."""
DEAF_S = 60.0
LOOK_S = 60.0
DIRECT_MESSAGES = "https://discord.com/channels/@me"
_COMMANDS = "discord.commands"


class Discord:
    """The whole house in Discord while `run` is running."""

    name = PLATFORM

    def __init__(
        self,
        house: House,
        dispatch: Dispatch,
        settings: DiscordSettings,
        *,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = loop_time,
        grace_s: float = GRACE_S,
    ) -> None:
        self._grace_s = grace_s
        self._house = house
        self._dispatch = dispatch
        self._settings = settings
        self._wait = wait
        self._clock = clock
        self._client: _Client | None = None
        self.me = ""
        """What we are called there, once Discord has said so."""
        self.here = asyncio.Event()
        """Set when people can be answered."""

    @property
    def healthy(self) -> bool:
        """False while Discord does not hear us for more than a minute."""
        client = self._client
        if client is None or not self.here.is_set():
            return False
        return self._clock() - client.heard_at < DEAF_S

    async def probe(self) -> float:
        """Milliseconds to Discord. Raises ServiceError where we are not heard."""
        client = self._client
        if client is None or client.is_deaf:
            raise Unreachable(PLATFORM)
        began = loop_time()
        try:
            await client.http.get_user(client.application_id or 0)
        except FAILURES as error:
            raise Unreachable(PLATFORM) from error
        return (loop_time() - began) * 1000

    async def run(self) -> None:
        """Talk until cancelled. Raises WrongToken where that can never work."""
        use_servers(self._settings.api_url, self._settings.gateway_url)
        async with AsyncExitStack() as stack:
            stack.callback(self._forget)
            calls = async_context.set(Calls(self._wait))
            stack.callback(async_context.reset, calls)
            client = _Client(self._clock)
            stack.push_async_callback(client.leave)
            room = Room(self._house, self._dispatch, self._members(client), self._wait)
            owed = Owed(room)
            port = DiscordPort(room, client, announces=self._settings.announces)
            asking = Asking(room, owed, port)
            # It listens until all are answered: who asks meanwhile is told so.
            talking = asyncio.create_task(client.start(self._settings.token))
            stack.push_async_callback(_ended, talking)
            stack.push_async_callback(asking.aclose, self._grace_s)
            tree = Tree(client, self._house.commands, asking.typed, asking.suggest)
            groups = Groups(room, client)
            client.serve(asking, groups)
            self._client = client
            work = self._when_ready(client, tree, owed, groups, port)
            await self._talk(talking, work)

    async def _talk(
        self, talking: asyncio.Task[None], work: Coroutine[Any, Any, None]
    ) -> None:
        """Be connected; where what runs beside ends, this does, and begins anew."""
        async with asyncio.TaskGroup() as group:
            beside = group.create_task(work)
            try:
                await asyncio.wait({talking})
            finally:
                beside.cancel()
        try:
            talking.result()
        except discord.LoginFailure as error:
            raise WrongToken from error

    def _forget(self) -> None:
        """Nobody is here any more, until `run` runs again."""
        self._client = None
        self._house.linking.ways_back.pop(PLATFORM, None)
        self._house.linking.ways_in.pop(PLATFORM, None)
        self._house.linking.called.pop(PLATFORM, None)
        self.here.clear()

    def _members(self, client: discord.Client) -> Members:
        def guilds() -> tuple[str, ...]:
            known = self._house.places.known(PLATFORM)
            homes = [g for g, kind in known if kind is PlaceKind.HOUSEHOLD]
            return tuple(dict.fromkeys((*self._settings.guilds, *homes)))

        return Members(client, guilds)

    async def _when_ready(
        self,
        client: _Client,
        tree: Tree,
        owed: Owed,
        groups: Groups,
        port: DiscordPort,
    ) -> None:
        """What is done once Discord has let us in."""
        await client.was_ready.wait()
        self.me = str(client.user)
        # No address brings a line into Discord, only to where it can be said.
        self._house.linking.ways_back[PLATFORM] = lambda _code: DIRECT_MESSAGES
        self._house.linking.ways_in[PLATFORM] = lambda _key: ""
        self._house.linking.called[PLATFORM] = self.me
        self.here.set()
        self._house.outbox.attach(port)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(owed.pay_all(client))
                group.create_task(self._sync(tree))
                group.create_task(groups.keep(LOOK_S))
                group.create_task(owed.keep(LOOK_S))
        finally:
            self._house.outbox.detach(port)

    async def _sync(self, tree: Tree) -> None:
        """Tell Discord our commands, where it has others."""
        house = self._house
        try:
            async with house.store.read() as db:
                kept = await config.get(db, _COMMANDS)
            told = await sync(tree, kept)
            if told != kept:
                async with house.store.begin() as tx:
                    await config.put(tx, _COMMANDS, told, house.now())
        except StoreError:
            # The next start tells them again.
            log.warning("commands not kept", exc_info=True)


async def _ended(talking: asyncio.Task[None]) -> None:
    """Stop listening; what it ended with was told before."""
    talking.cancel()
    await asyncio.gather(talking, return_exceptions=True)


class _Client(discord.Client):
    """discord.py's client, with the only intent that is not privileged and needed."""

    def __init__(self, clock: Callable[[], float] = loop_time) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True),
            allowed_mentions=NO_MENTIONS,
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            guild_ready_timeout=GUILD_WAIT_S,
            # Or nothing would tell that the gateway is still heard.
            enable_debug_events=True,
        )
        self._clock = clock
        self.was_ready = asyncio.Event()
        self.is_deaf = True
        self.heard_at = clock()
        """When Discord last said anything to a session of ours."""
        self._asking: Asking | None = None
        self._groups: Groups | None = None

    def serve(self, asking: Asking, groups: Groups) -> None:
        self._asking = asking
        self._groups = groups

    async def leave(self) -> None:
        """Say goodbye to the gateway, and wait for no answer for long."""
        try:
            async with asyncio.timeout(GOODBYE_S):
                await self.close()
        except TimeoutError:
            log.info("left a deaf gateway")
            await self.http.close()

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """Each word of the gateway, heartbeats too, shows that it hears us."""
        if not event.startswith("socket_raw_"):
            super().dispatch(event, *args, **kwargs)
        elif event == "socket_raw_receive" and not self.is_deaf:
            self.heard_at = self._clock()

    async def on_ready(self) -> None:
        """As often as Discord likes."""
        self._hears()
        self.was_ready.set()

    async def on_resumed(self) -> None:
        self._hears()

    async def on_disconnect(self) -> None:
        self.is_deaf = True

    def _hears(self) -> None:
        self.is_deaf = False
        self.heard_at = self._clock()

    async def on_interaction(self, interaction: Interaction) -> None:
        """Presses, picks and modals; what is typed goes through the tree."""
        kinds = (
            discord.InteractionType.component,
            discord.InteractionType.modal_submit,
        )
        if interaction.type in kinds and self._asking is not None:
            await self._asking.used(interaction)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        if self._groups is not None:
            await self._groups.added(guild)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        if self._groups is not None:
            await self._groups.removed(guild)

    async def on_error(self, event_method: str, /, *_args: Any, **_kwargs: Any) -> None:
        """A chat loop: one event must not end the client."""
        # discord.py calls this while it handles what went wrong.
        log.error("discord event", event_name=event_method, exc_info=sys.exc_info())
