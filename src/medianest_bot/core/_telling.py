"""Delivers news: each person's in order, nobody waiting for somebody else's chat."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import structlog

from medianest_bot.core._ports import Away, Closed, Draw, Ports, Reader
from medianest_bot.core._rooms import account_of, spot_of
from medianest_bot.core.roles import PlaceKind
from medianest_bot.core.store import news, people
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.news import News
from medianest_bot.core.words import Sorry, marked

log = structlog.get_logger(__name__)

AT_ONCE = 60
"""News on their way: more would only wait before a chat, drawn too early."""
_TROUBLE_S = 5.0
"""After the store did not let us note what was told."""
_TRIES = 8
"""After so many the chats have refused for good: some four hours."""
_TRIES_UNATTACHED = 30
"""The same where none of a person's chats is open to us: some three weeks."""
_TRIES_ROOM = 4
"""After so many, some seven minutes, a room's news go to its reader in private."""
_LONGEST = timedelta(days=1)

COULD_NOT_REACH = "could not reach"
NOTHING_TO_TELL = "nothing to tell"
NO_NEWS = marked("This account takes no messages from me.")


def in_order(accounts: Sequence[people.Account]) -> list[people.Account]:
    """As they are tried: those that took nothing lately come last."""
    return sorted(accounts, key=lambda one: one.unreachable_at is not None)


class Telling:
    """The news that are being delivered; `done` is called when somebody's were."""

    def __init__(
        self,
        store: Store,
        ports: Ports,
        draw: Draw,
        now: Callable[[], datetime],
        done: Callable[[], None],
        wait: Callable[[float], Awaitable[None]],
    ) -> None:
        self._store = store
        self._ports = ports
        self._draw = draw
        self._now = now
        self._done = done
        self._wait = wait
        self._told: set[int] = set()
        self._running: dict[int, asyncio.Task[None]] = {}

    async def start(self) -> bool:
        """Deliver what is due; False where there may be more of it."""
        free = AT_ONCE - len(self._running)
        if free <= 0:
            # Whoever was told makes room, and has us look again.
            return True
        async with self._store.read() as db:
            due = await news.due(db, self._now(), free, besides=self._running)
        of_person: defaultdict[int, list[News]] = defaultdict(list)
        for one in due:
            of_person[one.person_id].append(one)
        for person_id, ones in of_person.items():
            task = asyncio.create_task(self._deliver(person_id, ones))
            self._running[person_id] = task
        return len(due) < free

    async def aclose(self) -> None:
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _deliver(self, person_id: int, ones: Sequence[News]) -> None:
        try:
            for one in ones:
                await self._deliver_one(one)
        except Exception:
            # A watcher: what could not be noted is noted later.
            log.exception("deliver", person=person_id)
            await self._wait(_TROUBLE_S)
        finally:
            del self._running[person_id]
        # More may have come in for them meanwhile.
        self._done()

    async def _deliver_one(self, one: News) -> None:
        if one.id in self._told:
            await self._note(one)
            return
        async with self._store.read() as db:
            accounts = await people.accounts_of(db, one.person_id)
        is_reachable = any(
            account.unreachable_at is None and self._ports.get(account.platform)
            for account in accounts
        )
        try:
            is_told = await self._tell(one, accounts)
        except Sorry:
            # Its subject is gone, or they may no longer see it: that will not mend.
            await self._put_off(one, NOTHING_TO_TELL)
            return
        except Away as error:
            reason = type(error.__cause__ or error).__name__
            log.info("news wait", news=one.id, reason=reason)
            is_told = False
        except Exception:
            log.exception("tell", news=one.id)
            is_told = False
        if is_told:
            # Nobody is told again while the store cannot write that they were.
            self._told.add(one.id)
            await self._note(one)
            return
        tries = _TRIES if is_reachable else _TRIES_UNATTACHED
        is_last = one.attempts + 1 >= tries
        await self._put_off(one, COULD_NOT_REACH if is_last else None)

    async def _tell(self, one: News, accounts: Sequence[people.Account]) -> bool:
        """Where the room takes it; in private otherwise, or if there is none."""
        nobodys = account_of(one.room)
        if nobodys is not None:
            return await self._tell_account(one, *nobodys)
        is_for_room = one.room is not None and one.attempts < _TRIES_ROOM
        if is_for_room and await self._post(one, accounts):
            return True
        return await self._tell_in_private(one, accounts)

    async def _post(self, one: News, accounts: Sequence[people.Account]) -> bool:
        """Before all who are in the room, as this person sees it."""
        platform, chat, thread = spot_of(one.room or "")
        of_theirs = (one.account for one in accounts if one.platform == platform)
        account = next(of_theirs, None)
        if account is None:
            return False
        port = self._ports.get(platform)
        if port is None:
            raise Away
        place = f"{chat}:{thread}" if thread else chat
        reader = Reader(platform, account, place, PlaceKind.ADMIN)
        reply = await self._draw(one.line, reader)
        try:
            return await port.post(chat, thread, account, reply)
        except Closed:
            return False

    async def _tell_in_private(
        self, one: News, accounts: Sequence[people.Account]
    ) -> bool:
        """Through the first chat that takes it; those that took nothing lately last."""
        for account in in_order(accounts):
            port = self._ports.get(account.platform)
            if port is None:
                continue
            reader = Reader(account.platform, account.account, account.account)
            if await port.tell(account.account, await self._draw(one.line, reader)):
                return True
        return False

    async def _tell_account(self, one: News, platform: str, account: str) -> bool:
        """To somebody we do not know, who may refuse; then nobody else hears it."""
        port = self._ports.get(platform)
        if port is None:
            raise Away
        reply = await self._draw(one.line, Reader(platform, account, account))
        if not await port.tell(account, reply):
            raise Sorry(NO_NEWS)
        return True

    async def _note(self, one: News) -> None:
        async with self._store.begin() as tx:
            await news.told(tx, one.id, self._now())
        self._told.discard(one.id)

    async def _put_off(self, one: News, failed: str | None) -> None:
        """Try later: after a minute, then twice as long each time, a day at most."""
        wait = min(timedelta(minutes=2 ** min(one.attempts, 11)), _LONGEST)
        async with self._store.begin() as tx:
            await news.put_off(tx, one.id, self._now() + wait, failed)
