"""Forgets somebody: what is theirs goes, what must stay loses who it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.store import people
from medianest_bot.core.store.exports import Whose, is_theirs
from medianest_bot.core.store.tables import (
    audit,
    blocked,
    cards,
    expected,
    inbox,
    invitations,
    link_attempts,
    news,
    strangers,
    tickets,
)

SOMEBODY = "somebody"
_GO = (link_attempts, cards, tickets, strangers, expected, news)
"""What names accounts, so that it does not go with the person by itself."""
_HARMLESS = frozenset(("role", "what", "limit", "tries", "attempt"))


async def forget(tx: AsyncConnection, whose: Whose) -> None:
    """Forget all there is about them, and the person, if they are one.

    Of what was done, that it was done is kept; a blocked account stays blocked.
    """
    await _scrub_audit(tx, whose)
    await _scrub_inbox(tx, whose)
    used = invitations.c.used_by.in_(whose.keys)
    await tx.execute(update(invitations).where(used).values(used_by=None))
    still = is_theirs(blocked, whose)
    await tx.execute(update(blocked).where(still).values(shown_name=SOMEBODY))
    for table in _GO:
        await tx.execute(delete(table).where(is_theirs(table, whose)))
    if whose.person_id is not None:
        await people.remove(tx, whose.person_id)


async def forget_cards(tx: AsyncConnection, platform: str, account: str) -> None:
    """Redraw nothing any more for an account."""
    here = (cards.c.platform == platform, cards.c.account == account)
    await tx.execute(delete(cards).where(*here))


async def forget_plex(tx: AsyncConnection, person_id: int) -> None:
    """Forget which Plex account somebody signed in with; that they did is kept."""
    over = (link_attempts.c.person_id == person_id, link_attempts.c.state == "done")
    nobody = {"plex_id": None, "plex_name": None}
    await tx.execute(update(link_attempts).where(*over).values(**nobody))


async def _scrub_audit(tx: AsyncConnection, whose: Whose) -> None:
    columns = (audit.c.id, audit.c.subject, audit.c.details)
    rows = await tx.execute(select(*columns).where(is_theirs(audit, whose)))
    for number, subject, details in rows.all():
        harmless = _harmless(details)
        values = {"subject": _nameless(subject, whose), "details": harmless}
        await tx.execute(update(audit).where(audit.c.id == number).values(**values))


async def _scrub_inbox(tx: AsyncConnection, whose: Whose) -> None:
    """What could not be answered is kept word by word, with who wrote it."""
    said = [
        (inbox.c.platform == platform) & inbox.c.body.contains(account, autoescape=True)
        for platform, account in whose.accounts
    ]
    if said:
        is_aside = inbox.c.set_aside_at.is_not(None)
        statement = update(inbox).where(is_aside, or_(*said)).values(body="")
        await tx.execute(statement)


def _harmless(details: Mapping[str, Any]) -> dict[str, Any]:
    return {name: told for name, told in details.items() if name in _HARMLESS}


def _nameless(subject: str, whose: Whose) -> str:
    """As `somebody (3)`: that number is nobody's any more; an account's is left out."""
    number = f" ({whose.person_id})"
    is_person = whose.person_id is not None and subject.endswith(number)
    return f"{SOMEBODY}{number}" if is_person else SOMEBODY
