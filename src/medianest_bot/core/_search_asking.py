"""Puts one search to one neighbour, within its time; silence is noted, not raised."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

import structlog

from medianest_bot.core import titles as names
from medianest_bot.core._search_titles import (
    Missing,
    Stale,
    Title,
    of_hit,
    of_item,
    of_video,
)
from medianest_bot.core.titles import Wanted
from medianest_bot.services.cache import Kept
from medianest_bot.services.errors import Refused, ServiceError, Unreachable
from medianest_bot.services.http import READ_S
from medianest_bot.services.plex import Plex
from medianest_bot.services.seerr import Seerr, UnknownTitle
from medianest_bot.services.videos import Videos

log = structlog.get_logger(__name__)

VIDEOS = 5
LEAST_BY_SHORT = 60.0
"""How well a title must fit that was found by less than what was typed."""

T = TypeVar("T")


@dataclass(slots=True)
class Heard:
    """What came back so far, and what did not.

    `patience_s` is how long this search waits for one neighbour. The question
    itself always has its full time: who asks next finds the answer kept.
    """

    patience_s: float
    requestable: list[Title] = field(default_factory=list)
    in_plex: list[Title] = field(default_factory=list)
    videos: list[Title] = field(default_factory=list)
    missing: dict[str, Missing] = field(default_factory=dict)
    stale: dict[str, Stale] = field(default_factory=dict)

    async def answer(self, service: str, asked: Awaitable[T]) -> T | None:
        """The answer, or None with the neighbour noted as missing."""
        try:
            async with asyncio.timeout(self.patience_s):
                return await asked
        except UnknownTitle:
            log.info("no such title", service=service)
        except Unreachable as error:
            self.missing[service] = Missing(service, error.since)
        except TimeoutError:
            self.missing.setdefault(service, Missing(service, None))
        except ServiceError as error:
            log.warning("search", error=str(error))
            has_refused = isinstance(error, Refused)
            self.missing[service] = Missing(service, error.since, has_refused)
        return None

    async def kept(
        self, service: str, asked: Awaitable[Kept[tuple[T, ...]]]
    ) -> tuple[T, ...]:
        """The same for an answer that may be a neighbour's last good one."""
        kept = await self.answer(service, asked)
        if kept is None:
            return ()
        if kept.is_stale:
            self.stale[service] = Stale(service, kept.at)
        return kept.value


async def ask_plex(plex: Plex, wanted: Wanted, heard: Heard) -> None:
    if wanted.plex_key:
        item = await heard.answer("plex", plex.item(wanted.plex_key))
        heard.in_plex += [of_item(item)] if item else []
        return
    if wanted.is_exact:
        return
    queries = wanted.queries
    found = await asyncio.gather(
        *(heard.kept("plex", plex.search(query)) for query in queries)
    )
    for query, items in zip(queries, found, strict=True):
        heard.in_plex += _fitting(wanted, query, map(of_item, items))


async def ask_seerr(seerr: Seerr, wanted: Wanted, heard: Heard) -> None:
    if wanted.kind and wanted.tmdb_id:
        details = seerr.details(wanted.kind, wanted.tmdb_id)
        one = await heard.answer("seerr", details)
        heard.requestable += [of_hit(one)] if one else []
        return
    queries = wanted.queries
    found = await asyncio.gather(
        *(heard.kept("seerr", seerr.search(query)) for query in queries)
    )
    for query, hits in zip(queries, found, strict=True):
        heard.requestable += _fitting(wanted, query, map(of_hit, hits))


async def ask_videos(videos: Videos, wanted: Wanted, heard: Heard) -> None:
    asked = videos.find(wanted.text, VIDEOS, READ_S)
    found = await heard.answer("videos", asked)
    heard.videos += map(of_video, found or ())


def _fitting(wanted: Wanted, query: str, found: Iterable[Title]) -> Iterable[Title]:
    """What a query brought; of one shorter than was typed, only what fits."""
    if query == wanted.text or wanted.is_exact:
        return found
    return names.ranked(wanted, found, least=LEAST_BY_SHORT)
