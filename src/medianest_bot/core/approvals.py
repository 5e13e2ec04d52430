"""Signing in with Plex: the admins' side. Their first word counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core import _link_rules as rules
from medianest_bot.core._link_ground import Ground, account_of, is_over, tell_asker
from medianest_bot.core._link_types import Attempt, State
from medianest_bot.core.roles import Role
from medianest_bot.core.store import entrances, people
from medianest_bot.core.store import link_attempts as rows
from medianest_bot.core.store.people import Person
from medianest_bot.core.words import Sorry, marked

NO_SUCH = marked("There is no such sign-in any more.")
NO_SUCH_PERSON = marked("That person is not here any more.")
NOBODYS_NOW = marked("That account is nobody's here by now. Look at the card again.")
NO_ADMIN = marked("That is for admins of this household.")
AN_ADMINS = marked(
    "{name} is an admin, and signing in never makes one. In a chat where the bot knows "
    "{name} already, they can add this one themselves: link other"
)


class Verdict(StrEnum):
    """What an admin says of who wants to come in."""

    APPROVE = "approve"
    SAME = "same"
    """It is another account of somebody we know."""
    DENY = "deny"
    BLOCK = "block"


class Approvals:
    """Who waits to come in, and what admins say of them."""

    def __init__(self, ground: Ground, changed: Callable[[Attempt], None]) -> None:
        self._ground = ground
        self._store = ground.store
        self._changed = changed

    async def get(self, number: int) -> Attempt | None:
        async with self._store.read() as db:
            return await rows.get(db, number)

    async def waiting(self) -> tuple[Attempt, ...]:
        """Those an admin must decide about."""
        async with self._store.read() as db:
            return await rows.in_states(db, {State.WAITING})

    async def sharers(self, attempt: Attempt) -> tuple[Person, ...]:
        """Who uses that Plex account already."""
        if attempt.plex_id is None:
            return ()
        async with self._store.read() as db:
            return await people.by_plex(db, attempt.plex_id)

    async def decide(
        self,
        by: Person,
        number: int,
        verdict: Verdict,
        reason: str = "",
        same_as: int | None = None,
    ) -> Attempt:
        """An admin's word; the first one counts, and what is over stays so.

        Raises Sorry where the card does not say any more whose account it is.
        """
        async with self._store.begin() as tx:
            await self._still_admin(tx, by)
            attempt = await rows.get(tx, number)
            if attempt is None:
                raise Sorry(NO_SUCH)
            if attempt.state is not State.WAITING:
                return attempt
            unseen = await self._unseen(tx, attempt, verdict)
            if unseen is None:
                attempt = await self._decided(tx, by, attempt, verdict, reason, same_as)
                await tell_asker(self._ground, tx, attempt)
        self._changed(attempt)
        if unseen is not None:
            raise unseen
        return attempt

    async def _decided(
        self,
        tx: AsyncConnection,
        by: Person,
        attempt: Attempt,
        verdict: Verdict,
        reason: str,
        same_as: int | None,
    ) -> Attempt:
        now = self._ground.now()
        if is_over(attempt, now):
            decided = await rows.move(tx, attempt, State.EXPIRED, now)
        elif verdict in (Verdict.APPROVE, Verdict.SAME):
            decided = await self._approve(tx, by, attempt, same_as, now)
        else:
            decided = await self._refuse(tx, by, attempt, verdict, reason, now)
        return decided or attempt

    async def _unseen(
        self, tx: AsyncConnection, attempt: Attempt, verdict: Verdict
    ) -> Sorry | None:
        """What the card did not say of whose account it is; from now on it does."""
        owner = await people.by_account(tx, *account_of(attempt))
        number = owner.id if owner else None
        if verdict is not Verdict.APPROVE or attempt.person_id == number:
            return None
        await rows.belongs_to(tx, attempt.id, number)
        if owner is None:
            return Sorry(NOBODYS_NOW)
        return Sorry(rules.LINKED_MEANWHILE, name=owner.name)

    async def _still_admin(self, tx: AsyncConnection, by: Person) -> None:
        known = await people.get(tx, by.id)
        if known is None or known.role is not Role.ADMIN:
            raise Sorry(NO_ADMIN)

    async def _approve(
        self,
        tx: AsyncConnection,
        by: Person,
        attempt: Attempt,
        same_as: int | None,
        now: datetime,
    ) -> Attempt | None:
        owner = await people.by_account(tx, attempt.platform, attempt.account)
        if same_as is not None:
            owner = await self._same(tx, owner, same_as)
        return await rules.settle(tx, attempt, owner, now, by)

    async def _same(
        self, tx: AsyncConnection, owner: Person | None, same_as: int
    ) -> Person:
        """Whom an admin says it is. Signing in gives nobody the rights of an admin."""
        if owner is not None and owner.id != same_as:
            raise Sorry(rules.LINKED_MEANWHILE, name=owner.name)
        person = owner or await people.get(tx, same_as)
        if person is None:
            raise Sorry(NO_SUCH_PERSON)
        if owner is None and person.role is Role.ADMIN:
            raise Sorry(AN_ADMINS, name=person.name)
        return person

    async def _refuse(
        self,
        tx: AsyncConnection,
        by: Person,
        attempt: Attempt,
        verdict: Verdict,
        reason: str,
        now: datetime,
    ) -> Attempt | None:
        to = State.BLOCKED if verdict is Verdict.BLOCK else State.DENIED
        if to is State.BLOCKED:
            account = account_of(attempt)
            await entrances.block(tx, account, attempt.shown_name, by.id, now)
        await rules.note(tx, by, f"link {to.value}", attempt, now, reason=reason)
        return await rows.move(
            tx, attempt, to, now, reason=reason[:500] or None, decided_by=by.id
        )
