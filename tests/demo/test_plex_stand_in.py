"""The demo's Plex, judged by clients that we did not write."""

from __future__ import annotations

import asyncio
import queue
import socket
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import pytest
from plexapi.alert import AlertListener
from plexapi.exceptions import BadRequest, NotFound, Unauthorized
from plexapi.server import PlexServer
from plexwebsocket import SIGNAL_CONNECTION_STATE, STATE_CONNECTED, PlexWebsocket

from medianest_bot.demo import household
from medianest_bot.demo.plex import PlexStandIn

HOUSE = household.read()
VIDEOS = "3"
connect: Any = PlexServer
alerts: Any = AlertListener
"""python-plexapi has no type annotations."""
T = TypeVar("T")


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[PlexStandIn]:
    put(tmp_path, "garden/Sowing [abc123].mp4")
    one = PlexStandIn(HOUSE, tmp_path, pace=0)
    yield one
    await one.stop()


@pytest.fixture
async def url(server: PlexStandIn) -> str:
    return await server.start()


@pytest.fixture
async def plexapi(server: PlexStandIn, url: str) -> AsyncIterator[Any]:
    one = await asyncio.to_thread(connect, url, server.token)
    yield one
    one._session.close()


def put(folder: Path, name: str) -> Path:
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"film")
    return file


async def ask(question: Callable[..., T], *about: Any) -> T:
    """python-plexapi waits for its answers, so it does that in a thread."""
    return await asyncio.to_thread(question, *about)


def libraries(plexapi: Any) -> Any:
    """Reading `library` asks the server already."""
    return plexapi.library.sections()


def newest(plexapi: Any) -> Any:
    return plexapi.library.recentlyAdded()


async def test_plexapi_connects_and_lists_the_libraries(plexapi: Any) -> None:
    assert plexapi.friendlyName == HOUSE.name
    assert plexapi.machineIdentifier == HOUSE.plex_machine_id
    identity = await ask(plexapi.identity)
    assert identity.machineIdentifier == HOUSE.plex_machine_id
    sections = await ask(libraries, plexapi)
    told = await ask(
        lambda: [(one.title, one.type, one.agent, one.totalSize) for one in sections]
    )
    assert told == [
        ("Films", "movie", "tv.plex.agents.movie", 5),
        ("Shows", "show", "tv.plex.agents.series", 2),
        ("Home videos", "movie", "tv.plex.agents.none", 1),
    ]


async def test_plexapi_is_refused_without_the_token(url: str) -> None:
    with pytest.raises(Unauthorized):
        await ask(lambda: connect(url, "wrong"))


async def test_plexapi_sees_what_the_owner_alone_may_do(
    server: PlexStandIn, url: str
) -> None:
    other = await ask(lambda: connect(url, server.tokens["ana"]))
    assert len(await ask(libraries, other)) == 3
    with pytest.raises(BadRequest):
        await ask(other.sessions)


async def test_plexapi_reads_films(plexapi: Any) -> None:
    films = await ask(lambda: plexapi.library.section("Films"))
    film = await ask(lambda: films.get("Metropolis"))
    assert (film.year, film.duration, {one.id for one in film.guids}) == (
        1927,
        153 * 60_000,
        {"imdb://tt0017136", "tmdb://19"},
    )
    assert film.locations == ["/srv/films/Metropolis (1927)/Metropolis (1927).mkv"]
    with pytest.raises(NotFound):
        await ask(lambda: plexapi.fetchItem(99999))


async def test_plexapi_walks_shows(plexapi: Any) -> None:
    shows = await ask(lambda: plexapi.library.section("Shows"))
    show = await ask(lambda: shows.get("Breaking Bad"))
    seasons = await ask(show.seasons)
    assert [(one.index, one.leafCount) for one in seasons] == [(1, 7), (2, 13)]
    episodes = await ask(lambda: shows.search(libtype="episode"))
    assert len(episodes) == 7 + 13 + 36 + 36
    assert (show.childCount, show.leafCount) == (2, 20)


async def test_plexapi_searches_and_sees_what_is_new(plexapi: Any) -> None:
    found = await ask(lambda: plexapi.search("metrop", mediatype="movie"))
    assert [one.title for one in found] == ["Metropolis"]
    assert (await ask(newest, plexapi))[0].title == "Sowing [abc123]"


async def test_plexapi_reads_many_pages(server: PlexStandIn, plexapi: Any) -> None:
    for number in range(130):
        put(server.library.videos_folder, f"many/{number}.mp4")
    videos = await ask(lambda: plexapi.library.section("Home videos"))
    await ask(videos.update)
    await until(lambda: len(server.library.in_section(VIDEOS)) == 131)
    assert len(await ask(videos.all)) == 131
    files = {Path(one.locations[0]).name for one in await ask(videos.all)}
    assert "77.mp4" in files


async def test_plexapi_makes_orders_and_removes_a_collection(
    server: PlexStandIn, plexapi: Any
) -> None:
    films = await ask(lambda: plexapi.library.section("Films"))
    a, b, c, *_ = await ask(films.all)
    made = await ask(lambda: films.createCollection("Old & “gold”", items=[a, b]))
    await ask(lambda: made.addItems([c]))
    await ask(lambda: made.sortUpdate("custom"))
    await ask(lambda: made.moveItem(c))
    await ask(lambda: made.moveItem(a, after=b))
    await ask(lambda: made.removeItems([b]))
    (again,) = await ask(films.collections)
    assert (again.title, again.childCount, again.smart) == ("Old & “gold”", 2, False)
    assert [one.title for one in await ask(again.items)] == [c.title, a.title]
    await ask(again.delete)
    assert await ask(films.collections) == []
    assert server.deleted_items == []
    assert len(await ask(films.all)) == 5


async def test_plexapi_sees_and_ends_a_session(plexapi: Any) -> None:
    (session,) = await ask(plexapi.sessions)
    assert (session.title, session.usernames) == ("Nosferatu", ["ana.maple"])
    assert (session.player.title, session.session.location) == ("Living room", "lan")
    await ask(lambda: session.stop(reason="Dinner"))
    assert await ask(plexapi.sessions) == []
    accounts = await ask(plexapi.systemAccounts)
    assert [(one.id, one.name) for one in accounts][:2] == [
        (1, "mum"),
        (1002, "ana.maple"),
    ]


async def test_plexapi_hears_a_scan(
    server: PlexStandIn, url: str, plexapi: Any
) -> None:
    heard: queue.Queue[dict[str, Any]] = queue.Queue()
    # websocket-client leaves its own socket open when the server goes away first.
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as line:
        listener = alerts(plexapi, heard.put, None, line)
        listener.start()
        await until(lambda: server.listeners == 1)
        put(server.library.videos_folder, "Weeding [new].mp4")
        videos = await ask(lambda: plexapi.library.section("Home videos"))
        await ask(videos.update)
        told = [await ask(lambda: heard.get(timeout=20)) for _ in range(6)]
        found = await ask(lambda: videos.search(title="Weeding"))
        await server.stop()
        await ask(threading.Thread.join, listener, 5)
    assert not listener.is_alive()
    assert [summary(one) for one in told] == [
        ("activity", "started"),
        ("activity", "updated"),
        ("timeline", ("Weeding [new]", 0, "created")),
        ("timeline", ("Weeding [new]", 1, None)),
        ("activity", "ended"),
        ("status", "LIBRARY_UPDATE"),
    ]
    assert [one.title for one in found] == ["Weeding [new]"]


# plexwebsocket passes what aiohttp has renamed; nothing of ours does.
@pytest.mark.filterwarnings(
    "ignore:ssl=None is deprecated, please use ssl=True:DeprecationWarning"
)
async def test_plexwebsocket_hears_films_arrive(
    server: PlexStandIn, plexapi: Any
) -> None:
    heard: asyncio.Queue[Any] = asyncio.Queue()

    def note(kind: str, told: Any, _error: str | None) -> None:
        if kind == SIGNAL_CONNECTION_STATE and told != STATE_CONNECTED:
            return
        heard.put_nowait(told)

    async with aiohttp.ClientSession() as session:
        websocket = PlexWebsocket(plexapi, note, ["timeline"], session)
        listening = asyncio.create_task(websocket.listen())
        assert await asyncio.wait_for(heard.get(), 20) == STATE_CONNECTED
        await until(lambda: server.listeners == 1)
        server.add_movie(603)
        told = [summary(await asyncio.wait_for(heard.get(), 20)) for _ in range(2)]
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    assert told == [
        ("timeline", ("The Matrix", 0, "created")),
        ("timeline", ("The Matrix", 5, None)),
    ]


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110 - nothing tells when a socket has joined
            await asyncio.sleep(0.01)


def summary(told: dict[str, Any]) -> tuple[str, object]:
    """The kind of a notification and what it says, in a word or three."""
    kind = told["type"]
    if kind == "activity":
        return kind, told["ActivityNotification"][0]["event"]
    if kind == "status":
        return kind, told["StatusNotification"][0]["notificationName"]
    entry = told["TimelineEntry"][0]
    return kind, (entry["title"], entry["state"], entry.get("metadataState"))
