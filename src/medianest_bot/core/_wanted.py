"""Reads what a person typed or pasted: an id, a link, or words with a year."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from medianest_bot.core._folding import numbered
from medianest_bot.services.media import Kind

_LARGEST_ID = 2**31
_ID = re.compile(r"(movie|film|tv|show|series|tmdb|tvdb):([0-9]{1,10})", re.IGNORECASE)
_IMDB = re.compile(r"(?:imdb:)?(tt[0-9]{5,12})", re.IGNORECASE)
_LINK = re.compile(r"https?://\S+", re.IGNORECASE)
_BARE_LINK = re.compile(
    r"(?:www\.|m\.)?(?:themoviedb\.org|imdb\.com|thetvdb\.com|app\.plex\.tv"
    r"|watch\.plex\.tv)/\S+",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?P<words>.+?)\s*(?:\((?P<a>\d{4})\)|\s(?P<b>\d{4}))")
_SEASON = re.compile(
    r"(?P<words>.+?)[\s,:-]{1,3}(?:seasons?|staffel|saison|s)[\s.]*"
    r"(?P<list>\d{1,2}(?:\s*[-,]\s*\d{1,2})*)",
    re.IGNORECASE,
)
_PATH = re.compile(r"/(movie|tv)/(\d{1,10})(?:[/-].*)?")
_TVDB = re.compile(r"/(?:dereferrer/)?(?:series|movies?)/(\d{1,10})/?")
_SLUG = re.compile(r"/(?:series|movies?|show)/([a-z0-9-]{1,120})/?")
_PLEX_KEY = re.compile(r"/library/metadata/(\d{1,12})")

_KINDS = {
    "movie": Kind.MOVIE,
    "film": Kind.MOVIE,
    "tv": Kind.TV,
    "show": Kind.TV,
    "series": Kind.TV,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for. Ids are exact; `words` are `text` less year and season.

    `lookup` is an id in the form Seerr's search understands ("imdb:tt1160419").
    """

    text: str = ""
    words: str = ""
    kind: Kind | None = None
    tmdb_id: int | None = None
    lookup: str | None = None
    plex_key: str | None = None
    year: int | None = None
    seasons: str | None = None
    url: str | None = None
    """A link that names no title we could look up: perhaps a video."""

    @property
    def is_exact(self) -> bool:
        """True where it names one title by a number, not by words."""
        return self.tmdb_id is not None or bool(self.lookup or self.plex_key)

    @property
    def queries(self) -> tuple[str, ...]:
        """What to search for: without year, season and number, and as typed.

        "blade runner 2049" and "open season 2" are names, "dune 2021" is not,
        and only some servers find "Dune: Part Two" for "dune 2".
        """
        if self.lookup:
            return (self.lookup,)
        base = numbered(self.words.casefold())
        short = base.base if base.is_numbered else self.words
        return tuple(dict.fromkeys(one for one in (short, self.text) if one))


def read(typed: str) -> Wanted:
    """What `typed` asks for; never fails, words are the last resort."""
    text = " ".join(typed.split())
    return _identified(text) or _linked(text) or _worded(text)


def _identified(text: str) -> Wanted | None:
    imdb = _IMDB.fullmatch(text)
    if imdb:
        return Wanted(text, lookup=f"imdb:{imdb[1].lower()}")
    match = _ID.fullmatch(text)
    if match is None or not 0 < int(match[2]) < _LARGEST_ID:
        return None
    return _by_number(text, match[1].lower(), int(match[2]))


def _by_number(text: str, what: str, number: int) -> Wanted:
    if what in _KINDS:
        return Wanted(text, kind=_KINDS[what], tmdb_id=number)
    return Wanted(text, lookup=f"{what}:{number}")


def _worded(text: str) -> Wanted:
    words, seasons, year = text, None, None
    if match := _SEASON.fullmatch(words):
        words, seasons = match["words"], re.sub(r"\s", "", match["list"])
    if match := _YEAR.fullmatch(words):
        typed_year = int(match["a"] or match["b"])
        if 1880 <= typed_year < 2100:
            words, year = match["words"], typed_year
    return Wanted(text, words, year=year, seasons=seasons)


def _linked(text: str) -> Wanted | None:
    """A pasted link, also with words around it as apps share it."""
    match = _LINK.search(text)
    if match is None and _BARE_LINK.fullmatch(text):
        match = _LINK.search(f"https://{text}")
    if match is None:
        return None
    try:
        url = urlsplit(match[0].rstrip(").,>»"))
        host = (url.hostname or "").removeprefix("www.").removeprefix("m.")
    except ValueError:
        return None
    read_link = _SITES.get(host, _of_seerr)
    return read_link(url) or Wanted(text, text, url=url.geturl())


def _of_tmdb(url: SplitResult) -> Wanted | None:
    match = _PATH.fullmatch(url.path)
    if match is None or not 0 < int(match[2]) < _LARGEST_ID:
        return None
    season = re.search(r"/season/(\d{1,2})(?:/|$)", url.path)
    return Wanted(
        url.geturl(),
        kind=_KINDS[match[1]],
        tmdb_id=int(match[2]),
        seasons=season[1] if season else None,
    )


def _of_imdb(url: SplitResult) -> Wanted | None:
    match = re.search(r"/title/(tt\d{5,12})(?:/|$)", url.path)
    return Wanted(url.geturl(), lookup=f"imdb:{match[1]}") if match else None


def _of_tvdb(url: SplitResult) -> Wanted | None:
    ids = parse_qs(url.query, max_num_fields=20).get("id", [])
    match = _TVDB.fullmatch(url.path)
    number = match[1] if match else next(iter(ids), "")
    if number.isascii() and number.isdigit() and len(number) < 11:
        return Wanted(url.geturl(), lookup=f"tvdb:{number}")
    return _of_slug(url)


def _of_slug(url: SplitResult) -> Wanted | None:
    """A link that only spells the name: `/movie/dune-2021`."""
    match = _SLUG.fullmatch(url.path)
    return _worded(match[1].replace("-", " ").strip()) if match else None


def _of_plex(url: SplitResult) -> Wanted | None:
    match = _PLEX_KEY.search(unquote(url.fragment + url.query))
    return Wanted(url.geturl(), plex_key=match[1]) if match else None


def _of_seerr(url: SplitResult) -> Wanted | None:
    """Overseerr and Seerr use the paths of TMDB, on a host of the household."""
    return _of_tmdb(url)


_SITES: dict[str, Callable[[SplitResult], Wanted | None]] = {
    "themoviedb.org": _of_tmdb,
    "imdb.com": _of_imdb,
    "thetvdb.com": _of_tvdb,
    "app.plex.tv": _of_plex,
    "watch.plex.tv": _of_slug,
}
