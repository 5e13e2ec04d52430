"""Collections: made once, kept in order, and never in the way of the items."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.services.plex_home import FILMS, SHOWS, VIDEOS, Home, open_home

from medianest_bot.services._plex_collections import moves_to
from medianest_bot.services.errors import Missing
from medianest_bot.services.plex import Collection

TITLE = "Garden & “Haus”: 100% + 1"


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    async with open_home(tmp_path) as one:
        yield one


async def held(home: Home, one: Collection) -> tuple[str, ...]:
    return tuple(item.key for item in await home.plex.collection_items(one.key))


def writes(home: Home) -> list[str]:
    """What was changed since the last look."""
    done = [one.method for one in home.sent if one.method != "GET"]
    home.sent.clear()
    return done


async def test_a_collection_is_made_with_its_title_as_it_is(home: Home) -> None:
    films = await home.films()
    made = await home.plex.create_collection(FILMS, TITLE, films[:2])
    assert made == Collection(made.key, TITLE, FILMS, 2, is_smart=False)
    assert await home.plex.collections(FILMS) == (made,)
    assert await home.plex.collections(VIDEOS) == ()


async def test_items_are_added_moved_and_taken_out(home: Home) -> None:
    a, b, c, d, _ = await home.films()
    one = await home.plex.create_collection(FILMS, TITLE, (a, b))
    await home.plex.custom_order(one.key)
    await home.plex.add_to_collection(one.key, (c, d))
    await home.plex.move_in_collection(one.key, d, None)
    await home.plex.move_in_collection(one.key, a, c)
    await home.plex.remove_from_collection(one.key, b)
    await home.plex.remove_from_collection(one.key, b)
    assert await held(home, one) == (d, c, a)
    await home.plex.delete_collection(one.key)
    with pytest.raises(Missing):
        await home.plex.collection_items(one.key)
    assert (await home.plex.item(a)).key == a


async def test_what_is_not_there_is_missing(home: Home) -> None:
    for ask in (
        home.plex.remove_from_collection("999", "1"),
        home.plex.delete_collection("999"),
        home.plex.custom_order("../1"),
        home.plex.move_in_collection("999", "1", None),
    ):
        with pytest.raises(Missing):
            await ask


async def test_sync_makes_it_in_the_order_given(home: Home) -> None:
    a, b, c, d, e = await home.films()
    one = await home.plex.sync_collection(FILMS, TITLE, (e, a, c, a))
    assert await held(home, one) == (e, a, c)
    assert one == Collection(one.key, TITLE, FILMS, 3, is_smart=False)
    again = await home.plex.sync_collection(FILMS, TITLE, (b, c, d, e))
    assert again.key == one.key
    assert await held(home, one) == (b, c, d, e)


async def test_sync_again_changes_nothing(home: Home) -> None:
    films = (await home.films())[::-1]
    await home.plex.sync_collection(FILMS, TITLE, films)
    assert writes(home) != []
    await home.plex.sync_collection(FILMS, TITLE, films)
    assert writes(home) == []


async def test_sync_sends_only_the_difference(home: Home) -> None:
    a, b, c, d, e = await home.films()
    await home.plex.sync_collection(FILMS, TITLE, (e, d, c, b))
    writes(home)
    await home.plex.sync_collection(FILMS, TITLE, (a, e, d, c))
    assert writes(home) == ["PUT", "DELETE", "PUT", "PUT"]


async def test_sync_of_other_items_keeps_the_collection(home: Home) -> None:
    a, b, c, d, _ = await home.films()
    one = await home.plex.sync_collection(FILMS, TITLE, (a, b))
    assert await home.plex.sync_collection(FILMS, TITLE, (c, d)) == one


async def test_sync_makes_it_anew_when_it_vanished(home: Home) -> None:
    films = await home.films()
    one = await home.plex.sync_collection(FILMS, TITLE, films)
    await home.plex.delete_collection(one.key)
    other = await home.plex.sync_collection(FILMS, TITLE, films)
    assert other.key != one.key
    assert await held(home, other) == films


async def test_sync_leaves_smart_collections_alone(home: Home) -> None:
    films = await home.films()
    smart = await home.plex.create_collection(FILMS, TITLE, films[:1])
    home.server.library.collections[smart.key].row["smart"] = "1"
    other = await home.plex.sync_collection(FILMS, TITLE, films[1:3])
    assert other.key != smart.key
    assert await held(home, smart) == films[:1]


async def test_sync_skips_items_that_are_gone(home: Home) -> None:
    a, b, c, *_ = await home.films()
    home.server.library.remove(b)
    one = await home.plex.sync_collection(FILMS, TITLE, (c, b, a))
    assert await held(home, one) == (c, a)
    assert one.count == 2
    again = await home.plex.sync_collection(FILMS, TITLE, (c, b, a))
    assert again == one


async def test_sync_of_nothing_that_exists_is_missing(home: Home) -> None:
    with pytest.raises(Missing):
        await home.plex.sync_collection(FILMS, TITLE, ("901", "902"))
    assert await home.plex.collections(FILMS) == ()


async def test_two_at_once_make_one_collection(home: Home) -> None:
    films = await home.films()
    sync = home.plex.sync_collection
    one, other = await asyncio.gather(
        sync(FILMS, TITLE, films[:3]), sync(FILMS, TITLE, films[:3])
    )
    assert one == other
    assert len(await home.plex.collections(FILMS)) == 1


async def test_a_collection_of_many_is_filled_in_parts(home: Home) -> None:
    for number in range(150):
        home.put(f"many/{number:03} [n{number}].mp4")
    await home.plex.scan(VIDEOS)
    await home.scanned("[n149]")
    found = await home.plex.find_files(VIDEOS, [f"[n{one}]" for one in range(150)])
    keys = tuple(found[f"[n{one}]"].key for one in range(150))
    one = await home.plex.sync_collection(VIDEOS, TITLE, keys)
    assert await held(home, one) == keys


async def test_a_collection_of_episodes_says_so(home: Home) -> None:
    item = await home.plex.find_file(SHOWS, "Breaking Bad - S01E01.mkv")
    assert item is not None
    await home.plex.create_collection(SHOWS, TITLE, (item.key,))
    made = next(one for one in home.sent if one.method == "POST")
    assert made.url.params["type"] == "4"


@given(st.permutations(range(12)), st.permutations(range(12)))
def test_the_moves_lead_from_one_order_to_the_other(
    now: Sequence[int], wanted: Sequence[int]
) -> None:
    before, after = [str(one) for one in now], [str(one) for one in wanted]
    for key, behind in moves_to(before, after):
        before.remove(key)
        before.insert(before.index(behind) + 1 if behind else 0, key)
    assert before == after


def test_the_moves_are_as_few_as_can_be() -> None:
    assert moves_to("abcd", "abcd") == ()
    assert moves_to("abcd", "bcda") == (("a", "d"),)
    assert moves_to("abcd", "dabc") == (("d", None),)
    assert moves_to("", "") == ()
