"""Sent messages that follow a subject, each with the line that draws it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    String,
    Text,
    and_,
    cast,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.roles import PlaceKind
from medianest_bot.core.store import downloads, requests
from medianest_bot.core.store._rows import (
    MANY,
    all_of,
    delete_some,
    first_of,
    insert,
    select_as,
)
from medianest_bot.core.store.people import Account
from medianest_bot.core.store.tables import cards, media_requests, youtube_downloads


@dataclass(frozen=True, slots=True)
class Card:
    """A message in a chat and who reads it. `id` is 0 until it is kept.

    `drawn` is the fingerprint of what it shows, `place_kind` what its place is to
    the household (a PlaceKind).
    """

    id: int
    subject: str
    platform: str
    place: str
    message: str
    person_id: int | None
    account: str
    line: str
    drawn: str
    place_kind: str = "private"


async def keep(tx: AsyncConnection, card: Card, drawn: str, now: datetime) -> Card:
    """Follow with a message that shows `drawn`; a message follows one subject."""
    values = {
        "subject": card.subject,
        "person_id": card.person_id,
        "account": card.account,
        "line": card.line,
        "place_kind": card.place_kind,
        "drawn": drawn,
    }
    statement = insert(tx, cards).values(
        platform=card.platform,
        place=card.place,
        message=card.message,
        created_at=now,
        **values,
    )
    upsert = statement.on_conflict_do_update(
        index_elements=[cards.c.platform, cards.c.place, cards.c.message],
        set_=values,
    )
    row = (await tx.execute(upsert.returning(*_COLUMNS))).one()
    return Card(*row)


async def following(db: AsyncConnection, subject: str) -> tuple[Card, ...]:
    """Every card of a subject, oldest first."""
    query = select(*_COLUMNS).where(cards.c.subject == subject)
    return await all_of(db, Card, query.order_by(cards.c.id))


async def subjects(
    db: AsyncConnection, platform: str, *, over_since: datetime | None = None
) -> tuple[str, ...]:
    """What a chat's cards follow, besides what was over before `over_since`."""
    query = select(cards.c.subject).where(cards.c.platform == platform).distinct()
    if over_since is not None:
        is_over = cards.c.subject.in_(_over(over_since))
        query = query.where(~is_over)
    return tuple(await db.scalars(query.order_by(cards.c.subject)))


async def shown(db: AsyncConnection, card_id: int) -> str | None:
    """The fingerprint of what a card shows; None where it is not kept any more."""
    return await db.scalar(select(cards.c.drawn).where(cards.c.id == card_id))


async def drawn(tx: AsyncConnection, card_id: int, fingerprint: str) -> None:
    """Note what a card shows now."""
    here = cards.c.id == card_id
    await tx.execute(update(cards).where(here).values(drawn=fingerprint))


async def forget(tx: AsyncConnection, card_id: int) -> None:
    await tx.execute(delete(cards).where(cards.c.id == card_id))


async def of_message(
    db: AsyncConnection, platform: str, place: str, message: str
) -> Card | None:
    """The card a message is, if it follows anything."""
    is_it = (
        cards.c.platform == platform,
        cards.c.place == place,
        cards.c.message == message,
    )
    return await first_of(db, Card, select(*_COLUMNS).where(*is_it))


async def forget_elsewhere(tx: AsyncConnection, platform: str, place: str) -> None:
    """Forget what a chat showed anywhere but in `place`."""
    is_elsewhere = cards.c.place != place
    await tx.execute(delete(cards).where(cards.c.platform == platform, is_elsewhere))


async def latest_of(db: AsyncConnection, person_id: int) -> Card | None:
    """The newest card a person reads."""
    query = select(*_COLUMNS).where(cards.c.person_id == person_id)
    return await first_of(db, Card, query.order_by(cards.c.id.desc()))


async def of_place_subject(
    db: AsyncConnection, platform: str, place: str, subject: str
) -> Card | None:
    """The newest card of a subject in a place."""
    query = select(*_COLUMNS).where(
        cards.c.platform == platform,
        cards.c.place == place,
        cards.c.subject == subject,
    )
    return await first_of(db, Card, query.order_by(cards.c.id.desc()))


async def moved(tx: AsyncConnection, platform: str, old: str, new: str) -> None:
    """A chat with all its threads goes by another id from now on.

    What it already showed under the new id stays.
    """
    place: ColumnElement[str] = literal(new, Text).concat(
        func.substr(cards.c.place, len(old) + 1)
    )
    there = cards.alias()
    is_taken = exists().where(
        there.c.id != cards.c.id,
        there.c.platform == platform,
        there.c.place == place,
        there.c.message == cards.c.message,
    )
    await tx.execute(delete(cards).where(_of_chat(platform, old), is_taken))
    await tx.execute(update(cards).where(_of_chat(platform, old)).values(place=place))


async def renamed(tx: AsyncConnection, old: str, new: str) -> None:
    """What cards follow goes by another name from now on."""
    theirs = update(cards).where(cards.c.subject == old)
    await tx.execute(theirs.values(subject=new, line=f"show {new}"))


async def hand_over(tx: AsyncConnection, account: Account, to: Account) -> None:
    """What rooms of admins are shown as one account sees it, as another does."""
    theirs = (
        cards.c.platform == account.platform,
        cards.c.account == account.account,
        cards.c.place_kind == PlaceKind.ADMIN.value,
    )
    as_seen_by = {"person_id": to.person_id, "account": to.account}
    await tx.execute(update(cards).where(*theirs).values(**as_seen_by))


async def forget_place(tx: AsyncConnection, platform: str, place: str) -> None:
    """Forget all that a chat and its threads showed."""
    await tx.execute(delete(cards).where(_of_chat(platform, place)))


async def prune(
    tx: AsyncConnection,
    before: datetime,
    limit: int = MANY,
    *,
    subject: str | None = None,
) -> int:
    """Stop following with messages older than `before`, of one subject or of all.

    Returns how many.
    """
    old = [cards.c.created_at < before]
    old += [cards.c.subject == subject] if subject is not None else []
    return await delete_some(tx, cards.c.id, *old, limit=limit)


_COLUMNS = tuple(select_as(Card, cards).selected_columns)


def _of_chat(platform: str, chat: str) -> ColumnElement[bool]:
    # Not LIKE: SQLite's takes capital letters for small ones.
    thread = f"{chat}:"
    is_thread = func.substr(cards.c.place, 1, len(thread)) == thread
    return and_(cards.c.platform == platform, or_(cards.c.place == chat, is_thread))


def _over(since: datetime) -> CompoundSelect[tuple[str]]:
    """The subjects that were over before `since` and have not moved again."""
    both = (
        ("request:", media_requests, requests.FINAL),
        ("download:", youtube_downloads, downloads.FINAL),
    )
    return union_all(
        *(
            select(literal(named) + cast(table.c.id, String)).where(
                table.c.state.in_(final), table.c.updated_at < since
            )
            for named, table, final in both
        )
    )
