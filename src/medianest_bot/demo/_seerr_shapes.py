"""The JSON of Seerr 3.1.0 and Overseerr 1.34.0, key by key as recorded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from medianest_bot.demo._seerr_settings import within_user
from medianest_bot.demo._seerr_state import (
    DECLINED,
    Account,
    Asked,
    Books,
    Media,
)
from medianest_bot.demo._seerr_titles import (
    common,
    details,
    download,
    moment,
    named,
    numbers,
    season,
)
from medianest_bot.demo.household import Movie, Series

_SEERR_ONLY = frozenset(
    {
        "warnings",
        "jellyfinUsername",
        "jellyfinUserId",
        "avatarETag",
        "avatarVersion",
        "jellyfinMediaId",
        "jellyfinMediaId4k",
        "canRemove",
        "onUserWatchlist",
        "watchlists",
    }
)


class Shapes:
    """Draws the books as JSON, for one of the two products."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def account(
        self, account: Account, *, private: bool = True, settings: bool = False
    ) -> dict[str, Any]:
        """Mail and Plex id are `private`, but not within requests."""
        when = moment(account.created)
        movie, tv = account.movie or (None, None), account.tv or (None, None)
        shape: dict[str, Any] = {
            "permissions": account.permissions,
            "warnings": [],
            "id": account.id,
            **({"email": f"{account.name}@home.example"} if private else {}),
            "plexUsername": account.name,
            "jellyfinUsername": None,
            "username": None,
            "recoveryLinkExpirationDate": None,
            "userType": 1,
            **({"plexId": account.plex_id} if private else {}),
            "jellyfinUserId": None,
            "avatar": f"https://plex.tv/users/{account.id}/avatar",
            "avatarETag": None,
            "avatarVersion": None,
            "movieQuotaLimit": movie[0],
            "movieQuotaDays": movie[1],
            "tvQuotaLimit": tv[0],
            "tvQuotaDays": tv[1],
            "createdAt": when,
            "updatedAt": when,
            **({"settings": within_user(self._books, account)} if settings else {}),
            "requestCount": len(self._books.requests_by(account)),
            "displayName": account.name,
        }
        return self._product(shape)

    def new_account(self, account: Account) -> dict[str, Any]:
        """As an import answers."""
        shape = self.account(account, private=False)
        for late in ("requestCount", "displayName"):
            del shape[late]
        if self._books.is_seerr:
            return shape
        old = {"plexToken": "", "password": None, "resetPasswordGuid": None}
        return {**shape, **old}

    def media(self, media: Media) -> dict[str, Any]:
        when = moment(media.created)
        shape: dict[str, Any] = {
            "downloadStatus": list(self._downloads(media)),
            "downloadStatus4k": [],
            "id": media.id,
            "mediaType": media.kind,
            "tmdbId": media.tmdb,
            "tvdbId": media.tvdb,
            "imdbId": None,
            "status": media.status,
            "status4k": media.status_4k,
            "createdAt": when,
            "updatedAt": when,
            "lastSeasonChange": when,
            "mediaAddedAt": when if self._books.is_seerr else None,
            "serviceId": None,
            "serviceId4k": None,
            "externalServiceId": None,
            "externalServiceId4k": None,
            "externalServiceSlug": None,
            "externalServiceSlug4k": None,
            "ratingKey": media.plex_key,
            "ratingKey4k": None,
            "jellyfinMediaId": None,
            "jellyfinMediaId4k": None,
        }
        return self._product(shape)

    def media_with_seasons(self, media: Media) -> dict[str, Any]:
        return {**self.media(media), "seasons": self._media_seasons(media)}

    def new_request(self, one: Asked) -> dict[str, Any]:
        """As POST /request answers: with what was known of the title before."""
        media = self.media(one.media)
        if not one.is_first:
            others = [o for o in self._books.requests_of(one.media) if o is not one]
            media["requests"] = [self._inner_request(other) for other in others]
            media["seasons"] = self._media_seasons(one.media)
        return {
            "type": one.kind,
            "media": media,
            "requestedBy": self.account(one.by, settings=True),
            **self._modified(one, settings=True),
            **self._core(one),
            **({"seasons": self._seasons(one)} if one.kind == "tv" else {}),
        }

    def request(self, one: Asked) -> dict[str, Any]:
        """As GET, approve and decline of one request answer."""
        return {
            **self._inner_request(one, settings=True),
            "media": self.media_with_seasons(one.media),
        }

    def listed_request(self, one: Asked, *, for_manager: bool) -> dict[str, Any]:
        shape = self._inner_request(one)
        return self._product({**shape, "canRemove": False}) if for_manager else shape

    def page(
        self, rows: list[dict[str, Any]], total: int, take: int, skip: int
    ) -> dict[str, Any]:
        info = {
            "pages": -(-total // take),
            "pageSize": take,
            "results": total,
            "page": skip // take + 1,
        }
        return {"pageInfo": info, "results": rows}

    def hit(self, title: Movie | Series) -> dict[str, Any]:
        """One result of a search or of a discover list."""
        kind = "movie" if isinstance(title, Movie) else "tv"
        media = self._books.media.get((kind, title.tmdb))
        shape = {**common(title), "id": title.tmdb, "mediaType": kind}
        shape |= {**named(title), "genreIds": [18]}
        if media is not None:
            extra = "watchlists" if self._books.is_seerr else "seasons"
            shape["mediaInfo"] = {**self.media(media), extra: []}
        return shape

    def movie(self, movie: Movie) -> dict[str, Any]:
        shape = {
            **common(movie),
            **named(movie),
            **details(movie),
            "budget": 1,
            "releases": {"results": []},
            "revenue": 1,
            "imdbId": movie.imdb,
            "runtime": movie.minutes,
            "externalIds": {"imdbId": movie.imdb},
            **self._media_info("movie", movie.tmdb),
        }
        return self._product(shape)

    def series(self, series: Series) -> dict[str, Any]:
        shape = {
            **common(series),
            **named(series),
            **details(series),
            "createdBy": [],
            "episodeRunTime": [45],
            "inProduction": False,
            "languages": ["en"],
            "lastAirDate": series.date,
            "networks": [],
            "numberOfEpisodes": sum(series.seasons[1:]),
            "numberOfSeasons": len(series.seasons) - 1,
            "contentRatings": {"results": []},
            "seasons": [season(series, number) for number in numbers(series)],
            "type": "Scripted",
            "externalIds": {"imdbId": series.imdb, "tvdbId": series.tvdb},
            **self._media_info("tv", series.tmdb),
        }
        return self._product(shape)

    def _media_info(self, kind: str, tmdb: int) -> dict[str, Any]:
        """`mediaInfo` is absent where nothing is known of the title."""
        media = self._books.media.get((kind, tmdb))
        if media is None:
            return {}
        requests = self._books.requests_of(media)
        info = {
            **self.media(media),
            "requests": [self._inner_request(one) for one in requests],
            "issues": [],
            "seasons": self._media_seasons(media),
        }
        return {"mediaInfo": info}

    def _inner_request(self, one: Asked, *, settings: bool = False) -> dict[str, Any]:
        modified = {"modifiedBy": None, **self._modified(one, settings=settings)}
        return {
            **self._core(one),
            "type": one.kind,
            "media": self.media(one.media),
            "requestedBy": self.account(one.by, settings=settings),
            **modified,
            "seasons": self._seasons(one),
            "seasonCount": len(one.seasons),
        }

    def _core(self, one: Asked) -> dict[str, Any]:
        return {
            "id": one.id,
            "status": one.status,
            "createdAt": moment(one.created),
            "updatedAt": moment(one.updated),
            "is4k": one.is_4k,
            "serverId": None,
            "profileId": None,
            "rootFolder": None,
            "languageProfileId": None,
            "tags": None,
            **one.advanced,
            "isAutoRequest": False,
        }

    def _modified(self, one: Asked, *, settings: bool) -> dict[str, Any]:
        if one.modified_by is None:
            return {}
        return {"modifiedBy": self.account(one.modified_by, settings=settings)}

    def _seasons(self, one: Asked) -> list[dict[str, Any]]:
        """A season follows its request; in Overseerr not when it is declined."""
        kept = one.status == DECLINED and not self._books.is_seerr
        return [
            {
                "id": season_id,
                "seasonNumber": number,
                "status": 1 if kept else one.status,
                "createdAt": moment(one.created),
                "updatedAt": moment(one.updated),
            }
            for number, season_id in one.seasons.items()
        ]

    def _media_seasons(self, media: Media) -> list[dict[str, Any]]:
        when = moment(media.created)
        return [
            {
                "id": media.id * 100 + number,
                "seasonNumber": number,
                "status": status,
                "status4k": 1,
                "createdAt": when,
                "updatedAt": when,
            }
            for number, status in sorted(media.seasons.items())
        ]

    def _downloads(self, media: Media) -> Iterable[dict[str, Any]]:
        """Progress as Radarr and Sonarr report it, a file a season."""
        if media.percent is None:
            return
        title = self._books.titles[media.kind, media.tmdb]
        for number in media.fetching or (None,):
            yield download(title, media.percent, number, self._books.now())

    def _product(self, shape: dict[str, Any]) -> dict[str, Any]:
        """Overseerr lacks some keys."""
        if self._books.is_seerr:
            return shape
        return {key: value for key, value in shape.items() if key not in _SEERR_ONLY}
