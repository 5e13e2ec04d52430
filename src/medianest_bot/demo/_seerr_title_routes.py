"""The Seerr stand-in about itself, its users and titles, route by route."""

from __future__ import annotations

from typing import Any

from medianest_bot.demo import _seerr_rules as rules
from medianest_bot.demo._seerr_call import Call
from medianest_bot.demo._seerr_find import matching
from medianest_bot.demo._seerr_shapes import Shapes
from medianest_bot.demo._seerr_state import Books
from medianest_bot.demo._seerr_titles import season_with_episodes
from medianest_bot.demo.household import Movie, Series

_PERSON = {
    "id": 900_001,
    "mediaType": "person",
    "adult": False,
    "popularity": 3,
    "profilePath": None,
    "knownFor": [],
}


class TitleDesk:
    """Answers what asks; nothing changes here."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.shapes = Shapes(books)

    async def status(self, _call: Call) -> Any:
        return {
            "version": self.books.version,
            "commitTag": "local",
            "updateAvailable": False,
            "commitsBehind": 0,
            "restartRequired": False,
        }

    async def public(self, _call: Call) -> Any:
        """Only Seerr names its media server: 1 is Plex."""
        seerr = {
            "hideBlocklisted": False,
            "mediaServerLogin": True,
            "mediaServerType": 1,
            "enableSpecialEpisodes": False,
            "discoverRegion": "",
            "streamingRegion": "",
            "jellyfinExternalHost": "",
            "jellyfinForgotPasswordUrl": "",
            "userEmailRequired": False,
            "youtubeUrl": "",
        }
        return {
            "initialized": True,
            "applicationTitle": "Seerr" if self.books.is_seerr else "Overseerr",
            "applicationUrl": "",
            "hideAvailable": False,
            "localLogin": True,
            "movie4kEnabled": False,
            "series4kEnabled": False,
            "originalLanguage": "",
            "partialRequestsEnabled": True,
            "cacheImages": False,
            "vapidPublic": "",
            "enablePushRegistration": False,
            "locale": "en",
            "emailEnabled": False,
            "newPlexLogin": True,
            **(seerr if self.books.is_seerr else {"region": ""}),
        }

    async def about(self, call: Call) -> Any:
        if not rules.may(call.who):
            raise rules.guard()
        return {
            "version": (await self.status(call))["version"],
            "totalMediaItems": len(self.books.media),
            "totalRequests": len(self.books.asked),
            "appDataPath": "/app/config",
        }

    async def me(self, call: Call) -> Any:
        return self.shapes.account(call.who, settings=True)

    async def search(self, call: Call) -> Any:
        """TMDB being away looks like nothing found."""
        found = (
            [] if self.books.is_tmdb_down else matching(self.books, call.query["query"])
        )
        rows = [self.shapes.hit(title) for title in found]
        if rows and ":" not in call.query["query"]:
            rows.append({**_PERSON, "name": f"{call.query['query'].title()} Maple"})
        return self._results(rows, call)

    async def movies(self, call: Call) -> Any:
        rows = [self.shapes.hit(movie) for movie in self.books.household.movies]
        return {**self._results(rows, call), "keywords": []}

    async def shows(self, call: Call) -> Any:
        rows = [self.shapes.hit(series) for series in self.books.household.series]
        return {**self._results(rows, call), "keywords": []}

    async def trending(self, call: Call) -> Any:
        rows = [self.shapes.hit(title) for title in self.books.titles.values()]
        return self._results(rows, call)

    async def movie(self, call: Call) -> Any:
        title = self.books.titles.get(("movie", call.id))
        if self.books.is_tmdb_down or not isinstance(title, Movie):
            raise rules.no(500, "Unable to retrieve movie.")
        return self.shapes.movie(title)

    async def series(self, call: Call) -> Any:
        return self.shapes.series(self._series(call, "series"))

    async def season(self, call: Call) -> Any:
        series = self._series(call, "season")
        number = int(call.match["n"])
        if number >= len(series.seasons):
            raise rules.no(500, "Unable to retrieve season.")
        return season_with_episodes(series, number, votes=self.books.is_seerr)

    def _results(self, rows: list[dict[str, Any]], call: Call) -> dict[str, Any]:
        """20 a page; page 0 is the first."""
        page = max(1, call.number("page", 1))
        return {
            "page": page,
            "totalPages": max(1, -(-len(rows) // 20)),
            "totalResults": len(rows),
            "results": rows[20 * (page - 1) : 20 * page],
        }

    def _series(self, call: Call, words: str) -> Series:
        title = self.books.titles.get(("tv", call.id))
        if self.books.is_tmdb_down or not isinstance(title, Series):
            raise rules.no(500, f"Unable to retrieve {words}.")
        return title
