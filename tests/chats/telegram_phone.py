"""A person's phone: says and presses things, and reads what comes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from telegram import Bot
from tests.bot_api import Server, bot_api
from tests.bot_api.answering import Press
from tests.bot_api.world import Chat, Message, Person
from tests.telegram_house import NUMBERS, TOKEN, InTelegram, link, running
from tests.writing_guard import nothing_while_writing

from medianest_bot.chats._telegram_chats import Chats
from medianest_bot.chats._telegram_http import Request
from medianest_bot.chats._telegram_incoming import Me
from medianest_bot.chats._telegram_lane import Lane
from medianest_bot.chats._telegram_pictures import Pictures
from medianest_bot.chats._telegram_port import TelegramPort
from medianest_bot.chats._telegram_room import Room
from medianest_bot.chats._telegram_sending import Sending
from medianest_bot.core.store import people
from medianest_bot.core.store.cards import Card
from medianest_bot.demo_house import open_demo


class Phone:
    """One person in Telegram; `chat` is where they are, their private chat if None."""

    def __init__(self, server: Server, number: int, name: str = "Ana") -> None:
        self.server = server
        known = server.world.people.get(number)
        self.person: Person = known or server.person(number, name)
        self.chat: Chat | None = None

    @property
    def answers(self) -> list[Message]:
        return self.server.answers(self.chat or self.person)

    async def says(self, text: str, *, reply_to: Message | None = None) -> Message:
        """The bot's next message after this was said."""
        seen = len(self.answers)
        self.server.says(self.person, text, self.chat, reply_to=reply_to)
        return await self.next(seen)

    async def sends(self, kind: str) -> Message:
        seen = len(self.answers)
        self.server.sends(self.person, kind, self.chat)
        return await self.next(seen)

    async def next(self, seen: int) -> Message:
        """The bot's message behind the first `seen`."""
        found: Message = await self.server.until(
            lambda: self.answers[seen] if len(self.answers) > seen else None
        )
        return found

    async def presses(self, message: Message, what: str, **more: bool) -> Press:
        """Press, and wait until the press was answered."""
        press = self.server.presses(self.person, message, what, **more)
        await self.server.until(lambda: press.answer is not None)
        return press

    async def presses_for(self, message: Message, what: str, **more: bool) -> Message:
        """Press, and wait for the message that comes of it."""
        seen = len(self.answers)
        self.server.presses(self.person, message, what, **more)
        return await self.next(seen)

    async def presses_over(self, message: Message, what: str) -> None:
        """Press, and wait until the message itself has changed."""
        before = drawn(message)
        self.server.presses(self.person, message, what)
        await self.server.until(lambda: drawn(message) != before)


class Household(InTelegram):
    """A house in Telegram and everybody's phones."""

    _next = 1000

    def of(self, name: str) -> Phone:
        return Phone(self.server, NUMBERS[name], name.title())

    async def another(self, name: str = "ana") -> Phone:
        """Somebody's phone with a private chat in which nothing was said yet."""
        self._next += 1
        house = self.demo.app.house
        async with house.store.begin() as tx:
            person = await people.find(tx, name)
            assert person is not None
            account = str(self._next)
            await people.link(tx, person.id, "telegram", account, name, house.now())
        return Phone(self.server, self._next, name.title())

    def stranger(self) -> Phone:
        self._next += 1
        return Phone(self.server, self._next, "Stranger")


@asynccontextmanager
async def open_household(folder: Path) -> AsyncIterator[Household]:
    """Everything runs; at the end no call was other than Telegram's spec says."""
    with nothing_while_writing():
        async with open_demo(folder, pace=0) as demo, bot_api(TOKEN) as server:
            for name, number in NUMBERS.items():
                server.person(number, name.title())
            await link(demo)
            async with running(demo, server) as telegram:
                yield Household(demo, server, telegram)
            assert server.spec_errors == []


class _QuickPort(TelegramPort):
    def pace_s(self, card: Card) -> float:
        del card
        return 0.01


@asynccontextmanager
async def quick_cards(house: InTelegram) -> AsyncIterator[TelegramPort]:
    """Cards that are redrawn without the pause that Telegram needs."""
    server, inner = house.server, house.demo.app.house
    request = Request(8)
    async with Bot(TOKEN, base_url=f"{server.url}/bot", request=request) as bot:
        sending = Sending(bot, Lane(), Pictures(inner), Chats(inner))
        me = Me(str(bot.id), str(bot.username))
        port = _QuickPort(Room(inner, house.demo.app.dispatch, sending, me))
        inner.outbox.attach(port)
        yield port
        inner.outbox.detach(port)


def drawn(message: Message) -> str:
    """A message as it is seen: its picture, its text, its rows of buttons."""
    head = ["(photo)"] if message.is_photo else []
    preview = message.raw.get("link_preview_options", {})
    if preview.get("url"):
        head.append(f"({preview['url']})")
    rows = [" ".join(f"[{one.label}]" for one in row) for row in message.rows]
    return "\n".join([*head, message.text, *rows])
