"""Who an account belongs to: looked up for everything anybody asks."""

from __future__ import annotations

import asyncio

import structlog

from medianest_bot.core._kept_reading import KeptReading
from medianest_bot.core.context import Asked
from medianest_bot.core.store import people
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.errors import StoreError
from medianest_bot.core.store.people import Person
from medianest_bot.core.words import ENGLISH, nearest

log = structlog.get_logger(__name__)


class KnownPeople:
    """The household is read at once and kept; who may do what is never out of date."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._everybody = KeptReading(store, people.by_accounts)
        self._noting: set[asyncio.Task[None]] = set()

    async def of(self, platform: str, account: str) -> Person | None:
        """Whose account it is; None for a stranger's. Raises StoreError."""
        if self._store.mark() is not None:
            return (await self._everybody.read()).get((platform, account))
        async with self._store.read() as db:
            return await people.by_account(db, platform, account)

    def heard(self, person: Person | None, asked: Asked) -> None:
        """Remember what language their chat speaks: news and cards come in it.

        It is written beside the answer, and only when it is another than before.
        """
        if person is None or asked.locale is None:
            return
        if nearest(asked.locale) == nearest(person.locale or ENGLISH):
            return
        account = (asked.platform, asked.account)
        task = asyncio.create_task(self._note(*account, asked.locale))
        self._noting.add(task)
        task.add_done_callback(self._noting.discard)

    async def aclose(self) -> None:
        """What is not written by now is heard again."""
        for task in (tasks := [*self._noting]):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._everybody.aclose()

    async def _note(self, platform: str, account: str, locale: str) -> None:
        try:
            async with self._store.begin() as tx:
                await people.set_locale(tx, platform, account, locale)
        except StoreError:
            log.warning("language not noted")
