"""The door every test of a command uses: say a line, see the whole reply."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from tests.writing_guard import nothing_while_writing

from medianest_bot.core.context import Asked, Place
from medianest_bot.core.outbox import Reader
from medianest_bot.core.reply import Reply
from medianest_bot.core.roles import PlaceKind
from medianest_bot.core.store.cards import Card
from medianest_bot.core.store.engine import is_writing
from medianest_bot.demo_house import Demo, open_demo

PATIENCE_S = 20.0


class Talk:
    """Talks to the demo household over real sockets, as any of its people."""

    platform = "console"
    only_place: str | None = None

    def __init__(self, demo: Demo) -> None:
        self.demo = demo
        self.told: list[tuple[str, Reply]] = []
        self.edited: list[tuple[str, Reply]] = []
        self._changed = asyncio.Event()
        self._sent = 0

    async def __call__(
        self,
        line: str,
        who: str = "ana",
        *,
        place: PlaceKind = PlaceKind.PRIVATE,
        pressed: bool = False,
    ) -> Reply:
        """Say a line; a card that follows something is remembered as a chat would."""
        asked = Asked(
            platform=self.platform,
            account=who,
            shown_name=who,
            place=Place(self.platform, f"room-of-{who}", place),
            pressed=pressed,
            asker=who if pressed else None,
        )
        reply = await self.demo.app.dispatch.run(line, asked)
        if reply.follows:
            await self.keep(reply, who, place)
        return reply

    async def press(self, reply: Reply, label: str, who: str = "ana") -> Reply:
        """Press the button with this label."""
        line = next(one.line for one in reply.every_choice() if one.label == label)
        return await self(line, who, pressed=True)

    async def keep(
        self, reply: Reply, who: str, place: PlaceKind = PlaceKind.PRIVATE
    ) -> None:
        self._sent += 1
        subject = str(reply.follows)
        card = Card(
            id=0,
            subject=subject,
            platform=self.platform,
            place=f"room-of-{who}",
            message=str(self._sent),
            person_id=None,
            account=who,
            line=f"show {subject}",
            drawn="",
            place_kind=place.value,
        )
        await self.demo.app.house.outbox.follow(card, reply)

    async def draw(self, subject: str, who: str = "ana") -> Reply:
        """The card as it looks now."""
        reader = Reader(self.platform, who, f"room-of-{who}")
        return await self.demo.app.dispatch.draw(f"show {subject}", reader)

    async def until(
        self, subject: str, is_so: Callable[[Reply], bool], who: str = "ana"
    ) -> Reply:
        """Wait until the card of `subject` was redrawn so that `is_so` holds."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                self._changed.clear()
                reply = await self.draw(subject, who)
                if is_so(reply):
                    return reply
                await self._changed.wait()

    async def until_told(self, who: str = "ana") -> Reply:
        """Wait for the first news to somebody."""
        async with asyncio.timeout(PATIENCE_S):
            while not any(name == who for name, _reply in self.told):
                self._changed.clear()
                await self._changed.wait()
        return next(reply for name, reply in self.told if name == who)

    def pace_s(self, card: Card) -> float:
        del card
        return 0.01

    async def edit(self, card: Card, reply: Reply) -> bool:
        assert not is_writing(), "edited inside a transaction"
        self.edited.append((card.subject, reply))
        self._changed.set()
        return True

    async def post(
        self, place: str, thread: str | None, account: str, reply: Reply
    ) -> bool:
        """There are no rooms in a console."""
        del place, thread, account, reply
        return False

    async def tell(self, account: str, reply: Reply) -> bool:
        assert not is_writing(), "told inside a transaction"
        self.told.append((account, reply))
        self._changed.set()
        return True


@pytest_asyncio.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    """The whole house on stand-ins whose life the test drives itself."""
    with nothing_while_writing():
        async with open_demo(tmp_path, pace=0) as opened:
            yield opened


@pytest.fixture
def say(demo: Demo) -> Talk:
    talk = Talk(demo)
    demo.app.house.outbox.attach(talk)
    return talk
