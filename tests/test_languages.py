"""Every language says all there is to say, and nothing that nobody says any more."""

from __future__ import annotations

import ast
import string
from collections.abc import Sequence
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from tests.test_house_words import SAID

from medianest_bot.core.words import ENGLISH, _, languages, reading

ROOT = Path(__file__).parent.parent
SRC = ROOT / "src" / "medianest_bot"
LOCALES = SRC / "locales"
KEYWORDS = {
    "_": None,
    "n_": (1, 2),
    "marked": None,
    "Sorry": None,
    "command": None,
    "Param": None,
}
"""What words a sentence; the same as in the Makefile (`make words`)."""
OTHERS = [one for one in languages() if one != ENGLISH]


def said() -> set[str | tuple[str, ...]]:
    """All that the code may say, in English."""
    found = extract_from_dir(
        str(SRC), method_map=[("**.py", "python")], keywords=KEYWORDS
    )
    return {message for _path, _line, message, _notes, _context in found}


def catalogue(language: str) -> Catalog:
    path = LOCALES / language / "LC_MESSAGES" / "bot.po"
    with path.open("rb") as file:
        return read_po(file, locale=language)


def messages(language: str) -> list[Message]:
    return [one for one in catalogue(language) if one.id]


def named(text: str | Sequence[str]) -> str:
    """A message by its singular."""
    return forms(text)[0]


def forms(text: str | Sequence[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def blanks(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


def test_there_is_more_than_english() -> None:
    assert OTHERS == ["de"]


@pytest.mark.parametrize("language", OTHERS)
def test_everything_is_said_and_nothing_else(language: str) -> None:
    known = {
        one.id if isinstance(one.id, str) else tuple(one.id)
        for one in messages(language)
    }
    assert known == said()


@pytest.mark.parametrize("language", OTHERS)
def test_no_sentence_is_left_empty_or_unsure(language: str) -> None:
    unsure = [
        one.id for one in messages(language) if one.fuzzy or not all(forms(one.string))
    ]
    assert (unsure, catalogue(language).obsolete) == ([], {})


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_keeps_its_blanks(language: str) -> None:
    wrong = [
        (english, worded)
        for one in messages(language)
        for english, worded in zip(forms(one.id), forms(one.string), strict=True)
        if blanks(english) != blanks(worded)
        if not set(blanks(worded)) <= set(blanks(forms(one.id)[-1]))
        or isinstance(one.id, str)
    ]
    assert wrong == []


@pytest.mark.parametrize("language", OTHERS)
def test_no_sentence_shouts_or_trails_off(language: str) -> None:
    loud = [
        worded
        for one in messages(language)
        for worded in forms(one.string)
        if "!" in worded or "..." in worded or worded != worded.strip()
    ]
    assert loud == []


@pytest.mark.parametrize("language", OTHERS)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    """`make words` does it."""
    compiled = LOCALES / language / "LC_MESSAGES" / "bot.mo"
    with compiled.open("rb") as file:
        found = {named(one.id): forms(one.string) for one in read_mo(file) if one.id}
    assert found == {named(one.id): forms(one.string) for one in messages(language)}


def test_nothing_is_said_that_is_not_found() -> None:
    """Babel passes over what stands in an f-string, or inside of another call."""
    texts = {
        text.value
        for one in SAID
        for text in one.texts
        if isinstance(text, ast.Constant)
    }
    assert texts - {form for one in said() for form in forms(one)} == set()


def test_make_words_looks_for_the_same() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    given = makefile.partition("pybabel -q extract")[2].partition("--add-location")[0]
    asked = {one.partition(":")[0] for one in given.split() if one not in ("-k", "\\")}
    assert asked | {"_"} == set(KEYWORDS)


@pytest.mark.parametrize("locale", ["de", "de-DE", "de_AT", "DE"])
def test_a_reader_of_german_reads_german(locale: str) -> None:
    with reading(locale):
        assert _("Everything is up") == "Alles läuft"
