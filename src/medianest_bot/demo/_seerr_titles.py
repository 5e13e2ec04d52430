"""The JSON of titles as Seerr takes it over from TMDB, and of their downloads."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from medianest_bot.demo.household import Movie, Series

_FETCH_S = 10.0
_BYTES_A_MINUTE = 12_000_000


def moment(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def season_with_episodes(series: Series, number: int, *, votes: bool) -> dict[str, Any]:
    """As GET /tv/{id}/season/{n} answers."""
    whole = season(series, number)
    episodes = [
        {
            "id": series.tmdb * 10_000 + number * 100 + episode,
            "airDate": series.date,
            "episodeNumber": episode,
            "name": f"Episode {episode}",
            "overview": "",
            "productionCode": "",
            "seasonNumber": number,
            "showId": series.tmdb,
            "voteAverage": 8,
            **({"voteCount": 9} if votes else {}),
            "stillPath": "",
        }
        for episode in range(1, whole.pop("episodeCount") + 1)
    ]
    return {**whole, "episodes": episodes, "externalIds": {}}


def numbers(series: Series) -> list[int]:
    return [n for n, episodes in enumerate(series.seasons) if n or episodes]


def season(series: Series, number: int) -> dict[str, Any]:
    return {
        "airDate": series.date,
        "episodeCount": series.seasons[number],
        "id": series.tmdb * 100 + number,
        "name": f"Season {number}" if number else "Specials",
        "overview": "",
        "seasonNumber": number,
        "posterPath": None,
    }


def common(title: Movie | Series) -> dict[str, Any]:
    return {
        "originalLanguage": "en",
        "overview": title.overview,
        "popularity": 51,
        "voteAverage": 8.2,
        "voteCount": 1000,
        "backdropPath": f"/b{title.tmdb}.jpg",
        "posterPath": f"/p{title.tmdb}.jpg",
    }


def named(title: Movie | Series) -> dict[str, Any]:
    if isinstance(title, Movie):
        return {
            "adult": False,
            "originalTitle": title.title,
            "releaseDate": title.date,
            "title": title.title,
            "video": False,
        }
    return {
        "firstAirDate": title.date,
        "name": title.title,
        "originCountry": ["US"],
        "originalName": title.title,
    }


def details(title: Movie | Series) -> dict[str, Any]:
    return {
        "id": title.tmdb,
        "genres": [{"id": 18 + n, "name": name} for n, name in enumerate(title.genres)],
        "relatedVideos": [],
        "productionCompanies": [],
        "productionCountries": [],
        "spokenLanguages": [],
        "status": "Released" if isinstance(title, Movie) else "Ended",
        "homepage": "",
        "tagline": "",
        "credits": {"cast": [], "crew": []},
        "watchProviders": [],
        "keywords": [],
        "onUserWatchlist": False,
    }


def download(
    title: Movie | Series, percent: int, number: int | None, now: datetime
) -> dict[str, Any]:
    minutes = title.minutes if isinstance(title, Movie) else 45
    episodes = title.seasons[number] if isinstance(title, Series) and number else 1
    size = minutes * episodes * _BYTES_A_MINUTE
    left_s = round(_FETCH_S * (100 - percent) / 100)
    label = f"{title.title} ({title.year})"
    episode = {"seasonNumber": number, "episodeNumber": 1, "id": title.tmdb}
    return {
        "title": label if number is None else f"{label} S{number:02}",
        "status": "downloading",
        "size": size,
        "sizeLeft": size * (100 - percent) // 100,
        "timeLeft": f"00:00:{left_s:02}",
        "estimatedCompletionTime": moment(now + timedelta(seconds=left_s)),
        "mediaType": "movie" if number is None else "tv",
        "externalId": title.tmdb,
        "downloadId": f"{title.tmdb:08X}",
        **({} if number is None else {"episode": episode}),
    }
