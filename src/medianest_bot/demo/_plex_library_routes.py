"""The demo's Plex about its library: sections, items, search, pictures, scans."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import urlsplit

from aiohttp import web

from medianest_bot.demo._plex_library import Library
from medianest_bot.demo._plex_live import Live
from medianest_bot.demo._plex_pictures import poster
from medianest_bot.demo._plex_wire import Json, listed, no, page

_HUBS = ("movie", "show", "season", "episode", "collection")
_A_HUB = 3


class LibraryDesk:
    """Routes under /library, /hubs and /photo. `most_rows` shortens every page."""

    def __init__(self, library: Library, live: Live) -> None:
        self.most_rows: int | None = None
        self._library = library
        self._live = live

    def routes(self) -> list[web.RouteDef]:
        section = "/library/sections/{section:[0-9]+}"
        return [
            web.get("/library", self._about),
            web.get("/library/sections", self._sections),
            web.get("/library/sections/", self._sections),
            web.get("/library/sections/all", self._sections),
            web.get(section, self._section),
            web.get(f"{section}/all", self._all),
            web.get(f"{section}/recentlyAdded", self._recent),
            web.get("/library/recentlyAdded", self._recent),
            web.get(f"{section}/refresh", self._refresh),
            web.post(f"{section}/refresh", self._refresh),
            web.delete(f"{section}/refresh", self._end_refresh),
            web.get("/library/metadata/{ids:[0-9,]+}", self._items),
            web.get("/library/metadata/{id:[0-9]+}/children", self._children),
            web.get("/library/metadata/{id:[0-9]+}/thumb/{at}", self._thumb),
            web.get("/hubs/search", self._search),
            web.get("/photo/:/transcode", self._transcode),
        ]

    async def _about(self, request: web.Request) -> web.Response:
        about = {"identifier": "com.plexapp.plugins.library", "title1": "Plex Library"}
        rows = [{"key": "sections", "title": "Library Sections"}]
        return listed(request, "Directory", rows, **about)

    async def _sections(self, request: web.Request) -> web.Response:
        rows = list(self._library.sections.values())
        return listed(
            request, "Directory", rows, allowSync=False, title1="Plex Library"
        )

    async def _section(self, request: web.Request) -> web.Response:
        about = self._one_section(request)
        if about is None:
            return no(404, "Not Found")
        return listed(request, "Directory", [{"key": "all", "title": about["title"]}])

    async def _all(self, request: web.Request) -> web.Response:
        about = self._one_section(request)
        if about is None:
            return no(404, "Not Found")
        rows = self._library.query(about["key"], request.query)
        limit = request.query.get("limit", "")
        rows = rows[: int(limit)] if limit.isdecimal() else rows
        return self._page(request, rows, **_of(about))

    async def _recent(self, request: web.Request) -> web.Response:
        only = request.match_info.get("section")
        known = [key for key in self._library.sections if only in (None, key)]
        if not known:
            return no(404, "Not Found")
        asked = {"sort": "addedAt:desc"}
        rows = [row for key in known for row in self._library.query(key, asked)]
        rows.sort(key=lambda row: int(row["addedAt"]), reverse=True)
        return self._page(request, rows)

    async def _refresh(self, request: web.Request) -> web.Response:
        """Says only that the scan is queued."""
        about = self._one_section(request)
        if about is None:
            return no(404, "Not Found")
        self._live.scan(about["key"], request.query.get("path"))
        return web.Response()

    async def _end_refresh(self, request: web.Request) -> web.Response:
        about = self._one_section(request)
        if about is None:
            return no(404, "Not Found")
        self._live.cancel_scan(about["key"])
        return web.Response()

    async def _items(self, request: web.Request) -> web.Response:
        """Ids that do not exist are left out; 404 only where none does."""
        keys = request.match_info["ids"].split(",")
        rows = [self._library.items[key] for key in keys if key in self._library.items]
        gathered = [
            self._library.collection_row(self._library.collections[key])
            for key in keys
            if key in self._library.collections
        ]
        if not rows and not gathered:
            return no(404, "Not Found")
        return self._page(request, [*rows, *gathered])

    async def _children(self, request: web.Request) -> web.Response:
        row = self._library.items.get(request.match_info["id"])
        if row is None:
            return no(404, "Not Found")
        found = sorted(self._library.children(row), key=lambda one: int(one["index"]))
        return self._page(request, found, parentTitle=row["title"])

    async def _search(self, request: web.Request) -> web.Response:
        """Without ids of other databases, as from real servers."""
        words = request.query.get("query", "").strip()
        if not words:
            return no(400, "Bad Request")
        found = self._library.search(words, request.query.get("sectionId"))
        limit = request.query.get("limit", "")
        most = int(limit) if limit.isdecimal() else _A_HUB
        hubs = [_hub(type_, found.get(type_, []), most) for type_ in _HUBS]
        return listed(request, "Hub", hubs)

    async def _thumb(self, request: web.Request) -> web.Response:
        row = self._library.items.get(request.match_info["id"])
        if row is None:
            return no(404, "Not Found")
        return await _picture(row, 400, 600, "PNG")

    async def _transcode(self, request: web.Request) -> web.Response:
        parts = urlsplit(request.query.get("url", "")).path.split("/")
        key = parts[3] if len(parts) > 3 else ""
        row = self._library.items.get(key)
        if row is None:
            return no(404, "Not Found")
        return await _picture(row, *_size(request.query), "JPEG")

    def _one_section(self, request: web.Request) -> Json | None:
        return self._library.sections.get(request.match_info["section"])

    def _page(
        self, request: web.Request, rows: list[Json], **more: str | int
    ) -> web.Response:
        shown = rows if request.query.get("includeGuids") == "1" else without_ids(rows)
        return page(request, shown, most=self.most_rows, **more)


def without_ids(rows: list[Json]) -> list[Json]:
    return [{k: v for k, v in row.items() if k != "Guid"} for row in rows]


def _hub(type_: str, rows: list[Json], most: int) -> Json:
    shown = without_ids(rows[:most])
    return {
        "title": f"{type_.capitalize()}s",
        "type": type_,
        "hubIdentifier": type_,
        "context": f"hub.search.{type_}",
        "size": len(shown),
        "more": len(rows) > most,
        "style": "shelf",
        **({"Metadata": shown} if shown else {}),
    }


def _of(about: Json) -> dict[str, str | int]:
    return {
        "allowSync": 1,
        "identifier": "com.plexapp.plugins.library",
        "librarySectionID": int(about["key"]),
        "librarySectionTitle": about["title"],
        "librarySectionUUID": about["uuid"],
        "title1": about["title"],
        "viewGroup": about["type"],
    }


def _size(asked: Mapping[str, str]) -> tuple[int, int]:
    width, height = asked.get("width", ""), asked.get("height", "")
    return (
        int(width) if width.isdecimal() else 400,
        int(height) if height.isdecimal() else 600,
    )


async def _picture(row: Json, width: int, height: int, form: str) -> web.Response:
    note = str(row.get("year", ""))
    body = await asyncio.to_thread(poster, row["title"], note, width, height, form)
    return web.Response(body=body, content_type=f"image/{form.lower()}")
