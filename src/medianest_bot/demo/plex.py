"""A stand-in for Plex Media Server 1.43 on loopback, with a folder it really scans."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from medianest_bot.demo import _plex_memory
from medianest_bot.demo._memory import Memory
from medianest_bot.demo._plex_collection_routes import CollectionDesk
from medianest_bot.demo._plex_library import Library, videos_in
from medianest_bot.demo._plex_library_routes import LibraryDesk
from medianest_bot.demo._plex_live import Live
from medianest_bot.demo._plex_server_routes import ServerDesk
from medianest_bot.demo._plex_wire import Json, no
from medianest_bot.demo.household import Household
from medianest_bot.demo.knobs import Knobs, middleware

_STOP_S = 0.2
_OWNERS_ONLY = ("/status/", "/activities", "/accounts")


class PlexStandIn:
    """The household's library: films, shows, and "Home videos" in `videos_folder`.

    Films and shows are only rows; the videos are the files of that folder, found
    by a scan, which takes 1.5 s stretched by `pace` and tells the websockets. The
    owner's token is `token`; `tokens` has everybody's by name. Nothing here
    happens by itself but scans that were asked for. With a file as `memory` a new
    one holds what the last one held.
    """

    def __init__(
        self,
        household: Household,
        videos_folder: Path,
        *,
        token: str = "demo-plex-token",  # noqa: S107 — of an invented house
        pace: float = 1.0,
        memory: Path | None = None,
    ) -> None:
        """Raises Damaged where what `memory` holds cannot be read."""
        self.token = token
        self.tokens = tokens(household, token)
        self.knobs = Knobs()
        self.library = Library(household, videos_folder)
        self._memory = Memory(memory)
        self._memory.recall(partial(_plex_memory.take, self.library))
        self._live = Live(self.library, pace)
        self._live.on_scanned = self._remember
        self._desk = LibraryDesk(self.library, self._live)
        self._gathering = CollectionDesk(self.library, self._desk)
        self._server = ServerDesk(household, self.library, self._live)
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> str:
        """Serve on loopback; returns the base URL without a slash."""
        folder = self.library.videos_folder
        self.library.scan(folder, await asyncio.to_thread(videos_in, folder))
        self._remember()
        runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=_STOP_S)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        self._runner = runner
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Answer nobody any more; what is in the library stays."""
        await self._live.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def add_movie(self, tmdb_id: int) -> None:
        """A film of the household's list has come; nothing where it is there."""
        self._announce(self.library.add_movie(tmdb_id))

    def add_seasons(self, tmdb_id: int, seasons: Iterable[int]) -> None:
        """Whole seasons have come; those that are there already stay as they are."""
        self._announce(self.library.add_seasons(tmdb_id, seasons))

    @property
    def most_rows(self) -> int | None:
        """Answer with at most so many rows a page, whatever is asked for."""
        return self._desk.most_rows

    @most_rows.setter
    def most_rows(self, value: int | None) -> None:
        self._desk.most_rows = value

    @property
    def listeners(self) -> int:
        """How many websockets are told what happens."""
        return self._live.listeners

    @property
    def sessions(self) -> list[Json]:
        """What is being watched."""
        return self._server.sessions

    @property
    def deleted_items(self) -> list[str]:
        """Keys of items that somebody deleted together with their files."""
        return self._gathering.deleted_items

    @property
    def app(self) -> web.Application:
        """A new application over the same library; one is served at a time."""
        app = web.Application(middlewares=[middleware(self.knobs), self._guard])
        for desk in (self._server, self._desk, self._gathering):
            app.add_routes(desk.routes())
        return app

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        """Tokens in a header or a query; no words but HTML for those who may not."""
        token = request.headers.get("X-Plex-Token") or request.query.get("X-Plex-Token")
        if request.path != "/identity" and token not in self.tokens.values():
            return no(401, "Unauthorized")
        if token != self.token and _is_owners(request):
            return no(403, "Forbidden")
        try:
            answer = await handler(request)
        except web.HTTPNotFound:
            return no(404, "Not Found")
        except web.HTTPMethodNotAllowed:
            return no(405, "Method Not Allowed")
        if request.method != "GET":
            self._remember()
        return answer

    def _announce(self, new: list[Json]) -> None:
        self._remember()
        self._live.announce(new, [])

    def _remember(self) -> None:
        """Before anybody is answered, so that nothing was told that is forgotten."""
        self._memory.keep(_plex_memory.told(self.library))


def tokens(household: Household, owner: str) -> dict[str, str]:
    """A token for everybody with a Plex account; the first person owns the server."""
    people = [one.name for one in household.people if one.plex_id is not None]
    return {name: f"{owner}-{name}" if n else owner for n, name in enumerate(people)}


def _is_owners(request: web.Request) -> bool:
    is_write = request.method not in ("GET", "HEAD") or request.path.endswith(
        "/refresh"
    )
    is_about = request.path == "/library" or request.path.startswith(_OWNERS_ONLY)
    return request.path != "/identity" and (is_write or is_about)
