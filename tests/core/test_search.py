"""Plex and Seerr asked in parallel, merged into one list."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest_asyncio
from tests.core.desk import DUNE, MATRIX, METROPOLIS, Clock

from medianest_bot.core.requests import State
from medianest_bot.core.roles import Role
from medianest_bot.core.search import Availability, Found, Missing, Search, Where
from medianest_bot.core.store import people
from medianest_bot.core.store import requests as rows
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.people import Person
from medianest_bot.demo import household
from medianest_bot.demo.plex import PlexStandIn
from medianest_bot.demo.seerr import SeerrStandIn
from medianest_bot.services.cache import Cache
from medianest_bot.services.http import Http, client
from medianest_bot.services.media import Kind
from medianest_bot.services.plex import Plex
from medianest_bot.services.seerr import Seerr


@dataclass
class Finder:
    search: Search
    store: Store
    plex: PlexStandIn
    seerr: SeerrStandIn
    clock: Clock
    calls: Counter[str]
    ana: Person

    async def find(self, typed: str, where: Where | None = None) -> Found:
        return await self.search.find(typed, where, person=self.ana)

    async def suggest(self, typed: str) -> list[str]:
        found = await self.search.suggest(typed, person=self.ana)
        return [f"{one.title} {one.year}" for one in found]


@pytest_asyncio.fixture
async def finder(tmp_path: Path, store: Store) -> AsyncIterator[Finder]:
    lives, clock, calls = household.read(), Clock(), Counter[str]()
    plex = PlexStandIn(lives, tmp_path, pace=0)
    seerr = SeerrStandIn(lives, pace=0)

    async def count(request: httpx.Request) -> None:
        calls[request.url.path] += 1

    async with AsyncExitStack() as stack:
        road: dict[str, tuple[Http, Cache]] = {}
        for name, one in (("plex", plex), ("seerr", seerr)):
            opened = client(await one.start())
            stack.push_async_callback(one.stop)
            opened.event_hooks = {"request": [count]}
            road[name] = Http(name, opened, wait=_at_once), Cache(now=clock)
        its_plex = Plex(*road["plex"], plex.token, "test")
        its_seerr = Seerr(*road["seerr"], seerr.key)
        stack.push_async_callback(its_plex.aclose)
        stack.push_async_callback(its_seerr.aclose)
        search = Search(store, its_plex, its_seerr, None, clock)
        async with store.begin() as tx:
            ana = await people.add(tx, "ana", Role.MEMBER, seerr_id=2, now=clock())
        yield Finder(search, store, plex, seerr, clock, calls, ana)


async def _at_once(_seconds: float) -> None:
    await asyncio.sleep(0)


def shown(found: Found) -> list[tuple[str, int | None, Availability]]:
    return [(one.title, one.year, one.availability) for one in found.titles]


async def test_a_title_both_know_is_one_row(finder: Finder) -> None:
    found = await finder.find("metropolis")

    assert shown(found) == [("Metropolis", 1927, Availability.IN_LIBRARY)]
    one = found.titles[0]
    assert (one.kind, one.tmdb_id) == (Kind.MOVIE, METROPOLIS)
    assert one.plex_key == finder.search.plex_key(Kind.MOVIE, METROPOLIS)
    assert one.plex_key
    assert finder.search.link(one.plex_key)


async def test_the_library_alone_can_be_searched(finder: Finder) -> None:
    found = await finder.find("general", Where.LIBRARY)

    assert shown(found) == [("The General", 1926, Availability.IN_LIBRARY)]
    assert not any(path.startswith("/api/v1") for path in finder.calls)


async def test_what_we_keep_for_people_counts_as_asked_for(finder: Finder) -> None:
    async with finder.store.begin() as tx:
        tim = await people.add(tx, "tim", Role.MEMBER, now=finder.clock())
        for person, number in ((finder.ana, DUNE), (tim, 841)):
            await rows.add(
                tx,
                person.id,
                "movie",
                number,
                title="Dune",
                state=State.KEPT,
                now=finder.clock(),
            )

    assert shown(await finder.find("dune")) == [
        ("Dune", 1984, Availability.ASKED),
        ("Dune", 2021, Availability.ASKED_BY_YOU),
        ("Dune: Part Two", 2024, Availability.CAN_REQUEST),
    ]


async def test_what_was_asked_for_elsewhere_is_known_from_seerr(
    finder: Finder,
) -> None:
    found = await finder.find(f"movie:{MATRIX}")

    assert shown(found) == [("The Matrix", 1999, Availability.ASKED)]


async def test_a_silent_neighbour_is_named_and_the_rest_shown(finder: Finder) -> None:
    finder.plex.knobs.fail_status = 503
    found = await finder.find("dune")

    assert len(found.titles) == 3
    assert [one.service for one in found.missing] == ["plex"]
    assert found.missing[0].since is not None


async def test_the_last_good_answer_is_shown_with_its_age(finder: Finder) -> None:
    first = await finder.find("dune")
    finder.seerr.knobs.fail_status = 503
    finder.clock.ahead = timedelta(minutes=6)
    again = await finder.find("dune")

    assert (shown(again), again.missing) == (shown(first), ())
    assert [one.service for one in again.stale] == ["seerr"]
    assert again.stale[0].at < finder.clock() - timedelta(minutes=5)


async def test_a_number_is_remembered_where_nobody_answers(finder: Finder) -> None:
    await finder.find("dune 2021")
    finder.seerr.knobs.fail_status = 503
    finder.clock.ahead = timedelta(minutes=6)
    found = await finder.find(f"movie:{DUNE}")

    assert [one.title for one in found.titles] == ["Dune"]
    assert [type(one) for one in found.missing] == [Missing]


async def test_what_plex_had_is_known_while_it_is_silent(finder: Finder) -> None:
    await finder.find("metropolis")
    finder.plex.knobs.fail_status = 503
    finder.clock.ahead = timedelta(minutes=20)
    found = await finder.find(f"movie:{METROPOLIS}")

    assert found.titles[0].plex_key is not None


async def test_an_unknown_number_is_nothing_and_nobody_is_blamed(
    finder: Finder,
) -> None:
    assert await finder.find("movie:99999999") == Found()


async def test_a_plex_link_finds_its_title(finder: Finder) -> None:
    await finder.find("metropolis")
    key = finder.search.plex_key(Kind.MOVIE, METROPOLIS)
    link = f"https://app.plex.tv/desktop/#!/server/x/details?key=%2Flibrary%2Fmetadata%2F{key}"

    assert [one.title for one in (await finder.find(link)).titles] == ["Metropolis"]


async def test_people_typing_the_same_share_one_search(finder: Finder) -> None:
    finder.seerr.knobs.latency_s = 0.05
    await asyncio.gather(*(finder.suggest("dune") for _ in range(10)))

    assert finder.calls["/api/v1/search"] == 1


async def test_one_who_stops_typing_stops_nobody_else(finder: Finder) -> None:
    finder.seerr.knobs.latency_s = 0.05
    impatient = asyncio.create_task(finder.suggest("dune"))
    patient = asyncio.create_task(finder.suggest("dune"))
    await asyncio.sleep(0.01)
    impatient.cancel()

    assert len(await patient) == 3


async def test_suggestions_hold_the_library_too(finder: Finder) -> None:
    finder.seerr.tmdb_down(is_down=True)

    assert await finder.suggest("metro") == ["Metropolis 1927"]


async def test_while_seerr_is_slow_remembered_titles_are_suggested(
    finder: Finder,
) -> None:
    await finder.find("dune")
    finder.seerr.knobs.latency_s = 1.5
    found = await finder.suggest("dune p")

    assert found[0] == "Dune: Part Two 2024"


async def test_a_slow_suggestion_is_there_for_the_search_that_follows(
    finder: Finder,
) -> None:
    finder.seerr.knobs.latency_s = 1.5
    assert await finder.suggest("dune") == []

    found = await finder.find("dune")
    assert (len(found.titles), found.missing) == (3, ())
    assert finder.calls["/api/v1/search"] == 1


async def test_too_little_suggests_nothing(finder: Finder) -> None:
    assert await finder.suggest("d") == []


async def test_closing_ends_what_was_being_looked_for(finder: Finder) -> None:
    finder.seerr.knobs.latency_s = 5
    typing = asyncio.create_task(finder.suggest("dune"))
    async with asyncio.timeout(20):
        while not finder.calls:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await finder.search.aclose()
    await asyncio.wait((typing,), timeout=10)

    assert typing.cancelled()
