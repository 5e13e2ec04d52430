"""The first admin: whoever brings the code that the bot's own terminal showed.

Only a keyed hash of the code is kept, with when it was made and the tries so far.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core import people as rules
from medianest_bot.core.people import Account
from medianest_bot.core.roles import Role
from medianest_bot.core.store import audit, config, people
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.people import Person
from medianest_bot.core.words import Sorry, marked

LASTS = timedelta(minutes=15)
TRIES = 5

ALREADY = marked("You are an admin already.")
NO_CODE = marked(
    "No code is open. The bot shows one in its own terminal when it starts and has no "
    "admin yet."
)
WRONG = marked("That is not the code. Tries left: {left}.")
LAST_TRY = marked("That was not the code either. Start the bot again for a new one.")
TOO_OLD = marked("That code is too old. Start the bot again for a new one.")

_ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ34679"
"""Nothing that looks like another letter or digit of it, or sounds like one."""
_LENGTH = 8
_GROUP = 4
_KEY = "claim"
_TERMINAL = "console"


@dataclass(frozen=True, slots=True)
class _Open:
    """The code that is open."""

    mark: str
    at: str
    tries: int = 0

    def is_old(self, now: datetime) -> bool:
        # A clock that was set back makes no code live longer.
        age = now - datetime.fromisoformat(self.at)
        return not timedelta() <= age < LASTS


class Claims:
    """Lets somebody become the first admin. `key` keeps codes from being guessed."""

    def __init__(self, store: Store, key: bytes, now: Callable[[], datetime]) -> None:
        self._store = store
        self._key = key
        self._now = now
        self.on_claim: Callable[[str], None] = _nobody_hears
        """Called with the name of who has just become the admin."""

    async def offer(self) -> str | None:
        """A new code, which ends the one before; None where a chat has an admin."""
        code = _new_code()
        async with self._store.begin() as tx:
            if await _has_admin(tx):
                await config.forget(tx, _KEY)
                return None
            await self._keep(tx, _Open(self._mark(code), self._now().isoformat()))
        return code

    async def claim(self, account: Account, shown_name: str, code: str) -> Person:
        """Make whose account it is the admin. Raises Sorry where the code does not."""
        async with self._store.begin() as tx:
            # A try counts also where it ends in a refusal, so that is only returned.
            done = await self._claimed(tx, account, shown_name, code)
        if isinstance(done, Sorry):
            raise done
        self.on_claim(done.name)
        return done

    async def _claimed(
        self, tx: AsyncConnection, account: Account, shown_name: str, code: str
    ) -> Person | Sorry:
        known = await people.by_account(tx, *account)
        if known is not None and known.role is Role.ADMIN:
            return Sorry(ALREADY)
        refused = await self._tried(tx, code)
        if refused is not None:
            return refused
        await config.forget(tx, _KEY)
        person = await rules.promote(tx, account, shown_name, self._now)
        who = {"account": ":".join(account)}
        subject = f"{person.name} ({person.id})"
        await audit.add(tx, person.id, "claimed", subject, who, self._now())
        return person

    async def _tried(self, tx: AsyncConnection, code: str) -> Sorry | None:
        """Why this code opens nothing; None where it does."""
        kept = await config.get(tx, _KEY)
        if kept is None or await _has_admin(tx):
            await config.forget(tx, _KEY)
            return Sorry(NO_CODE)
        known = _Open(**json.loads(kept))
        if known.is_old(self._now()):
            await config.forget(tx, _KEY)
            return Sorry(TOO_OLD)
        if hmac.compare_digest(known.mark, self._mark(code)):
            return None
        left = TRIES - known.tries - 1
        if left <= 0:
            await config.forget(tx, _KEY)
            return Sorry(LAST_TRY)
        await self._keep(tx, replace(known, tries=known.tries + 1))
        return Sorry(WRONG, left=left)

    async def _keep(self, tx: AsyncConnection, known: _Open) -> None:
        await config.put(tx, _KEY, json.dumps(asdict(known)), self._now())

    def _mark(self, code: str) -> str:
        """The same however the code was typed."""
        plain = "".join(letter for letter in code.upper() if letter.isalnum())
        return hmac.digest(self._key, plain.encode(errors="replace"), "sha256").hex()


def _nobody_hears(name: str) -> None:
    del name


async def _has_admin(tx: AsyncConnection) -> bool:
    """Whoever only sits at the server's terminal reaches the bot from no chat."""
    for admin in await people.admins(tx):
        accounts = await people.accounts_of(tx, admin.id)
        if any(account.platform != _TERMINAL for account in accounts):
            return True
    return False


def _new_code() -> str:
    """38 bits, as `ABCD-EFGH`."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    return f"{letters[:_GROUP]}-{letters[_GROUP:]}"
