"""The demo household over restarts: nothing that happened in it is forgotten."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from medianest_bot.demo.plex import PlexStandIn
from medianest_bot.demo.seerr import SeerrStandIn
from medianest_bot.demo.serve import PLEX_MEMORY, SEERR_MEMORY, Served, Taken, serve

DUNE = 438631
ANA = {"X-API-User": "2"}


def seerr(house: Served) -> httpx.AsyncClient:
    url = f"{house.settings['OVERSEERR_URL']}/api/v1"
    return httpx.AsyncClient(base_url=url, headers={"X-Api-Key": house.seerr.key})


def plex(house: Served) -> httpx.AsyncClient:
    headers = {"X-Plex-Token": house.plex.token, "Accept": "application/json"}
    return httpx.AsyncClient(base_url=house.settings["PLEX_URL"], headers=headers)


async def ask_for_dune(house: Served) -> int:
    body = {"mediaType": "movie", "mediaId": DUNE, "is4k": False}
    async with seerr(house) as client:
        answer = await client.post("/request", json=body, headers=ANA)
    assert answer.status_code == 201
    return int(answer.json()["id"])


async def read(client: httpx.AsyncClient, path: str) -> Any:
    async with client:
        return (await client.get(path)).json()


def requests_in(page: Mapping[str, Any]) -> list[tuple[int, int, int]]:
    return [
        (one["id"], one["status"], one["media"]["status"]) for one in page["results"]
    ]


async def test_the_same_addresses_again(tmp_path: Path) -> None:
    async with serve(tmp_path, pace=0) as first:
        pass
    async with serve(tmp_path, pace=0) as again:
        assert again.settings == first.settings


async def test_an_address_that_somebody_else_took_is_given_up(tmp_path: Path) -> None:
    async with serve(tmp_path, pace=0) as first:
        pass
    port = int(first.settings["PLEX_URL"].rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)):
        async with serve(tmp_path, pace=0) as again:
            changed = {
                name
                for name, value in again.settings.items()
                if value != first.settings[name]
            }
    assert changed == {"PLEX_URL"}


async def test_ports_that_make_no_sense_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "ports.json").write_text('{"plex": 99999999, "seerr": -1}')
    async with serve(tmp_path, pace=0) as house:
        assert house.has_forgotten is False
    (tmp_path / "ports.json").write_text("nonsense")
    async with serve(tmp_path, pace=0) as house:
        kept = json.loads((tmp_path / "ports.json").read_text())
        assert house.settings["PLEX_URL"].endswith(f":{kept['plex']}")


async def test_requests_are_remembered_with_their_numbers(tmp_path: Path) -> None:
    async with serve(tmp_path, pace=0) as house:
        number = await ask_for_dune(house)
        house.seerr.approve(number)
        before = await read(seerr(house), "/request")
    async with serve(tmp_path, pace=0) as house:
        after = await read(seerr(house), "/request")
        assert requests_in(after) == requests_in(before)
        assert after["results"][0]["createdAt"] == before["results"][0]["createdAt"]
        assert house.has_forgotten is False


async def test_what_was_taken_back_stays_taken_back(tmp_path: Path) -> None:
    async with serve(tmp_path, pace=0) as house:
        number = await ask_for_dune(house)
        async with seerr(house) as client:
            await client.delete(f"/request/{number}", headers=ANA)
    async with serve(tmp_path, pace=0) as house:
        assert number not in house.seerr.asked
        assert await ask_for_dune(house) == number + 1


async def test_a_request_goes_on_where_it_stood(tmp_path: Path) -> None:
    async with serve(tmp_path, pace=0) as house:
        number = await ask_for_dune(house)
        house.seerr.approve(number)
    async with serve(tmp_path, pace=0.01) as house:
        async with asyncio.timeout(20):
            while house.seerr.asked[number].media.status != 5:  # noqa: ASYNC110 - it may have come already
                await asyncio.sleep(0.02)
        assert house.plex.library.by_tmdb(DUNE, "movie") is not None


async def test_plex_keeps_its_keys_titles_and_collections(tmp_path: Path) -> None:
    async with serve(tmp_path, pace=0) as house:
        file = tmp_path / "downloads" / "ana" / "Sowing [sowing].mp4"
        file.parent.mkdir()
        file.write_bytes(b"film")
        house.plex.add_movie(DUNE)
        async with plex(house) as client:
            await client.get("/library/sections/3/refresh")
            key = await key_of(client, "Sowing")
            machine = house.household.plex_machine_id
            uri = (
                f"server://{machine}/com.plexapp.plugins.library/library/metadata/{key}"
            )
            asked = {"type": "1", "title": "Garden", "sectionId": "3", "uri": uri}
            await client.post("/library/collections", params=asked)
        before = everything(house.plex)
    async with serve(tmp_path, pace=0) as house:
        assert everything(house.plex) == before
        assert len(before["collections"]) == 1


async def key_of(client: httpx.AsyncClient, title: str) -> str:
    """The key of a video, once a scan has found it."""
    async with asyncio.timeout(20):
        while True:
            found = await client.get("/library/sections/3/all", params={"title": title})
            rows = found.json()["MediaContainer"].get("Metadata", [])
            if rows:
                return str(rows[0]["ratingKey"])
            await asyncio.sleep(0.01)


def everything(stand_in: PlexStandIn) -> dict[str, Any]:
    held = stand_in.library
    return {
        "items": held.items,
        "collections": {key: one.keys for key, one in held.collections.items()},
        "next": held.next_key,
    }


@pytest.mark.parametrize("name", [PLEX_MEMORY, SEERR_MEMORY])
@pytest.mark.parametrize("text", ["", "nonsense", "[]", "{}", '{"last": 3}', "null"])
async def test_a_damaged_memory_begins_anew_and_says_so_once(
    name: str, text: str, tmp_path: Path
) -> None:
    async with serve(tmp_path, pace=0) as house:
        house.seerr.approve(await ask_for_dune(house))
        house.plex.add_movie(DUNE)
    (tmp_path / name).write_text(text)
    async with serve(tmp_path, pace=0) as house:
        told = [house.has_forgotten]
        assert (len(house.seerr.asked), house.plex.library.by_tmdb(DUNE, "movie")) == (
            1,
            None,
        )
    async with serve(tmp_path, pace=0) as house:
        told.append(house.has_forgotten)
    assert told == [True, False]


async def test_a_folder_is_served_once_at_a_time(tmp_path: Path) -> None:
    async with serve(tmp_path, pace=0) as house:
        with pytest.raises(Taken):
            async with serve(tmp_path, pace=0):
                pass
        assert requests_in(await read(seerr(house), "/request")) == [(1, 1, 2)]


async def test_every_change_is_on_disk_before_it_is_answered(tmp_path: Path) -> None:
    async with serve(tmp_path, pace=0) as house:
        number = await ask_for_dune(house)
        # What a kill at this moment would leave:
        kept = SeerrStandIn(house.household, memory=tmp_path / SEERR_MEMORY)
        assert kept.asked[number].status == house.seerr.asked[number].status
        house.seerr.approve(number)
        house.seerr.finish(number)
        kept = SeerrStandIn(house.household, memory=tmp_path / SEERR_MEMORY)
        assert kept.asked[number].media == house.seerr.asked[number].media


async def test_whom_the_server_is_shared_with_becomes_a_user(tmp_path: Path) -> None:
    wanted = {"plexIds": ["9001"]}
    as_owner = {"X-API-User": "1"}
    async with serve(tmp_path, pace=0) as house, seerr(house) as client:
        path = "/user/import-from-plex"
        unshared = await client.post(path, json=wanted, headers=as_owner)
        house.plex_tv.share("stranger")
        shared = await client.post(path, json=wanted, headers=as_owner)
    assert unshared.json() == []
    assert [one["plexUsername"] for one in shared.json()] == ["stranger"]
    async with serve(tmp_path, pace=0) as again:
        assert (9001, "stranger") in again.plex_tv.shared()
        assert again.has_forgotten is False
