"""A household in Telegram whose time a test moves, with groups of any kind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.bot_api import Server, bot_api
from tests.bot_api.answering import Press
from tests.bot_api.world import Chat, Message, Person
from tests.chats.telegram_phone import quick_cards
from tests.telegram_house import NUMBERS, TOKEN, InTelegram, link, running
from tests.writing_guard import nothing_while_writing

from medianest_bot.demo_house import Demo, open_demo

FAMILY = -1001
ROOM = -1002
ELSEWHERE = -1003


@dataclass
class Clock:
    """Runs as all clocks do, and can be moved on; Telegram goes by it, too."""

    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def forward(self, **by: float) -> None:
        self.ahead += timedelta(**by)


@dataclass
class Family:
    """A running house in Telegram, which can be shut and opened again."""

    folder: Path
    server: Server
    clock: Clock
    settings: Mapping[str, str]
    is_linked: bool = True
    is_quick: bool = False
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _demo: Demo | None = None

    @property
    def demo(self) -> Demo:
        assert self._demo is not None
        return self._demo

    async def open(self) -> None:
        opened = open_demo(self.folder, pace=0, more=self.settings, now=self.clock)
        self._demo = await self._stack.enter_async_context(opened)
        if self.is_linked:
            await link(self._demo)
        talking = running(self._demo, self.server)
        telegram = await self._stack.enter_async_context(talking)
        if self.is_quick:
            house = InTelegram(self._demo, self.server, telegram)
            await self._stack.enter_async_context(quick_cards(house))

    async def close(self) -> None:
        await self._stack.aclose()

    async def again(self) -> None:
        """The whole program ends and starts anew."""
        await self.close()
        await self.open()

    def someone(self, name: str, **more: object) -> Person:
        number = NUMBERS.get(name) or 900 + len(name)
        known = self.server.world.people.get(number)
        if known is None:
            return self.server.person(number, name.title(), **more)  # type: ignore[arg-type]
        for what, value in more.items():
            setattr(known, what, value)
        return known

    async def says(
        self,
        name: str,
        text: str,
        chat: Chat | None = None,
        *,
        thread: int | None = None,
        reply_to: Message | None = None,
        anonymous: bool = False,
    ) -> Message:
        """The bot's answer: in a group what hangs on it, in private what comes next.

        In a group the bot may say something of its own meanwhile.
        """
        person = self.someone(name)
        seen = len(self.server.answers(chat or person))
        said = self.server.says(
            person, text, chat, thread=thread, reply_to=reply_to, anonymous=anonymous
        )
        if chat is None:
            return await self.next(person, seen)
        found: Message = await self.server.until(
            lambda: next((one for one in self._since(chat, seen, said)), None)
        )
        return found

    def _since(self, chat: Chat, seen: int, said: Message) -> list[Message]:
        news = self.server.answers(chat)[seen:]
        return [one for one in news if one.reply_to == said.id]

    async def next(self, where: Chat | Person, seen: int) -> Message:
        found: Message = await self.server.until(
            lambda: next(iter(self.server.answers(where)[seen:]), None)
        )
        return found

    async def presses(self, name: str, message: Message, what: str) -> Press:
        """Press, and wait until the press was answered."""
        press = self.server.presses(self.someone(name), message, what)
        await self.server.until(lambda: press.answer is not None)
        return press

    async def presses_for(self, name: str, message: Message, what: str) -> Message:
        """Press, and wait for the message that comes of it."""
        person = self.someone(name)
        seen = len(self.server.answers(person))
        self.server.presses(person, message, what)
        return await self.next(person, seen)

    def is_left(self, group: Chat) -> bool:
        return any(
            call.params["chat_id"] == group.id and call.status == 200
            for call in self.server.called("leaveChat")
        )

    async def settle(self) -> None:
        """Until everything that was sent to the bot so far is handled."""
        await self.server.until(lambda: not self.server.updates.pending)
        at_it = [one for one in asyncio.all_tasks() if _is_handling(one)]
        if at_it:
            async with asyncio.timeout(20):
                await asyncio.wait(at_it)


def _is_handling(task: asyncio.Task[object]) -> bool:
    return getattr(task.get_coro(), "__qualname__", "") == "Handling._handle"


@asynccontextmanager
async def open_family(
    folder: Path,
    settings: Mapping[str, str] | None = None,
    *,
    is_linked: bool = True,
    is_quick: bool = False,
) -> AsyncIterator[Family]:
    """`is_quick`: cards are redrawn without the pause that Telegram needs."""
    clock = Clock()
    async with bot_api(TOKEN, now=lambda: clock().timestamp()) as server:
        family = Family(folder, server, clock, settings or {}, is_linked, is_quick)
        # The bot may write to them before a test names them.
        for name in NUMBERS if is_linked else ():
            family.someone(name)
        with nothing_while_writing():
            await family.open()
            try:
                yield family
            finally:
                await family.close()
        assert server.spec_errors == []
        assert server.violations == []


def drawn(message: Message) -> str:
    """A message as it is seen: its picture, its text, its rows of buttons."""
    head = ["(photo)"] if message.is_photo else []
    rows = [" ".join(f"[{one.label}]" for one in row) for row in message.rows]
    return "\n".join([*head, message.text, *rows])
