"""The Telegram chat: every update once at least, nobody waiting for anybody else."""

from __future__ import annotations

import asyncio
import hmac
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

import structlog
from telegram import Bot
from telegram.error import InvalidToken, RetryAfter, TelegramError

from medianest_bot.chats import _telegram_poll as polls
from medianest_bot.chats._telegram_chats import Chats
from medianest_bot.chats._telegram_doing import Doing
from medianest_bot.chats._telegram_errors import WrongToken
from medianest_bot.chats._telegram_groups import Groups
from medianest_bot.chats._telegram_handling import Handling
from medianest_bot.chats._telegram_http import Request
from medianest_bot.chats._telegram_inbox import Inbox
from medianest_bot.chats._telegram_incoming import PLATFORM, Me
from medianest_bot.chats._telegram_inline import Inline
from medianest_bot.chats._telegram_lane import Lane, seconds
from medianest_bot.chats._telegram_links import code_link, invitation_link
from medianest_bot.chats._telegram_lists import Lists
from medianest_bot.chats._telegram_pictures import Pictures
from medianest_bot.chats._telegram_poll import Poll
from medianest_bot.chats._telegram_port import TelegramPort
from medianest_bot.chats._telegram_pressing import Pressing
from medianest_bot.chats._telegram_room import Room
from medianest_bot.chats._telegram_saying import Saying
from medianest_bot.chats._telegram_sending import Sending
from medianest_bot.chats.telegram_settings import TelegramSettings
from medianest_bot.core.dispatch import Dispatch
from medianest_bot.core.house import House
from medianest_bot.core.store.errors import StoreError
from medianest_bot.services.clock import loop_time
from medianest_bot.services.errors import Refused, Unreachable

__all__ = ["Telegram", "TelegramSettings", "WrongToken"]

log = structlog.get_logger(__name__)

READ_S = 15.0
"""A send may take Telegram a while; giving up early would mean not knowing."""
GRACE_S = 1.2
CONFIRM_S = 0.4
DEAF_S = 90.0
"""After so long without an answer to a poll, Telegram does not hear us."""
LOOK_S = 60.0


class Telegram:
    """The whole house in Telegram while `run` is running."""

    name = PLATFORM

    def __init__(
        self,
        house: House,
        dispatch: Dispatch,
        settings: TelegramSettings,
        *,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        # Its seconds as a plain number are deprecated, which is said at each 429.
        os.environ.setdefault("PTB_TIMEDELTA", "1")
        self._house = house
        self._dispatch = dispatch
        self._settings = settings
        self._wait = wait
        # Where all connections are taken, a call waits for one rather than fails.
        self._calls = Request(256, READ_S)
        self._polls = Request(2)
        self._bot = Bot(
            settings.token,
            base_url=f"{settings.api_url}/bot",
            base_file_url=f"{settings.file_url}/file/bot",
            request=self._calls,
            get_updates_request=self._polls,
        )
        self._updates_url = f"{settings.api_url}/bot{settings.token}/getUpdates"
        self._inbox = Inbox(house.store, house.now)
        self._poll: Poll | None = None
        self._handling: Handling | None = None
        self.me: Me | None = None
        """Who we are, once Telegram has said so."""
        self.here = asyncio.Event()
        """Set when the first updates are asked for."""

    @property
    def healthy(self) -> bool:
        """False while Telegram does not hear us, or somebody else has our token."""
        poll = self._poll
        if self.me is None:
            return False
        if poll is None:
            return True
        is_heard = loop_time() - poll.last_heard < DEAF_S
        return is_heard and poll.conflicts < polls.CONFLICTS

    async def probe(self) -> float:
        """Milliseconds to Telegram. Raises ServiceError where we are not heard."""
        began = loop_time()
        try:
            await self._bot.get_me()
        except TelegramError as error:
            raise Unreachable(PLATFORM) from error
        if self._poll is not None and self._poll.conflicts >= polls.CONFLICTS:
            raise Refused(PLATFORM, said="another bot polls with this token")
        return (loop_time() - began) * 1000

    async def run(self) -> None:
        """Talk until cancelled. Raises WrongToken where that can never work."""
        async with AsyncExitStack() as stack:
            stack.callback(self._forget)
            for request in (self._calls, self._polls):
                await request.initialize()
                stack.push_async_callback(request.shutdown)
            me = await self._hello()
            chats = Chats(self._house)
            await chats.open()
            room, handling, groups, lists = self._build(me, chats)
            poll = Poll(
                self._polls,
                self._updates_url,
                self._inbox,
                handling.start,
                wait=self._wait,
            )
            stack.push_async_callback(poll.confirm, CONFIRM_S)
            stack.push_async_callback(self._inbox.aclose)
            stack.push_async_callback(handling.aclose, GRACE_S)
            handling.take_up(await self._inbox.unfinished())
            self.me, self._handling = me, handling
            linking = self._house.linking
            linking.ways_back[PLATFORM] = partial(code_link, me.username)
            linking.ways_in[PLATFORM] = partial(invitation_link, me.username)
            # First of all nothing more is taken.
            stack.callback(self._forget)
            port = TelegramPort(room, announces=self._settings.announces)
            self._house.outbox.attach(port)
            stack.callback(self._house.outbox.detach, port)
            async with _beside(self._keep_places(groups, lists)):
                await self._listen(poll)

    def _forget(self) -> None:
        """Nobody is here any more, until `run` runs again."""
        self.me = self._poll = self._handling = None
        self._house.linking.ways_back.pop(PLATFORM, None)
        self._house.linking.ways_in.pop(PLATFORM, None)
        self.here.clear()

    async def webhook(self, headers: Mapping[str, str], body: bytes) -> int:
        """Take an update Telegram brought; returns the HTTP status to answer with.

        200 only once it is kept: anything else has Telegram bring it again.
        """
        given = headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        secret = self._settings.webhook_secret
        # What is no UTF-8 in a header comes as surrogates.
        said = given.encode(errors="surrogateescape")
        if not secret or not hmac.compare_digest(said, secret.encode()):
            return 403
        if self._handling is None:
            return 503
        try:
            update = json.loads(body)
        except ValueError:
            return 400
        try:
            stored = await self._inbox.take([update])
        except StoreError as error:
            log.warning("update not kept", reason=type(error).__name__)
            return 503
        await self._handling.start(stored)
        return 200

    def _build(self, me: Me, chats: Chats) -> tuple[Room, Handling, Groups, Lists]:
        lane = Lane()
        sending = Sending(self._bot, lane, Pictures(self._house), chats)
        room = Room(self._house, self._dispatch, sending, me, self._wait)
        groups = Groups(room, self._bot, chats)
        lists = Lists(self._bot, lane, self._house)
        saying = Saying(room, partial(self._house.linking.awaits_code, PLATFORM))
        pressing = Pressing(room, saying, self._bot)
        doing = Doing(saying, pressing, Inline(room, self._bot), groups, chats, lists)
        return room, Handling(room, self._inbox, doing), groups, lists

    async def _hello(self) -> Me:
        """Ask Telegram who we are, for as long as it takes."""
        pause_s = polls.FIRST_S
        while True:
            try:
                found = await self._bot.get_me()
            except InvalidToken as error:
                raise WrongToken from error
            except RetryAfter as error:
                await self._wait(seconds(error))
            except TelegramError as error:
                log.warning("Telegram is away", reason=type(error).__name__)
                await self._wait(pause_s)
                pause_s = min(2 * pause_s, polls.LONGEST_S)
            else:
                return Me(str(found.id), found.username or "")

    async def _listen(self, poll: Poll) -> None:
        """Have updates brought, or fetch them, whichever the settings say."""
        url = self._settings.webhook_url
        if url is None:
            await self._until_done(self._bot.delete_webhook)
            self._poll = poll
            self.here.set()
            await poll.run()
            return
        await self._until_done(
            lambda: self._bot.set_webhook(
                url,
                max_connections=100,
                allowed_updates=polls.ALLOWED,
                secret_token=self._settings.webhook_secret,
            )
        )
        self.here.set()
        await asyncio.Event().wait()

    async def _until_done(self, call: Callable[[], Awaitable[object]]) -> None:
        """Call until Telegram does it: it may just be away."""
        pause_s = polls.FIRST_S
        while True:
            try:
                await call()
            except InvalidToken as error:
                raise WrongToken from error
            except RetryAfter as error:
                await self._wait(seconds(error))
            except TelegramError as error:
                log.warning("Telegram does not do it yet", reason=str(error))
                await self._wait(pause_s)
                pause_s = min(2 * pause_s, polls.LONGEST_S)
            else:
                return

    async def _keep_places(self, groups: Groups, lists: Lists) -> None:
        """Leave chats that are not ours, and keep the command lists true."""
        changed = self._house.places.changed
        while True:
            changed.clear()
            try:
                await lists.sync()
                await self._leave_in_time(groups, changed)
            except Exception:
                # A watcher: a locked store must not end it.
                log.exception("telegram places")
                await self._wait(LOOK_S)

    async def _leave_in_time(self, groups: Groups, changed: asyncio.Event) -> None:
        """Look every minute who is to be left, until some chat has changed."""
        while True:
            await groups.leave()
            try:
                async with asyncio.timeout(LOOK_S):
                    await changed.wait()
            except TimeoutError:
                continue
            return


@asynccontextmanager
async def _beside(*works: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run some things beside what is inside, and no longer."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(ended, Exception):
                log.error("work beside Telegram ended", exc_info=ended)
