from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medianest_bot.core import line
from medianest_bot.core.words import Sorry


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("  search   dune ", "search dune"),
        ("search\tdune\n", "search dune"),
        ("search du\x00ne", "search du ne"),
        ("search \u202edune\u202c", "search dune"),
        ("search café", "search café"),
        ("search 🐛 👩‍👩‍👧", "search 🐛 👩‍👩‍👧"),
    ],
)
def test_a_line_is_cleaned_of_what_nobody_types(typed: str, cleaned: str) -> None:
    assert line.clean(typed) == cleaned


def test_a_line_that_is_too_long_is_refused() -> None:
    with pytest.raises(Sorry) as refused:
        line.clean("x" * 100_000)

    assert refused.value.worded() == (
        "That is too long for me. Please keep it under 4096 characters."
    )


@given(st.text(max_size=300))
def test_a_cleaned_line_has_no_control_characters(text: str) -> None:
    cleaned = line.clean(text)

    assert cleaned == line.clean(cleaned)
    assert not any(unicodedata.category(char) in ("Cc", "Zl", "Zp") for char in cleaned)


@pytest.mark.parametrize(
    ("text", "rest", "found"),
    [
        ("dune where:library", "dune", {"where": "library"}),
        ("dune page:2 where:all", "dune", {"page": "2", "where": "all"}),
        ("dune where: library", "dune where: library", {}),
        ("where:library dune", "where:library dune", {}),
        ("dune other:thing", "dune other:thing", {}),
        ("movie:438631", "movie:438631", {}),
        ('dune where:"a b" page:2', "dune", {"where": "a b", "page": "2"}),
        ('dune where:"say \\"hi\\""', "dune", {"where": 'say "hi"'}),
        ('where:"a b"', "", {"where": "a b"}),
        ('dune where:"a', 'dune where:"a', {}),
        ('"dune where:" page:"1 2"', '"dune where:"', {"page": "1 2"}),
        ('dune x"where:a', 'dune x"where:a', {}),
    ],
)
def test_only_known_trailing_options_are_taken_off(
    text: str, rest: str, found: dict[str, str]
) -> None:
    assert line.options(text, frozenset({"where", "page"})) == (rest, found)


@given(st.text(max_size=100))
def test_quoted_text_is_read_back_as_one_word(text: str) -> None:
    cleaned = line.clean(text)
    word = line.first_word(line.quoted(text) + " and more")

    assert (word.text, word.rest) == (cleaned, "and more")


@given(st.text(max_size=100))
def test_quoted_free_text_is_never_taken_for_options(text: str) -> None:
    cleaned = line.clean(text)
    rest, found = line.options(line.quoted(text), frozenset({"where"}))

    assert (line.unquoted(rest), found) == (cleaned, {})


@given(st.text(max_size=100), st.text(max_size=100))
def test_quoted_text_is_read_back_as_an_option(title: str, text: str) -> None:
    typed = f"{line.quoted(title)} where:{line.quoted(text)}"
    rest, found = line.options(typed, frozenset({"where"}))

    assert (line.unquoted(rest), found) == (
        line.clean(title),
        {"where": line.clean(text)},
    )
