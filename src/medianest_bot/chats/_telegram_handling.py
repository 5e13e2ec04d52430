"""Updates of different people at the same time, changes of one person in order."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog

from medianest_bot.chats._telegram_doing import Doing
from medianest_bot.chats._telegram_inbox import Inbox, Stored
from medianest_bot.chats._telegram_incoming import (
    Asking,
    Incoming,
    Membership,
    Other,
    Pressed,
    Said,
    Shared,
)
from medianest_bot.chats._telegram_reading import read
from medianest_bot.chats._telegram_render import unpacked
from medianest_bot.chats._telegram_room import Room
from medianest_bot.core.store.errors import StoreError

log = structlog.get_logger(__name__)

MOST = 1000
"""Updates at the same time; more wait with Telegram."""
MOST_OF_ONE = 100
"""Of one person; what comes on top of that is no conversation, and is dropped."""
ALONE_S = 5.0
"""So long the next waits for one that an earlier process did not finish."""
AGAIN_S = (1.0, 5.0, 25.0)
"""After these, whoever could not be answered for want of the store is answered."""


class Handling:
    """Has every update handled in a task of its own, and marked when it is done."""

    def __init__(self, room: Room, inbox: Inbox, doing: Doing) -> None:
        self._room = room
        self._inbox = inbox
        self._doing = doing
        self._tasks: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(MOST)
        self._turns: dict[str, _Turn] = {}
        self._of_one: Counter[str] = Counter()
        self._alone = asyncio.Lock()

    async def start(self, updates: Sequence[Stored]) -> None:
        """Begin with each of them; waits only where far too many run already."""
        for update in updates:
            await self._places.acquire()
            task = self._keep(self._handle(update))
            task.add_done_callback(lambda _task: self._places.release())

    def take_up(self, updates: Sequence[Stored]) -> None:
        """Finish what an earlier process began, one after another.

        All of them queue at once, so that nothing newer of a person overtakes them.
        """
        for update in updates:
            self._keep(self._handle_again(update))

    async def aclose(self, grace_s: float) -> None:
        """Let what runs come to its end for a while; the rest runs again later."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_s)
        left = list(self._tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _keep(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _handle(self, update: Stored) -> None:
        what = read(update.body, self._room.me)
        whose = _whose(what)
        if whose and self._of_one[whose] >= MOST_OF_ONE:
            # Who fills their own chat must not take everybody's places with it.
            log.warning("too many updates of one person", number=update.number)
            self._inbox.done(update)
            return
        self._of_one[whose] += 1
        try:
            async with self._in_order(what):
                await self._finish(what, update)
        finally:
            self._of_one[whose] -= 1
            if not self._of_one[whose]:
                del self._of_one[whose]

    async def _handle_again(self, update: Stored) -> None:
        """Alone at first, so that the one that kills the process is found out."""
        what = read(update.body, self._room.me)
        async with self._in_order(what), asyncio.TaskGroup() as group, self._alone:
            again = await self._counted(update)
            if again is not None:
                work = group.create_task(self._finish(what, again))
                await asyncio.wait({work}, timeout=ALONE_S)

    async def _counted(self, update: Stored) -> Stored | None:
        """As begun once more; None where it has been set aside."""
        while True:
            try:
                return await self._inbox.begin_again(update)
            except StoreError:
                log.warning("update not counted", number=update.number)
                await self._room.wait(AGAIN_S[0])

    async def _finish(self, what: Incoming, update: Stored) -> None:
        try:
            await self._do(what, update)
        except Exception as error:
            # A chat loop: whatever one update does, the next is handled.
            kind = type(what).__name__
            log.exception("update", number=update.number, kind=kind)
            await self._room.dispatch.report(
                f"telegram {kind.casefold()}", type(error).__name__
            )
        self._inbox.done(update)

    async def _do(self, what: Incoming, update: Stored) -> None:
        """Do it; once more where the store was locked before anybody was answered."""
        for pause_s in AGAIN_S:
            try:
                await self._doing.do(what, update)
            except StoreError:
                log.warning("update waits for the store", number=update.number)
                await self._room.wait(pause_s)
            else:
                return
        await self._doing.do(what, update)

    @asynccontextmanager
    async def _in_order(self, what: Incoming) -> AsyncIterator[None]:
        """One at a time of what one person changes; all else beside it."""
        key = self._order(what)
        if key is None:
            yield
            return
        turn = self._turns.setdefault(key, _Turn())
        turn.users += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.users -= 1
            if not turn.users:
                del self._turns[key]

    def _order(self, what: Incoming) -> str | None:
        """What it may not overtake; None for what changes nothing."""
        match what:
            case Said(sender=sender):
                return f"{sender.account} typed" if self._may_change(what) else None
            case Pressed(sender=sender, data=data, message=message):
                line, _asker = unpacked(data)
                command = self._room.house.commands.named(line)
                if command is not None and command.reads:
                    return None
                where = what.spot.chat if what.spot else ""
                return f"{sender.account} {where} {message}"
            case Membership(spot=spot):
                return f"chat {spot.chat}"
            case _:
                return None

    def _may_change(self, said: Said) -> bool:
        """True for a changing command, an answer, a link that was opened."""
        if said.reply_to is not None and said.reply_to.is_ours:
            return True
        line = said.command.text if said.command else said.text
        named = self._room.house.commands.named(line)
        # What names no command is looked for, or opens a link that may do anything.
        return line.startswith("start ") if named is None else not named.reads


def _whose(what: Incoming) -> str:
    """Who did it, where they can do it as often as they like; else nothing."""
    match what:
        case Said() | Other() | Shared():
            return what.sender.account or what.spot.chat
        case Pressed() | Asking():
            return what.sender.account
        case _:
            return ""


class _Turn:
    """A lock that is kept as long as somebody has or wants it."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.users = 0
