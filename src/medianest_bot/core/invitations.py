"""Invitations: whoever brings the key of one becomes that person, once.

For those without an account at Plex, and for a person's second chat: who holds the
key was given it by an admin, or by themselves.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core._link_secrets import hashed
from medianest_bot.core._link_types import Asker
from medianest_bot.core.outbox import Outbox
from medianest_bot.core.people import in_one_line
from medianest_bot.core.roles import Role
from medianest_bot.core.store import audit, entrances, people
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.entrances import Invitation
from medianest_bot.core.store.people import Person
from medianest_bot.core.words import Sorry, marked

BY_ADMIN_FOR = timedelta(days=3)
BY_THEMSELVES_FOR = timedelta(minutes=15)
_KEY_BYTES = 15

NOT_GOOD = marked(
    "This invitation is not good any more. Ask whoever gave it to you for a new one."
)
NOT_WANTED = marked("An admin does not want this account to come in. Talk to them.")
ALREADY_IN = marked("You are in already, {name}.")
ALREADY_YOU = marked("You are {name} here already, so the invitation stays unused.")
SOMEBODY_ELSE = marked(
    "This account belongs to {name} here. Remove it there first, with /unlink, or ask "
    "an admin."
)


@dataclass(frozen=True, slots=True)
class Made:
    """A new invitation; its key is shown once and kept nowhere."""

    key: str = field(repr=False)
    expires_at: datetime


class Invitations:
    """Makes invitations, and lets in who brings one."""

    def __init__(
        self, store: Store, outbox: Outbox, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._outbox = outbox
        self._now = now

    async def get(self, number: int) -> Invitation | None:
        async with self._store.read() as db:
            return await entrances.invitation_by_id(db, number)

    async def make(self, by: Person, person: Person) -> Made:
        """For somebody; an earlier one for them ends."""
        now, key = self._now(), secrets.token_urlsafe(_KEY_BYTES)
        is_own = by.id == person.id
        expires_at = now + (BY_THEMSELVES_FOR if is_own else BY_ADMIN_FOR)
        async with self._store.begin() as tx:
            await entrances.invite(tx, person.id, hashed(key), by.id, now, expires_at)
            subject = f"{person.name} ({person.id})"
            await audit.add(tx, by.id, "invited", subject, {}, now)
        return Made(key, expires_at)

    async def accept(self, asked: Asker, key: str) -> Person:
        """Become who the invitation is for. Raises Sorry where it is not good."""
        account = asked.platform, asked.account
        async with self._store.begin() as tx:
            now = self._now()
            if await entrances.is_blocked(tx, account):
                raise Sorry(NOT_WANTED)
            found = await entrances.invitation(tx, hashed(key.strip()))
            if found is None:
                raise Sorry(NOT_GOOD)
            owner = await people.by_account(tx, *account)
            who = f"{asked.platform}:{asked.account}"
            if owner and (found.used_by, found.person_id) == (who, owner.id):
                raise Sorry(ALREADY_IN, name=owner.name)
            if found.used_at is not None or found.expires_at <= now:
                raise Sorry(NOT_GOOD)
            person = await people.get(tx, found.person_id)
            if person is None or not await _is_good(tx, found):
                raise Sorry(NOT_GOOD)
            if owner is not None:
                words = ALREADY_YOU if owner.id == person.id else SOMEBODY_ELSE
                raise Sorry(words, name=owner.name)
            shown = in_one_line(asked.shown_name)[:64]
            await people.link(tx, person.id, *account, shown, now, asked.locale)
            await entrances.use(tx, found.id, who, now)
            subject = f"{person.name} ({person.id})"
            told = {"account": who, "invited by": found.made_by}
            await audit.add(tx, person.id, "invitation accepted", subject, told, now)
            await self._tell_maker(tx, found)
        self._outbox.wake()
        return person

    async def _tell_maker(self, tx: AsyncConnection, found: Invitation) -> None:
        """Whoever let somebody in hears that they came, and with which account."""
        if found.made_by is not None and found.made_by != found.person_id:
            line = f"show invitation:{found.id}"
            await self._outbox.tell(tx, found.made_by, line, f"invitation:{found.id}")


async def _is_good(tx: AsyncConnection, found: Invitation) -> bool:
    """Made by themselves, or by somebody who is an admin as of now."""
    if found.made_by == found.person_id:
        return True
    maker = await people.get(tx, found.made_by or 0)
    return maker is not None and maker.role is Role.ADMIN
