"""What people type and paste, and which title fits it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medianest_bot.core import titles
from medianest_bot.core.titles import Wanted
from medianest_bot.services.media import Kind


@dataclass(frozen=True)
class Film:
    title: str
    year: int | None = None


DUNES = [
    Film("Dune", 2021),
    Film("Dune: Part Two", 2024),
    Film("Dune", 1984),
    Film("Jodorowsky's Dune", 2013),
]


def best(typed: str, *films: Film) -> Film:
    return titles.ranked(titles.read(typed), films)[0]


@pytest.mark.parametrize(
    ("typed", "kind", "number"),
    [
        ("movie:438631", Kind.MOVIE, 438631),
        ("TV:1396", Kind.TV, 1396),
        ("https://www.themoviedb.org/movie/438631-dune", Kind.MOVIE, 438631),
        ("themoviedb.org/tv/1396", Kind.TV, 1396),
        ("https://requests.example.org/movie/438631", Kind.MOVIE, 438631),
        ("http://192.168.1.4:5055/tv/1396?x=1", Kind.TV, 1396),
        ("Look: https://www.themoviedb.org/tv/1396-breaking-bad.", Kind.TV, 1396),
    ],
)
def test_an_id_or_a_link_names_one_title(typed: str, kind: Kind, number: int) -> None:
    wanted = titles.read(typed)

    assert (wanted.kind, wanted.tmdb_id, wanted.is_exact) == (kind, number, True)


@pytest.mark.parametrize(
    ("typed", "lookup"),
    [
        ("imdb:tt1160419", "imdb:tt1160419"),
        ("tt1160419", "imdb:tt1160419"),
        ("https://m.imdb.com/de/title/tt1160419/?ref_=x", "imdb:tt1160419"),
        ("tmdb:603", "tmdb:603"),
        ("https://thetvdb.com/?tab=series&id=81189", "tvdb:81189"),
        ("https://thetvdb.com/dereferrer/series/81189", "tvdb:81189"),
    ],
)
def test_other_catalogues_are_looked_up(typed: str, lookup: str) -> None:
    wanted = titles.read(typed)

    assert (wanted.lookup, wanted.queries) == (lookup, (lookup,))


def test_a_plex_link_names_an_item_of_the_library() -> None:
    link = (
        "https://app.plex.tv/desktop/#!/server/6b1d/details"
        "?key=%2Flibrary%2Fmetadata%2F123"
    )

    assert titles.read(link).plex_key == "123"


def test_a_link_that_spells_a_name_is_searched_by_it() -> None:
    wanted = titles.read("https://watch.plex.tv/movie/dune-2021")

    assert wanted == Wanted("dune 2021", "dune", year=2021)


@pytest.mark.parametrize(
    "typed",
    [
        "https://youtu.be/abc",
        "https://themoviedb.org/person/5",
        "https://[broken/movie/5",
        "https://example.org/movie/99999999999",
    ],
)
def test_other_links_name_no_title(typed: str) -> None:
    assert not titles.read(typed).is_exact


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("dune", Wanted("dune", "dune")),
        ("dune 2021", Wanted("dune 2021", "dune", year=2021)),
        ("Dune (1984)", Wanted("Dune (1984)", "Dune", year=1984)),
        ("1917", Wanted("1917", "1917")),
        ("dark season 2", Wanted("dark season 2", "dark", seasons="2")),
        ("dark s1 - 3", Wanted("dark s1 - 3", "dark", seasons="1-3")),
        ("apollo 9999", Wanted("apollo 9999", "apollo 9999")),
    ],
)
def test_words_may_carry_a_year_and_seasons(typed: str, wanted: Wanted) -> None:
    assert titles.read(typed) == wanted


def test_a_number_that_may_belong_to_the_name_is_asked_both_ways() -> None:
    assert titles.read("dune 2").queries == ("dune", "dune 2")
    assert titles.read("open season 2").queries == ("open", "open season 2")
    assert titles.read("dune").queries == ("dune",)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("dune 2", DUNES[1]),
        ("dune part 2", DUNES[1]),
        ("dune II", DUNES[1]),
        ("dune", DUNES[0]),
        ("dune 1984", DUNES[2]),
        ("jodorowskys dune", DUNES[3]),
        ("dnue part two", DUNES[1]),
    ],
)
def test_the_film_that_was_meant_comes_first(typed: str, found: Film) -> None:
    assert best(typed, *DUNES) == found


def test_a_year_that_belongs_to_the_name_is_no_year() -> None:
    films = Film("Blade Runner", 1982), Film("Blade Runner 2049", 2017)

    assert best("blade runner 2049", *films) == films[1]
    assert best("blade runner 1982", *films) == films[0]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("amelie", "Amélie"),
        ("wall-e", "WALL·E"),
        ("fast and furious", "Fast & Furious"),
        ("leon", "Léon"),
        ("schindlers list", "Schindler's List"),
        ("godfather 3", "The Godfather Part III"),
    ],
)
def test_accents_signs_and_articles_do_not_count(typed: str, name: str) -> None:
    found = [Film(name, 2000), Film(f"{name} and more", 2001)]

    assert titles.exact(titles.read(typed), found) == found[:1]


def test_two_films_of_one_name_are_both_exact() -> None:
    assert titles.exact(titles.read("dune"), DUNES) == [DUNES[0], DUNES[2]]
    assert titles.exact(titles.read("dune 2021"), DUNES) == [DUNES[0]]


def test_names_that_are_not_alike_keep_their_order_at_the_end() -> None:
    films = [Film("Casablanca"), Film("Metropolis"), Film("Dune")]

    assert titles.ranked(titles.read("dune"), films) == [films[2], *films[:2]]
    assert titles.ranked(titles.read("dune"), films, least=60) == films[2:]


def test_no_exact_match_for_signs_only() -> None:
    assert titles.exact(titles.read("???"), [Film("!!!")]) == []


@settings(max_examples=100)
@given(st.text(max_size=200), st.text(min_size=1, max_size=80))
def test_nothing_typed_breaks_reading_or_ranking(typed: str, name: str) -> None:
    wanted = titles.read(typed)

    assert titles.ranked(wanted, [Film(name, 2000)]) == [Film(name, 2000)]
