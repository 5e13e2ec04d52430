"""What the client sends is what the official API descriptions allow."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import jsonschema
import pytest
import yaml

from medianest_bot.demo import household
from medianest_bot.demo.seerr import SeerrStandIn
from medianest_bot.services import http
from medianest_bot.services.cache import Cache
from medianest_bot.services.errors import ServiceError
from medianest_bot.services.media import Kind
from medianest_bot.services.seerr import Chats, Seerr

SPECS = Path(__file__).parents[2].parent / "shared" / "specs"


@pytest.fixture(
    scope="module", params=["seerr-api-v3.1.0.yml", "overseerr-api-v1.34.0.yml"]
)
def spec(request: pytest.FixtureRequest) -> dict[str, Any]:
    path = SPECS / request.param
    if not path.exists():
        pytest.skip(f"the API description {request.param} is not here")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: dict[str, Any] = yaml.load(path.read_text("utf-8"), Loader=loader)
    return found


async def test_every_call_fits_the_description(spec: dict[str, Any]) -> None:
    complaints = []
    for request in await everything_it_sends():
        complaints += list(check(spec, request))
    assert complaints == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/search?query=dune&year=2021", None),
        ("GET", "/request?filter=mine", None),
        ("GET", "/nothing", None),
        ("POST", "/request", {"mediaType": "music", "mediaId": 1}),
        ("POST", "/request", {"mediaType": "movie", "mediaId": "1"}),
    ],
)
def test_the_check_itself_notices(
    spec: dict[str, Any], method: str, path: str, body: object
) -> None:
    url = f"http://seerr/api/v1{path}"
    sent = httpx.Request(method, url, json=body) if body else httpx.Request(method, url)
    assert len(check(spec, sent)) == 1


async def everything_it_sends() -> list[httpx.Request]:
    server = SeerrStandIn(household.read(), pace=0)
    connection = http.client(await server.start())
    sent: list[httpx.Request] = []

    async def note(request: httpx.Request) -> None:
        sent.append(request)

    connection.event_hooks["request"] = [note]
    seerr = Seerr(http.Http("seerr", connection), Cache(), server.key)
    await seerr.about()
    await seerr.check_key()
    await seerr.search("dune: part two")
    await seerr.details(Kind.MOVIE, 603)
    await seerr.details(Kind.TV, 1396)
    made = await seerr.request(Kind.MOVIE, 841, as_user=2)
    await seerr.request(Kind.TV, 70523, as_user=2)
    await seerr.request(Kind.TV, 1396, as_user=2, seasons=(3,))
    for filter_ in ("all", "approved", "available", "pending", "processing"):
        await seerr.requests(filter=filter_, as_user=2)
    await seerr.cancel(made.id, as_user=2)
    await seerr.approve(1, as_user=1)
    await seerr.decline(1, as_user=1)
    await seerr.quota(2)
    await seerr.users()
    await seerr.import_from_plex([1002])
    await seerr.add_chats(2, Chats(("1",)))
    await seerr.add_chats(2, Chats((), "2"))
    await seerr.probe()
    with pytest.raises(ServiceError):
        await seerr.details(Kind.MOVIE, 1)
    await seerr.aclose()
    await server.stop()
    return sent


def check(spec: dict[str, Any], request: httpx.Request) -> list[str]:
    raw = request.url.raw_path.decode()
    path, _, query = raw.removeprefix("/api/v1").partition("?")
    label = f"{request.method} {path}"
    operation = find(spec, request.method, path)
    if operation is None:
        return [f"{label}: no such call"]
    known = {row["name"]: row for row in operation.get("parameters", ())}
    complaints = []
    for name, value in parse_qsl(query):
        if name not in known or known[name]["in"] != "query":
            complaints.append(f"{label}: no parameter {name}")
        elif not fits(spec, value, known[name]["schema"]):
            complaints.append(f"{label}: {name} may not be {value}")
    schema = body_schema(operation)
    if request.content and not fits(spec, json.loads(request.content), schema):
        complaints.append(f"{label}: wrong body")
    return complaints


def find(spec: dict[str, Any], method: str, path: str) -> dict[str, Any] | None:
    """Fixed paths first, as /request/count before /request/{requestId}."""
    for template in sorted(spec["paths"], key=lambda one: one.count("{")):
        pattern = re.sub(r"\{[^}]*\}", "[^/]+", template)
        operation = spec["paths"][template].get(method.lower())
        if operation is not None and re.fullmatch(pattern, path):
            found: dict[str, Any] = operation
            return found
    return None


def body_schema(operation: dict[str, Any]) -> dict[str, Any]:
    content = operation.get("requestBody", {"content": {}})["content"]
    schema: dict[str, Any] = content.get("application/json", {}).get("schema", False)
    return schema


def fits(spec: dict[str, Any], value: Any, schema: Any) -> bool:
    """A number in a query is text that reads as a number."""
    if isinstance(schema, dict) and schema.get("type") == "number":
        value = float(value) if isinstance(value, str) else value
    if isinstance(schema, dict):
        schema = {**schema, "components": spec["components"]}
    return bool(jsonschema.Draft7Validator(schema).is_valid(value))
