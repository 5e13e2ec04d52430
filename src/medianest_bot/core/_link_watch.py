"""Looks after sign-ins: what is over, codes typed at Plex, tokens left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from medianest_bot.core import _link_rules as rules
from medianest_bot.core._link_ground import Ground, confirmed, is_over, tell_asker
from medianest_bot.core._link_plex import Claimed, PlexSide
from medianest_bot.core._link_types import LIVE, Attempt, State
from medianest_bot.core.linking import Linking
from medianest_bot.core.people import in_one_line
from medianest_bot.core.roles import Role
from medianest_bot.core.secrets import Damaged, WrongKey
from medianest_bot.core.store import link_attempts as rows
from medianest_bot.core.store import people
from medianest_bot.core.store.errors import StoreError
from medianest_bot.core.store.people import Person
from medianest_bot.services.errors import Missing, ServiceError
from medianest_bot.services.plex_tv import Access, Pin

log = structlog.get_logger(__name__)

POLL_S = 4.0
IDLE_S = 30.0
_LONGEST_S = 300.0
LEFT_FOR = timedelta(days=1)
"""So long after its PIN was over, a token is not looked for any more."""

Joined = Callable[[Person], Awaitable[None]]
"""Called for who has just signed in: their account at Seerr is looked for."""


class LinkWatch:
    """`run` looks every few seconds while somebody types a code, else seldom."""

    def __init__(
        self,
        ground: Ground,
        linking: Linking,
        joined: Joined,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._ground = ground
        self._linking = linking
        self._joined = joined
        self._wait = wait
        self._troubles = 0
        self._greeted: set[int] = set()

    async def run(self) -> None:
        """Look after sign-ins until cancelled."""
        while True:
            self._linking.begun.clear()
            try:
                pause = await self.look()
            except StoreError:
                log.warning("sign-ins not looked after")
                pause = IDLE_S
            await self._pause(pause)

    async def look(self) -> float:
        """Look once; returns after how many seconds to look again."""
        await self._end_what_is_over()
        is_asked = await self._ask_plex()
        await self._leave_nothing()
        await self._settle_in()
        if not is_asked:
            return IDLE_S
        # Slower and slower where Plex does not answer, or refuses.
        return min(POLL_S * 2.0**self._troubles, _LONGEST_S)

    async def _end_what_is_over(self) -> None:
        now = self._ground.now()
        async with self._ground.store.read() as db:
            live = await rows.in_states(db, LIVE)
        for attempt in live:
            if is_over(attempt, now):
                await self._end(attempt, State.EXPIRED, "link expired")

    async def _ask_plex(self) -> bool:
        """Who has typed their code; True while somebody still may."""
        plex = self._ground.plex
        async with self._ground.store.read() as db:
            typing = await rows.in_states(db, {State.TYPING})
        if plex is None or not typing:
            return False
        troubles = 0
        for attempt in typing:
            troubles += not await self._asked(plex, attempt)
        self._troubles = min(self._troubles + 1, 7) if troubles else 0
        return True

    async def _asked(self, plex: PlexSide, attempt: Attempt) -> bool:
        """False where Plex gave no answer."""
        pin = await self._pin(attempt)
        if pin is None:
            await self._end(attempt, State.FAILED, "link failed")
            return True
        try:
            claimed = await plex.claimed(pin)
        except Missing:
            await self._end(attempt, State.EXPIRED, "link expired")
            return True
        except ServiceError:
            return False
        if claimed is not None:
            await self._typed(attempt, claimed)
        return True

    async def _typed(self, attempt: Attempt, claimed: Claimed) -> None:
        """The code was typed at Plex, by whoever could be talked into typing one.

        So an admin must approve, whatever was expected.
        """
        now = self._ground.now()
        reaches = claimed.access is not Access.NONE
        async with self._ground.store.begin() as tx:
            known = await rows.move(
                tx,
                attempt,
                State.CODE if reaches else State.NO_ACCESS,
                now,
                plex_id=claimed.plex_id,
                plex_name=in_one_line(claimed.name)[:64],
                access=claimed.access.value,
            )
            if known is None:
                return
            person = await people.by_account(tx, attempt.platform, attempt.account)
            if reaches:
                known = await confirmed(
                    self._ground, tx, known, person, is_asked=not _is_admin(person)
                )
            else:
                await rules.note(tx, None, "link without access", known, now)
        self._linking.changed(known)

    async def _leave_nothing(self) -> None:
        """Sign out what a stop, or a closed browser, left at Plex."""
        plex = self._ground.plex
        async with self._ground.store.read() as db:
            left = await rows.with_pin(db)
        for attempt in left:
            if plex is None or attempt.state in (State.TYPING, State.AT_PLEX):
                continue
            pin = await self._pin(attempt)
            # Plex says itself when a PIN is over: our clock may be wrong.
            too_long = self._ground.now() - LEFT_FOR
            is_given_up = pin is None or pin.expires <= too_long
            if is_given_up or (pin and await plex.leave_nothing(pin)):
                async with self._ground.store.begin() as tx:
                    await rows.forget_pin(tx, attempt.id)

    async def _settle_in(self) -> None:
        """Find the Seerr account of who has just signed in, once for each."""
        async with self._ground.store.read() as db:
            done = await rows.in_states(db, {State.DONE})
            fresh = [one for one in done if one.id not in self._greeted]
            found = [await people.get(db, one.person_id or 0) for one in fresh]
        for attempt, person in zip(fresh, found, strict=True):
            if person is not None and person.seerr_id is None:
                await self._joined(person)
            self._greeted.add(attempt.id)

    async def _pin(self, attempt: Attempt) -> Pin | None:
        async with self._ground.store.read() as db:
            bound = await rows.bound(db, attempt.id)
        try:
            sealed = bound.pin
            return self._ground.secrets.opened(attempt, sealed) if sealed else None
        except (WrongKey, Damaged):
            return None

    async def _end(self, attempt: Attempt, to: State, action: str) -> None:
        now = self._ground.now()
        async with self._ground.store.begin() as tx:
            ended = await rows.move(tx, attempt, to, now)
            if ended is not None:
                await rules.note(tx, None, action, ended, now)
                if attempt.state is State.WAITING:
                    # Days ago: nobody looks at that card any more.
                    await tell_asker(self._ground, tx, ended)
        self._linking.changed(ended or attempt)

    async def _pause(self, seconds: float) -> None:
        waiting = asyncio.ensure_future(self._wait(seconds))
        woken = asyncio.ensure_future(self._linking.begun.wait())
        try:
            await asyncio.wait({waiting, woken}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            woken.cancel()


def _is_admin(person: Person | None) -> bool:
    return person is not None and person.role is Role.ADMIN
