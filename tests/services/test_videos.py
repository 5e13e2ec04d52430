from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from medianest_bot.demo import household
from medianest_bot.services import sites
from medianest_bot.services.errors import Missing, Refused, Unreachable
from medianest_bot.services.lanes import Entry, Found
from medianest_bot.services.sites import NotAllowed, Reason
from medianest_bot.services.videos import Videos, joined, ranked

if TYPE_CHECKING:
    from tests.services.conftest import House

pytestmark = pytest.mark.asyncio(loop_scope="module")


def videos(house: House) -> Videos:
    return Videos(house.lanes, sites.parse(house.url))


async def test_videos_are_found_in_the_feed_by_their_titles(house: House) -> None:
    url = f"{house.url}/video/snowball.mp4"
    found = await videos(house).find("SNOW")
    assert found == (
        Found("Snowball", url, "snowball", 4, household.read().name, None),
    )


@pytest.mark.parametrize("query", ["", "   ", "no such thing", "\x00", "' OR 1=1"])
async def test_what_fits_nothing_finds_nothing(house: House, query: str) -> None:
    assert await videos(house).find(query) == ()


async def test_a_site_that_is_slow_or_broken_is_unreachable(house: House) -> None:
    house.site.knobs.fail_status = 503
    with pytest.raises(Unreachable):
        await videos(house).find("snow")
    house.site.knobs.reset()
    house.site.knobs.hang = True
    with pytest.raises(Unreachable):
        await videos(house).find("snow", within_s=0.2)


async def test_an_address_is_looked_at(house: House) -> None:
    listing = await videos(house).look(f"{house.url}/playlist/garden.xml#top")
    titles = [entry.title for entry in listing.entries]
    assert (listing.title, titles) == (
        "Garden in a year",
        ["Sowing", "Watering", "Weeding", "Harvest"],
    )


async def test_looking_says_what_is_wrong(house: House) -> None:
    with pytest.raises(NotAllowed) as refused:
        await videos(house).look("http://localhost/x")
    assert refused.value.reason is Reason.PRIVATE
    with pytest.raises(Missing):
        await videos(house).look(f"{house.url}/video/nothing.mp4")
    with pytest.raises(Refused):
        await videos(house).look(f"{house.url}/elsewhere/sowing.mp4")


async def test_nothing_is_asked_where_no_site_is_allowed(house: House) -> None:
    assert await Videos(house.lanes, ()).find("snow") == ()
    assert house.site.calls == []


def entry(title: str) -> Entry:
    return Entry(f"https://x/{title}", title, None, None)


async def test_titles_with_more_of_the_words_come_first() -> None:
    titles = ["Garden party", "A garden in winter", "Gardening", "Winter garden"]
    found = ranked(map(entry, [*titles, "Boats"]), "winter garden", "All")
    assert [one.title for one in found] == [
        "A garden in winter",
        "Winter garden",
        "Garden party",
        "Gardening",
    ]


def found(title: str) -> Found:
    return Found(title, f"https://x/{title}", None, None, None, None)


async def test_the_best_of_each_site_come_first() -> None:
    lists = (found("a"), found("b"), found("c")), (found("x"),)
    assert [one.title for one in joined(lists)] == ["a", "x", "b", "c"]


async def test_a_site_that_fails_is_left_out_while_another_answers() -> None:
    assert joined([Unreachable("videos"), (found("a"),)]) == (found("a"),)
    with pytest.raises(Unreachable):
        joined([Unreachable("videos"), Refused("videos")])
