"""How Plex puts an answer on the wire: one tree, as JSON or as XML.

In XML, what is a scalar in JSON is an attribute and what is a list are child
elements; `Metadata` has a tag of its own for each type of item.
"""

from __future__ import annotations

import json
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from aiohttp import web

Json = dict[str, Any]

_TAGS = {
    "movie": "Video",
    "episode": "Video",
    "clip": "Video",
    "track": "Track",
    "playlist": "Playlist",
}


def answer(request: web.Request, container: Json) -> web.Response:
    """A MediaContainer in the form that was asked for; XML unless JSON was."""
    if wants_json(request):
        return as_json({"MediaContainer": container})
    return as_xml("MediaContainer", container)


def page(
    request: web.Request, rows: list[Json], *, most: int | None = None, **more: Any
) -> web.Response:
    """The rows that were asked for, and where they stand; at most `most` of them."""
    start = _bound(request, "X-Plex-Container-Start", 0)
    size = _bound(request, "X-Plex-Container-Size", len(rows))
    if most is not None:
        size = min(size, most)
    shown = rows[start : start + size]
    bounds = {"offset": start, "size": len(shown), "totalSize": len(rows)}
    held = {"Metadata": shown} if shown else {}
    response = answer(request, {**bounds, **more, **held})
    response.headers["X-Plex-Container-Start"] = str(start)
    response.headers["X-Plex-Container-Total-Size"] = str(len(rows))
    return response


def listed(
    request: web.Request, name: str, rows: list[Json], **more: Any
) -> web.Response:
    """All rows under one name, which is missing where there are none."""
    held = {name: rows} if rows else {}
    return answer(request, {"size": len(rows), **more, **held})


def no(status: int, words: str) -> web.Response:
    """Plex says no in HTML, whatever was asked for."""
    page = (
        f"<html><head><title>{words}</title></head>"
        f"<body><h1>{status} {words}</h1></body></html>"
    )
    headers = {"Content-Type": "text/html", "X-Plex-Protocol": "1.0"}
    return web.Response(body=page.encode(), status=status, headers=headers)


def wants_json(request: web.Request) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def as_json(body: object, status: int = 200) -> web.Response:
    """Without a charset: there are clients that take nothing else."""
    headers = {"Content-Type": "application/json", "X-Plex-Protocol": "1.0"}
    return web.Response(body=json.dumps(body).encode(), status=status, headers=headers)


def as_xml(tag: str, body: Json, status: int = 200) -> web.Response:
    root = Element(tag)
    _fill(root, body)
    return web.Response(
        body=tostring(root, "utf-8", xml_declaration=True),
        status=status,
        headers={"Content-Type": "text/xml;charset=utf-8", "X-Plex-Protocol": "1.0"},
    )


def _fill(element: Element, body: Json) -> None:
    for name, value in body.items():
        if isinstance(value, list):
            for one in value:
                _fill(SubElement(element, _tag(name, one)), one)
        elif isinstance(value, dict):
            _fill(SubElement(element, name), value)
        elif value is not None:
            element.set(name, _scalar(value))


def _tag(name: str, row: Json) -> str:
    return _TAGS.get(row["type"], "Directory") if name == "Metadata" else name


def _scalar(value: object) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def _bound(request: web.Request, name: str, otherwise: int) -> int:
    value = request.headers.get(name) or request.query.get(name, "")
    return int(value) if value.isdecimal() else otherwise
