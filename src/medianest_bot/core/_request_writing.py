"""Writes down where requests stand, and has the right people told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core._request_states import FOR_ADMINS, Standing, State
from medianest_bot.core.outbox import Outbox
from medianest_bot.core.store import people
from medianest_bot.core.store import requests as rows
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.requests import MediaRequest
from medianest_bot.services.media import Kind

WORTH_TELLING = (
    State.PENDING,
    State.APPROVED,
    State.DECLINED,
    State.FAILED,
    State.AVAILABLE,
    State.CANCELLED,
)


class Writing:
    """One transaction for each change: state, news; then the cards are redrawn."""

    def __init__(
        self, store: Store, outbox: Outbox, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._outbox = outbox
        self._now = now
        self.plex_keys: dict[tuple[Kind, int], str] = {}

    async def move(
        self,
        row: MediaRequest,
        to: Standing,
        *,
        next_at: datetime | None = None,
        tell: bool = False,
    ) -> MediaRequest:
        """Bring a row to where it stands now, unless it ended meanwhile.

        `tell`: its owner has not just asked, and learns about it by a message.
        """
        async with self._store.begin() as tx:
            before = await rows.get(tx, row.id)
            if before is None or not State(before.state).is_open:
                return before or row
            await rows.update(
                tx,
                row.id,
                self._now(),
                state=to.state.value,
                reason=to.reason.value if to.reason else None,
                percent=to.percent,
                eta=to.eta,
                seerr_id=to.seerr_id or before.seerr_id,
                attempts=before.attempts + 1 if next_at else 0,
                next_at=next_at,
            )
            await self._promise_news(tx, before, to, tell=tell)
            after = await rows.get(tx, row.id) or before
        self.changed(after)
        return after

    async def tell_admins(
        self, tx: AsyncConnection, row: MediaRequest, dedupe: str
    ) -> None:
        """Have every admin see the request, once for each `dedupe`."""
        for admin in await people.admins(tx):
            line = f"show request:{row.id}"
            await self._outbox.tell(tx, admin.id, line, f"{dedupe}:{admin.id}")

    def changed(self, row: MediaRequest) -> None:
        self._outbox.changed(f"request:{row.id}")
        self._outbox.wake()

    def wake(self) -> None:
        self._outbox.wake()

    async def _promise_news(
        self, tx: AsyncConnection, before: MediaRequest, to: Standing, *, tell: bool
    ) -> None:
        if to.reason in FOR_ADMINS and to.reason is not None:
            day = self._now().date().isoformat()
            await self.tell_admins(tx, before, f"seerr:{to.reason.value}:{day}")
        if tell and to.state != before.state and to.state in WORTH_TELLING:
            line, dedupe = f"show request:{before.id}", f"request:{before.id}"
            await self._outbox.tell(
                tx, before.person_id, line, f"{dedupe}:{to.state.value}"
            )
