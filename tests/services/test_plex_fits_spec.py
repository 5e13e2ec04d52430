"""What the client sends is what Plex's own API description allows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.services.plex_home import FILMS, VIDEOS, open_home

SPEC = Path(__file__).parents[2].parent / "shared/specs/plex-official-pms-openapi.json"
PAGED = ("x-plex-container-start", "x-plex-container-size")
OTHERWISE = {
    # The description lists POST alone; servers in use take GET, which python-plexapi
    # sends. We send POST where GET is refused.
    ("GET", "/library/sections/3/refresh"): "a scan by GET",
    # The description says PUT for taking an item out, with the summary "Delete".
    ("DELETE", "/library/collections/*/items/*"): "take an item out",
    # The description has /items; both work, and /children is what has been there.
    ("GET", "/library/collections/*/children"): "what is in a collection",
    # Under /library/sections/{id}/collection/{id} in the description.
    ("DELETE", "/library/collections/*"): "remove a collection",
    # Not described, though the items' own `key` leads there.
    ("GET", "/library/metadata/*/children"): "the seasons of a show",
    # Described as /library/sections/all; the short form is what all clients use.
    ("GET", "/library/sections"): "the libraries",
}
QUERIES = {"includeGuids", "sort", "type", "collectionSort"}
"""Described in words only: media queries, `include…` flags and preferences."""


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    if not SPEC.exists():
        pytest.skip("Plex's API description is not here")
    found: dict[str, Any] = json.loads(SPEC.read_text("utf-8"))
    return found


async def test_every_call_fits_the_description(
    spec: dict[str, Any], tmp_path: Path
) -> None:
    sent = await everything_it_sends(tmp_path)
    assert [said for one in sent if (said := complaint(spec, one))] == []
    met = {(one.method, starred(one.url.path)) for one in sent}
    assert {(method, starred(path)) for method, path in OTHERWISE} <= met


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/library/nothing"),
        ("POST", "/hubs/search"),
        ("GET", "/hubs/search?query=x&color=red"),
        ("DELETE", "/identity"),
    ],
)
def test_the_check_itself_notices(spec: dict[str, Any], method: str, path: str) -> None:
    assert complaint(spec, httpx.Request(method, f"http://plex{path}"))


async def everything_it_sends(folder: Path) -> list[httpx.Request]:
    async with open_home(folder) as home:
        plex = home.plex
        await plex.check_token()
        await plex.probe()
        await plex.search("dune")
        await plex.search("metropolis")
        await plex.recent()
        a, b, c, *_ = await home.films()
        show = (await plex.owned()).value.shows[1396]
        await plex.seasons(show.key)
        await plex.item(a)
        await plex.poster("/library/metadata/101/thumb/1")
        await plex.scan(VIDEOS, str(folder))
        await plex.find_file(VIDEOS, "[abc123]")
        one = await plex.sync_collection(FILMS, "Old", (a, b))
        await plex.sync_collection(FILMS, "Old", (c, b))
        await plex.delete_collection(one.key)
        return home.sent


def complaint(spec: dict[str, Any], request: httpx.Request) -> str:
    """What the description does not know about a call, or nothing."""
    method, path = request.method, request.url.path
    if (method, starred(path)) in {(m, starred(p)) for m, p in OTHERWISE}:
        return ""
    operation = described(spec, method, path)
    if operation is None:
        return f"{method} {path} is not described"
    known = {one.get("name") for one in operation} | QUERIES
    odd = set(request.url.params) - known
    return f"{method} {path} knows no {sorted(odd)}" if odd else ""


def described(
    spec: dict[str, Any], method: str, path: str
) -> list[dict[str, Any]] | None:
    """The parameters of an operation; the path with fewest variables wins."""
    fitting = sorted(
        (template.count("{"), template)
        for template in spec["paths"]
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path)
    )
    for _, template in fitting:
        item = spec["paths"][template]
        if method.lower() in item:
            return [
                *item.get("parameters", []),
                *item[method.lower()].get("parameters", []),
            ]
    return None


def starred(path: str) -> str:
    return re.sub(r"(?<=/)[0-9,]+(?=/|$)", "*", path)
