"""What people ask for, from the first press until it can be watched.

A request is a row before Seerr hears of it, so that nothing promised is lost;
`run` submits what was kept and follows what is open.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core._request_states import (
    OPEN,
    Reason,
    Standing,
    State,
    all_there,
    at_seerr,
    following,
    holding,
)
from medianest_bot.core._request_watch import Watch
from medianest_bot.core._request_wish import (
    Asked,
    Meant,
    Wish,
    look,
    same,
    what_is_meant,
    without,
)
from medianest_bot.core._request_writing import Writing
from medianest_bot.core._taking_back import TakingBack
from medianest_bot.core.limits import Limits, What
from medianest_bot.core.outbox import Outbox
from medianest_bot.core.store import people
from medianest_bot.core.store import requests as rows
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.people import Person
from medianest_bot.core.store.requests import MediaRequest
from medianest_bot.core.titles import Named
from medianest_bot.core.words import Sorry, marked
from medianest_bot.services.errors import Missing, ServiceError
from medianest_bot.services.media import Kind
from medianest_bot.services.seerr import (
    Details,
    Refusal,
    Seerr,
    refusal,
)

__all__ = ["OPEN", "Asked", "Reason", "Requests", "State", "Wish"]

_ALL = 10_000

NO_SEERR = marked("Nobody takes requests here: Overseerr or Seerr is not set up.")
NO_SUCH_REQUEST = marked("You have no request number {number}.")
TOO_LATE = marked("It is too late to cancel that: it was decided already.")
NOT_YOURS = marked("Somebody else asked for that too, so I cannot take it back.")


class Requests:
    """Asks Seerr for people, one at a time for each title."""

    def __init__(
        self,
        store: Store,
        seerr: Seerr | None,
        outbox: Outbox,
        limits: Limits,
        now: Callable[[], datetime],
        *,
        poll_s: float = 15.0,
    ) -> None:
        self._store = store
        self._seerr = seerr
        self._limits = limits
        self._now = now
        self._writing = Writing(store, outbox, now)
        self._taking_back = TakingBack(store, seerr, now, poll_s)
        self._watch = Watch(
            store, seerr, self._writing, now, poll_s, self._taking_back.if_left
        )

    async def run(self) -> None:
        """Submit what was kept and follow what is open, until cancelled."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._watch.run())
            both.create_task(self._taking_back.run())

    def wake(self) -> None:
        """Look at everything now: Seerr answers again, or somebody can ask now."""
        self._watch.wake()
        self._taking_back.wake()

    def somebody_left(self) -> None:
        """Take back now at Seerr what they waited for."""
        self._taking_back.wake()

    async def ask(self, person: Person, wish: Wish) -> Asked:
        """Ask for a title, unless it is there or asked for already.

        The row and what it costs are saved before Seerr hears of it. Raises Sorry
        where there is nothing to ask for, or nothing left of the person's limit.
        """
        async with self._watch.one_at_a_time(wish.kind, wish.tmdb_id):
            return await self._ask(self._need_seerr(), person, wish)

    async def read(self, number: int) -> MediaRequest | None:
        async with self._store.read() as db:
            return await rows.get(db, number)

    async def cancel(self, person: Person, number: int) -> MediaRequest:
        """Take back one's own request that is not decided yet. Raises Sorry.

        Whose it is, is checked here: the servers let anybody delete anybody's.
        """
        row = await self.read(number)
        if row is None or row.person_id != person.id:
            raise Sorry(NO_SUCH_REQUEST, number=number)
        async with self._watch.one_at_a_time(Kind(row.kind), row.tmdb_id):
            row = await self.read(number) or row
            if row.state == State.CANCELLED:
                return row
            if not State(row.state).can_be_cancelled:
                raise Sorry(TOO_LATE)
            if row.seerr_id is not None and row.reason != Reason.FOLLOWED:
                await self._take_back(person, row.seerr_id)
            return await self._writing.move(row, Standing(State.CANCELLED))

    async def assign(self, person_id: int) -> None:
        """This person has a Seerr user now: submit what waited for that."""
        async with self._store.begin() as tx:
            waiting = await rows.of_person(tx, person_id, (State.NEEDS_ADMIN,), _ALL)
            for row in waiting:
                await rows.update(tx, row.id, self._now(), state=State.KEPT.value)
        for row in waiting:
            self._writing.changed(row)
        self.wake()

    def plex_key(self, kind: Kind, tmdb_id: int) -> str | None:
        """Where Plex has a title that came since the start, as Seerr told us."""
        return self._writing.plex_keys.get((kind, tmdb_id))

    async def _ask(self, seerr: Seerr, person: Person, wish: Wish) -> Asked:
        found = await look(seerr, wish)
        own, others = await self._open_rows(person, wish)
        # What others asked for is known best from Seerr, where that answers.
        meant = what_is_meant(wish, found, own if found else own + others)
        row = same(own, meant)
        if row is not None:
            return Asked(row)
        if found is not None and all_there(found, meant.all):
            return Asked(None)
        followed = await self._follow(person, wish, found, others, without(meant, own))
        if followed is not None:
            return Asked(followed)
        row = await self._write(person, wish, found, meant.free or meant.new)
        if row.state == State.KEPT:
            row = await self._watch.submit(seerr, row)
        return Asked(row, is_new=True)

    async def _open_rows(
        self, person: Person, wish: Wish
    ) -> tuple[list[MediaRequest], list[MediaRequest]]:
        """The person's own for this title, and those of others that Seerr holds."""
        async with self._store.read() as db:
            asked = await rows.of_title(db, wish.kind, wish.tmdb_id)
        found = [row for row in asked if row.state in OPEN]
        own = [row for row in found if row.person_id == person.id]
        held = [row for row in found if row.seerr_id and row.person_id != person.id]
        return own, held

    async def _write(
        self,
        person: Person,
        wish: Wish,
        found: Details | None,
        seasons: tuple[int, ...],
    ) -> MediaRequest:
        async with self._store.begin() as tx:
            # An admin may have said who this is since the person began to ask.
            now = await people.get(tx, person.id) or person
            is_known = now.seerr_id is not None
            state = State.KEPT if is_known else State.NEEDS_ADMIN
            await self._limits.spend(tx, person.id, What.REQUEST)
            row = await self._add(tx, person, wish, found, seasons, state)
            if not is_known:
                await self._writing.tell_admins(tx, row, f"request:{row.id}:who")
        self._writing.wake()
        return row

    async def _follow(
        self,
        person: Person,
        wish: Wish,
        found: Details | None,
        others: Sequence[MediaRequest],
        meant: Meant,
    ) -> MediaRequest | None:
        """The person's own row for what Seerr holds already; it costs nothing.

        None where something is left to ask for.
        """
        if meant.free:
            return None
        if found is None:
            other = same(others, meant)
            if other is None:
                return None
            to, seasons = following(other), other.seasons
        else:
            held = holding(found, meant.new, person.seerr_id)
            if held is None:
                return None
            to, seasons = at_seerr(held, person.seerr_id), held.seasons
        async with self._store.begin() as tx:
            row = await self._add(tx, person, wish, found, seasons, to.state)
            changes = {"seerr_id": to.seerr_id, "reason": to.reason}
            await rows.update(tx, row.id, self._now(), **changes)
            row = await rows.get(tx, row.id) or row
        self.wake()
        return row

    async def _add(
        self,
        tx: AsyncConnection,
        person: Person,
        wish: Wish,
        found: Details | None,
        seasons: tuple[int, ...],
        state: State,
    ) -> MediaRequest:
        named: Named | None = found or wish.known
        return await rows.add(
            tx,
            person.id,
            wish.kind.value,
            wish.tmdb_id,
            title=named.title[:300] if named else "",
            year=named.year if named else None,
            poster=found.poster if found else wish.poster,
            seasons=seasons,
            state=state.value,
            now=self._now(),
        )

    async def _take_back(self, person: Person, seerr_id: int) -> None:
        if person.seerr_id is None:
            raise Sorry(NOT_YOURS)
        try:
            await self._need_seerr().cancel(seerr_id, as_user=person.seerr_id)
        except Missing:
            return
        except ServiceError as error:
            why = refusal(error)
            if why is Refusal.NOT_PENDING:
                self.wake()
                raise Sorry(TOO_LATE) from error
            if why is Refusal.PERMISSION:
                raise Sorry(NOT_YOURS) from error
            raise

    def _need_seerr(self) -> Seerr:
        if self._seerr is None:
            raise Sorry(NO_SEERR)
        return self._seerr
