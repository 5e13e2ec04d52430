"""Seasons as text and as numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medianest_bot.core import seasons


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("1-3,5", (1, 2, 3, 5)), ("5, 1,1", (1, 5)), ("", ()), (",4,", (4,)), ("0", (0,))],
)
def test_a_list_is_read_as_numbers(text: str, numbers: tuple[int, ...]) -> None:
    assert seasons.parse(text) == numbers


@pytest.mark.parametrize("text", ["x", "3-1", "1-999", "-1", "1--2", "9999"])
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no list"):
        seasons.parse(text)


@given(st.frozensets(st.integers(0, 120)))
def test_what_is_shown_reads_back(numbers: frozenset[int]) -> None:
    assert seasons.parse(seasons.shown(numbers)) == tuple(sorted(numbers))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("latest", (6,)),
        ("first", (3,)),
        ("missing", (3, 4, 6)),
        ("all", (3, 4, 6)),
        ("0-4", (0, 3, 4)),
        ("1,2", ()),
    ],
)
def test_words_mean_seasons_that_are_missing(
    text: str, numbers: tuple[int, ...]
) -> None:
    assert seasons.picked(text, (0, 3, 4, 6)) == numbers


def test_toggling_adds_and_takes_away() -> None:
    assert seasons.toggled((1, 2), 3) == (1, 2, 3)
    assert seasons.toggled((1, 2, 3), 2) == (1, 3)
