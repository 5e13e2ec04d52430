"""The neighbour that holds the library: a Plex Media Server, over its JSON.

Nothing here ever deletes a film or a video: of all that Plex keeps, only
collections are made and unmade.
"""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from medianest_bot.services import _plex_reading as reading
from medianest_bot.services._plex_calls import Params
from medianest_bot.services._plex_collections import Collections
from medianest_bot.services._plex_models import (
    Collection,
    Identity,
    Item,
    Owned,
    Section,
)
from medianest_bot.services._plex_server import LIBRARY_FRESH_S
from medianest_bot.services.answer import Answer
from medianest_bot.services.cache import Kept
from medianest_bot.services.errors import Missing, Refused, Unreadable
from medianest_bot.services.http import CALL_S, READ_S
from medianest_bot.services.loose import text

__all__ = ["Collection", "Identity", "Item", "Owned", "Plex", "Section"]

_SEARCH_FRESH_S = 300
_RECENT_FRESH_S = 60
_LONGEST_QUERY = 200
_HUBS = 4
"""Lists in a search that may hold what we look for, each as long as the limit."""
_SEARCHED = frozenset({"movie", "show", "clip"})
_TYPES = {"movie": 1, "show": 2}
_PLAYABLE = {"movie": 1, "show": 4}
_EPISODES_LOOKED_AT = 100
_WEB = "https://app.plex.tv/desktop/#!/server"
_THUMB = re.compile(r"/(?:library|:)/[A-Za-z0-9_./:-]{1,300}")
_PICTURES = frozenset({"image/jpeg", "image/png", "image/webp"})
_LARGEST_PICTURE = 5 * 1024 * 1024
_NO_TRANSCODER = (400, 404, 500, 501, 503)


class Plex(Collections):
    """One Plex server, asked with its owner's token.

    Every call raises the four service errors and nothing else.
    """

    async def search(
        self, query: str, *, limit: int = 10, within_s: float = READ_S
    ) -> Kept[tuple[Item, ...]]:
        """Films, shows and videos by name, kept for five minutes."""
        words = " ".join(text(query).split())[:_LONGEST_QUERY]
        if not words:
            return Kept((), datetime.now(UTC))

        async def fetch() -> tuple[Item, ...]:
            params: Params = {"query": words, "limit": limit}
            answer = await self._calls.get("/hubs/search", params, within_s=within_s)
            rows = [
                row for row in reading.hub_rows(answer) if row.get("type") in _SEARCHED
            ]
            # A server that does not heed the limit must not make us ask for it all.
            return await self._whole(rows[: limit * _HUBS], within_s)

        key = f"plex:search:{limit}:{words.casefold()}"
        return await self._cache.read(key, fetch, fresh_s=_SEARCH_FRESH_S)

    async def recent(self, count: int = 10) -> Kept[tuple[Item, ...]]:
        """What came last into the video libraries, newest first; kept for a minute.

        Episodes appear as their season, once.
        """

        async def fetch() -> tuple[Item, ...]:
            sections = (await self.sections()).value
            asked = [self._newest(one, count) for one in sections if one.kind in _TYPES]
            found = [item for one in await asyncio.gather(*asked) for item in one]
            return tuple(sorted(found, key=_added, reverse=True)[:count])

        key = f"plex:recent:{count}"
        return await self._cache.read(key, fetch, fresh_s=_RECENT_FRESH_S)

    async def owned(self) -> Kept[Owned]:
        """All films and shows by TMDB id, kept for ten minutes."""

        async def fetch() -> Owned:
            sections = [
                one for one in (await self.sections()).value if not one.is_personal
            ]
            movies, shows = await asyncio.gather(
                self._by_tmdb(sections, "movie"), self._by_tmdb(sections, "show")
            )
            return Owned(movies, shows)

        return await self._cache.read("plex:owned", fetch, fresh_s=LIBRARY_FRESH_S)

    async def seasons(self, show_key: str) -> tuple[int, ...]:
        """The numbers of the seasons that are there; 0 are the specials."""
        path = f"/library/metadata/{self._calls.key(show_key)}/children"
        found = reading.each(await self._calls.all(path), reading.item)
        numbers = {one.index for one in found if one.type == "season"}
        return tuple(sorted(one for one in numbers if one is not None))

    async def poster(self, thumb: str, *, width: int = 400, height: int = 600) -> bytes:
        """The picture at a `thumb`, made small by Plex where it can.

        Missing for what is no picture's path on the server; Unreadable where the
        answer is no JPEG, PNG or WebP of at most 5 MB.
        """
        if not _THUMB.fullmatch(thumb) or ".." in thumb:
            raise Missing(self._calls.service)
        params: dict[str, str | int] = {"url": thumb, "width": width, "height": height}
        params |= {"minSize": 1, "upscale": 1, "format": "jpg"}
        # A server whose transcoder is broken still has the picture itself.
        answer = await self._calls.get(
            "/photo/:/transcode", params, answers=_NO_TRANSCODER
        )
        if answer.status in _NO_TRANSCODER:
            answer = await self._calls.get(thumb)
        return _picture(answer)

    async def scan(self, section_key: str, path: str | None = None) -> None:
        """Have Plex look for new files: in one folder as Plex sees it, or in all.

        The answer says only that the scan is queued. Servers in use take a GET;
        Plex's own description ("Refresh section") names only POST.
        """
        place = f"/library/sections/{self._calls.key(section_key)}/refresh"
        params = {"path": path} if path else None
        try:
            await self._calls.get(place, params, within_s=CALL_S)
        except (Missing, Refused) as error:
            if error.status not in (404, 405):
                raise
            await self._calls.act("POST", place, params)

    async def find_file(self, section_key: str, ending: str) -> Item | None:
        """The item whose file name is, or holds, `ending`; see `find_files`."""
        return (await self.find_files(section_key, (ending,))).get(ending)

    async def find_files(
        self, section_key: str, endings: Sequence[str]
    ) -> Mapping[str, Item]:
        """Items by what their file names hold, in one walk, newest first.

        Plex has no dependable filter for files, and sees folders elsewhere than
        we do, so only the last part of a path counts. Missing for no section.
        """
        found: dict[str, Item] = {}
        wanted = {ending: unicodedata.normalize("NFC", ending) for ending in endings}
        path = f"/library/sections/{self._calls.key(section_key)}/all"
        params: dict[str, str | int] = {"sort": "addedAt:desc", "includeGuids": 1}
        params["type"] = await self._playable(section_key)
        async for page in self._calls.pages(path, params):
            for item in reading.each(page, reading.item):
                names = [_file_name(file) for file in item.files]
                for ending, name in wanted.items():
                    if any(name in one for one in names):
                        found.setdefault(ending, item)
            if len(found) == len(wanted):
                break
        return found

    def link(self, identity: Identity, key: str, *, is_collection: bool = False) -> str:
        """Where a browser or an app opens it. Holds no token."""
        kind = "collections" if is_collection else "metadata"
        place = quote(f"/library/{kind}/{key}", safe="")
        return f"{_WEB}/{identity.machine_id}/details?key={place}"

    async def _whole(
        self, rows: Sequence[dict[str, Any]], within_s: float
    ) -> tuple[Item, ...]:
        """The rows as items, asked for again where the search left ids out."""
        found = reading.each(rows, reading.item)
        known = await self._known()
        told = {str(row.get("ratingKey")) for row in rows if reading.has_guids(row)}
        lacking = [
            one.key for one in found if one.key not in known and one.key not in told
        ]
        if lacking:
            known |= await self._asked_again(lacking, within_s)
        return tuple(known.get(one.key, one) for one in found)

    async def _known(self) -> dict[str, Item]:
        """What is kept of the library, by key: its ids spare a second question."""
        kept: Kept[Owned] | None = await self._cache.peek("plex:owned")
        if kept is None:
            return {}
        items = (*kept.value.movies.values(), *kept.value.shows.values())
        return {item.key: item for item in items}

    async def _asked_again(
        self, keys: Sequence[str], within_s: float
    ) -> dict[str, Item]:
        path = f"/library/metadata/{self._calls.keys(keys)}"
        try:
            answer = await self._calls.get(path, {"includeGuids": 1}, within_s=within_s)
        except Missing:
            return {}
        return {
            one.key: one for one in reading.each(reading.rows(answer), reading.item)
        }

    async def _newest(self, section: Section, count: int) -> tuple[Item, ...]:
        path = f"/library/sections/{section.key}/all"
        is_show = section.kind == "show"
        params: Params = {
            "type": _PLAYABLE[section.kind],
            "sort": "addedAt:desc",
            "includeGuids": 1,
        }
        size = max(count, _EPISODES_LOOKED_AT) if is_show else count
        answer = await self._calls.page(path, params, size=size, within_s=READ_S)
        read = reading.season_of if is_show else reading.item
        found = {
            one.key: one for one in reversed(reading.each(reading.rows(answer), read))
        }
        return tuple(found.values())

    async def _by_tmdb(self, sections: Sequence[Section], kind: str) -> dict[int, Item]:
        found: dict[int, Item] = {}
        for section in sections:
            if section.kind != kind:
                continue
            path = f"/library/sections/{section.key}/all"
            params = {"type": _TYPES[kind], "includeGuids": 1}
            async for page in self._calls.pages(path, params):
                for item in reading.each(page, reading.item):
                    if item.tmdb_id is not None:
                        found.setdefault(item.tmdb_id, item)
        return found

    async def _playable(self, section_key: str) -> int:
        """The number of what has files in a library: films and videos, or episodes."""
        for section in (await self.sections()).value:
            if section.key == section_key:
                return _PLAYABLE.get(section.kind, 1)
        raise Missing(self._calls.service)


def _added(item: Item) -> datetime:
    return item.added or datetime.min.replace(tzinfo=UTC)


def _file_name(path: str) -> str:
    """The last part of a path of either kind of system; accents in one form."""
    return unicodedata.normalize("NFC", re.split(r"[/\\]", path)[-1])


def _picture(answer: Answer) -> bytes:
    type_ = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if type_ not in _PICTURES or not 0 < len(answer.body) <= _LARGEST_PICTURE:
        raise Unreadable(answer.service, status=answer.status)
    return answer.body
