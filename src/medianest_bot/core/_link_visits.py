"""Signing in with Plex: the browser's side of it.

Looking changes nothing. *Continue* binds one browser and makes the PIN; the way back
needs that browser's cookie and a second secret, and ends the sign-in without them.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from weakref import WeakValueDictionary

import structlog

from medianest_bot.core import _link_rules as rules
from medianest_bot.core._link_ground import CODE_FOR, OPEN_FOR, Ground, is_over
from medianest_bot.core._link_pages import Pages
from medianest_bot.core._link_plex import Claimed, PlexSide, product_for
from medianest_bot.core._link_secrets import hashed, is_same, new_cookie
from medianest_bot.core._link_types import (
    LIVE,
    NOT_ME,
    Attempt,
    Onward,
    Page,
    State,
    Visit,
)
from medianest_bot.core.people import in_one_line
from medianest_bot.core.secrets import Damaged, WrongKey
from medianest_bot.core.store import link_attempts as rows
from medianest_bot.core.store.link_attempts import Bound
from medianest_bot.services.errors import Missing, ServiceError, Unreadable
from medianest_bot.services.plex_tv import Access, Pin

log = structlog.get_logger(__name__)

LOOKS_S = (0.0, 0.7, 1.5)
"""Plex may be a little late to know that somebody has just confirmed."""


class Visits:
    """The sign-in pages ask here: `core._visiting.Visiting`."""

    def __init__(
        self,
        ground: Ground,
        household: Callable[[], Awaitable[str]],
        changed: Callable[[Attempt], None],
        ways_back: Mapping[str, Callable[[str], str]],
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._ground = ground
        self._changed = changed
        self._pages = Pages(ground, household, ways_back)
        self._wait = wait
        self._one_by_one: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def look(self, state: str, cookie: str | None) -> Visit:
        attempt, bound = await self._found(state)
        if attempt is None:
            return await self._pages.visit(Page.EXPIRED)
        if attempt.state is State.AT_PLEX and _is_bound(bound, cookie):
            # The way back from Plex's page to ours, in the browser that went there.
            return await self._pages.visit(Page.START, attempt)
        return await self._pages.shown(attempt, is_bound=_is_bound(bound, cookie))

    async def go_on(self, state: str, cookie: str | None) -> Onward | Visit:
        attempt, bound = await self._found(state)
        plex = self._ground.plex
        if attempt is None or plex is None:
            return await self._pages.visit(Page.EXPIRED)
        if attempt.state is State.AT_PLEX and bound and _is_bound(bound, cookie):
            return await self._onward(plex, attempt, bound, cookie or "")
        if attempt.state is not State.OPEN:
            return await self._pages.shown(attempt, is_bound=_is_bound(bound, cookie))
        product = product_for(attempt.platform, attempt.shown_name)
        try:
            pin = await plex.mint(product, strong=True)
        except ServiceError:
            return await self._pages.visit(Page.PLEX_AWAY, attempt)
        return await self._bind(plex, attempt, pin)

    async def not_me(self, state: str) -> Visit:
        attempt, _bound = await self._found(state)
        if attempt is None:
            return await self._pages.visit(Page.EXPIRED)
        if attempt.state in LIVE - {State.WAITING}:
            attempt = await self._end(
                attempt, State.CANCELLED, "link not theirs", reason=NOT_ME
            )
        return await self._pages.shown(attempt)

    async def back(self, second: str, cookie: str | None) -> Visit:
        async with self._ground.store.read() as db:
            attempt = await rows.by_return_hash(db, hashed(second))
        if attempt is None:
            return await self._pages.visit(Page.EXPIRED)
        lock = self._one_by_one.setdefault(attempt.id, asyncio.Lock())
        async with lock:
            return await self._back(attempt.id, cookie)

    async def _back(self, number: int, cookie: str | None) -> Visit:
        async with self._ground.store.read() as db:
            attempt, bound = await rows.get(db, number), await rows.bound(db, number)
        if attempt is None:
            return await self._pages.visit(Page.EXPIRED)
        attempt = await self._in_time(attempt)
        if not _is_bound(bound, cookie):
            if attempt.state in (State.AT_PLEX, State.CODE):
                attempt = await self._end(attempt, State.FOREIGN, "link foreign")
            return await self._pages.shown(attempt)
        plex = self._ground.plex
        if attempt.state is not State.AT_PLEX or plex is None or bound.pin is None:
            return await self._pages.shown(attempt, is_bound=True)
        return await self._ask_plex(plex, attempt, bound.pin)

    async def _ask_plex(self, plex: PlexSide, attempt: Attempt, sealed: str) -> Visit:
        try:
            pin = self._ground.secrets.opened(attempt, sealed)
            claimed = await self._claimed(plex, pin)
        except Missing:
            attempt = await self._end(attempt, State.EXPIRED, "link expired")
            return await self._pages.shown(attempt)
        except (Unreadable, WrongKey, Damaged):
            return await self._pages.shown(await self._unreadable(attempt))
        except ServiceError:
            return await self._pages.visit(Page.PLEX_AWAY, attempt)
        if claimed is None:
            return await self._pages.visit(Page.NOT_YET, attempt)
        attempt = await self._known(attempt, claimed)
        if await plex.leave_nothing(pin, claimed.token):
            async with self._ground.store.begin() as tx:
                await rows.forget_pin(tx, attempt.id)
        return await self._pages.shown(attempt, is_bound=True)

    async def _claimed(self, plex: PlexSide, pin: Pin) -> Claimed | None:
        claimed = None
        for pause in LOOKS_S:
            if pause:
                await self._wait(pause)
            claimed = await plex.claimed(pin)
            if claimed is not None:
                break
        return claimed

    async def _known(self, attempt: Attempt, claimed: Claimed) -> Attempt:
        """Plex said who it is."""
        now = self._ground.now()
        reaches = claimed.access is not Access.NONE
        to = State.CODE if reaches else State.NO_ACCESS
        async with self._ground.store.begin() as tx:
            moved = await rows.move(
                tx,
                attempt,
                to,
                now,
                plex_id=claimed.plex_id,
                plex_name=in_one_line(claimed.name)[:64],
                access=claimed.access.value,
                expires_at=now + CODE_FOR,
            )
            if moved is not None:
                action = "link known at plex" if reaches else "link without access"
                await rules.note(tx, None, action, moved, now)
            found = moved or await rows.get(tx, attempt.id) or attempt
        self._changed(found)
        return found

    async def _bind(self, plex: PlexSide, attempt: Attempt, pin: Pin) -> Onward | Visit:
        """From now on it is this browser's."""
        secrets, now, cookie = self._ground.secrets, self._ground.now(), new_cookie()
        sealed = secrets.seal(attempt, pin)
        async with self._ground.store.begin() as tx:
            moved = await rows.move(
                tx,
                attempt,
                State.AT_PLEX,
                now,
                browser_hash=hashed(cookie),
                return_hash=hashed(secrets.second(attempt.salt)),
                pin=sealed,
                expires_at=min(now + OPEN_FOR, pin.expires),
            )
            if moved is not None:
                await rules.note(tx, None, "link at plex", moved, now)
            found = moved or await rows.get(tx, attempt.id) or attempt
        if moved is None:
            # Another browser was quicker.
            return await self._pages.shown(found)
        self._changed(found)
        return await self._onward(plex, found, Bound(hashed(cookie), sealed), cookie)

    async def _onward(
        self, plex: PlexSide, attempt: Attempt, bound: Bound, cookie: str
    ) -> Onward | Visit:
        if bound.pin is None:
            return await self._pages.visit(Page.EXPIRED, attempt)
        secrets = self._ground.secrets
        try:
            pin = secrets.opened(attempt, bound.pin)
        except (WrongKey, Damaged):
            return await self._pages.shown(await self._unreadable(attempt))
        second = secrets.second(attempt.salt)
        forward = f"{self._ground.public_url}/link/return/{second}"
        product = product_for(attempt.platform, attempt.shown_name)
        left = attempt.expires_at - self._ground.now() + CODE_FOR
        address = plex.address(pin, forward, product)
        return Onward(address, cookie, math.ceil(left.total_seconds()))

    async def _found(self, state: str) -> tuple[Attempt | None, Bound | None]:
        async with self._ground.store.read() as db:
            attempt = await rows.by_state_hash(db, hashed(state))
            bound = await rows.bound(db, attempt.id) if attempt else None
        if attempt is None:
            return None, None
        now = self._ground.now()
        # Looking changes nothing: what is over is written down by the watch.
        return (None, None) if _has_ended(attempt, now) else (attempt, bound)

    async def _unreadable(self, attempt: Attempt) -> Attempt:
        log.warning("a sign-in could not be read", attempt=attempt.id)
        return await self._end(attempt, State.FAILED, "link failed")

    async def _in_time(self, attempt: Attempt) -> Attempt:
        if _has_ended(attempt, self._ground.now()):
            return await self._end(attempt, State.EXPIRED, "link expired")
        return attempt

    async def _end(
        self, attempt: Attempt, to: State, action: str, **values: object
    ) -> Attempt:
        now = self._ground.now()
        async with self._ground.store.begin() as tx:
            ended = await rows.move(tx, attempt, to, now, **values)
            if ended is not None:
                await rules.note(tx, None, action, ended, now)
            found = ended or await rows.get(tx, attempt.id) or attempt
        self._changed(found)
        return found


def _is_bound(bound: Bound | None, cookie: str | None) -> bool:
    if bound is None or bound.browser_hash is None or not cookie:
        return False
    return is_same(bound.browser_hash, hashed(cookie))


def _has_ended(attempt: Attempt, now: datetime) -> bool:
    return attempt.state in LIVE and is_over(attempt, now)
