"""Finding videos and looking at what stands behind an address."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Iterable
from itertools import zip_longest
from typing import TypeVar

from medianest_bot.services import sites
from medianest_bot.services.errors import (
    Missing,
    Refused,
    ServiceError,
    Unreachable,
    Unreadable,
)
from medianest_bot.services.http import CALL_S, READ_S
from medianest_bot.services.lanes import (
    Entry,
    FailKind,
    Found,
    LaneFailed,
    Lanes,
    Listing,
)

SERVICE = "videos"
LOOK_S = 3 * CALL_S
"""A long playlist takes its time: yt-dlp reads 5,000 entries in 12 s."""

_MEANING: dict[FailKind, type[ServiceError]] = {
    FailKind.PERMANENT: Missing,
    FailKind.REFUSED: Refused,
    FailKind.BOT: Refused,
    FailKind.OUTDATED: Unreadable,
}
T = TypeVar("T")


class Videos:
    """The allowed sites as one neighbour, asked through the lanes."""

    def __init__(self, lanes: Lanes, rules: tuple[sites.SiteRule, ...]) -> None:
        self._lanes = lanes
        self._rules = rules

    async def find(
        self, query: str, count: int = 5, within_s: float = READ_S
    ) -> tuple[Found, ...]:
        """The videos that fit best: YouTube's own search, and every feed's titles.

        What one site does not answer is left out; raises Unreachable, Refused,
        Missing or Unreadable where none answered.
        """
        if not query.strip():
            return ()
        asked = [self._in_feed(one.prefix, query) for one in self._rules if one.prefix]
        if any(rule.name == "youtube" for rule in self._rules):
            asked.append(self._lanes.find(query, count))
        found = await asyncio.gather(
            *(_answered(one, within_s) for one in asked), return_exceptions=True
        )
        return joined(found)[:count]

    async def look(self, url: str) -> Listing:
        """A playlist's entries, or one video as one entry.

        Raises sites.NotAllowed for an address that is against the rules, and the
        service errors.
        """
        clean = sites.check(url, self._rules)
        return await _answered(self._lanes.expand(clean), LOOK_S)

    async def _in_feed(self, prefix: str, query: str) -> tuple[Found, ...]:
        listing = await self._lanes.expand(f"{prefix}feed.xml")
        return ranked(listing.entries, query, listing.title)


def ranked(entries: Iterable[Entry], query: str, channel: str) -> tuple[Found, ...]:
    """The entries with any word of the query in the title, most words first."""
    words = _words(query)
    scored = [(_score(words, _words(entry.title)), entry) for entry in entries]
    best = sorted((one for one in scored if one[0] > 0), key=lambda one: -one[0])
    return tuple(
        Found(entry.title, entry.url, entry.id, entry.duration_s, channel, None)
        for _, entry in best
    )


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _score(asked: list[str], title: list[str]) -> float:
    """Whole words count more than the beginning of one."""
    whole = sum(word in title for word in asked)
    begun = sum(any(one.startswith(word) for one in title) for word in asked)
    return whole + begun / 2


async def _answered(work: Awaitable[T], within_s: float) -> T:
    try:
        async with asyncio.timeout(within_s):
            return await work
    except TimeoutError as error:
        raise Unreachable(SERVICE) from error
    except LaneFailed as error:
        raise _MEANING.get(error.kind, Unreachable)(SERVICE, said=error.kind) from error


def joined(
    found: Iterable[tuple[Found, ...] | BaseException],
) -> tuple[Found, ...]:
    """What the sites found, their best first; an error only if all failed."""
    lists: list[tuple[Found, ...]] = []
    errors: list[ServiceError] = []
    for one in found:
        if isinstance(one, ServiceError):
            errors.append(one)
        elif isinstance(one, BaseException):
            raise one
        else:
            lists.append(one)
    if errors and not lists:
        raise errors[0]
    rows = zip_longest(*lists)
    return tuple(one for row in rows for one in row if one is not None)
