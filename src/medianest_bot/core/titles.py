"""What a person typed, read as a title; and which title fits it best. All pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Protocol, TypeVar

from rapidfuzz import fuzz

from medianest_bot.core._folding import Numbered, fold, numbered, without_article
from medianest_bot.core._wanted import Wanted, read

__all__ = ["Named", "Wanted", "exact", "fold", "ranked", "read", "reference"]


class Named(Protocol):
    """What can be ranked: a name and, where known, a year."""

    @property
    def title(self) -> str: ...
    @property
    def year(self) -> int | None: ...


T = TypeVar("T", bound=Named)

_OTHER_NUMBER = 25
_NO_NUMBER = 15
_OTHER_YEAR = 20
_BEGINS = 87.0
_ALIKE = 45.0


def ranked(wanted: Wanted, titles: Iterable[T], *, least: float = 0.0) -> list[T]:
    """Titles, best first; equals stay in the order they came in.

    Those below `least` are left out. Names that are not alike at all keep their
    order, at the end: a server may know a title by another name than it shows.
    """
    scored = [(_score(wanted, one), one) for one in titles]
    scored = [(points if points >= _ALIKE else 0.0, one) for points, one in scored]
    fitting = [pair for pair in scored if pair[0] >= least]
    return [one for _points, one in sorted(fitting, key=lambda pair: -pair[0])]


def exact(wanted: Wanted, titles: Sequence[T]) -> list[T]:
    """Those whose name is just what was typed, and the year where one was given.

    Case, accents, punctuation and a leading article do not count, and "dune 2"
    is "Dune: Part Two".
    """
    whole = [one for one in titles if _is_named(wanted.text, one)]
    if whole or wanted.text == wanted.words:
        return whole
    named = [one for one in titles if _is_named(wanted.words, one)]
    if wanted.year is None:
        return named
    return [one for one in named if one.year == wanted.year]


def reference(kind: str, tmdb_id: int) -> str:
    """How a line names one title: `movie:438631`."""
    return f"{kind}:{tmdb_id}"


def _is_named(words: str, one: Named) -> bool:
    typed, name = without_article(fold(words)), without_article(fold(one.title))
    if typed == name:
        return bool(typed)
    sought, found = numbered(typed), numbered(name)
    return sought.number > 1 and sought == found


def _score(wanted: Wanted, one: Named) -> float:
    """0 to 100, a little more where the year fits too."""
    whole = _likeness(wanted.text, one.title)
    if wanted.text == wanted.words:
        return whole
    return max(whole, _likeness(wanted.words, one.title) + _year(wanted, one))


def _year(wanted: Wanted, one: Named) -> float:
    if wanted.year is None or one.year is None:
        return 0.0
    away = abs(wanted.year - one.year)
    # Cinema and festival dates differ by a year; two films seldom do.
    return (2.0, 0.0)[away] if away < 2 else -_OTHER_YEAR


@lru_cache(maxsize=20_000)
def _likeness(words: str, title: str) -> float:
    typed, name = without_article(fold(words)), without_article(fold(title))
    if typed == name:
        return 100.0
    sought, found = numbered(typed), numbered(name)
    if sought.is_numbered:
        return _sequel(sought, found, typed, name)
    if typed and name.startswith(typed):
        return _BEGINS + 10 * len(typed) / len(name)
    return min(_BEGINS, fuzz.WRatio(typed, name))


def _sequel(sought: Numbered, found: Numbered, typed: str, name: str) -> float:
    """Fuzzy matching alone puts "Dune" before "Dune: Part Two" for "dune 2"."""
    if sought.number == found.number and found.base == sought.base:
        return 99.0
    if sought.number == found.number and found.base.startswith(sought.base):
        return 96.0
    away = 0 if sought.number == found.number else _OTHER_NUMBER
    if not found.is_numbered:
        away = _NO_NUMBER
    return min(_BEGINS, fuzz.WRatio(typed, name)) - away
