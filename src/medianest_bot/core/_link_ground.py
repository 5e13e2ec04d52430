"""What every part of signing in stands on, and how one is confirmed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core import _link_rules as rules
from medianest_bot.core._link_plex import PlexSide
from medianest_bot.core._link_secrets import LinkSecrets
from medianest_bot.core._link_types import Attempt, State
from medianest_bot.core.outbox import Outbox
from medianest_bot.core.store import link_attempts as rows
from medianest_bot.core.store import people
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.people import Person

OPEN_FOR = timedelta(minutes=10)
CODE_FOR = timedelta(minutes=5)
WAITING_FOR = timedelta(days=7)

Tell = Callable[[AsyncConnection, str, str], Awaitable[None]]
"""Promises every admin room a line: `tx`, the line, what it is told once for."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What every part of signing in stands on. `plex` is None without a server."""

    store: Store
    outbox: Outbox
    secrets: LinkSecrets
    plex: PlexSide | None
    now: Callable[[], datetime]
    public_url: str | None
    plex_url: str
    tell_admins: Tell


def subjects_of(attempt: Attempt) -> tuple[str, str]:
    """What the asker's card follows, and the admins'."""
    return f"link:{attempt.id}", f"approval:{attempt.id}"


async def confirmed(
    ground: Ground,
    tx: AsyncConnection,
    attempt: Attempt,
    person: Person | None,
    *,
    is_asked: bool = False,
) -> Attempt:
    """The chat has confirmed it: done, or on to the admins, who are promised a card.

    With `is_asked`, they are asked whatever is known.
    """
    now = ground.now()
    if not is_asked and not await rules.needs_approval(tx, attempt, person):
        return await rules.settle(tx, attempt, person, now) or attempt
    waiting = await rows.move(
        tx,
        attempt,
        State.WAITING,
        now,
        expires_at=now + WAITING_FOR,
        person_id=person.id if person else None,
    )
    if waiting is None:
        return attempt
    await rules.note(tx, None, "link waits for approval", attempt, now)
    _line, card = subjects_of(attempt)
    await ground.tell_admins(tx, f"show {card}", card)
    return waiting


async def tell_asker(ground: Ground, tx: AsyncConnection, attempt: Attempt) -> None:
    """Whoever waited is told how it ended, also who is nobody here yet."""
    line, _card = subjects_of(attempt)
    dedupe, show = f"{line}:{attempt.state.value}", f"show {line}"
    if attempt.person_id is not None:
        await ground.outbox.tell(tx, attempt.person_id, show, dedupe)
        return
    # News are always somebody's: of who decided, else of any admin.
    by = attempt.decided_by or await _an_admin(tx)
    if by is not None:
        account = account_of(attempt)
        await ground.outbox.tell_account(tx, account, by, show, dedupe)


async def _an_admin(tx: AsyncConnection) -> int | None:
    return next((one.id for one in await people.admins(tx)), None)


def account_of(attempt: Attempt) -> tuple[str, str]:
    return attempt.platform, attempt.account


def is_over(attempt: Attempt, now: datetime) -> bool:
    """Too late for it; a clock that went far back does not make it last longer."""
    skewed = now < attempt.created_at - OPEN_FOR
    return attempt.expires_at <= now or skewed
