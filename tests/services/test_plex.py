"""The Plex client on the demo's server: what it reads and what it changes."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image
from tests.services.plex_home import FILMS, HOUSE, SHOWS, VIDEOS, Home, open_home

from medianest_bot.services.errors import Missing
from medianest_bot.services.media import Kind
from medianest_bot.services.plex import Identity, Item, Section


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    async with open_home(tmp_path) as one:
        yield one


async def test_the_server_says_which_one_it_is(home: Home) -> None:
    assert await home.plex.identity() == Identity(
        HOUSE.plex_machine_id, "1.43.3.10828-00f62d37d", HOUSE.name
    )


async def test_sections_come_with_their_counts(home: Home) -> None:
    sections = (await home.plex.sections()).value
    assert sections == (
        Section(FILMS, "Films", "movie", "tv.plex.agents.movie", ("/srv/films",), 5),
        Section(SHOWS, "Shows", "show", "tv.plex.agents.series", ("/srv/shows",), 2),
        Section(
            VIDEOS,
            "Home videos",
            "movie",
            "tv.plex.agents.none",
            (str(home.folder),),
            2,
        ),
    )
    assert [one.is_personal for one in sections] == [False, False, True]


async def test_search_finds_films_with_all_we_use(home: Home) -> None:
    found = (await home.plex.search("metropolis")).value
    film = found[0]
    assert found == (
        Item(
            key=film.key,
            type="movie",
            kind=Kind.MOVIE,
            title="Metropolis",
            year=1927,
            summary=next(one for one in HOUSE.movies if one.tmdb == 19).overview,
            added=film.added,
            thumb=film.thumb,
            tmdb_id=19,
            imdb_id="tt0017136",
            section=FILMS,
            files=("/srv/films/Metropolis (1927)/Metropolis (1927).mkv",),
            minutes=153,
        ),
    )
    assert film.added is not None
    assert film.added < datetime.now(UTC)


async def test_search_finds_shows_and_home_videos(home: Home) -> None:
    shows = (await home.plex.search("breaking")).value
    assert [(one.kind, one.title, one.tmdb_id, one.tvdb_id) for one in shows] == [
        (Kind.TV, "Breaking Bad", 1396, 81189)
    ]
    videos = (await home.plex.search("  sowing ")).value
    assert [(one.kind, one.title, one.tmdb_id) for one in videos] == [
        (Kind.VIDEO, "Sowing [abc123]", None)
    ]


async def test_search_for_nothing_asks_nobody(home: Home) -> None:
    home.server.knobs.fail_status = 500
    assert (await home.plex.search(" \n\t ")).value == ()


@pytest.mark.parametrize("query", ["x" * 100_000, "';--<zzz>", "\u202e\ud800\0", "🎬"])
async def test_search_takes_anything(home: Home, query: str) -> None:
    assert (await home.plex.search(query)).value == ()


async def test_recent_is_newest_first_over_all_libraries(home: Home) -> None:
    home.server.add_movie(603)
    home.server.add_seasons(1396, (3,))
    recent = (await home.plex.recent(6)).value
    assert {(one.type, one.full_title) for one in recent[:4]} == {
        ("movie", "Sowing [abc123]"),
        ("movie", "Watering [def456]"),
        ("movie", "The Matrix"),
        ("season", "Breaking Bad · Season 3"),
    }
    dates = [one.added for one in recent if one.added]
    assert dates == sorted(dates, reverse=True)
    assert len(recent) == 6


async def test_owned_knows_films_and_shows_by_tmdb_id(home: Home) -> None:
    owned = (await home.plex.owned()).value
    assert set(owned.movies) == {one.tmdb for one in HOUSE.movies if one.in_plex}
    assert set(owned.shows) == {one.tmdb for one in HOUSE.series if one.seasons_in_plex}
    assert owned.get(Kind.TV, 1396) is owned.shows[1396]
    assert owned.get(Kind.MOVIE, 1396) is None
    assert owned.get(Kind.VIDEO, 19) is None


async def test_seasons_are_those_that_are_there(home: Home) -> None:
    home.server.add_seasons(1396, (0, 4))
    show = (await home.plex.owned()).value.shows[1396]
    assert await home.plex.seasons(show.key) == (0, 1, 2, 4)
    assert (show.child_count, show.leaf_count) == (4, 3 + 7 + 13 + 13)


async def test_an_item_that_is_not_there_is_missing(home: Home) -> None:
    for key in ("99999", "../sections", "", "１２"):
        with pytest.raises(Missing):
            await home.plex.item(key)


async def test_a_poster_comes_in_the_size_asked_for(home: Home) -> None:
    film = (await home.plex.search("metropolis")).value[0]
    assert film.thumb is not None
    body = await home.plex.poster(film.thumb, width=200, height=300)
    image = Image.open(io.BytesIO(body))
    assert (image.format, image.size) == ("JPEG", (200, 300))


@pytest.mark.parametrize(
    "thumb",
    [
        "https://elsewhere.example/x.jpg",
        "//elsewhere.example/x",
        "/library/../status/sessions",
        "/library/metadata/1/thumb/1?X-Plex-Token=x",
        "/identity",
        "",
    ],
)
async def test_a_poster_is_only_fetched_from_the_library(
    home: Home, thumb: str
) -> None:
    with pytest.raises(Missing):
        await home.plex.poster(thumb)


async def test_a_scan_finds_what_was_put_there(home: Home) -> None:
    assert await home.plex.find_file(VIDEOS, "[new001].mp4") is None
    file = home.put("garden/Harvest [new001].mp4")
    await home.plex.scan(VIDEOS, str(file.parent))
    item = await home.scanned("[new001].mp4")
    assert (item.title, item.files) == ("Harvest [new001]", (str(file),))


async def test_a_scan_of_a_foreign_folder_finds_nothing(
    home: Home, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home.put("garden/Harvest [new001].mp4")
    await home.plex.scan(VIDEOS, str(tmp_path_factory.mktemp("elsewhere")))
    await home.plex.scan(VIDEOS, str(home.folder / "other"))
    assert await home.plex.find_file(VIDEOS, "[new001]") is None
    await home.plex.scan(VIDEOS)
    assert (await home.scanned("[new001]")).kind is Kind.VIDEO


async def test_a_scan_of_no_library_is_missing(home: Home) -> None:
    with pytest.raises(Missing):
        await home.plex.scan("77")
    with pytest.raises(Missing):
        await home.plex.find_file("77", "x")


async def test_files_are_found_whatever_form_their_accents_have(home: Home) -> None:
    home.put(unicodedata.normalize("NFD", "Été à Zürich [acc].mp4"))
    await home.plex.scan(VIDEOS)
    item = await home.scanned(unicodedata.normalize("NFC", "Été à Zürich [acc].mp4"))
    assert item.section == VIDEOS


async def test_several_files_are_found_in_one_walk(home: Home) -> None:
    found = await home.plex.find_files(VIDEOS, ("[abc123]", "[def456]", "[none]"))
    assert {ending: item.title for ending, item in found.items()} == {
        "[abc123]": "Sowing [abc123]",
        "[def456]": "Watering [def456]",
    }


async def test_an_episode_is_found_by_its_file(home: Home) -> None:
    item = await home.plex.find_file(SHOWS, "Breaking Bad - S02E03.mkv")
    assert item is not None
    assert (item.type, item.full_title) == ("episode", "Breaking Bad · Episode 3")


async def test_short_pages_are_read_to_the_end(home: Home) -> None:
    home.server.most_rows = 2
    assert len((await home.plex.owned()).value.movies) == 5
    assert await home.plex.find_file(SHOWS, "Hillbillies - S01E01.mkv") is not None


async def test_a_link_opens_an_item_or_a_collection(home: Home) -> None:
    plex, here = home.plex, Identity("abc", "1", "home")
    start = "https://app.plex.tv/desktop/#!/server/abc/details?key="
    assert plex.link(here, "7") == f"{start}%2Flibrary%2Fmetadata%2F7"
    assert (
        plex.link(here, "7", is_collection=True)
        == f"{start}%2Flibrary%2Fcollections%2F7"
    )
