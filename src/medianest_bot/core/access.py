"""Looks once a day whether those who signed in still reach our Plex server.

Whoever surely does not is a guest until they do. Where Plex cannot be asked, everybody
stays what they are for a week after they were last seen to reach it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core import people as rules
from medianest_bot.core.outbox import Outbox
from medianest_bot.core.roles import Role
from medianest_bot.core.seerr_accounts import SeerrAccounts
from medianest_bot.core.store import config, people
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.people import Person
from medianest_bot.services import plex_tv
from medianest_bot.services.errors import ServiceError
from medianest_bot.services.plex import Plex
from medianest_bot.services.plex_tv import PlexTv

log = structlog.get_logger(__name__)

EVERY = timedelta(days=1)
GRACE = timedelta(days=7)
"""How long who was seen to reach our server keeps that while nobody can be asked."""
SOON_S = 60.0
"""After the start everything else has its first answers before this asks, too."""
LOOK_S = 900.0
SEVERAL = 2
"""Where as many are gone at once, and nobody is left, Plex may be mistaken."""
PATIENCE = 4
"""Looks in a row without an answer before it counts: a network may come up late."""
_JUMP = timedelta(seconds=LOOK_S)
"""So much more or less than was waited, and the clock was set."""

ANSWERED = "access.answered"
"""When Plex last told whom our server is shared with."""
CHECKED = "access.checked"
EMPTY = "access.empty_since"
"""Since when Plex says that it is shared with nobody of several."""
TRUSTED = "access.trusted_since"
"""When the clock last jumped: times before that say nothing about how long it was."""

TellAdmins = Callable[[AsyncConnection, str, str], Awaitable[None]]
"""Promises the admins a line: `tx`, the line, and what it is told once for."""


def subject_of(person: Person) -> str:
    """What the cards about somebody's access follow."""
    return f"access:{person.id}"


async def is_certain(db: AsyncConnection, person: Person) -> bool:
    """False where somebody is paused only because Plex could not be asked."""
    answered = await _moment(db, ANSWERED)
    if answered is None or person.paused_at is None:
        return False
    return answered >= person.paused_at


@dataclass(frozen=True, slots=True)
class Asking:
    """What it takes to ask whom our server is shared with."""

    plex_tv: PlexTv
    plex: Plex
    owner_token: str


class Access:
    """Looks while `run` is running; `wait` is a parameter for tests."""

    def __init__(
        self,
        store: Store,
        outbox: Outbox,
        asking: Asking,
        accounts: SeerrAccounts | None,
        now: Callable[[], datetime],
        *,
        tell_admins: TellAdmins,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._outbox = outbox
        self._asking = asking
        self._accounts = accounts
        self._now = now
        self._tell_admins = tell_admins
        self._wait = wait
        self._failed = 0

    async def run(self) -> None:
        """Look once a day, until cancelled; soon after the start where it is due."""
        before, pause_s = self._now(), SOON_S
        while True:
            await self._wait(pause_s)
            before = await self._mind_the_clock(before, pause_s)
            await self.look()
            pause_s = LOOK_S

    async def look(self) -> None:
        """Ask, if a day has passed; what could not be asked is asked soon again."""
        async with self._store.read() as db:
            checked = await _moment(db, CHECKED)
        is_fresh = checked and timedelta(0) <= self._now() - checked < EVERY
        is_new = not is_fresh and await self.check()
        accounts = self._accounts
        if accounts is not None and (is_new or accounts.is_behind):
            await accounts.catch_up()

    async def check(self) -> bool:
        """Ask now, and pause or let back whom it concerns; False without an answer."""
        asked = self._now()
        try:
            present = await self._ask()
        except ServiceError as error:
            self._failed += 1
            kind = type(error).__name__.lower()
            log.warning("access not checked", to=error.service, kind=kind)
            await self._unasked(asked)
            return False
        self._failed = 0
        await self._answered(present, asked)
        return True

    async def _ask(self) -> frozenset[int] | None:
        """Who reaches our server, its owner too; None where nobody can tell us."""
        tv, token = self._asking.plex_tv, self._asking.owner_token
        machine_id = (await self._asking.plex.identity()).machine_id
        if await tv.can_reach(token, machine_id) is not plex_tv.Access.OWNER:
            # Plex tells whom it is shared with to nobody else, and denies nothing.
            log.warning("access not checked", why="PLEX_TOKEN is not the owner's")
            return None
        owner = await tv.user(token)
        return await tv.shared_with(token, machine_id) | {owner.id}

    async def _answered(self, present: frozenset[int] | None, asked: datetime) -> None:
        async with self._store.begin() as tx:
            await config.put(tx, CHECKED, asked.isoformat(), asked)
            if present is None:
                return
            seen = await people.plex_seen(tx)
            known = [one for one in await people.everyone(tx) if one.plex_id]
            if await _is_odd(tx, known, present, asked):
                log.warning("access not checked", why="shared with nobody at once")
                return
            await config.put(tx, ANSWERED, asked.isoformat(), asked)
            for person in known:
                if person.plex_id in present:
                    await self._is_there(tx, person, asked)
                elif not self._is_since(seen.get(person.id), asked):
                    await self._pause(tx, person, asked, "not shared with")
        self._say(known)

    async def _unasked(self, asked: datetime) -> None:
        if self._failed < PATIENCE:
            return
        async with self._store.begin() as tx:
            seen = await people.plex_seen(tx)
            trusted = await _moment(tx, TRUSTED)
            known = [one for one in await people.everyone(tx) if one.plex_id]
            for person in known:
                last = seen.get(person.id) or person.created_at
                if _is_long_ago(asked, last, trusted):
                    await self._pause(tx, person, asked, "plex could not be asked")
        self._say(known)

    async def _is_there(
        self, tx: AsyncConnection, person: Person, now: datetime
    ) -> None:
        await people.set_plex_seen(tx, person.id, now)
        if person.paused_at is None:
            return
        await people.set_paused(tx, person.id, None)
        await rules.note(tx, None, "access back", person, self._now)
        if person.role is not Role.ADMIN:
            line = f"show {subject_of(person)}"
            once = f"{subject_of(person)}:back:{now.isoformat()}"
            await self._outbox.tell(tx, person.id, line, once)

    async def _pause(
        self, tx: AsyncConnection, person: Person, now: datetime, why: str
    ) -> None:
        """Once; an admin is one whatever Plex says, and guests lose nothing."""
        if person.paused_at is not None or person.role is not Role.MEMBER:
            return
        await people.set_paused(tx, person.id, now)
        await rules.note(tx, None, "access paused", person, self._now, why=why)
        line = f"show {subject_of(person)}"
        once = f"{subject_of(person)}:paused:{now.isoformat()}"
        await self._outbox.tell(tx, person.id, line, once)
        await self._tell_admins(tx, line, f"admins:{once}")

    def _say(self, known: list[Person]) -> None:
        for person in known:
            self._outbox.changed(subject_of(person))
        self._outbox.wake()

    def _is_since(self, seen: datetime | None, asked: datetime) -> bool:
        """True for who signed in while Plex was being asked: it may not say so yet."""
        return seen is not None and asked <= seen <= self._now()

    async def _mind_the_clock(self, before: datetime, waited_s: float) -> datetime:
        """A clock that was set must not make a week of an hour."""
        now = self._now()
        jump = now - before - timedelta(seconds=waited_s)
        if abs(jump) >= _JUMP:
            log.warning("the clock jumped", by_s=round(jump.total_seconds()))
            async with self._store.begin() as tx:
                await config.put(tx, TRUSTED, now.isoformat(), now)
        return now


async def _is_odd(
    tx: AsyncConnection,
    known: list[Person],
    present: frozenset[int],
    asked: datetime,
) -> bool:
    """True where all of several are gone at once; the next day, it is believed."""
    theirs = [one for one in known if one.role is Role.MEMBER]
    members = [one for one in theirs if one.paused_at is None]
    are_gone = present.isdisjoint(one.plex_id for one in members)
    if len(members) < SEVERAL or not are_gone:
        await config.forget(tx, EMPTY)
        return False
    since = await _moment(tx, EMPTY)
    if since is None or since > asked:
        await config.put(tx, EMPTY, asked.isoformat(), asked)
        return True
    return asked - since < EVERY / 2


def _is_long_ago(now: datetime, last: datetime, trusted: datetime | None) -> bool:
    """Only times the clock can have shown count; with none left, it is not known."""
    known = [one for one in (last, trusted) if one is not None and one <= now]
    return bool(known) and now - max(known) > GRACE


async def _moment(db: AsyncConnection, key: str) -> datetime | None:
    kept = await config.get(db, key)
    try:
        return datetime.fromisoformat(kept).astimezone(UTC) if kept else None
    except ValueError:
        return None
