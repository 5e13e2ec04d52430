"""What real Plex servers answered is read as it was meant."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from medianest_bot.services import _plex_reading as reading
from medianest_bot.services.answer import Answer
from medianest_bot.services.errors import Unreadable
from medianest_bot.services.media import Kind
from medianest_bot.services.plex import Identity, Item, Section

RECORDED = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "plex" / "recorded.json").read_text(
        "utf-8"
    )
)


def recorded(name: str) -> Answer:
    told: dict[str, Any] = RECORDED[name]
    body = told["body"]
    raw = body if isinstance(body, str) else json.dumps(body)
    headers = {key.lower(): value for key, value in told["headers"].items()}
    return Answer("plex", told["status"], headers, raw.encode())


def test_sections() -> None:
    assert reading.each(
        reading.rows(recorded("sections_get_200")), reading.section
    ) == (
        Section(
            "1", "Movies", "movie", "tv.plex.agents.movie", ("/storage/media/movies",)
        ),
        Section(
            "2", "TV Shows", "show", "tv.plex.agents.series", ("/storage/media/tv",)
        ),
        Section(
            "3",
            "Non matched content",
            "show",
            "com.plexapp.agents.none",
            ("/storage/media/no_agent",),
        ),
    )


def test_a_film() -> None:
    answer = recorded("library_movie_get_200")
    title = "Ferengi Rules of Acquisition (2000)"
    assert reading.total(answer) == 1
    assert reading.each(reading.rows(answer), reading.item) == (
        Item(
            key="1",
            type="movie",
            kind=Kind.MOVIE,
            title="Ferengi: Rules of Acquisition",
            year=2000,
            summary=(
                "The Rules of Acquisition movie is based on the story of a young "
                "Ferengi named Picard who would like to exploit the Rules of "
                "Acquisition."
            ),
            added=datetime(2006, 9, 29, 3, 38, 36, tzinfo=UTC),
            thumb="/library/metadata/1/thumb/1691594411",
            tmdb_id=1,
            imdb_id="tt0000001",
            tvdb_id=1,
            section="1",
            files=(f"/storage/media/movies/{title}/{title}.mp4",),
            minutes=116,
        ),
    )


def test_a_show() -> None:
    (show,) = reading.each(reading.rows(recorded("library_show_get_200")), reading.item)
    assert (show.kind, show.tmdb_id, show.tvdb_id, show.imdb_id) == (
        Kind.TV,
        3,
        3,
        None,
    )
    assert (show.leaf_count, show.child_count, show.files) == (13, 1, ())


def test_an_episode_and_its_season() -> None:
    (row,) = reading.rows(recorded("library_episodes_get_200"))
    episode, season = reading.item(row), reading.season_of(row)
    assert episode
    assert season
    assert (episode.type, episode.full_title, episode.index) == (
        "episode",
        "Ferengi StandUp Comedy · The first Picard joke",
        1,
    )
    assert season == Item(
        key="4",
        type="season",
        kind=Kind.TV,
        title="Season 1",
        added=episode.added,
        thumb="/library/metadata/4/thumb/1654311379",
        section="2",
        parent_title="Ferengi StandUp Comedy",
        index=1,
    )


def test_who_the_server_is() -> None:
    answer = recorded("server_info_get_200")
    assert reading.identity(answer) == Identity(
        "plex-server-1", "1.40.0.0", "Plex Test"
    )


def test_html_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        reading.rows(recorded("sections_get_401"))


@pytest.mark.parametrize(
    ("guid", "ids"),
    [
        ("com.plexapp.agents.themoviedb://603?lang=en", (603, None, None)),
        ("com.plexapp.agents.imdb://tt0133093?lang=en", (None, "tt0133093", None)),
        ("com.plexapp.agents.thetvdb://81189/1/2?lang=en", (None, None, 81189)),
        ("plex://movie/5d776825880197001ec90a42", (None, None, None)),
        ("imdb://<script>", (None, None, None)),
        ("tmdb://x", (None, None, None)),
    ],
)
def test_ids_that_agents_of_old_wrote(
    guid: str, ids: tuple[int | None, str | None, int | None]
) -> None:
    item = reading.item({"ratingKey": 7, "type": "movie", "title": "T", "guid": guid})
    assert item
    assert (item.key, item.tmdb_id, item.imdb_id, item.tvdb_id) == ("7", *ids)


@pytest.mark.parametrize(
    "guid",
    ["local://7", "com.plexapp.agents.none://ab12?lang=xn", "tv.plex.agents.none://7"],
)
def test_what_no_agent_knows_is_a_video(guid: str) -> None:
    row = {"ratingKey": "7", "type": "movie", "title": "Garden", "guid": guid}
    assert reading.item(row) == Item("7", "movie", Kind.VIDEO, "Garden")


def test_an_empty_list_has_no_key_at_all() -> None:
    body = b'{"MediaContainer": {"size": 0, "totalSize": "42"}}'
    answer = Answer("plex", 200, {}, body)
    assert (reading.rows(answer), reading.hub_rows(answer)) == ([], [])
    assert reading.total(answer) == 42
    bare = Answer(
        "plex", 200, {"x-plex-container-total-size": "7"}, body.replace(b"total", b"x")
    )
    assert reading.total(bare) == 7
