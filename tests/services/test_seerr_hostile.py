"""Whatever a Seerr answers, the client reads it or says that it cannot."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medianest_bot.services import _seerr_reading as reading
from medianest_bot.services.media import Kind
from medianest_bot.services.seerr import Hit, MediaState

FIXTURES = Path(__file__).parents[1] / "fixtures" / "seerr"
READERS: dict[str, Callable[[Any], object]] = {
    "search-after": reading.hits,
    "search-breaking": reading.hits,
    "movie-603-available": partial(reading.details, kind=Kind.MOVIE, tmdb_id=603),
    "tv-1396-after": partial(reading.details, kind=Kind.TV, tmdb_id=1396),
    "req-tv-seasons": reading.request,
    "req-one": reading.request,
    "reqs-all": reading.page,
    "users": reading.users,
    "auth-me-apikey": reading.user,
    "quota-after": reading.quotas,
}
RECORDED = [
    (row["name"], row["answer"])
    for path in sorted(FIXTURES.glob("*0.jsonl"))
    for row in map(json.loads, path.read_text("utf-8").splitlines())
    if row["name"] in READERS
]
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**63, -(2**63), 10**400, 0, -1]),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(
        [
            "",
            "\ud800",
            "\0",
            "0001-01-01T00:00:00+14:00",
            "9999-12-31",
            "/../x.jpg",
            "5",
        ]
    ),
    st.sampled_from([[], {}, [[]], [None], [{}], {"status": {}}, [{"name": []}]]),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in the JSON."""
    found = [path]
    if isinstance(value, dict):
        rows: Any = value.items()
    else:
        rows = enumerate(value) if isinstance(value, list) else ()
    for key, inner in rows:
        found += places(inner, (*path, key))
    return found


def changed(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    """A copy with something odd at one place."""
    if not path:
        return odd
    copy = value.copy()
    copy[path[0]] = changed(value[path[0]], path[1:], odd)
    return copy


PLACES = [(name, answer, places(answer)) for name, answer in RECORDED]


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_any_odd_value_anywhere_is_read_or_left_out(data: st.DataObject) -> None:
    name, answer, everywhere = data.draw(st.sampled_from(PLACES))
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(everywhere))
        try:
            answer = changed(answer, path, data.draw(ODD))
        except (KeyError, IndexError, TypeError, AttributeError):
            continue  # an earlier change took this place away
    check(READERS[name](answer))


@settings(max_examples=100, deadline=None)
@given(
    answer=st.recursive(
        ODD,
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    ["results", "id", "mediaInfo", "requests", "title", "name"]
                ),
                inner,
            )
        ),
    )
)
def test_any_json_at_all_is_read_or_refused(answer: Any) -> None:
    for read in READERS.values():
        check(read(answer))


@pytest.mark.parametrize(
    ("path", "poster"),
    [
        ("/p603.jpg", "https://image.tmdb.org/t/p/w500/p603.jpg"),
        ("/a_B-9.png", "https://image.tmdb.org/t/p/w500/a_B-9.png"),
        ("//evil.example/p.jpg", None),
        ("/../../secret.jpg", None),
        ("https://evil.example/p.jpg", None),
        ("/p.jpg\n", None),
        ("/p.svg", None),
        (7, None),
    ],
)
def test_a_poster_is_only_a_bare_file_name(path: object, poster: str | None) -> None:
    row = {"id": 1, "mediaType": "movie", "title": "T", "posterPath": path}
    hit = Hit(Kind.MOVIE, 1, "T", None, "", poster, MediaState.UNKNOWN)
    assert reading.hits({"results": [row]}) == (hit,)


def test_an_odd_row_does_not_hide_the_others() -> None:
    good = {"id": 1, "mediaType": "tv", "name": "T", "firstAirDate": "soon"}
    rows: list[object] = [
        None,
        [],
        {"id": "1"},
        {**good, "id": True},
        {**good, "name": ""},
        good,
    ]
    hit = Hit(Kind.TV, 1, "T", None, "", None, MediaState.UNKNOWN)
    assert reading.hits({"results": rows}) == (hit,)


def check(found: object) -> None:
    """What was read can be compared, shown, and stored as UTF-8."""
    assert found == found  # noqa: PLR0124  no NaN gets through
    repr(found).encode()
    hash(found)
