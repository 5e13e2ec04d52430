"""Which chats are the household's: what the settings say, and what admins said.

    NEW        an admin was asked; only admins count there
    HOUSEHOLD  the family chat
    ADMIN      the admins' room
    OTHER      not ours: the chat's front-end leaves it

What admins say is a row; the settings come first and need none. All of it is in
memory, so that reading a message waits for nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core import line as lines
from medianest_bot.core._admin_news import promise
from medianest_bot.core._rooms import Spot, writable
from medianest_bot.core.outbox import Outbox
from medianest_bot.core.roles import PlaceKind
from medianest_bot.core.store import audit, cards, people
from medianest_bot.core.store import places as rows
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.people import Person
from medianest_bot.core.store.places import Row
from medianest_bot.core.words import Sorry, marked

log = structlog.get_logger(__name__)

PATIENCE = timedelta(days=1)
"""How long a chat that no admin added us to waits for one to say what it is."""
MOST_NEW = 20
"""Chats that may wait so at a time: more are left at once, and nobody is bothered."""
LONGEST_TITLE = 100

OURS = frozenset({PlaceKind.HOUSEHOLD, PlaceKind.ADMIN})
BY_SETTINGS = marked(
    "What {chat} is comes from the settings HOUSEHOLD_CHATS, ADMIN_CHATS and "
    "DISCORD_GUILDS. Change it there and start me again."
)


def subject_of(platform: str, chat: str) -> str:
    """What the card of a chat follows."""
    return f"place:{platform}:{chat}"


class Places:
    """`changed` is set when it is time to look at `to_leave` and `known` again."""

    def __init__(
        self,
        store: Store,
        outbox: Outbox,
        now: Callable[[], datetime],
        household: Iterable[Spot] = (),
        admins: Iterable[Spot] = (),
    ) -> None:
        self._store = store
        self._outbox = outbox
        self._now = now
        self._preset: Mapping[Spot, PlaceKind] = {
            **dict.fromkeys(household, PlaceKind.HOUSEHOLD),
            **dict.fromkeys(admins, PlaceKind.ADMIN),
        }
        self._rows: dict[tuple[str, str], Row] = {}
        self._new_ids: dict[tuple[str, str], str] = {}
        self._lately: list[datetime] = []
        self._writing = asyncio.Lock()
        self.changed = asyncio.Event()

    async def open(self) -> None:
        """Learn what admins have said so far."""
        async with self._store.read() as db:
            found = await rows.read_all(db)
        self._rows = {(row.platform, row.chat): row for row in found}

    def kind(self, platform: str, chat: str, thread: str | None = None) -> PlaceKind:
        """What a chat is, or one thread of it."""
        preset = self._preset.get((platform, chat, thread))
        preset = preset or self._preset.get((platform, chat, None))
        row = self._rows.get((platform, chat))
        return preset or (PlaceKind(row.kind) if row else PlaceKind.OTHER)

    def id_now(self, platform: str, chat: str) -> str:
        """The id a chat goes by, for who still has the one it had before."""
        return self._new_ids.get((platform, chat), chat)

    def is_preset(self, platform: str, chat: str) -> bool:
        """True where the settings say what the chat is, or a thread of it."""
        return any(spot[:2] == (platform, chat) for spot in self._preset)

    def row(self, platform: str, chat: str) -> Row | None:
        return self._rows.get((platform, chat))

    def rows(self) -> tuple[Row, ...]:
        """Every chat there is a row for, those to be settled first."""
        order = sorted(self._rows.values(), key=lambda row: (row.platform, row.chat))
        return tuple(sorted(order, key=lambda row: row.kind != PlaceKind.NEW))

    def presets(self) -> tuple[tuple[Spot, PlaceKind], ...]:
        """What the settings say."""
        return tuple(self._preset.items())

    def known(self, platform: str) -> tuple[tuple[str, PlaceKind], ...]:
        """The household's chats there, each with what it is."""
        chats = {spot[1] for spot in self._preset if spot[0] == platform}
        chats |= {row.chat for row in self._rows.values() if row.platform == platform}
        kinds = ((chat, self.kind(platform, chat)) for chat in sorted(chats))
        return tuple((chat, kind) for chat, kind in kinds if kind in OURS)

    def admin_rooms(self) -> tuple[Spot, ...]:
        """Every room of admins we can write to."""
        said = [spot for spot in self._preset if self.kind(*spot) is PlaceKind.ADMIN]
        said += [
            (row.platform, row.chat, row.thread)
            for row in self._rows.values()
            if row.is_here and self.kind(row.platform, row.chat) is PlaceKind.ADMIN
        ]
        return writable((one[0], self.id_now(*one[:2]), one[2]) for one in said)

    async def tell_admins(self, tx: AsyncConnection, line: str, dedupe: str) -> None:
        """Promise news in every room of admins; where none is, to each in private."""
        await promise(tx, self._outbox, self.admin_rooms(), line, dedupe)

    def to_leave(self, platform: str) -> tuple[str, ...]:
        """Chats that are not ours, or that nobody said anything about for a day."""
        return tuple(
            row.chat
            for row in self._rows.values()
            if row.platform == platform and self._is_to_leave(row)
        )

    async def added(
        self, platform: str, chat: str, title: str, by: Person | None
    ) -> None:
        """We were added to a chat; `by` is the admin who did it, None anybody else.

        What is settled stays so. Admins are told of what none of them did.
        """
        if self.is_preset(platform, chat):
            return
        async with self._writing:
            row = self._arrived(platform, chat, title, by)
            async with self._store.begin() as tx:
                row = await _kept(tx, row)
                if row.kind == PlaceKind.NEW and by is None and row.added_by is None:
                    await self._tell_admins(tx, row)
            self._now_is(row)
        self._outbox.wake()

    async def settle(
        self, by: Person, platform: str, chat: str, kind: PlaceKind
    ) -> Row:
        """An admin says what a chat is. Raises Sorry where the settings say it."""
        if self.is_preset(platform, chat):
            raise Sorry(BY_SETTINGS, chat=f"{platform}:{chat}")
        async with self._writing:
            chat = self.id_now(platform, chat)
            before = self._rows.get((platform, chat))
            if before is not None and before.kind == kind:
                return before
            now = self._now()
            row = before or _new(platform, chat, now)
            row = replace(row, kind=kind.value, settled_at=now)
            async with self._store.begin() as tx:
                row = await _kept(tx, row)
                said = {"kind": kind.value, "title": row.title}
                where = f"{platform}:{chat}"
                await audit.add(tx, by.id, "place settled", where, said, now)
            self._now_is(row)
        return row

    async def moved(self, platform: str, old: str, new: str) -> None:
        """A chat goes by another id from now on; nobody is asked again."""
        async with self._writing:
            row = self._rows.get((platform, old)) or self._of_preset(platform, old)
            if row is None:
                return
            row = replace(row, chat=new, is_here=True)
            async with self._store.begin() as tx:
                await rows.forget(tx, platform, old)
                row = await _kept(tx, row)
                names = subject_of(platform, old), subject_of(platform, new)
                await cards.renamed(tx, *names)
            self._rows.pop((platform, old), None)
            self._new_ids[platform, old] = new
            self._now_is(row)

    async def gone(self, platform: str, chat: str) -> None:
        """We are no longer in a chat. What is the household's stays so, for later."""
        async with self._writing:
            row = self._rows.get((platform, chat))
            if row is None:
                return
            away = replace(row, is_here=False) if row.kind in OURS else None
            async with self._store.begin() as tx:
                if away is not None:
                    away = await _kept(tx, away)
                else:
                    await rows.forget(tx, platform, chat)
            del self._rows[platform, chat]
            if away is not None:
                self._rows[platform, chat] = away
        self._outbox.changed(subject_of(platform, chat))

    def _arrived(self, platform: str, chat: str, title: str, by: Person | None) -> Row:
        row = self._rows.get((platform, chat))
        if row is None or row.kind == PlaceKind.OTHER:
            row = _new(platform, chat, self._now())
            if by is None and not self._may_wait():
                row = replace(row, kind=PlaceKind.OTHER.value)
        added_by = by.id if by is not None else row.added_by
        return replace(row, title=_shown(title), added_by=added_by, is_here=True)

    def _may_wait(self) -> bool:
        """False where too many wait, or came within a day, though they left again."""
        now, rows = self._now(), self._rows.values()
        waiting = sum(
            row.kind == PlaceKind.NEW and row.added_by is None for row in rows
        )
        self._lately = [at for at in self._lately if now - at < PATIENCE]
        if max(waiting, len(self._lately)) >= MOST_NEW:
            return False
        self._lately.append(now)
        return True

    def _of_preset(self, platform: str, chat: str) -> Row | None:
        """The settings know only the old id: what they say goes with the chat."""
        kind = self._preset.get((platform, chat, None))
        if kind is None:
            return None
        log.warning("a chat of the settings has a new id", platform=platform, old=chat)
        now = self._now()
        return replace(_new(platform, chat, now), kind=kind.value, settled_at=now)

    def _is_to_leave(self, row: Row) -> bool:
        if not row.is_here or self.is_preset(row.platform, row.chat):
            return False
        is_late = self._now() - row.added_at >= PATIENCE and row.added_by is None
        is_new = row.kind == PlaceKind.NEW
        return row.kind == PlaceKind.OTHER or (is_new and is_late)

    async def _tell_admins(self, tx: AsyncConnection, row: Row) -> None:
        subject = subject_of(row.platform, row.chat)
        for admin in await people.admins(tx):
            dedupe = f"{subject}:{self._now():%Y-%m-%d}:{admin.id}"
            await self._outbox.tell(tx, admin.id, f"show {subject}", dedupe)

    def _now_is(self, row: Row) -> None:
        self._rows[row.platform, row.chat] = row
        self.changed.set()
        self._outbox.changed(subject_of(row.platform, row.chat))


async def _kept(tx: AsyncConnection, row: Row) -> Row:
    """Write a row; whoever added us may be nobody's person any more."""
    if row.added_by is not None and await people.get(tx, row.added_by) is None:
        row = replace(row, added_by=None)
    await rows.keep(tx, row)
    return row


def _new(platform: str, chat: str, now: datetime) -> Row:
    return Row(
        platform=platform,
        chat=chat,
        thread=None,
        kind=PlaceKind.NEW.value,
        title="",
        added_by=None,
        added_at=now,
        is_here=True,
        settled_at=None,
    )


def _shown(title: str) -> str:
    """Anybody may call a group anything, so what is shown is short and one line."""
    return lines.clean(title[: 2 * LONGEST_TITLE])[:LONGEST_TITLE]
