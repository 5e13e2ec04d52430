"""The demo's Plex keeps the rules that a Plex server keeps, in JSON and in XML."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree import ElementTree as ET

import aiohttp
import httpx
import pytest

from medianest_bot.demo import household
from medianest_bot.demo.plex import PlexStandIn

HOUSE = household.read()
REFRESH = "/library/sections/3/refresh"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[PlexStandIn]:
    (tmp_path / "Sowing.mp4").write_bytes(b"film")
    one = PlexStandIn(HOUSE, tmp_path, pace=0)
    yield one
    await one.stop()


@pytest.fixture
async def url(server: PlexStandIn) -> str:
    return await server.start()


@pytest.fixture
async def web(server: PlexStandIn, url: str) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Accept": "application/json", "X-Plex-Token": server.token}
    async with httpx.AsyncClient(base_url=url, headers=headers) as one:
        yield one


async def test_without_a_token_it_only_says_who_it_is(url: str) -> None:
    async with httpx.AsyncClient(base_url=url) as bare:
        assert (await bare.get("/identity")).status_code == 200
        no = await bare.get("/library/sections", headers={"Accept": "application/json"})
    assert (no.status_code, no.headers["Content-Type"]) == (401, "text/html")
    assert "<h1>401 Unauthorized</h1>" in no.text


async def test_json_and_xml_say_the_same(web: httpx.AsyncClient) -> None:
    path = "/library/sections/1/all?includeGuids=1"
    told = await web.get(path)
    plain = await web.get(path, headers={"Accept": "*/*"})
    assert told.headers["Content-Type"] == "application/json"
    assert plain.headers["Content-Type"] == "text/xml;charset=utf-8"
    rows = told.json()["MediaContainer"]["Metadata"]
    videos = ET.fromstring(plain.content).findall("Video")
    assert [one.attrib["title"] for one in videos] == [row["title"] for row in rows]
    assert [[guid.attrib for guid in one.findall("Guid")] for one in videos] == [
        row["Guid"] for row in rows
    ]


async def test_pages_are_told_in_body_and_headers(web: httpx.AsyncClient) -> None:
    bounds = {"X-Plex-Container-Start": "3", "X-Plex-Container-Size": "4"}
    answer = await web.get("/library/sections/1/all", headers=bounds)
    held = answer.json()["MediaContainer"]
    assert (held["offset"], held["size"], held["totalSize"]) == (3, 2, 5)
    assert answer.headers["X-Plex-Container-Total-Size"] == "5"
    none = {"X-Plex-Container-Size": "0"}
    counted = (await web.get("/library/sections/1/all", headers=none)).json()
    assert "Metadata" not in counted["MediaContainer"]
    assert counted["MediaContainer"]["totalSize"] == 5


async def test_search_leaves_ids_out_and_shows_three_a_hub(
    web: httpx.AsyncClient,
) -> None:
    answer = (await web.get("/hubs/search?query=episode")).json()
    hubs = {one["type"]: one for one in answer["MediaContainer"]["Hub"]}
    assert (hubs["episode"]["size"], hubs["episode"]["more"]) == (3, True)
    assert "Guid" not in hubs["episode"]["Metadata"][0]
    assert "Metadata" not in hubs["movie"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", REFRESH, 200),
        ("POST", REFRESH, 200),
        ("DELETE", REFRESH, 200),
        ("PUT", REFRESH, 405),
        ("GET", "/library/sections/9/refresh", 404),
        ("GET", "/status/sessions/terminate?sessionId=demo-session-7", 200),
        ("POST", "/status/sessions/terminate?sessionId=demo-session-7", 200),
        ("POST", "/status/sessions/terminate", 403),
        ("POST", "/status/sessions/terminate?sessionId=x", 404),
        ("GET", "/library/metadata/101,999999", 200),
        ("GET", "/library/metadata/999999", 404),
        (
            "POST",
            "/library/collections?title=x&sectionId=1&uri=library://x/item/1",
            400,
        ),
        ("GET", "/nothing", 404),
    ],
)
async def test_statuses(
    web: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    assert (await web.request(method, path)).status_code == status


@pytest.mark.parametrize("method", ["DELETE", "PUT"])
async def test_an_item_leaves_a_collection_either_way(
    web: httpx.AsyncClient, method: str
) -> None:
    uri = f"server://{HOUSE.plex_machine_id}/com.plexapp.plugins.library"
    uri += "/library/metadata/101,102"
    made = await web.post(
        "/library/collections",
        params={"title": "x", "sectionId": "1", "type": "1", "uri": uri},
    )
    key = made.json()["MediaContainer"]["Metadata"][0]["ratingKey"]
    taken = await web.request(method, f"/library/collections/{key}/items/101")
    assert taken.status_code == 200
    left = (await web.get(f"/library/collections/{key}/items")).json()
    assert left["MediaContainer"]["Metadata"][0]["ratingKey"] == "102"


@pytest.mark.parametrize("word", ["websocket", "websockets"])
async def test_both_paths_tell_what_happens(
    server: PlexStandIn, url: str, web: httpx.AsyncClient, word: str
) -> None:
    place = f"{url}/:/{word}/notifications"
    headers = {"X-Plex-Token": server.token}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.ws_connect(place) as socket,
    ):
        await web.get(REFRESH)
        async with asyncio.timeout(20):
            told = (await socket.receive_json())["NotificationContainer"]
    assert told["type"] == "activity"
    started = told["ActivityNotification"][0]
    assert started["event"] == "started"
    assert started["Activity"]["Context"] == {"librarySectionID": "3"}


async def test_a_scan_takes_its_time_and_shows_it(tmp_path: Path) -> None:
    server = PlexStandIn(HOUSE, tmp_path, pace=100)
    headers = {"Accept": "application/json", "X-Plex-Token": server.token}
    url = await server.start()
    async with httpx.AsyncClient(base_url=url, headers=headers) as web:
        await web.get(REFRESH)
        busy = (await web.get("/activities")).json()["MediaContainer"]["Activity"]
        sections = (await web.get("/library/sections")).json()
        await web.delete(REFRESH)
        idle = (await web.get("/activities")).json()["MediaContainer"]
    await server.stop()
    assert [one["title"] for one in busy] == ["Scanning Home videos"]
    scanned = [one["refreshing"] for one in sections["MediaContainer"]["Directory"]]
    assert scanned == [False, False, True]
    assert idle == {"size": 0}


async def test_a_file_that_went_is_no_item_after_a_scan(
    server: PlexStandIn, web: httpx.AsyncClient, tmp_path: Path
) -> None:
    (tmp_path / "Sowing.mp4").unlink()
    await web.get(REFRESH)
    async with asyncio.timeout(20):
        while server.library.in_section("3"):  # noqa: ASYNC110 - told to websockets only
            await asyncio.sleep(0.01)
