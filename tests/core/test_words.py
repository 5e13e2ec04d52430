from __future__ import annotations

import asyncio
import gettext
import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medianest_bot.core import words
from medianest_bot.core.words import (
    Sorry,
    _,
    ago,
    n_,
    percent,
    read_on,
    reading,
    size,
    span,
)

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def test_a_sentence_is_filled_in() -> None:
    assert _("There is no film called {title}", title="{Dune}") == (
        "There is no film called {Dune}"
    )
    assert _("100 % {sure}") == "100 % {sure}"


def test_one_and_many_are_told_apart() -> None:
    said = [
        n_("{count} tea for {who}", "{count} teas for {who}", n, who="ana")
        for n in (0, 1, 2)
    ]
    assert said == ["0 teas for ana", "1 tea for ana", "2 teas for ana"]


def test_no_is_worded_when_it_is_shown() -> None:
    assert Sorry("There is no {thing}", thing="tea").worded() == "There is no tea"


@given(st.text())
def test_what_people_type_is_never_a_template(text: str) -> None:
    assert _("Say {what}", what=text) == f"Say {text}"
    assert Sorry("Say {what}", what=text).worded() == f"Say {text}"


@pytest.mark.parametrize(
    "broken", ["Sag {was}", "Sag {", "Sag {what.nothing}", "Sag {0}", "Sag {what:x}"]
)
def test_a_broken_translation_gives_way_to_english(broken: str) -> None:
    assert words._filled(broken, "Say {what}", {"what": "hi"}) == "Say hi"


@pytest.mark.parametrize(
    "locale", [None, "", "en", "en-GB", "xx-YY", "../../etc", "de\0", "a" * 5000]
)
def test_a_language_without_a_catalogue_is_english(locale: str | None) -> None:
    with reading(locale):
        assert _("Nothing") == "Nothing"
        assert span(120) == "2 minutes"


async def test_each_reader_has_a_language_of_their_own() -> None:
    async def language(name: str) -> str:
        with reading("en"):
            words._reader.set(name)
            await asyncio.sleep(0)
            return words._reader.get()

    said = await asyncio.gather(language("de"), language("fr"))
    assert list(said) == ["de", "fr"]
    assert words._reader.get() == "en"


def test_a_language_is_read_on_up_to_the_end_of_the_reading() -> None:
    with reading("en"):
        words._reader.set("de")
        read_on("en")
        assert words._reader.get() == "en"
        words._reader.set("de")
    assert words._reader.get() == "en"


def test_a_missing_catalogue_is_no_fault() -> None:
    assert isinstance(words._catalogue("en"), gettext.NullTranslations)


@pytest.mark.parametrize(
    ("past", "text"),
    [
        (timedelta(seconds=1), "1 second ago"),
        (timedelta(minutes=3), "3 minutes ago"),
        (timedelta(days=40), "1 month ago"),
        (timedelta(seconds=-90), "1 second ago"),
    ],
)
def test_how_long_ago(past: timedelta, text: str) -> None:
    assert ago(NOON - past, NOON) == text


@pytest.mark.parametrize(
    ("share", "english", "german"),
    [(100.0, "100 %", "100 %"), (99.02, "99.02 %", "99,02 %"), (0.5, "0.5 %", "0,5 %")],
)
def test_a_share_is_written_as_its_reader_writes_it(
    share: float, english: str, german: str
) -> None:
    assert percent(share) == english
    with reading("de"):
        assert percent(share) == german


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 seconds"), (-5, "0 seconds"), (40, "40 seconds"), (3600, "1 hour")],
)
def test_how_long(seconds: float, text: str) -> None:
    assert span(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_950, "1.0 MB"),
        (3_240_000, "3.2 MB"),
        (1.5e12, "1.5 TB"),
        (2e15, "2000.0 TB"),
        (-1, "0 B"),
        (math.nan, "0 B"),
        (math.inf, "0 B"),
    ],
)
def test_how_much(count: float, text: str) -> None:
    assert size(count) == text
