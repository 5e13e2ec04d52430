"""A person's Discord app: asks, presses, picks, and reads what comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.discord_api import (
    Asked,
    Channel,
    Guild,
    Message,
    Person,
    Server,
    discord_api,
)
from tests.discord_api.view import drawing, modal_drawing
from tests.discord_house import running, settings, settle
from tests.writing_guard import nothing_while_writing

from medianest_bot.chats._discord_port import DiscordPort
from medianest_bot.chats.discord_chat import GRACE_S, Discord
from medianest_bot.core.store import people
from medianest_bot.core.store.cards import Card
from medianest_bot.demo_house import Demo, open_demo

_AT_WORK = {"Client._run_event", "CommandTree._from_interaction.<locals>.wrapper"}


class Phone:
    """One person in Discord; `where` they are, the household's server at first."""

    def __init__(self, server: Server, person: Person, where: Channel) -> None:
        self.server = server
        self.person = person
        self.where = where
        self.as_user = False
        """Uses the bot as an app of their own rather than as one of the server."""

    def at(self, where: Channel) -> Phone:
        return Phone(self.server, self.person, where)

    @property
    def in_private(self) -> Phone:
        """The same person in the direct messages with the bot."""
        return self.at(self.server.dm(self.person))

    @property
    def sees(self) -> str:
        return "\n".join(map(drawing, self.messages))

    @property
    def messages(self) -> list[Message]:
        return self.server.seen(self.person, self.where)

    async def asks(self, words: str, **options: Any) -> Asked:
        """Ask with a slash command, and wait until that is dealt with."""
        asked = self.server.slash(
            self.person, words, options, where=self.where, as_user=self.as_user
        )
        return await self._settled(asked)

    async def presses(self, message: Message, label: str) -> Asked:
        return await self._settled(self.server.presses(self.person, message, label))

    async def picks(self, message: Message, *values: str) -> Asked:
        chosen = self.server.picks(self.person, message, None, list(values))
        return await self._settled(chosen)

    async def submits(self, asked: Asked, words: str) -> Asked:
        return await self._settled(self.server.submits(asked, {"words": words}))

    async def types(self, words: str, option: str, typed: str) -> list[str]:
        """What is offered while they type: label and value of each."""
        asked = self.server.autocomplete(
            self.person, words, option, typed, where=self.where
        )
        await self._settled(asked)
        return [f"{one['name']} = {one['value']}" for one in asked.choices or []]

    async def _settled(self, asked: Asked) -> Asked:
        await self.server.until(lambda: asked.acknowledged is not None)
        await at_rest()
        return asked


def at_work() -> list[asyncio.Task[Any]]:
    """What is being dealt with."""
    return [one for one in asyncio.all_tasks() if _is_at_work(one)]


async def at_rest() -> None:
    """Until everything that was asked so far is dealt with."""
    if busy := at_work():
        async with asyncio.timeout(20):
            await asyncio.wait(busy)


def _is_at_work(task: asyncio.Task[Any]) -> bool:
    return getattr(task.get_coro(), "__qualname__", "") in _AT_WORK


def shown(asked: Asked) -> str:
    """What whoever asked sees of it: messages of its own, else the pressed one."""
    if asked.modal is not None:
        return modal_drawing(asked.modal)
    own = [one for one in (asked.answer, *asked.followups) if one is not None]
    standing = [one for one in own if not one.is_deleted]
    if not own and asked.source is not None and asked.source.edits:
        standing = [asked.source]
    return "\n".join(map(drawing, standing))


def words(message: Message | None) -> str:
    """Its first words, with nothing of a card's edge."""
    assert message is not None
    lines = drawing(message).replace("│ ", "").partition(": ")[2].split("\n")
    return next(one.strip() for one in lines if not one.startswith("<"))


def abroad(phone: Phone) -> Phone:
    """The same person in a server of others, with the bot as an app of their own."""
    phone.person.has_installed = True
    guild = phone.server.guild("Elsewhere", phone.person, has_bot=False)
    return phone.at(phone.server.general(guild))


def between(phone: Phone) -> Phone:
    """The same person in a talk with a friend, with the bot as an app of their own."""
    phone.person.has_installed = True
    friend = phone.server.person("Friend")
    return phone.at(phone.server.between(phone.person, friend))


@dataclass
class Clock:
    """Runs as all clocks do, and can be moved on; Discord goes by it, too."""

    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def forward(self, **by: float) -> None:
        self.ahead += timedelta(**by)


class _QuickPort(DiscordPort):
    def pace_s(self, card: Card) -> float:
        del card
        return 0.01


@dataclass
class Household:
    """A running house in Discord, which can be shut and opened again."""

    folder: Path
    server: Server
    clock: Clock
    settings: Mapping[str, str]
    people: dict[str, Person] = field(default_factory=dict)
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep
    """How long a call that failed rests before it is made again."""
    grace_s: float = GRACE_S
    _home: Guild | None = None
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _talking: AsyncExitStack = field(default_factory=AsyncExitStack)
    _demo: Demo | None = None
    _discord: Discord | None = None

    @property
    def demo(self) -> Demo:
        assert self._demo is not None
        return self._demo

    @property
    def discord(self) -> Discord:
        assert self._discord is not None
        return self._discord

    @property
    def home(self) -> Guild:
        assert self._home is not None
        return self._home

    @property
    def general(self) -> Channel:
        return self.server.general(self.home)

    async def open(self) -> None:
        opened = open_demo(self.folder, pace=0, more=self.settings, now=self.clock)
        self._demo = await self._stack.enter_async_context(opened)
        if self._home is None:
            self.people, self._home = await settle(self._demo, self.server)
        told = settings(self.server, self._home)
        talking = running(self._demo, told, self.wait, grace_s=self.grace_s)
        self._discord = await self._talking.enter_async_context(talking)
        await self.server.until(lambda: self.server.world.commands)

    async def close(self) -> None:
        await self.stop_talking()
        await self._stack.aclose()

    async def stop_talking(self) -> None:
        """The chat ends; the house stays."""
        await self._talking.aclose()

    async def again(self) -> None:
        """The whole program ends and starts anew."""
        await self.close()
        await self.open()

    def of(self, name: str) -> Phone:
        return Phone(self.server, self.people[name], self.general)

    def someone(self, name: str, **more: Any) -> Phone:
        """A member of the household's server whom nobody has linked."""
        person = self.server.person(name, **more)
        self.server.joins(self.home, person)
        return Phone(self.server, person, self.general)

    async def another(self, name: str = "ana", **more: Any) -> Phone:
        """A further account of somebody, in a channel of its own."""
        house = self.demo.app.house
        phone = self.someone(name.title(), **more)
        number = str(phone.person.id)
        async with house.store.begin() as tx:
            person = await people.find(tx, name)
            assert person is not None
            await people.link(tx, person.id, "discord", number, name, house.now())
        return phone.at(self.server.channel(self.home, f"of-{name}-{number}"))

    def stranger(self) -> Phone:
        """Somebody in a server of their own, who has installed the bot for it."""
        person = self.server.person("Eve", has_installed=True)
        guild = self.server.guild("Elsewhere", person, has_bot=False)
        return Phone(self.server, person, self.server.general(guild))

    def quickly(self) -> DiscordPort:
        """Have cards redrawn without the pause that Discord needs."""
        outbox = self.demo.app.house.outbox
        real = outbox._ports.get("discord")
        assert isinstance(real, DiscordPort)
        port = _QuickPort(real._room, real._client)
        port.fleeting = real.fleeting
        outbox.attach(port)
        return port


@asynccontextmanager
async def open_household(
    folder: Path, more: Mapping[str, str] | None = None
) -> AsyncIterator[Household]:
    """Everything runs; at the end no call was other than Discord's spec says."""
    clock = Clock()
    async with discord_api(now=lambda: clock().timestamp()) as server:
        household = Household(folder, server, clock, more or {})
        with nothing_while_writing():
            await household.open()
            try:
                yield household
            finally:
                await household.close()
        assert server.spec_errors == []
        assert server.lacks_allowed_mentions == []
        assert server.interactions.twice == []
        assert server.thinking() == []
