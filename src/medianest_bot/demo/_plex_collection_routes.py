"""The demo's Plex about collections: made, filled, ordered and removed."""

from __future__ import annotations

import re

from aiohttp import web

from medianest_bot.demo._plex_library import Gathered, Library
from medianest_bot.demo._plex_library_routes import LibraryDesk, without_ids
from medianest_bot.demo._plex_wire import Json, listed, no, page

_URI = re.compile(
    r"server://([0-9a-f]+)/com\.plexapp\.plugins\.library/library/metadata/([0-9,]+)"
)


class CollectionDesk:
    """Routes that change collections; deleting an item itself is only noted."""

    def __init__(self, library: Library, desk: LibraryDesk) -> None:
        self.deleted_items: list[str] = []
        """What somebody had deleted, with its files. Our bot never does."""
        self._library = library
        self._desk = desk

    def routes(self) -> list[web.RouteDef]:
        one = "/library/collections/{id:[0-9]+}"
        item = one + "/items/{item:[0-9]+}"
        section = "/library/sections/{section:[0-9]+}"
        return [
            web.get(f"{section}/collections", self._in_section),
            web.delete(section + "/collection/{id:[0-9]+}", self._delete),
            web.post("/library/collections", self._create),
            web.get(one, self._read),
            web.delete(one, self._delete),
            web.get(f"{one}/children", self._items),
            web.get(f"{one}/items", self._items),
            web.put(f"{one}/items", self._add),
            web.delete(item, self._remove),
            web.put(item, self._remove),
            web.put(f"{item}/move", self._move),
            web.put("/library/metadata/{id:[0-9]+}/prefs", self._prefer),
            web.put(f"{one}/prefs", self._prefer),
            web.delete("/library/metadata/{id:[0-9]+}", self._delete_item),
        ]

    async def _in_section(self, request: web.Request) -> web.Response:
        section = request.match_info["section"]
        if section not in self._library.sections:
            return no(404, "Not Found")
        rows = [
            self._library.collection_row(one)
            for one in self._library.collections.values()
            if one.section == section
        ]
        return page(request, rows, most=self._desk.most_rows)

    async def _create(self, request: web.Request) -> web.Response:
        asked = request.query
        section = asked.get("sectionId", "")
        title = asked.get("title", "")
        if section not in self._library.sections or not title:
            return no(400, "Bad Request")
        keys = self._keys(asked["uri"]) if "uri" in asked else []
        if keys is None:
            return no(400, "Bad Request")
        one = self._library.gather(title, section, keys)
        return listed(request, "Metadata", [self._library.collection_row(one)])

    async def _read(self, request: web.Request) -> web.Response:
        one = self._one(request)
        if one is None:
            return no(404, "Not Found")
        row = self._library.collection_row(one)
        if request.query.get("includePreferences") == "1":
            row["Preferences"] = {"Setting": [_sort_setting(one)]}
        return listed(request, "Metadata", [row])

    async def _items(self, request: web.Request) -> web.Response:
        one = self._one(request)
        if one is None:
            return no(404, "Not Found")
        rows = self._library.shown(one)
        if request.query.get("includeGuids") != "1":
            rows = without_ids(rows)
        return page(request, rows, most=self._desk.most_rows)

    async def _add(self, request: web.Request) -> web.Response:
        one = self._one(request)
        if one is None:
            return no(404, "Not Found")
        keys = self._keys(request.query.get("uri", ""))
        if keys is None:
            return no(400, "Bad Request")
        one.keys += [key for key in keys if key not in one.keys]
        return await self._read(request)

    async def _remove(self, request: web.Request) -> web.Response:
        one = self._one(request)
        item = request.match_info["item"]
        if one is None or not self._library.take_out(one, item):
            return no(404, "Not Found")
        return web.Response()

    async def _move(self, request: web.Request) -> web.Response:
        one = self._one(request)
        item, after = request.match_info["item"], request.query.get("after")
        if one is None or item not in one.keys:
            return no(404, "Not Found")
        if after is not None and (after not in one.keys or after == item):
            return no(400, "Bad Request")
        one.keys.remove(item)
        one.keys.insert(one.keys.index(after) + 1 if after else 0, item)
        return await self._read(request)

    async def _prefer(self, request: web.Request) -> web.Response:
        one = self._one(request)
        sort = request.query.get("collectionSort", "")
        if one is None:
            return no(404, "Not Found")
        if sort not in ("0", "1", "2"):
            return no(400, "Bad Request")
        one.sort = int(sort)
        return web.Response()

    async def _delete(self, request: web.Request) -> web.Response:
        one = self._library.collections.pop(request.match_info["id"], None)
        return web.Response() if one else no(404, "Not Found")

    async def _delete_item(self, request: web.Request) -> web.Response:
        key = request.match_info["id"]
        if self._library.collections.pop(key, None) is None:
            self.deleted_items.append(key)
            self._library.remove(key)
        return web.Response()

    def _one(self, request: web.Request) -> Gathered | None:
        return self._library.collections.get(request.match_info["id"])

    def _keys(self, uri: str) -> list[str] | None:
        """The items that a URI of this server names; all of one type."""
        match = _URI.fullmatch(uri)
        if match is None or match[1] != self._library.household.plex_machine_id:
            return None
        keys = [key for key in match[2].split(",") if key in self._library.items]
        types = {self._library.items[key]["type"] for key in keys}
        return list(dict.fromkeys(keys)) if len(types) == 1 else None


def _sort_setting(one: Gathered) -> Json:
    return {
        "id": "collectionSort",
        "label": "Collection order",
        "summary": "",
        "type": "int",
        "default": "0",
        "value": str(one.sort),
        "hidden": False,
        "advanced": False,
        "group": "",
        "enumValues": "0:Release date|1:Alphabetical|2:Custom",
    }
