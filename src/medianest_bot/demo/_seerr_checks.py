"""What Seerr's OpenAPI validator refuses before a route is reached."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

from medianest_bot.demo._seerr_rules import No

_RESERVED = re.compile(r"[:/\[\]@!$'()*+,;]")
_FILTERS = "all, approved, available, pending, processing, unavailable, failed"
_SORTS = {"/request": "added, modified", "/user": "created, updated, requests"}
_PAGED = {"take", "skip"}
_SEARCHED = {"page", "language"}
_ALLOWED: dict[str, set[str]] = {
    "/search": {"query", *_SEARCHED},
    "/discover/movies": {*_SEARCHED, "sortBy", "genre"},
    "/discover/tv": {*_SEARCHED, "sortBy", "genre"},
    "/discover/trending": _SEARCHED,
    "/movie/{id}": {"language"},
    "/tv/{id}": {"language"},
    "/tv/{id}/season/{n}": {"language"},
    "/request": {*_PAGED, "filter", "sort", "requestedBy"},
    "/user": {*_PAGED, "sort"},
    "/user/{id}/requests": _PAGED,
}
_SEERR_ALLOWED = {
    "/request": {"sortDirection", "mediaType"},
    "/user": {"q", "includeIds", "sortDirection"},
}
_NUMBERS = {"page", "take", "skip", "requestedBy"}


def query(route: str, raw: str, *, is_seerr: bool) -> dict[str, str]:
    """The parameters of a raw query string, decoded; raises what a 400 says."""
    allowed = _ALLOWED.get(route, set())
    if is_seerr:
        allowed = allowed | _SEERR_ALLOWED.get(route, set())
    found: dict[str, str] = {}
    for part in filter(None, raw.split("&")):
        name, _, value = part.partition("=")
        if name not in allowed:
            raise _bad(f".query.{name}", f"Unknown query parameter '{name}'")
        if _RESERVED.search(value):
            message = (
                f"Parameter '{name}' must be url encoded. "
                "Its value may not contain reserved characters."
            )
            raise _bad(f".query.{name}", message)
        found[name] = unquote_plus(value)
    _check_values(route, found, is_seerr=is_seerr)
    return found


def request_body(body: Any) -> dict[str, Any]:
    """The body of POST /request; raises what a 400 says."""
    if not isinstance(body, dict):
        raise _invalid(".body", "should be object", "type")
    for name in ("mediaType", "mediaId"):
        if name not in body:
            raise _missing("body", name)
    if body["mediaType"] not in ("movie", "tv"):
        raise _not_one_of(".body.mediaType", "movie, tv")
    if not _is_number(body["mediaId"]):
        raise _invalid(".body.mediaId", "should be number", "type")
    if "is4k" in body and not isinstance(body["is4k"], bool):
        raise _invalid(".body.is4k", "should be boolean", "type")
    seasons = body.get("seasons")
    if isinstance(seasons, list) and not all(map(_is_number, seasons)):
        raise _invalid(".body.seasons[0]", "should be number", "type")
    if seasons is not None and not isinstance(seasons, list) and seasons != "all":
        raise _invalid(".body.seasons", "should be array", "type")
    return body


def verdict(value: str) -> str:
    if value not in ("approve", "decline"):
        raise _not_one_of(".params.status", "approve, decline")
    return value


def no_key(path: str) -> No:
    message = "cookie 'connect.sid' required"
    error = {"path": path, "message": message}
    return No(401, {"message": message, "errors": [error]})


def not_found(path: str) -> No:
    error = {"path": path, "message": "not found"}
    return No(404, {"message": "not found", "errors": [error]})


def _check_values(route: str, found: Mapping[str, str], *, is_seerr: bool) -> None:
    if route == "/search" and not found.get("query"):
        raise _missing("query", "query")
    for name in _NUMBERS & set(found):
        if not re.fullmatch(r"-?\d+", found[name]):
            raise _invalid(f".query.{name}", "should be number", "type")
    filters = _FILTERS + (", deleted, completed" if is_seerr else "")
    if found.get("filter", "all") not in filters.split(", "):
        raise _not_one_of(".query.filter", filters)
    sorts = _SORTS.get(route, "")
    if "sort" in found and found["sort"] not in sorts.split(", "):
        raise _not_one_of(".query.sort", sorts)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _missing(where: str, name: str) -> No:
    words = f"should have required property '{name}'"
    error = _error(f".{where}.{name}", words, "required")
    return No(400, {"message": f"request.{where} {words}", "errors": [error]})


def _not_one_of(path: str, values: str) -> No:
    return _invalid(
        path, f"should be equal to one of the allowed values: {values}", "enum"
    )


def _invalid(path: str, words: str, code: str) -> No:
    errors = [_error(path, words, code)]
    return No(400, {"message": f"request{path} {words}", "errors": errors})


def _bad(path: str, message: str) -> No:
    """An unknown name is told by the path `.query.name`, without a code."""
    errors = [{"path": path, "message": message}]
    return No(400, {"message": message, "errors": errors})


def _error(path: str, words: str, code: str) -> dict[str, str]:
    return {"path": path, "message": words, "errorCode": f"{code}.openapi.validation"}
