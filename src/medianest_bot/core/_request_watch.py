"""Submits what was kept and follows what is open, as long as the house stands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

import structlog

from medianest_bot.core._request_states import (
    WATCHED,
    Reason,
    Standing,
    State,
    after_error,
    at_seerr,
    needs_details,
    of_request,
    standing_at_seerr,
)
from medianest_bot.core._request_writing import Writing
from medianest_bot.core.store import people
from medianest_bot.core.store import requests as rows
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.errors import StoreError
from medianest_bot.core.store.requests import MediaRequest
from medianest_bot.services.errors import Missing, ServiceError
from medianest_bot.services.media import Kind
from medianest_bot.services.seerr import (
    Details,
    Refusal,
    Seerr,
    refusal,
)

log = structlog.get_logger(__name__)

AT_ONCE = 4
SLOWEST = 20
"""How many times longer than usual a quiet or failing request may wait."""
_WEARY = 20
"""A request is looked at again after a twentieth of the time it has stood still."""


class Watch:
    """Reads open requests again and again; quiet ones less often."""

    def __init__(
        self,
        store: Store,
        seerr: Seerr | None,
        writing: Writing,
        now: Callable[[], datetime],
        poll_s: float,
        if_left: Callable[[MediaRequest, Standing, int], Awaitable[None]],
    ) -> None:
        self._store = store
        self._seerr = seerr
        self._writing = writing
        self._now = now
        self._poll_s = poll_s
        self._if_left = if_left
        self._looked: dict[int, datetime] = {}
        self._failures = 0
        self._woken = asyncio.Event()
        self._titles: WeakValueDictionary[tuple[Kind, int], asyncio.Lock] = (
            WeakValueDictionary()
        )

    def one_at_a_time(self, kind: Kind, tmdb_id: int) -> asyncio.Lock:
        """What to hold while something is done to a title's requests."""
        return self._titles.setdefault((Kind(kind), tmdb_id), asyncio.Lock())

    def wake(self) -> None:
        """Look at everything now."""
        self._looked.clear()
        self._failures = 0
        self._woken.set()

    async def run(self) -> None:
        while True:
            self._woken.clear()
            pause_s = await self._round()
            try:
                async with asyncio.timeout(pause_s):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def submit(
        self, seerr: Seerr, row: MediaRequest, *, is_new: bool = True
    ) -> MediaRequest:
        """Give a kept row to Seerr as its owner; the caller holds the title.

        One that is not new may have got there before something broke: look first.
        """
        self._looked[row.id] = self._now()
        async with self._store.read() as db:
            person = await people.get(db, row.person_id)
        if person is None or person.seerr_id is None:
            waits = Standing(State.NEEDS_ADMIN)
            return await self._writing.move(row, waits)
        try:
            to = await self._submitted(seerr, row, person.seerr_id, is_new=is_new)
        except ServiceError as error:
            return await self._not_taken(row, error, tell=not is_new)
        self._woken.set()
        moved = await self._writing.move(row, to, tell=not is_new)
        await self._if_left(row, to, person.seerr_id)
        return moved

    async def _submitted(
        self, seerr: Seerr, row: MediaRequest, user: int, *, is_new: bool
    ) -> Standing:
        """Where the row stands in Seerr, found there or asked for now."""
        kind = Kind(row.kind)
        if not is_new:
            found = await seerr.details(kind, row.tmdb_id, fresh=True)
            row = await self._name(row, found)
            standing = standing_at_seerr(found, row, user)
            if standing is not None:
                return standing
        seasons = tuple(row.seasons) if kind is Kind.TV else None
        try:
            made = await seerr.request(kind, row.tmdb_id, as_user=user, seasons=seasons)
        except ServiceError as error:
            if refusal(error) not in (Refusal.DUPLICATE, Refusal.NO_SEASONS):
                raise
            found = await seerr.details(kind, row.tmdb_id, fresh=True)
            standing = standing_at_seerr(found, row, user, shared=True)
            if standing is None:
                raise
            return standing
        return at_seerr(made, user)

    async def _not_taken(
        self, row: MediaRequest, error: ServiceError, *, tell: bool
    ) -> MediaRequest:
        standing = after_error(error)
        log.warning("not taken", request=row.id, error=str(error))
        later = None
        if standing.state is State.KEPT:
            wait_s = self._poll_s * min(SLOWEST, 2**row.attempts)
            later = self._now() + timedelta(seconds=wait_s)
            self._woken.set()
        return await self._writing.move(row, standing, next_at=later, tell=tell)

    async def _name(self, row: MediaRequest, found: Details) -> MediaRequest:
        """A row written while Seerr was away may lack a name."""
        if row.title:
            return row
        async with self._store.begin() as tx:
            await rows.update(
                tx,
                row.id,
                self._now(),
                title=found.title[:300],
                year=found.year,
                poster=found.poster,
            )
            return await rows.get(tx, row.id) or row

    async def _round(self) -> float:
        """Look at what is due; returns the seconds until the next look."""
        try:
            await self._look_at_all()
            return await self._pause_s()
        except Exception:
            # A watcher: a full disk or a locked database passes, it must go on.
            log.exception("round")
            return self._poll_s

    async def _look_at_all(self) -> None:
        if self._seerr is None:
            return
        async with self._store.read() as db:
            found = await rows.open_ones(db)
        turns = asyncio.Semaphore(AT_ONCE)
        due = [row for row in found if self._next(row) <= self._now()]
        ended = await asyncio.gather(
            *(self._look_at(self._seerr, row, turns) for row in due)
        )
        if due:
            self._failures = 0 if all(ended) else self._failures + 1

    async def _look_at(
        self, seerr: Seerr, row: MediaRequest, turns: asyncio.Semaphore
    ) -> bool:
        """False where it was in vain, so that the next look waits longer."""
        self._looked[row.id] = self._now()
        async with turns:
            try:
                if row.state in WATCHED:
                    await self._reread(seerr, row)
                elif row.state == State.KEPT:
                    await self._resubmit(seerr, row)
            except (ServiceError, StoreError) as error:
                log.info("looked in vain", request=row.id, error=str(error))
                return False
            except Exception:
                # A watcher: one odd row must not stop the others.
                log.exception("watch", request=row.id)
        return True

    async def _resubmit(self, seerr: Seerr, row: MediaRequest) -> None:
        async with self.one_at_a_time(Kind(row.kind), row.tmdb_id):
            async with self._store.read() as db:
                now = await rows.get(db, row.id)
            if now is not None and now.state == State.KEPT:
                await self.submit(seerr, now, is_new=False)

    async def _reread(self, seerr: Seerr, row: MediaRequest) -> None:
        if row.seerr_id is None:
            return
        try:
            request = await seerr.read_request(row.seerr_id)
        except Missing:
            gone = Standing(State.CANCELLED, Reason.DELETED)
            # Where its owner is just taking it back, that ends it and is no news.
            async with self.one_at_a_time(Kind(row.kind), row.tmdb_id):
                await self._writing.move(row, gone, tell=True)
            return
        found = None
        if needs_details(request):
            found = await seerr.details(Kind(row.kind), row.tmdb_id, fresh=True)
        standing = of_request(request, found, row.seasons)
        if standing is None:
            return
        if row.reason == Reason.FOLLOWED and standing.reason is None:
            standing = Standing(
                standing.state, Reason.FOLLOWED, standing.percent, standing.eta
            )
        if _differs(row, standing):
            if standing.state is State.AVAILABLE:
                await self._remember_place(seerr, row)
            await self._writing.move(row, standing, tell=True)

    async def _remember_place(self, seerr: Seerr, row: MediaRequest) -> None:
        """Where Plex has it, so that the card can link to it without asking."""
        try:
            found = await seerr.details(Kind(row.kind), row.tmdb_id, fresh=True)
        except ServiceError:
            return
        if found.plex_key:
            self._writing.plex_keys[Kind(row.kind), row.tmdb_id] = found.plex_key

    async def _pause_s(self) -> float:
        """Until the next row is due; longer each time Seerr does not answer."""
        async with self._store.read() as db:
            found = await rows.open_ones(db)
        self._looked = {row.id: at for row in found if (at := self._looked.get(row.id))}
        soonest = min((self._next(row) for row in found), default=None)
        slowest = self._poll_s * SLOWEST
        if soonest is None or self._seerr is None:
            return slowest
        wait_s = (soonest - self._now()).total_seconds()
        if self._failures:
            wait_s = max(wait_s, self._poll_s * 2 ** min(self._failures, 8))
        return min(slowest, max(wait_s, 0.0))

    def _next(self, row: MediaRequest) -> datetime:
        """When to look at a row again."""
        looked = self._looked.get(row.id)
        if looked is None:
            return self._now()
        if row.state == State.KEPT and row.next_at is not None:
            # It stays past where the disk is full and no turn can be written down.
            return max(row.next_at, looked + timedelta(seconds=self._poll_s))
        still_s = (self._now() - row.updated_at).total_seconds()
        wait_s = min(max(self._poll_s, still_s / _WEARY), self._poll_s * SLOWEST)
        return looked + timedelta(seconds=wait_s)


def _differs(row: MediaRequest, to: Standing) -> bool:
    before = (row.state, row.reason, row.percent, row.eta)
    return before != (to.state, to.reason, to.percent, to.eta)
