"""Whatever a Plex server answers, it is read or said to be unreadable."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from medianest_bot.services import _plex_reading as reading
from medianest_bot.services.answer import Answer
from medianest_bot.services.errors import Unreadable
from medianest_bot.services.plex import Item

FIXTURE = Path(__file__).parents[1] / "fixtures" / "plex" / "recorded.json"
RECORDED: list[Any] = [
    told["body"]
    for told in json.loads(FIXTURE.read_text("utf-8")).values()
    if isinstance(told["body"], dict)
]
HUBS = {"MediaContainer": {"Hub": [body["MediaContainer"] for body in RECORDED]}}
ROWS: tuple[Callable[[dict[str, Any]], object], ...] = (
    reading.item,
    reading.season_of,
    reading.section,
    reading.collection,
)
LISTS = (reading.rows, reading.hub_rows)
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**63, -(2**63), 10**400, 0, -1, 253402300800]),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["", "\ud800", "\0", "9" * 400, "-5", "²", "tmdb://²", "1/../2"]),
    st.sampled_from([[], {}, [[]], [None], [{}], [{"id": 7}], {"Part": {}}]),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every spot inside a value, by the steps that lead there."""
    steps: Any = enumerate(value) if isinstance(value, list) else ()
    steps = value.items() if isinstance(value, dict) else steps
    below = [places(inner, (*path, step)) for step, inner in steps]
    return [path, *(one for many in below for one in many)]


ANSWERS = [(body, places(body)) for body in (*RECORDED, HUBS)]


@st.composite
def bent(draw: st.DrawFn) -> Any:
    """A recorded answer with something odd, or nothing, in one to three places."""
    recorded, everywhere = draw(st.sampled_from(ANSWERS))
    body = copy.deepcopy(recorded)
    for _ in range(draw(st.integers(1, 3))):
        way = draw(st.sampled_from(everywhere))
        odd, is_gone = copy.deepcopy(draw(ODD)), draw(st.booleans())
        if not way:
            return odd
        held = body
        try:
            for step in way[:-1]:
                held = held[step]
            if is_gone:
                del held[way[-1]]
            else:
                held[way[-1]] = odd
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took this place away
    return body


@given(bent())
@settings(max_examples=300, deadline=None)
def test_bent_answers_are_read_or_unreadable(body: Any) -> None:
    answer = Answer("plex", 200, {}, json.dumps(body).encode())
    for read_list in LISTS:
        try:
            rows = read_list(answer)
        except Unreadable:
            continue
        for read in ROWS:
            check(reading.each(rows, read))
    for ask in (reading.identity, reading.total):
        try:
            ask(answer)
        except Unreadable:
            continue


@given(st.binary(max_size=64))
def test_noise_is_unreadable(noise: bytes) -> None:
    try:
        reading.rows(Answer("plex", 200, {}, noise))
    except Unreadable:
        return
    raise AssertionError("noise was read")


def check(found: tuple[object, ...]) -> None:
    """What was read can be stored, sent and put into a path."""
    for one in found:
        if isinstance(one, Item):
            assert one.key.isdecimal()
            assert one.title
            words = (one.title, one.summary, one.parent_title or "", *one.files)
            "".join(words).encode()
