"""Collections: the one thing in Plex that we make, change and remove."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from medianest_bot.services import _plex_reading as reading
from medianest_bot.services._plex_models import Collection, Item
from medianest_bot.services._plex_server import Server
from medianest_bot.services.answer import Answer
from medianest_bot.services.cache import Cache
from medianest_bot.services.errors import Missing, Unreadable
from medianest_bot.services.http import Http

_BATCH = 100
_CUSTOM = 2
_TYPES = {"movie": 1, "show": 2, "season": 3, "episode": 4, "clip": 12}


class Collections(Server):
    """Works on collections that are filled by hand; smart ones are left alone."""

    def __init__(self, http: Http, cache: Cache, token: str, client_id: str) -> None:
        super().__init__(http, cache, token, client_id)
        self._syncing = asyncio.Lock()

    async def collections(self, section_key: str) -> tuple[Collection, ...]:
        path = f"/library/sections/{self._calls.key(section_key)}/collections"
        return reading.each(await self._calls.all(path), reading.collection)

    async def create_collection(
        self, section_key: str, title: str, item_keys: Sequence[str]
    ) -> Collection:
        """All items must be of one type. Made once: look first whether it is there."""
        first, rest = item_keys[:_BATCH], item_keys[_BATCH:]
        params: dict[str, str | int] = {"type": await self._type_of(first)}
        params |= {"title": title, "smart": 0}
        params["sectionId"] = self._calls.key(section_key)
        if first:
            params["uri"] = await self._uri(first)
        answer = await self._calls.act("POST", "/library/collections", params)
        made = _only(answer)
        await self.add_to_collection(made.key, rest)
        return made

    async def add_to_collection(self, key: str, item_keys: Sequence[str]) -> None:
        """Those that are in it already stay where they are."""
        path = f"/library/collections/{self._calls.key(key)}/items"
        for start in range(0, len(item_keys), _BATCH):
            uri = await self._uri(item_keys[start : start + _BATCH])
            await self._calls.act("PUT", path, {"uri": uri})

    async def remove_from_collection(self, key: str, item_key: str) -> None:
        """The item itself stays. Success also where it was not in it any more."""
        # Plex's description names PUT here; servers in use take DELETE.
        place = self._calls.key(key)
        path = f"/library/collections/{place}/items/{self._calls.key(item_key)}"
        try:
            await self._calls.act("DELETE", path)
        except Missing:
            await self._calls.get(f"/library/collections/{place}")

    async def collection_items(self, key: str) -> tuple[Item, ...]:
        """In the order of the collection."""
        path = f"/library/collections/{self._calls.key(key)}/children"
        rows = await self._calls.all(path, {"includeGuids": 1})
        return reading.each(rows, reading.item)

    async def move_in_collection(
        self, key: str, item_key: str, after: str | None
    ) -> None:
        """Behind the item `after`, or to the front."""
        place, item = self._calls.key(key), self._calls.key(item_key)
        path = f"/library/collections/{place}/items/{item}/move"
        params = {"after": self._calls.key(after)} if after else None
        await self._calls.act("PUT", path, params)

    async def custom_order(self, key: str) -> None:
        """Order by hand, instead of by date; without it moves are not shown."""
        path = f"/library/metadata/{self._calls.key(key)}/prefs"
        await self._calls.act("PUT", path, {"collectionSort": _CUSTOM})

    async def delete_collection(self, key: str) -> None:
        """The items stay."""
        await self._calls.act("DELETE", f"/library/collections/{self._calls.key(key)}")

    async def sync_collection(
        self, section_key: str, title: str, item_keys_in_order: Sequence[str]
    ) -> Collection:
        """A collection of that title with exactly these items in this order.

        Doing it again changes nothing. One that is there keeps its key and only
        gets the difference; one that vanishes meanwhile is made anew. Items that are
        gone are left out; Missing where all of them are.
        """
        wanted = tuple(dict.fromkeys(item_keys_in_order))
        async with self._syncing:
            try:
                return await self._synced(section_key, title, wanted)
            except Missing:
                # It, or one of the items, went away while we were at it.
                return await self._synced(section_key, title, wanted)

    async def _synced(
        self, section_key: str, title: str, wanted: tuple[str, ...]
    ) -> Collection:
        found = await self.collections(section_key)
        same = [one for one in found if one.title == title and not one.is_smart]
        if same:
            one = same[0]
            await self._fill(one.key, wanted)
        else:
            there = await self._existing(wanted)
            if wanted and not there:
                raise Missing(self._calls.service)
            one = await self.create_collection(section_key, title, there)
        count = await self._order(one.key, wanted)
        return replace(one, section=section_key, count=count)

    async def _fill(self, key: str, wanted: tuple[str, ...]) -> None:
        """Exactly the wanted ones, in any order."""
        there = await self._keys_in(key)
        missing = [one for one in wanted if one not in set(there)]
        # Added before removed: Plex drops a collection that becomes empty.
        await self.add_to_collection(key, await self._existing(missing))
        for one in there:
            if one not in set(wanted):
                await self.remove_from_collection(key, one)

    async def _order(self, key: str, wanted: tuple[str, ...]) -> int:
        """Put what is in it in order; return how many that are."""
        there = await self._keys_in(key)
        if _moves(there, wanted):
            # Until it is ordered by hand, it is shown in another order than its own.
            await self.custom_order(key)
            for item_key, after in _moves(await self._keys_in(key), wanted):
                await self.move_in_collection(key, item_key, after)
        return len(there)

    async def _existing(self, item_keys: Sequence[str]) -> list[str]:
        """Those that Plex still has; a call that names others may be refused."""
        found: set[str] = set()
        for start in range(0, len(item_keys), _BATCH):
            keys = self._calls.keys(item_keys[start : start + _BATCH])
            try:
                answer = await self._calls.get(f"/library/metadata/{keys}")
            except Missing:
                continue  # none of them is there
            found |= {
                one.key for one in reading.each(reading.rows(answer), reading.item)
            }
        return [key for key in item_keys if key in found]

    async def _keys_in(self, key: str) -> tuple[str, ...]:
        return tuple(item.key for item in await self.collection_items(key))

    async def _type_of(self, item_keys: Sequence[str]) -> int:
        """The number that Plex gives to what the collection is made of."""
        if not item_keys:
            return _TYPES["movie"]
        return _TYPES[(await self.item(item_keys[0])).type]

    async def _uri(self, item_keys: Sequence[str]) -> str:
        """How Plex names several items of its own library."""
        machine = (await self.identity()).machine_id
        keys = self._calls.keys(item_keys)
        return f"server://{machine}/com.plexapp.plugins.library/library/metadata/{keys}"


def _moves(
    now: Sequence[str], wanted: Sequence[str]
) -> tuple[tuple[str, str | None], ...]:
    """The moves among those that are in both."""
    there, sought = set(now), set(wanted)
    return moves_to(
        [one for one in now if one in sought], [one for one in wanted if one in there]
    )


def moves_to(
    now: Sequence[str], wanted: Sequence[str]
) -> tuple[tuple[str, str | None], ...]:
    """The fewest moves (what, behind what) from one order to the other.

    The longest run that is in order already stays; both hold the same keys.
    """
    place = {key: number for number, key in enumerate(now)}
    stays = _longest_rising([place[key] for key in wanted])
    pairs = pairwise((None, *wanted))
    return tuple(
        (key, after) for after, key in pairs if key and place[key] not in stays
    )


def _longest_rising(numbers: Sequence[int]) -> set[int]:
    """A longest rising subsequence, by patience sorting."""
    tails: list[int] = []
    before: dict[int, int | None] = {}
    for number in numbers:
        at = bisect_left(tails, number)
        before[number] = tails[at - 1] if at else None
        tails[at : at + 1] = [number]
    found: set[int] = set()
    last = tails[-1] if tails else None
    while last is not None:
        found.add(last)
        last = before[last]
    return found


def _only(answer: Answer) -> Collection:
    found = reading.each(reading.rows(answer), reading.collection)
    if not found:
        raise Unreadable(answer.service, status=answer.status)
    return found[0]
