"""Downloads and their videos, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from medianest_bot.core.store import downloads
from medianest_bot.core.store.downloads import Download, DownloadItem, NewItem
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.people import Person

MINUTE = timedelta(minutes=1)
URL = "https://videos.example/list/1"


async def add(
    store: Store,
    person: Person,
    now: datetime,
    *,
    url: str = URL,
    audio: bool = False,
    state: str = "queued",
) -> Download:
    async with store.begin() as tx:
        return await downloads.add(
            tx, person.id, url, audio=audio, title="Clips", state=state, now=now
        )


async def test_a_download_and_its_videos_come_back_as_written(
    any_store: Store, ana: Person, now: datetime
) -> None:
    made = await add(any_store, ana, now)
    assert made == Download(
        id=1,
        person_id=ana.id,
        url=URL,
        audio=False,
        title="Clips",
        state="queued",
        is_playlist=False,
        folder=None,
        collection_key=None,
        link=None,
        error=None,
        created_at=now,
        updated_at=now,
    )
    second, first = NewItem(2, "u2", "B", "waiting"), NewItem(1, "u1", "A", "done", "v")
    async with any_store.begin() as tx:
        added = await downloads.add_items(tx, made.id, [second, first], now)
        assert await downloads.add_items(tx, made.id, [], now) == added
    one = DownloadItem(
        id=2,
        download_id=made.id,
        position=1,
        url="u1",
        video="v",
        title="A",
        state="done",
        path=None,
        size=None,
        plex_key=None,
        attempts=0,
        next_at=None,
        error=None,
        updated_at=now,
    )
    two = replace(
        one, id=1, position=2, url="u2", video=None, title="B", state="waiting"
    )
    assert added == (one, two)
    async with any_store.read() as db:
        assert await downloads.get(db, made.id) == made
        assert await downloads.get(db, 9) is None
        assert await downloads.items(db, made.id) == (one, two)
        assert await downloads.get_item(db, one.id) == one


async def test_updates_tell_whether_something_changed(
    any_store: Store, ana: Person, now: datetime
) -> None:
    made = await add(any_store, ana, now)
    later = now + MINUTE
    async with any_store.begin() as tx:
        (item,) = await downloads.add_items(
            tx, made.id, [NewItem(1, "u", "A", "waiting")], now
        )
        assert await downloads.update(tx, made.id, later, state="done", link="l")
        assert not await downloads.update(tx, made.id, now, state="done", link="l")
        assert await downloads.update_item(tx, item.id, later, size=2**40, path="a")
        assert not await downloads.update_item(tx, item.id, now, size=2**40)
        found = await downloads.get(tx, made.id)
        found_item = await downloads.get_item(tx, item.id)
    assert found == replace(made, state="done", link="l", updated_at=later)
    assert found_item == replace(item, size=2**40, path="a", updated_at=later)


async def test_a_persons_downloads_are_paged_newest_first(
    any_store: Store, ana: Person, tim: Person, now: datetime
) -> None:
    one, two = await add(any_store, ana, now), await add(any_store, ana, now, url="u")
    await add(any_store, tim, now)
    async with any_store.read() as db:
        assert await downloads.of_person(db, ana.id, 10) == (two, one)
        assert await downloads.of_person(db, ana.id, 1, 1) == (one,)
        assert await downloads.count_of(db, ana.id) == 2


async def test_what_is_unfinished_is_picked_up(
    any_store: Store, ana: Person, now: datetime
) -> None:
    one = await add(any_store, ana, now)
    await add(any_store, ana, now, state="done")
    three = await add(any_store, ana, now, state="paused")
    async with any_store.read() as db:
        assert await downloads.unfinished(db) == (one, three)
        assert await downloads.unfinished(db, final=("paused", "done")) == (one,)


async def test_removing_a_download_removes_its_videos(
    any_store: Store, ana: Person, now: datetime
) -> None:
    made = await add(any_store, ana, now)
    async with any_store.begin() as tx:
        await downloads.add_items(tx, made.id, [NewItem(1, "u", "A", "done", "v")], now)
        assert await downloads.remove(tx, made.id)
        assert not await downloads.remove(tx, made.id)
        assert await downloads.items(tx, made.id) == ()
        assert await downloads.item_by_video(tx, ana.id, "v") is None


async def test_the_same_link_is_found_again(
    any_store: Store, ana: Person, tim: Person, now: datetime
) -> None:
    await add(any_store, ana, now)
    again = await add(any_store, ana, now)
    song = await add(any_store, ana, now, audio=True)
    async with any_store.read() as db:
        assert await downloads.by_url(db, ana.id, URL, audio=False) == again
        assert await downloads.by_url(db, ana.id, URL, audio=True) == song
        assert await downloads.by_url(db, tim.id, URL, audio=False) is None


async def test_a_video_with_a_file_is_preferred(
    any_store: Store, ana: Person, tim: Person, now: datetime
) -> None:
    first, second = await add(any_store, ana, now), await add(any_store, ana, now)
    item = NewItem(1, "u", "A", "waiting", "v")
    async with any_store.begin() as tx:
        (one,) = await downloads.add_items(tx, first.id, [item], now)
        (two,) = await downloads.add_items(tx, second.id, [item], now)
        assert await downloads.item_by_video(tx, ana.id, "v") == two
        await downloads.update_item(tx, one.id, now, path="v.mp4")
        found = await downloads.item_by_video(tx, ana.id, "v", audio=False)
        assert found == replace(one, path="v.mp4")
        assert await downloads.item_by_video(tx, ana.id, "v", audio=True) is None
        assert await downloads.item_by_video(tx, tim.id, "v") is None


async def test_what_other_downloads_hold_too_is_known(
    any_store: Store, ana: Person, now: datetime
) -> None:
    one = await add(any_store, ana, now)
    other = await add(any_store, ana, now, url=f"{URL}/2")
    async with any_store.begin() as tx:
        for download, paths in ((one, ("/a", "/b")), (other, ("/b", "/c"))):
            new = [NewItem(n, URL, path, "done") for n, path in enumerate(paths)]
            for item in await downloads.add_items(tx, download.id, new, now):
                await downloads.update_item(tx, item.id, now, path=item.title)
        await downloads.update(tx, other.id, now, collection_key="208")
    async with any_store.read() as db:
        assert await downloads.paths_elsewhere(db, one.id) == {"/b"}
        assert await downloads.other_collections(db, one.id) == {"208"}
        assert await downloads.other_collections(db, other.id) == set()
