"""Asks Plex, Seerr and the video sites in parallel and merges what they say.

Each has its own deadline; who is late is left out, and the answer says so.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from enum import StrEnum

import structlog

from medianest_bot.core import titles as names
from medianest_bot.core._kept_reading import KeptReading
from medianest_bot.core._search_asking import (
    LEAST_BY_SHORT,
    Heard,
    ask_plex,
    ask_seerr,
    ask_videos,
)
from medianest_bot.core._search_titles import (
    Availability,
    Found,
    Key,
    Library,
    Missing,
    Shelf,
    Stale,
    Title,
    by_title,
    judged,
    merged,
    of_item,
)
from medianest_bot.core.store import requests
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.people import Person
from medianest_bot.core.store.requests import MediaRequest
from medianest_bot.core.titles import Wanted
from medianest_bot.services.errors import ServiceError
from medianest_bot.services.http import CALL_S, READ_S
from medianest_bot.services.media import Kind
from medianest_bot.services.plex import Identity, Owned, Plex
from medianest_bot.services.seerr import Seerr
from medianest_bot.services.videos import Videos

__all__ = ["Availability", "Found", "Missing", "Search", "Stale", "Title", "Where"]

log = structlog.get_logger(__name__)

SHOWN = 10
SUGGESTED = 10
SUGGEST_S = 0.7
"""Less than dispatch gives, so that what is remembered can still be shown."""
OWNED_FIRST_S = 0.7
OWNED_S = 0.2
"""How long a search waits for the list of all that Plex has, the first time and
later: then there is an older one, and the new one comes in behind."""
_GRACE_S = 0.3
_REMEMBERED = 3000


class Where(StrEnum):
    """Where to look."""

    ALL = "all"
    LIBRARY = "library"
    REQUESTS = "requests"
    VIDEOS = "videos"


class Search:
    """Finds titles wherever they are; any neighbour may be None."""

    def __init__(
        self,
        store: Store,
        plex: Plex | None,
        seerr: Seerr | None,
        videos: Videos | None,
        now: Callable[[], datetime],
    ) -> None:
        self._plex = plex
        self._seerr = seerr
        self._videos = videos
        self._now = now
        self._library = Library(Owned())
        self._open_rows = KeptReading(store, requests.open_ones)
        self._identity: Identity | None = None
        self._known: OrderedDict[Key, Title] = OrderedDict()
        self._suggesting: dict[str, asyncio.Task[list[Title]]] = {}

    async def find(
        self, query: str, where: Where | None = None, *, person: Person | None
    ) -> Found:
        """Titles for what was typed or pasted, best first.

        Videos are looked for only where ALL or VIDEOS is named. Raises nothing
        for a neighbour that fails: it is named among the missing.
        """
        wanted = names.read(query)
        heard = Heard(READ_S + _GRACE_S)
        asked = asyncio.create_task(self._open_rows.read())
        await asyncio.gather(self._hear_owned(), *self._questions(wanted, where, heard))
        found = self._ranked(wanted, heard)
        shelf = self._shelf(await asked, person)
        return Found(
            tuple(judged(one, shelf) for one in found),
            tuple(heard.missing.values()),
            tuple(heard.stale.values()),
        )

    async def suggest(self, typed: str, *, person: Person | None) -> tuple[Title, ...]:
        """Titles for what is being typed, within 0.8 s; remembered ones where late.

        People who type the same at the same time are answered by one search.
        """
        wanted = names.read(typed)
        if len(wanted.text) < 2:
            return ()
        key = names.fold(wanted.text)
        task = self._suggesting.get(key)
        if task is None:
            task = asyncio.create_task(self._candidates(wanted))
            self._suggesting[key] = task
            task.add_done_callback(lambda _done: self._suggesting.pop(key, None))
        asked = asyncio.create_task(self._open_rows.read())
        # One who stops typing must not stop the search of the others.
        found = await asyncio.shield(task)
        shelf = self._shelf(await asked, person)
        return tuple(judged(one, shelf) for one in found[:SUGGESTED])

    async def aclose(self) -> None:
        """Ends the searches that nobody waits for any more."""
        tasks = [*self._suggesting.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._open_rows.aclose()

    async def warm(self) -> None:
        """Learn what Plex has before the first search, for links and marks."""
        await self._hear_owned(CALL_S)

    def known(self, kind: Kind, tmdb_id: int) -> Title | None:
        """What a search told about a title before; asks nobody."""
        return self._known.get((kind, tmdb_id))

    def plex_key(self, kind: Kind, tmdb_id: int) -> str | None:
        """Where Plex has a title, as far as we know; asks nobody."""
        item = self._library.owned.get(kind, tmdb_id)
        return item.key if item else None

    def link(self, plex_key: str) -> str | None:
        """Where to watch an item of Plex, as far as we know; asks nobody."""
        if self._plex is None or self._identity is None:
            return None
        return self._plex.link(self._identity, plex_key)

    def _questions(
        self, wanted: Wanted, where: Where | None, heard: Heard
    ) -> list[Awaitable[None]]:
        """One question for each neighbour that matters."""
        asked: list[Awaitable[None]] = []
        if self._plex and where not in (Where.REQUESTS, Where.VIDEOS):
            asked.append(ask_plex(self._plex, wanted, heard))
        if self._seerr and where not in (Where.LIBRARY, Where.VIDEOS):
            asked.append(ask_seerr(self._seerr, wanted, heard))
        if self._videos and where in (Where.ALL, Where.VIDEOS) and wanted.words:
            asked.append(ask_videos(self._videos, wanted, heard))
        return asked

    def _ranked(self, wanted: Wanted, heard: Heard) -> list[Title]:
        found = merged(heard.requestable, heard.in_plex)
        if not found and wanted.kind and wanted.tmdb_id:
            found = self._remembered(wanted.kind, wanted.tmdb_id)
        self._remember(found)
        if not wanted.is_exact:
            found = names.ranked(wanted, found)
        return [*found[:SHOWN], *heard.videos]

    def _remembered(self, kind: Kind, tmdb_id: int) -> list[Title]:
        """A title by its number where nobody answers: from the library or memory."""
        item = self._library.owned.get(kind, tmdb_id)
        known = of_item(item) if item else self.known(kind, tmdb_id)
        return [known] if known else []

    def _remember(self, found: Iterable[Title]) -> None:
        for one in found:
            if one.key is not None:
                self._known[one.key] = one
                self._known.move_to_end(one.key)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    async def _candidates(self, wanted: Wanted) -> list[Title]:
        """What Seerr says in time, and what is in the library by that name."""
        heard = Heard(SUGGEST_S)
        asked = self._questions(wanted, Where.REQUESTS, heard)
        await asyncio.gather(self._hear_owned(), *asked)
        heard.in_plex += self._library.named(wanted)
        found = self._ranked(wanted, heard)
        if not heard.missing:
            return found
        remembered = names.ranked(wanted, self._known.values(), least=LEAST_BY_SHORT)
        return names.ranked(wanted, merged([*found, *remembered], ()))

    async def _hear_owned(self, within_s: float | None = None) -> None:
        """What Plex has; where that takes long, what it had when last asked."""
        if self._plex is None:
            return
        usual_s = OWNED_S if self._identity else OWNED_FIRST_S
        try:
            async with asyncio.timeout(within_s or usual_s):
                owned = (await self._plex.owned()).value
                self._identity = self._identity or await self._plex.identity()
        except (ServiceError, TimeoutError) as error:
            log.info("owned late", error=type(error).__name__)
            return
        if owned is not self._library.owned:
            # Thousands of names are folded: not on the loop.
            self._library = await asyncio.to_thread(Library, owned)

    def _shelf(self, asked: Iterable[MediaRequest], person: Person | None) -> Shelf:
        return Shelf(
            owned=self._library.owned,
            asked=by_title(asked, lambda row: (Kind(row.kind), row.tmdb_id)),
            person_id=person.id if person else None,
            takes_requests=self._seerr is not None,
        )
