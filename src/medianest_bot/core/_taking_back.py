"""Takes back at Seerr what people who have left had asked for, until it is done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from medianest_bot.core._request_states import Reason, Standing, State
from medianest_bot.core.store import requests as rows
from medianest_bot.core.store import take_backs
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.errors import StoreError
from medianest_bot.core.store.take_backs import TakeBack
from medianest_bot.services.errors import Missing, ServiceError
from medianest_bot.services.seerr import Refusal, Seerr, refusal

log = structlog.get_logger(__name__)

_SLOWEST = 20
_DECIDED = (Refusal.NOT_PENDING, Refusal.PERMISSION)
"""Approved meanwhile, or somebody else's: then it stays with the household."""


class TakingBack:
    """What is promised is a row; done at once, or when Seerr answers again."""

    def __init__(
        self,
        store: Store,
        seerr: Seerr | None,
        now: Callable[[], datetime],
        poll_s: float,
    ) -> None:
        self._store = store
        self._seerr = seerr
        self._now = now
        self._poll_s = poll_s
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Something was promised, or Seerr answers again."""
        self._woken.set()

    async def run(self) -> None:
        """Take back what is promised, until cancelled."""
        failures = 0
        while True:
            self._woken.clear()
            failures = 0 if await self._round() else failures + 1
            await self._sleep(failures)

    async def if_left(self, row: rows.MediaRequest, to: Standing, as_user: int) -> None:
        """Whoever asked may have left while Seerr was taking it."""
        is_ours = to.state is State.PENDING and to.reason is not Reason.FOLLOWED
        if to.seerr_id is None or not is_ours:
            return
        async with self._store.read() as db:
            if await rows.get(db, row.id) is not None:
                return
        async with self._store.begin() as tx:
            await take_backs.promise(tx, to.seerr_id, as_user, self._now())
        self.wake()

    async def _round(self) -> bool:
        """False where something must be tried again."""
        if self._seerr is None:
            return True
        try:
            async with self._store.read() as db:
                left = await take_backs.left(db)
        except StoreError:
            return False
        done = [await self._is_taken_back(self._seerr, one) for one in left]
        return all(done)

    async def _is_taken_back(self, seerr: Seerr, one: TakeBack) -> bool:
        try:
            await self._take_back(seerr, one)
        except (ServiceError, StoreError) as error:
            log.info("not taken back yet", seerr=one.request, error=str(error))
            return False
        return True

    async def _take_back(self, seerr: Seerr, one: TakeBack) -> None:
        try:
            await seerr.cancel(one.request, as_user=one.as_user)
        except Missing:
            log.info("gone already", seerr=one.request)
        except ServiceError as error:
            if refusal(error) not in _DECIDED:
                raise
            log.info("stays", seerr=one.request, reason=str(error))
        async with self._store.begin() as tx:
            await take_backs.done(tx, one.id)

    async def _sleep(self, failures: int) -> None:
        if not failures:
            await self._woken.wait()
            return
        wait_s = self._poll_s * min(_SLOWEST, 2 ** min(failures, 8))
        try:
            async with asyncio.timeout(wait_s):
                await self._woken.wait()
        except TimeoutError:
            return
