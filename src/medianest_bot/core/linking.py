"""Signing in with Plex: the chat's side of it, and the admins'.

A chat account becomes somebody's only where that account asked for it in its own
chat, the page named it, one browser went to Plex and came back, and the chat brought
the six digits the page showed: then an admin approves, unless one did so before.
The recommended flow of facts/plex.md, section 4.2.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core import _link_rules as rules
from medianest_bot.core._link_begun import Begun
from medianest_bot.core._link_ground import (
    OPEN_FOR,
    Ground,
    confirmed,
    is_over,
    subjects_of,
)
from medianest_bot.core._link_lately import KNOWN_FOR, Lately
from medianest_bot.core._link_plex import product_for
from medianest_bot.core._link_secrets import hashed, is_same, new_salt
from medianest_bot.core._link_types import LIVE, Asker, Attempt, State
from medianest_bot.core.people import in_one_line
from medianest_bot.core.store import entrances, people
from medianest_bot.core.store import link_attempts as rows
from medianest_bot.core.store.people import Person
from medianest_bot.core.words import Sorry, marked, span
from medianest_bot.services.plex_tv import Pin

TRIES = 3
MOST_BEGUN = 3
BEGUN_WITHIN = timedelta(minutes=15)
TWICE_WITHIN = timedelta(minutes=1)
MOST_OPEN = 100
"""Sign-ins of strangers that may be open at a time: more is nobody's household."""
UNSETTLED = LIVE - {State.WAITING}

NO_PLEX = marked("Signing in with Plex is not set up here. Ask an admin to add you.")
NOT_WANTED = marked("An admin does not want this account to sign in. Talk to them.")
TOO_OFTEN = marked("You began that several times just now. Try again in {wait}.")
TOO_MANY = marked("Too many people are signing in just now. Try again in some minutes.")
NO_CODE = marked("There is no sign-in that waits for a code. To begin one: /link")
SIX = marked("The code has six digits. It stands on the page you came back to.")
WRONG = marked("That is not the code. Look at the page again; tries left: {left}.")
WRONG_ENDED = marked("That was not the code either, so this sign-in has ended.")


class Linking:
    """Begins, confirms and decides sign-ins.

    `ways_back` and `ways_in` are set by each chat that is here: addresses that open
    it with six digits, or with the key of an invitation. `called` is what we are called
    in each of them.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._store = ground.store
        self._lately = Lately(ground.now)
        self._begun = Begun()
        self.ways_back: dict[str, Callable[[str], str]] = {}
        self.ways_in: dict[str, Callable[[str], str]] = {}
        self.called: dict[str, str] = {}
        self.begun = asyncio.Event()
        """Set when there is something new to look after."""

    async def open(self) -> None:
        """Go on with what a stop left half-way."""
        since = self._ground.now() - KNOWN_FOR
        async with self._store.read() as db:
            for attempt in await rows.since(db, since):
                self._lately.note(attempt)

    @property
    def has_pages(self) -> bool:
        return self._ground.public_url is not None

    @property
    def is_possible(self) -> bool:
        return self._ground.plex is not None

    def awaits_code(self, platform: str, account: str) -> bool:
        """True while six digits from there are a code, as far as is known at once."""
        return self._lately.takes_digits((platform, account))

    def card_of(self, platform: str, account: str) -> str | None:
        """The line that shows an account its sign-in: open, or ended within a day."""
        number = self._lately.number((platform, account))
        return f"show link:{number}" if number is not None else None

    def forget(self, account: tuple[str, str]) -> None:
        """Its rows were deleted."""
        self._lately.forget(account)

    def address(self, attempt: Attempt) -> str:
        """The page of a sign-in."""
        state = self._ground.secrets.state(attempt.salt)
        return f"{self._ground.public_url}/link/{state}"

    async def short_code(self, attempt: Attempt) -> str:
        """What is to be typed at plex.tv/link."""
        async with self._store.read() as db:
            bound = await rows.bound(db, attempt.id)
        if bound.pin is None:
            return ""
        return self._ground.secrets.opened(attempt, bound.pin).code

    def typing_address(self, code: str) -> str:
        """Plex's own page, with the code in it already."""
        return f"{self._ground.plex_url}/link/?pin={code}"

    async def get(self, number: int) -> Attempt | None:
        async with self._store.read() as db:
            return await rows.get(db, number)

    async def latest(self, asked: Asker) -> Attempt | None:
        """What this account began last."""
        async with self._store.read() as db:
            return await rows.latest(db, (asked.platform, asked.account))

    async def begin(self, asked: Asker, person: Person | None) -> Attempt:
        """Begin a sign-in, or wait on for an admin. Raises Sorry or ServiceError."""
        plex = self._ground.plex
        if plex is None:
            raise Sorry(NO_PLEX)
        account = asked.platform, asked.account
        async with self._store.read() as db:
            waiting = await self._may_begin(db, account)
        if waiting is not None:
            return waiting
        product = product_for(asked.platform, asked.shown_name)
        # Without a page of ours the code is typed at Plex's.
        pin = None if self.has_pages else await plex.mint(product, strong=False)
        async with self._store.begin() as tx:
            waiting = await self._may_begin(tx, account)
            if waiting is not None:
                return waiting
            replaced = await self._replace(tx, account, person)
            attempt = await self._add(tx, asked, person, pin)
        self._begun.add(account, attempt.created_at)
        for one in replaced:
            self.changed(one)
        self._lately.note(attempt)
        self.begun.set()
        return attempt

    async def enter(self, asked: Asker, said: str) -> Attempt:
        """The chat brings the digits. Raises Sorry where they are not right.

        Bringing the right ones twice does no harm.
        """
        account = asked.platform, asked.account
        digits = "".join(re.findall(r"[0-9]", said))
        async with self._store.begin() as tx:
            attempt = await rows.latest(tx, account)
            now = self._ground.now()
            if attempt is None:
                # Its rows were deleted meanwhile.
                self.forget(account)
            if attempt is None or not self._takes_digits(attempt, digits, now):
                raise Sorry(NO_CODE)
            if len(digits) != 6 or re.search(r"[^0-9\s-]", said):
                raise Sorry(SIX)
            if not is_same(digits, self._ground.secrets.code(attempt)):
                attempt = await self._wrong(tx, attempt, now)
            elif attempt.state is State.CODE:
                person = await people.by_account(tx, *account)
                attempt = await confirmed(self._ground, tx, attempt, person)
        self.changed(attempt)
        if attempt.state is State.WRONG_CODE:
            raise Sorry(WRONG_ENDED)
        if attempt.state is State.CODE:
            raise Sorry(WRONG, left=TRIES - attempt.tries)
        return attempt

    async def cancel(self, asked: Asker) -> Attempt | None:
        """The chat does not want it any more; None where there is nothing to end."""
        async with self._store.begin() as tx:
            attempt = await rows.latest(tx, (asked.platform, asked.account))
            if attempt is None or attempt.state not in LIVE:
                return None
            now = self._ground.now()
            ended = await rows.move(tx, attempt, State.CANCELLED, now)
            await rules.note(tx, None, "link cancelled", attempt, now)
        self.changed(ended or attempt)
        return ended

    def changed(self, attempt: Attempt) -> None:
        """Redraw whatever shows it, and know whether it waits for digits."""
        self._lately.note(attempt)
        for subject in subjects_of(attempt):
            self._ground.outbox.changed(subject)
        self._ground.outbox.wake()

    def _takes_digits(self, attempt: Attempt, digits: str, now: datetime) -> bool:
        """While it waits for them; and a little longer, for who presses twice."""
        if attempt.state is State.CODE:
            return not is_over(attempt, now)
        is_fresh = abs(now - attempt.updated_at) < TWICE_WITHIN
        if attempt.state not in (State.WAITING, State.DONE) or not is_fresh:
            return False
        return is_same(digits, self._ground.secrets.code(attempt))

    async def _may_begin(
        self, db: AsyncConnection, account: tuple[str, str]
    ) -> Attempt | None:
        """What an admin must still decide about. Raises Sorry where none may begin."""
        now = self._ground.now()
        if await entrances.is_blocked(db, account):
            raise Sorry(NOT_WANTED)
        last = await rows.latest(db, account)
        if last is not None and last.state is State.WAITING and not is_over(last, now):
            return last
        written = await rows.began_since(db, account, now - BEGUN_WITHIN)
        # Who had their rows deleted meanwhile began them all the same.
        known = max(written, self._begun.of(account, now - BEGUN_WITHIN), key=len)
        # What was begun before a clock went back counts for nobody's lifetime.
        begun = [at for at in known if at <= now + BEGUN_WITHIN]
        if len(begun) >= MOST_BEGUN:
            wait = begun[-MOST_BEGUN] + BEGUN_WITHIN - now
            raise Sorry(TOO_OFTEN, wait=span(wait.total_seconds()))
        if await rules.is_awaited(db, account):
            return None
        if await rows.count_of_strangers(db, UNSETTLED) >= MOST_OPEN:
            raise Sorry(TOO_MANY)
        return None

    async def _replace(
        self, tx: AsyncConnection, account: tuple[str, str], person: Person | None
    ) -> list[Attempt]:
        """One person has one open sign-in."""
        number = person.id if person else None
        ended = [
            await rows.move(tx, one, State.REPLACED, self._ground.now())
            for one in await rows.rivals(tx, account, number, UNSETTLED)
        ]
        return [one for one in ended if one is not None]

    async def _add(
        self, tx: AsyncConnection, asked: Asker, person: Person | None, pin: Pin | None
    ) -> Attempt:
        now, salt = self._ground.now(), new_salt()
        secrets = self._ground.secrets
        attempt = await rows.add(
            tx,
            (asked.platform, asked.account),
            in_one_line(asked.shown_name)[:64] or asked.account[:64],
            State.OPEN,
            locale=asked.locale or (person.locale if person else None),
            person_id=person.id if person else None,
            salt=salt,
            state_hash=hashed(secrets.state(salt)),
            now=now,
            expires_at=now + OPEN_FOR,
        )
        await rules.note(tx, None, "link begun", attempt, now)
        if pin is None:
            return attempt
        sealed = secrets.seal(attempt, pin)
        typing = await rows.move(
            tx, attempt, State.TYPING, now, pin=sealed, expires_at=pin.expires
        )
        return typing or attempt

    async def _wrong(
        self, tx: AsyncConnection, attempt: Attempt, now: datetime
    ) -> Attempt:
        tries = attempt.tries + 1
        to = State.WRONG_CODE if tries >= TRIES else State.CODE
        await rules.note(tx, None, "link code wrong", attempt, now, tries=tries)
        return await rows.move(tx, attempt, to, now, tries=tries) or attempt
