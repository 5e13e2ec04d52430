"""What people asked for, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from medianest_bot.core.store import requests
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.people import Person
from medianest_bot.core.store.requests import MediaRequest
from medianest_bot.services.media import Kind

MINUTE = timedelta(minutes=1)


async def add(
    store: Store, person: Person, now: datetime, tmdb_id: int, state: str = "waiting"
) -> MediaRequest:
    async with store.begin() as tx:
        return await requests.add(
            tx, person.id, Kind.MOVIE, tmdb_id, title="Dune", state=state, now=now
        )


async def test_a_request_comes_back_as_it_was_written(
    any_store: Store, ana: Person, now: datetime
) -> None:
    async with any_store.begin() as tx:
        made = await requests.add(
            tx,
            ana.id,
            Kind.TV,
            1396,
            title="t\0" + "x" * 400,
            year=2008,
            poster="/p.jpg",
            seasons=(1, 3),
            state="waiting",
            next_at=now + MINUTE,
            now=now,
        )
    expected = MediaRequest(
        id=1,
        person_id=ana.id,
        kind="tv",
        tmdb_id=1396,
        title="t" + "x" * 299,
        year=2008,
        poster="/p.jpg",
        seasons=(1, 3),
        state="waiting",
        seerr_id=None,
        reason=None,
        percent=None,
        eta=None,
        attempts=0,
        next_at=now + MINUTE,
        created_at=now,
        updated_at=now,
    )
    assert made == expected
    async with any_store.read() as db:
        assert await requests.get(db, 1) == expected
        assert await requests.get(db, 2) is None


async def test_an_update_tells_whether_something_changed(
    any_store: Store, ana: Person, now: datetime
) -> None:
    one = await add(any_store, ana, now, 1)
    later = now + MINUTE
    changes = {"state": "downloading", "percent": 12.5, "seasons": (2,), "eta": now}
    async with any_store.begin() as tx:
        assert await requests.update(tx, one.id, later, **changes)
        assert not await requests.update(tx, one.id, later + MINUTE, **changes)
        assert not await requests.update(tx, 99, later, state="x")
        with pytest.raises(KeyError):
            await requests.update(tx, one.id, later, colour="red")
    async with any_store.read() as db:
        found = await requests.get(db, one.id)
    assert found is not None
    assert (found.state, found.percent, found.seasons) == ("downloading", 12.5, (2,))
    assert (found.eta, found.updated_at, found.created_at) == (now, later, now)


async def test_a_persons_requests_are_paged_newest_first(
    any_store: Store, ana: Person, tim: Person, now: datetime
) -> None:
    mine = [
        await add(any_store, ana, now, number, state)
        for number, state in ((1, "waiting"), (2, "available"), (3, "waiting"))
    ]
    await add(any_store, tim, now, 4)
    one, two, three = mine
    async with any_store.read() as db:
        assert await requests.of_person(db, ana.id, None, 2) == (three, two)
        assert await requests.of_person(db, ana.id, None, 2, 2) == (one,)
        waiting = await requests.of_person(db, ana.id, ["waiting"], 10)
        assert waiting == (three, one)
        assert await requests.of_person(db, ana.id, [], 10) == ()
        assert await requests.count_of(db, ana.id) == 3
        assert await requests.count_of(db, ana.id, {"waiting"}) == 2


async def test_requests_are_found_by_title_by_seerr_and_while_open(
    any_store: Store, ana: Person, tim: Person, now: datetime
) -> None:
    one = await add(any_store, ana, now, 1)
    two = await add(any_store, tim, now, 1, "available")
    three = await add(any_store, tim, now, 3)
    async with any_store.begin() as tx:
        await requests.update(tx, three.id, now, seerr_id=40)
        assert await requests.of_title(tx, Kind.MOVIE, 1) == (one, two)
        assert await requests.of_title(tx, Kind.TV, 1) == ()
        pairs = ((Kind.MOVIE, 1), (Kind.TV, 3), (Kind.MOVIE, 9))
        assert await requests.of_titles(tx, pairs) == (one, two)
        assert await requests.of_titles(tx, ()) == ()
        assert [r.id for r in await requests.by_seerr(tx, 40)] == [three.id]
        assert [r.id for r in await requests.open_ones(tx)] == [one.id, three.id]
        every = await requests.open_ones(tx, final=())
        assert [r.id for r in every] == [one.id, two.id, three.id]
