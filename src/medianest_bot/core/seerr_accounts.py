"""Finds the Seerr user of who signed in with Plex, and tells Seerr where they chat.

Whatever Seerr does not let us do now is done at the next time somebody asks for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from medianest_bot.core import people as rules
from medianest_bot.core.requests import Requests
from medianest_bot.core.store import config, people
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.people import Account, Person
from medianest_bot.core.words import Sorry
from medianest_bot.services.errors import (
    Missing,
    Refused,
    ServiceError,
    Unreachable,
    Unreadable,
)
from medianest_bot.services.seerr import Chats, Seerr, User

log = structlog.get_logger(__name__)

OWED = "seerr.owed"
"""Begins the key of each person whose chats Seerr does not know yet."""


class SeerrAccounts:
    """Who is who at Seerr. Without a Seerr, nobody new is found.

    With `may_import`, a user is made there for who has none.
    """

    def __init__(
        self,
        store: Store,
        seerr: Seerr | None,
        requests: Requests,
        now: Callable[[], datetime],
        *,
        may_import: bool,
    ) -> None:
        self._store = store
        self._seerr = seerr
        self._requests = requests
        self._now = now
        self._may_import = may_import
        self.is_behind = True
        """True where Seerr was not there for somebody, or may not have been."""
        self._finding = asyncio.Lock()

    async def find_for(self, person: Person) -> int | None:
        """The person's Seerr user, found by their Plex account where none is set.

        None where there is none, where somebody else here is that user, or where
        Seerr does not answer. What waited for it is asked for now, and Seerr learns
        where the person can be told.
        """
        if self._seerr is None:
            return person.seerr_id
        async with self._finding:
            return await self._find_for(self._seerr, person.id)

    async def catch_up(self) -> None:
        """Look for all who signed in with Plex and have no Seerr user, or owe it."""
        self.is_behind = False
        async with self._store.read() as db:
            waiting = [
                one
                for one in await people.everyone(db)
                if (one.plex_id is not None and one.seerr_id is None)
                or await config.get(db, _owed(one.id)) is not None
            ]
        for person in waiting:
            await self.find_for(person)

    async def _find_for(self, seerr: Seerr, person_id: int) -> int | None:
        async with self._store.read() as db:
            # As of now: somebody may have told us while we waited.
            person = await people.get(db, person_id)
            accounts = await people.accounts_of(db, person_id)
        if person is None:
            return None
        number = person.seerr_id or await self._look(seerr, person)
        if number is not None:
            await self._tell_chats(seerr, person, number, accounts)
        return number

    async def _look(self, seerr: Seerr, person: Person) -> int | None:
        if person.plex_id is None or await self._is_shared(person.plex_id):
            return None
        try:
            user = await self._user(seerr, person.plex_id)
        except ServiceError as error:
            log.info("seerr user not found", person=person.id, kind=_kind(error))
            self.is_behind |= isinstance(error, Unreachable)
            return None
        if user is None:
            return None
        try:
            await rules.set_seerr(self._store, None, person, user.id, self._now)
        except Sorry:
            # Two people may use one Plex account, but never one Seerr user.
            return None
        await self._requests.assign(person.id)
        return user.id

    async def _is_shared(self, plex_id: int) -> bool:
        """Then Seerr cannot tell who of them its user is; an admin can."""
        async with self._store.read() as db:
            return len(await people.by_plex(db, plex_id)) > 1

    async def _user(self, seerr: Seerr, plex_id: int) -> User | None:
        found = _of_plex(await seerr.users(), plex_id)
        if found is None and self._may_import:
            await seerr.import_from_plex([plex_id])
            found = _of_plex(await seerr.users(), plex_id)
        return found

    async def _tell_chats(
        self, seerr: Seerr, person: Person, number: int, accounts: Sequence[Account]
    ) -> None:
        chats = _chats(accounts)
        if chats == Chats():
            return
        try:
            await seerr.add_chats(number, chats)
        except (Unreachable, Unreadable) as error:
            log.info("seerr not told", person=person.id, kind=_kind(error))
            self.is_behind = True
            await self._note_owed(person.id, is_owed=True)
        except (Refused, Missing) as error:
            # It will not say anything else tomorrow.
            log.warning("seerr not told", person=person.id, kind=_kind(error))
            await self._note_owed(person.id, is_owed=False)
        else:
            await self._note_owed(person.id, is_owed=False)

    async def _note_owed(self, person_id: int, *, is_owed: bool) -> None:
        key = _owed(person_id)
        async with self._store.read() as db:
            was_owed = await config.get(db, key) is not None
        if was_owed is is_owed:
            return
        async with self._store.begin() as tx:
            if is_owed:
                await config.put(tx, key, "yes", self._now())
            else:
                await config.forget(tx, key)


def _of_plex(users: Sequence[User], plex_id: int) -> User | None:
    """By the number alone: names and addresses change."""
    return next((one for one in users if one.plex_id == plex_id), None)


def _chats(accounts: Sequence[Account]) -> Chats:
    """A private chat at Telegram has the number of the account."""
    discord = tuple(one.account for one in accounts if one.platform == "discord")
    telegram = [one.account for one in accounts if one.platform == "telegram"]
    return Chats(discord, telegram[0] if telegram else None)


def _owed(person_id: int) -> str:
    return f"{OWED}:{person_id}"


def _kind(error: ServiceError) -> str:
    return type(error).__name__.lower()
