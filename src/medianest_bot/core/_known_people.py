"""Who an account belongs to: looked up for everything anybody asks."""

from __future__ import annotations

from medianest_bot.core._kept_reading import KeptReading
from medianest_bot.core.store import people
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.people import Person


class KnownPeople:
    """The household is read at once and kept; who may do what is never out of date."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._everybody = KeptReading(store, people.by_accounts)

    async def of(self, platform: str, account: str) -> Person | None:
        """Whose account it is; None for a stranger's. Raises StoreError."""
        if self._store.mark() is not None:
            return (await self._everybody.read()).get((platform, account))
        async with self._store.read() as db:
            return await people.by_account(db, platform, account)

    async def aclose(self) -> None:
        await self._everybody.aclose()
