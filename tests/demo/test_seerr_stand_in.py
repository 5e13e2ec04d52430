"""The Seerr stand-in answers as the real servers did in a recorded conversation."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
import pytest_asyncio

from medianest_bot.demo import household
from medianest_bot.demo.household import Household, Movie, Person, Series
from medianest_bot.demo.seerr import SeerrStandIn

FIXTURES = Path(__file__).parents[1] / "fixtures" / "seerr"
KEY = {"X-Api-Key": "demo-seerr-key"}
PRODUCTS: dict[str, Literal["seerr", "overseerr"]] = {
    "seerr-3.1.0": "seerr",
    "overseerr-1.34.0": "overseerr",
}
# What the recorded server was told by calls the stand-in does not serve.
STEPS = {
    "quota-after": ("movie", (4, 7), "tv", (3, 7)),
    "req-no-perm": ("permissions", 0),
    "search-no-perm": ("permissions", 32),
}
EXACT = {"status", "status4k", "seasonNumber", "tmdbId", "is4k", "type", "mediaType"}
EXACT |= {"seasonCount", "results", "pages", "pageSize", "limit", "used", "remaining"}
EXACT |= {"days", "restricted", "total", "pending", "approved", "processing"}
EXACT |= {"version", "message", "error", "path", "errorCode"}


@pytest_asyncio.fixture
async def stand_in() -> AsyncIterator[SeerrStandIn]:
    server = SeerrStandIn(household.read(), pace=0)
    yield server
    await server.stop()


@pytest_asyncio.fixture
async def calls(stand_in: SeerrStandIn) -> AsyncIterator[httpx.AsyncClient]:
    base_url = await stand_in.start() + "/api/v1"
    async with httpx.AsyncClient(base_url=base_url, headers=KEY) as client:
        yield client


@pytest.mark.parametrize("product", PRODUCTS)
async def test_the_recorded_conversation_is_repeated(product: str) -> None:
    server = SeerrStandIn(recorded_household(), product=PRODUCTS[product], pace=0)
    wrong: dict[str, list[str]] = {}
    async with httpx.AsyncClient(base_url=await server.start()) as client:
        for recorded in recordings(product):
            take_steps(server, recorded["name"])
            answer = await say(client, recorded)
            ours = answer.json() if answer.content else ""
            found = list(differences(recorded["answer"], ours, "", ""))
            if answer.status_code != recorded["status"]:
                found = [f"status {answer.status_code}, was {recorded['status']}"]
            if found:
                wrong[recorded["name"]] = found
    await server.stop()
    assert wrong == {}


async def test_a_request_lives_until_it_is_there() -> None:
    now = [0.0]
    server = SeerrStandIn(household.read(), pace=1.0, clock=lambda: now[0])
    arrived: list[tuple[str, int, tuple[int, ...]]] = []
    server.on_available(lambda *what: arrived.append(what))
    story = []
    async with httpx.AsyncClient(
        base_url=await server.start() + "/api/v1", headers=KEY
    ) as client:
        asked = {"mediaType": "tv", "mediaId": 70523, "seasons": [1], "is4k": False}
        made = await client.post("/request", json=asked, headers={"X-API-User": "2"})
        for now[0] in (1.0, 8.0, 15.0, 20.5):
            one = (await client.get(f"/request/{made.json()['id']}")).json()
            story.append((one["status"], one["media"]["status"], fetched(one)))
    await server.stop()
    assert story == [(1, 2, None), (2, 3, None), (2, 3, 50), (5, 4, None)]
    assert arrived == [("tv", 70523, (1,))]


async def test_a_request_lives_in_the_background() -> None:
    server = SeerrStandIn(household.read(), pace=0.005)
    there = asyncio.Event()
    server.on_available(lambda *_: there.set())
    async with httpx.AsyncClient(base_url=await server.start(), headers=KEY) as client:
        body = {"mediaType": "movie", "mediaId": 841, "is4k": False}
        await client.post("/api/v1/request", json=body)
    async with asyncio.timeout(20):
        await there.wait()
    await server.stop()


async def test_a_day_passes_and_tims_matrix_still_waits() -> None:
    now = [0.0]
    server = SeerrStandIn(household.read(), clock=lambda: now[0])
    async with httpx.AsyncClient(base_url=await server.start(), headers=KEY) as client:
        now[0] = 86_400.0
        answer = await client.get("/api/v1/request", params={"filter": "pending"})
    await server.stop()
    assert [one["media"]["tmdbId"] for one in answer.json()["results"]] == [603]


async def test_methods_move_a_request_where_nothing_moves_by_itself(
    stand_in: SeerrStandIn, calls: httpx.AsyncClient
) -> None:
    story = []
    stand_in.know_plex_key("movie", 603, "77")
    for move in (
        stand_in.approve,
        partial(stand_in.progress, percent=40),
        stand_in.finish,
    ):
        move(1)
        one = (await calls.get("/request/1")).json()
        story.append((one["status"], one["media"]["status"], fetched(one)))
    assert story == [(2, 3, None), (2, 3, 40), (5, 5, None)]
    assert one["media"]["ratingKey"] == "77"


async def test_the_owners_key_with_a_user_in_the_body_skips_approval(
    calls: httpx.AsyncClient,
) -> None:
    body = {"mediaType": "movie", "mediaId": 841, "is4k": False, "userId": 2}
    answer = (await calls.post("/request", json=body)).json()
    assert (answer["status"], answer["requestedBy"]["id"]) == (2, 2)


async def test_equal_requests_at_once_are_not_all_noticed(
    calls: httpx.AsyncClient,
) -> None:
    body = {"mediaType": "movie", "mediaId": 841, "is4k": False}
    answers = await asyncio.gather(
        *(calls.post("/request", json=body) for _ in range(4))
    )
    assert [answer.status_code for answer in answers].count(201) > 1


async def test_a_user_that_is_no_number_is_never_answered(
    calls: httpx.AsyncClient,
) -> None:
    with pytest.raises(httpx.ReadTimeout):
        await calls.get("/auth/me", headers={"X-API-User": "ana"}, timeout=0.2)


@pytest.mark.parametrize(("raw", "status"), [("?", 200), ("=", 200), ("@", 400)])
async def test_only_some_raw_characters_are_refused(
    calls: httpx.AsyncClient, raw: str, status: int
) -> None:
    reader, writer = await asyncio.open_connection(
        calls.base_url.host, calls.base_url.port
    )
    head = f"GET /api/v1/search?query=a{raw}b HTTP/1.1\r\nHost: x\r\n"
    writer.write(f"{head}X-Api-Key: {KEY['X-Api-Key']}\r\n\r\n".encode())
    line = await reader.readline()
    writer.close()
    await writer.wait_closed()
    assert int(line.split()[1]) == status


async def test_trouble_comes_and_goes_with_the_knobs(
    stand_in: SeerrStandIn, calls: httpx.AsyncClient
) -> None:
    stand_in.knobs.rate_limited = 1
    statuses = [(await calls.get("/status")).status_code]
    stand_in.knobs.fail_status = 502
    statuses.append((await calls.get("/status")).status_code)
    stand_in.knobs.only = "/api/v1/search"
    statuses.append((await calls.get("/status")).status_code)
    stand_in.knobs.reset()
    stand_in.knobs.garbage = "<html>"
    assert (await calls.get("/status")).text == "<html>"
    stand_in.knobs.reset()
    stand_in.knobs.csrf = True
    statuses.append((await calls.post("/request", json={})).status_code)
    assert statuses == [429, 502, 200, 403]


async def test_what_hangs_answers_when_the_knob_is_turned_back(
    stand_in: SeerrStandIn, calls: httpx.AsyncClient
) -> None:
    stand_in.knobs.hang = True
    stand_in.knobs.latency_s = 0.01
    asking = asyncio.create_task(calls.get("/status"))
    done, _ = await asyncio.wait({asking}, timeout=0.1)
    assert not done
    stand_in.knobs.hang = False
    assert (await asking).status_code == 200


async def test_a_stand_in_can_be_stopped_and_started_again(
    stand_in: SeerrStandIn,
) -> None:
    port = int((await stand_in.start()).rpartition(":")[2])
    await stand_in.stop()
    assert await stand_in.start(port) == f"http://127.0.0.1:{port}"


def recordings(product: str) -> list[dict[str, Any]]:
    lines = (FIXTURES / f"{product}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


async def say(client: httpx.AsyncClient, recorded: dict[str, Any]) -> httpx.Response:
    headers = {}
    if recorded["has_key"]:
        headers["X-Api-Key"] = "wrong" if recorded["name"] == "bad-key" else "\0"
        headers["X-Api-Key"] = headers["X-Api-Key"].replace("\0", KEY["X-Api-Key"])
    if recorded["as_user"]:
        headers["X-API-User"] = recorded["as_user"]
    return await client.request(
        recorded["method"],
        recorded["path"],
        params=recorded["params"],
        json=recorded["body"],
        headers=headers,
    )


def take_steps(server: SeerrStandIn, name: str) -> None:
    steps = STEPS.get(name, ())
    who = 2 if name == "quota-after" else 3
    for what, value in zip(steps[::2], steps[1::2], strict=True):
        setattr(server.accounts[who], str(what), value)


def fetched(one: dict[str, Any]) -> int | None:
    """Percent of the first download."""
    for row in one["media"]["downloadStatus"]:
        return 100 - int(100 * row["sizeLeft"] / row["size"])
    return None


def differences(theirs: Any, ours: Any, path: str, key: str) -> Iterator[str]:
    """Other keys, other types, and other values where a value is compared."""
    if theirs is None or ours is None:
        return
    if isinstance(theirs, dict) and isinstance(ours, dict):
        missing, new = theirs.keys() - ours.keys(), ours.keys() - theirs.keys()
        yield from (f"{path}.{name} is missing" for name in sorted(missing))
        yield from (f"{path}.{name} is new" for name in sorted(new))
        for name in theirs.keys() & ours.keys():
            yield from differences(theirs[name], ours[name], f"{path}.{name}", name)
    elif isinstance(theirs, list) and isinstance(ours, list):
        for number, one in enumerate(theirs):
            other = counterpart(one, number, ours, key)
            yield from differences(one, other, f"{path}.{number}", "")
    elif type(theirs) is not type(ours) and not are_numbers(theirs, ours):
        yield f"{path} is {type(ours).__name__}, was {type(theirs).__name__}"
    elif key in EXACT and theirs != ours:
        yield f"{path} is {ours!r}, was {theirs!r}"


def counterpart(one: Any, number: int, ours: list[Any], key: str) -> Any:
    """Lists of TMDB's may be shorter; of titles, the same or one of its kind counts."""
    if isinstance(one, dict) and "mediaType" in one and one.keys() & {"title", "name"}:
        alike = [row for row in ours if row["mediaType"] == one["mediaType"]]
        alike.sort(key=lambda row: row["id"] != one["id"])
        return alike[0] if alike else None
    if number < len(ours):
        return ours[number]
    return "nothing" if key in ("seasons", "requests", "results") else None


def are_numbers(*values: object) -> bool:
    return all(type(value) in (int, float) for value in values)


def recorded_household() -> Household:
    names = ("plexadmin", "anna", "ben")
    people = [
        Person(name, "member", 1000 + n, name, 1 if n == 1 else None, 2)
        for n, name in enumerate(names, 1)
    ]
    titles = {603: "The Matrix", 604: "The Matrix Reloaded", 693134: "Dune: Part Two"}
    titles |= {605: "The Matrix Revolutions", 438631: "Dune", 27205: "Inception"}
    titles[157336] = "Interstellar"
    movies = [
        Movie(
            n, f"tt{n}", title, 2000, "2000-01-01", 136, ("Drama",), "", in_plex=False
        )
        for n, title in sorted(titles.items())
    ]
    shows = {1396: ("Breaking Bad", 5), 95396: ("Severance", 2), 76479: ("Boys", 4)}
    shows[1399] = ("Thrones", 8)
    series = [
        Series(
            n,
            n + 1,
            f"tt{n}",
            title,
            2008,
            "2008-01-20",
            (),
            "",
            (10,) * (last + 1),
            (),
        )
        for n, (title, last) in shows.items()
    ]
    return Household(
        "Recorded", "0", tuple(people), tuple(movies), tuple(series), (), ()
    )
