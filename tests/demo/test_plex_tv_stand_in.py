"""The demo's plex.tv, judged by a client that we did not write, and by its rules."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import requests
from plexapi.exceptions import Unauthorized
from plexapi.myplex import MyPlexAccount, MyPlexPinLogin
from requests.adapters import HTTPAdapter

from medianest_bot.demo import household
from medianest_bot.demo.plex_tv import PlexTvStandIn

HOUSE = household.read()
account: Any = MyPlexAccount
pin_login: Any = MyPlexPinLogin
"""python-plexapi has no type annotations."""


class Rerouted(HTTPAdapter):
    """python-plexapi knows plex.tv only by its name; this leads to ours."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: Any, *args: Any, **more: Any) -> requests.Response:
        parts = urlsplit(request.url)
        request.url = f"{self._url}{parts.path}" + (
            f"?{parts.query}" if parts.query else ""
        )
        return super().send(request, *args, **more)


@pytest.fixture
async def tv() -> AsyncIterator[PlexTvStandIn]:
    one = PlexTvStandIn(HOUSE)
    yield one
    await one.stop()


@pytest.fixture
async def url(tv: PlexTvStandIn) -> str:
    return await tv.start()


@pytest.fixture
def session(url: str) -> Any:
    with requests.Session() as one:
        one.mount("https://plex.tv", Rerouted(url))
        yield one


@pytest.fixture
async def web(url: str) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Accept": "application/json", "X-Plex-Client-Identifier": "one"}
    async with httpx.AsyncClient(base_url=url, headers=headers) as one:
        yield one


async def test_plexapi_reads_an_account_and_its_server(session: Any) -> None:
    me = await asyncio.to_thread(account, token="demo-account-ana", session=session)
    assert (me.id, me.username, me.homeAdmin) == (1002, "ana.maple", False)
    server, television = await asyncio.to_thread(me.resources)
    assert (server.provides, server.clientIdentifier, server.owned) == (
        "server",
        HOUSE.plex_machine_id,
        False,
    )
    assert [one.port for one in server.connections] == [32400]
    assert "server" not in television.provides.split(",")


async def test_plexapi_lists_whom_the_owner_shares_with(session: Any) -> None:
    me = await asyncio.to_thread(account, token="demo-plex-token", session=session)
    assert me.subscriptionActive
    reply = await asyncio.to_thread(me.query, "https://plex.tv/api/users/")
    assert [one.attrib["id"] for one in reply] == ["1002", "1003"]
    assert {one.find("Server").attrib["machineIdentifier"] for one in reply} == {
        HOUSE.plex_machine_id
    }


async def test_plexapi_is_refused_with_a_wrong_token(session: Any) -> None:
    with pytest.raises(Unauthorized):
        await asyncio.to_thread(account, token="wrong", session=session)


async def test_plexapi_signs_in_with_a_pin(tv: PlexTvStandIn, session: Any) -> None:
    login = await asyncio.to_thread(pin_login, session=session)
    code = await asyncio.to_thread(lambda: login.pin)
    assert len(code) == 4
    assert not await asyncio.to_thread(login.checkLogin)
    tv.claim(code, "tim.maple")
    assert await asyncio.to_thread(login.checkLogin)
    assert tv.tokens[login.token] == "tim.maple"


async def test_a_pin_has_all_its_fields(web: httpx.AsyncClient) -> None:
    made = await web.post("/api/v2/pins?strong=true")
    assert made.status_code == 201
    assert set(made.json()) == {
        "id",
        "code",
        "product",
        "trusted",
        "qr",
        "clientIdentifier",
        "location",
        "expiresIn",
        "createdAt",
        "expiresAt",
        "authToken",
        "newRegistration",
    }
    assert made.json()["expiresIn"] == 1800


async def test_plex_tv_takes_its_headers_as_form_fields(url: str) -> None:
    form = {"X-Plex-Client-Identifier": "one", "X-Plex-Product": "Form"}
    async with httpx.AsyncClient(base_url=url) as bare:
        made = await bare.post("/api/v2/pins.json?strong=true", data=form)
        told = made.json()
        read = await bare.get(
            f"/api/v2/pins/{told['id']}.json",
            params={"X-Plex-Client-Identifier": "one"},
        )
    assert (told["product"], read.json()["code"]) == ("Form", told["code"])


async def test_a_signed_in_person_can_confirm_a_code(web: httpx.AsyncClient) -> None:
    made = (await web.post("/api/v2/pins")).json()
    linked = await web.put(
        "/api/v2/pins/link",
        data={"code": made["code"]},
        headers={"X-Plex-Token": "demo-account-ana"},
    )
    assert linked.status_code == 204
    assert (await web.get(f"/api/v2/pins/{made['id']}")).json()["authToken"]


@pytest.mark.parametrize(
    ("method", "path", "client", "status", "code"),
    [
        ("POST", "/api/v2/pins", "", 400, 1000),
        ("GET", "/api/v2/pins/1", "one", 404, 1020),
        ("GET", "/api/v2/user", "one", 401, 1001),
        ("GET", "/api/v2/resources", "one", 401, 1001),
        ("GET", "/api/v2/nothing", "one", 404, 1002),
    ],
)
async def test_plex_tv_says_no_with_a_code(
    url: str, method: str, path: str, client: str, status: int, code: int
) -> None:
    headers = {"Accept": "application/json", "X-Plex-Client-Identifier": client}
    async with httpx.AsyncClient(base_url=url, headers=headers) as one:
        answer = await one.request(method, path)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (status, code)


async def test_friends_are_gone(web: httpx.AsyncClient) -> None:
    answer = await web.get("/api/v2/friends")
    assert answer.status_code == 410
    assert b'<Response code="410"' in answer.content
