"""Reads what Seerr answers, tolerantly: what is missing or odd becomes None.

Nothing here raises, whatever the JSON holds. A function returns None where what
it reads makes no sense without the missing part.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from medianest_bot.services._seerr_models import (
    Details,
    Hit,
    MediaState,
    Page,
    Progress,
    Quota,
    Quotas,
    Request,
    RequestState,
    Season,
    User,
)
from medianest_bot.services.loose import number, table, text
from medianest_bot.services.media import Kind

_POSTER = re.compile(r"/[A-Za-z0-9_-]{1,100}\.(?:jpe?g|png|webp)")
_POSTERS = "https://image.tmdb.org/t/p/w500"
_DATE = re.compile(r"([12][0-9]{3})-")
_IMDB = re.compile(r"tt[0-9]{1,12}")
_KINDS = {"movie": Kind.MOVIE, "tv": Kind.TV}
_HELD = (RequestState.PENDING, RequestState.APPROVED, RequestState.FAILED)

T = TypeVar("T")


def hits(raw: object) -> tuple[Hit, ...] | None:
    """The films and series of a search; people and collections are left out."""
    results = table(raw).get("results")
    return _each(results, _hit) if isinstance(results, list) else None


def details(raw: object, kind: Kind, tmdb_id: int) -> Details | None:
    body = table(raw)
    title = text(body.get("title" if kind is Kind.MOVIE else "name"))
    if not title:
        return None
    media = table(body.get("mediaInfo"))
    ids = table(body.get("externalIds"))
    asked = _each(media.get("requests"), lambda row: request(row, media))
    return Details(
        kind=kind,
        tmdb_id=tmdb_id,
        tvdb_id=number(ids.get("tvdbId")) or number(media.get("tvdbId")),
        imdb_id=_imdb(body.get("imdbId")) or _imdb(ids.get("imdbId")),
        title=title,
        year=_year(body.get("releaseDate" if kind is Kind.MOVIE else "firstAirDate")),
        overview=text(body.get("overview")),
        poster=_poster(body.get("posterPath")),
        genres=_each(body.get("genres"), lambda row: text(table(row).get("name"))),
        minutes=_minutes(body),
        state=_media_state(media.get("status")),
        seasons=_seasons(body, media, asked),
        requests=asked,
        downloading=_each(media.get("downloadStatus"), _progress),
        media_id=number(media.get("id")),
        plex_key=text(media.get("ratingKey")) or None,
    )


def request(raw: object, media: dict[str, Any] | None = None) -> Request | None:
    """One request; `media` is used where it stands inside its title's details."""
    row = table(raw)
    media = table(row.get("media")) or media or {}
    kind = _kind(row.get("type")) or _kind(media.get("mediaType"))
    request_id = number(row.get("id"))
    if kind is None or request_id is None:
        return None
    is_4k = row.get("is4k") is True
    by = table(row.get("requestedBy"))
    downloading = media.get("downloadStatus4k" if is_4k else "downloadStatus")
    return Request(
        id=request_id,
        kind=kind,
        tmdb_id=number(media.get("tmdbId")),
        state=RequestState(number(row.get("status")) or 0),
        media_state=_media_state(media.get("status4k" if is_4k else "status")),
        seasons=_each(
            row.get("seasons"), lambda one: number(table(one).get("seasonNumber"))
        ),
        requested_by=number(by.get("id")),
        requested_by_name=_name(by),
        created=_moment(row.get("createdAt")),
        updated=_moment(row.get("updatedAt")),
        downloading=_each(downloading, _progress),
        is_4k=is_4k,
    )


def page(raw: object) -> Page | None:
    body = table(raw)
    results = body.get("results")
    if not isinstance(results, list):
        return None
    items = _each(results, request)
    return Page(total(body, len(items)), items)


def users(raw: object) -> tuple[User, ...] | None:
    results = table(raw).get("results")
    return _each(results, user) if isinstance(results, list) else None


def user(raw: object) -> User | None:
    row = table(raw)
    user_id = number(row.get("id"))
    if user_id is None:
        return None
    return User(
        user_id,
        _name(row),
        number(row.get("plexId")),
        number(row.get("permissions")) or 0,
    )


def quotas(raw: object) -> Quotas | None:
    body = table(raw)
    if not isinstance(body.get("movie"), dict) or not isinstance(body.get("tv"), dict):
        return None
    return Quotas(_quota(body["movie"]), _quota(body["tv"]))


def total(raw: object, otherwise: int) -> int:
    """How many there are in all, on every page together."""
    count = number(table(table(raw).get("pageInfo")).get("results"))
    return otherwise if count is None else count


def _each(raw: object, read: Callable[[Any], T | None]) -> tuple[T, ...]:
    """What can be read of a list; empty texts are left out too."""
    if not isinstance(raw, list):
        return ()
    found = (read(row) for row in raw)
    return tuple(one for one in found if one is not None and one != "")


def _hit(raw: object) -> Hit | None:
    row = table(raw)
    kind = _kind(row.get("mediaType"))
    tmdb_id = number(row.get("id"))
    title = text(row.get("title")) or text(row.get("name"))
    if kind is None or tmdb_id is None or not title:
        return None
    return Hit(
        kind=kind,
        tmdb_id=tmdb_id,
        title=title,
        year=_year(row.get("releaseDate")) or _year(row.get("firstAirDate")),
        overview=text(row.get("overview")),
        poster=_poster(row.get("posterPath")),
        state=_media_state(table(row.get("mediaInfo")).get("status")),
    )


def _seasons(
    body: dict[str, Any], media: dict[str, Any], asked: tuple[Request, ...]
) -> tuple[Season, ...]:
    states = dict(_each(media.get("seasons"), _season_state))
    held = {
        season
        for one in asked
        if one.state in _HELD and not one.is_4k
        for season in one.seasons
    }

    def season(raw: object) -> Season | None:
        row = table(raw)
        which = number(row.get("seasonNumber"))
        if which is None:
            return None
        return Season(
            number=which,
            episodes=number(row.get("episodeCount")) or 0,
            name=text(row.get("name")),
            state=states.get(which, MediaState.UNKNOWN),
            requested=which in held,
        )

    return _each(body.get("seasons"), season)


def _season_state(raw: object) -> tuple[int, MediaState] | None:
    row = table(raw)
    which = number(row.get("seasonNumber"))
    return None if which is None else (which, _media_state(row.get("status")))


def _progress(raw: object) -> Progress | None:
    row = table(raw)
    size = _size(row.get("size"))
    left = _size(row.get("sizeLeft"))
    if size is None or left is None:
        return None
    eta = _moment(row.get("estimatedCompletionTime"))
    return Progress(text(row.get("title")), size, left, eta)


def _quota(row: dict[str, Any]) -> Quota:
    return Quota(
        used=number(row.get("used")) or 0,
        limit=number(row.get("limit")),
        remaining=number(row.get("remaining")),
        days=number(row.get("days")),
        restricted=row.get("restricted") is True,
    )


def _kind(value: object) -> Kind | None:
    return _KINDS.get(value) if isinstance(value, str) else None


def _media_state(value: object) -> MediaState:
    return MediaState(number(value) or 0)


def _name(row: dict[str, Any]) -> str:
    names = (text(row.get(key)) for key in ("displayName", "plexUsername", "username"))
    return next(filter(None, names), "")


def _minutes(body: dict[str, Any]) -> int | None:
    runs = body.get("episodeRunTime")
    first = runs[0] if isinstance(runs, list) and runs else None
    minutes = number(body.get("runtime")) or number(first)
    return minutes if minutes and minutes > 0 else None


def _size(value: object) -> int | None:
    """Bytes; Radarr and Sonarr send them as whole numbers or as decimals."""
    if isinstance(value, float) and 0 <= value < 2**62:
        value = int(value)
    size = number(value)
    return None if size is None or size < 0 else size


def _year(value: object) -> int | None:
    found = _DATE.match(value) if isinstance(value, str) else None
    return int(found[1]) if found else None


def _imdb(value: object) -> str | None:
    return value if isinstance(value, str) and _IMDB.fullmatch(value) else None


def _poster(value: object) -> str | None:
    """A public address of the picture, only from a bare file name."""
    if not isinstance(value, str) or not _POSTER.fullmatch(value):
        return None
    return _POSTERS + value


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
