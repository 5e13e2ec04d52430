"""The calls to a Plex server: who asks, pages, and what goes into a path."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from medianest_bot.services import _plex_reading as reading
from medianest_bot.services.answer import Answer
from medianest_bot.services.errors import Missing
from medianest_bot.services.http import CALL_S, READ_S, Http
from medianest_bot.services.loose import text

PAGE = 200
"""Rows asked for at once."""
_MOST_PAGES = 1000

Params = Mapping[str, str | int]


class Calls:
    """Calls with the token, which only ever travels in a header."""

    def __init__(self, http: Http, token: str, client_id: str) -> None:
        self._http = http
        self.service = http.service
        self._headers = headers(client_id, token)

    async def get(
        self,
        path: str,
        params: Params | None = None,
        *,
        within_s: float = READ_S,
        answers: Collection[int] = (),
    ) -> Answer:
        return await self._http.get(
            path + query(params),
            headers=self._headers,
            within_s=within_s,
            answers=answers,
        )

    async def act(self, method: str, path: str, params: Params | None = None) -> Answer:
        """Change something, once."""
        return await self._http.send(
            method, path + query(params), headers=self._headers
        )

    async def page(
        self,
        path: str,
        params: Params | None = None,
        *,
        start: int = 0,
        size: int = PAGE,
        within_s: float = CALL_S,
    ) -> Answer:
        """Some rows of a list; a size of 0 asks only how many there are."""
        bounds = {
            "X-Plex-Container-Start": str(start),
            "X-Plex-Container-Size": str(size),
        }
        return await self._http.get(
            path + query(params),
            headers={**self._headers, **bounds},
            within_s=within_s,
        )

    async def pages(
        self, path: str, params: Params | None = None
    ) -> AsyncIterator[list[dict[str, Any]]]:
        """All rows of a list, page by page.

        A server may send fewer rows than asked for, or not heed pages at all, so
        the next page begins after what was received.
        """
        start, firsts = 0, set[str]()
        for _ in range(_MOST_PAGES):
            answer = await self.page(path, params, start=start)
            rows = reading.rows(answer)
            first = str(rows[0].get("ratingKey")) if rows else ""
            if not rows or first in firsts:
                return
            firsts.add(first)
            yield rows
            start += len(rows)
            total = reading.total(answer)
            if len(rows) > PAGE or (total is not None and start >= total):
                return

    async def all(
        self, path: str, params: Params | None = None
    ) -> list[dict[str, Any]]:
        return [row async for page in self.pages(path, params) for row in page]

    def key(self, value: str) -> str:
        """A key as it may stand in a path; what is no number does not exist."""
        if not (value.isascii() and value.isdecimal()):
            raise Missing(self.service)
        return value

    def keys(self, values: Sequence[str]) -> str:
        return ",".join(map(self.key, values))


def headers(
    client_id: str, token: str | None = None, product: str = "medianest-bot"
) -> dict[str, str]:
    """Who we are, for a Plex server and for plex.tv alike."""
    found = {
        "Accept": "application/json",
        "X-Plex-Client-Identifier": client_id,
        # Headers are ASCII; a product may name a person.
        "X-Plex-Product": "".join(one if _is_sendable(one) else "?" for one in product),
    }
    if token is not None:
        # What no header can carry is a wrong token, and must not end in an error
        # that holds it.
        found["X-Plex-Token"] = token if _is_sendable(token) else "?"
    return found


def query(params: Params | None) -> str:
    """Percent-encoded throughout: a "+" for a space would end up in titles."""
    if not params:
        return ""
    pairs = (
        f"{quote(k, safe='>=<')}={quote(_text(v), safe='')}" for k, v in params.items()
    )
    return "?" + "&".join(pairs)


def _is_sendable(value: str) -> bool:
    return value.isascii() and value.isprintable()


def _text(value: str | int) -> str:
    return text(value) if isinstance(value, str) else str(value)
