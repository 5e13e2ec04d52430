"""Finds titles as TMDB's search does, near enough."""

from __future__ import annotations

import unicodedata

from medianest_bot.demo._seerr_state import Books
from medianest_bot.demo.household import Movie, Series


def matching(books: Books, query: str) -> list[Movie | Series]:
    """Titles that hold every word of the query, or the one an id names."""
    source, colon, wanted = query.partition(":")
    titles = list(books.titles.values())
    if colon and source in ("tmdb", "imdb", "tvdb"):
        return [one for one in titles if str(getattr(one, source, "")) == wanted]
    words = _folded(query).split()
    return [one for one in titles if _holds(_folded(one.title), words)]


def _holds(title: str, words: list[str]) -> bool:
    return bool(words) and all(word in title for word in words)


def _folded(text: str) -> str:
    """Lower case, without accents and punctuation."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if c.isalnum() or c.isspace())
