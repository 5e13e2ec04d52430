"""The rows of the demo's Plex, in the shape of its JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import PurePath

from medianest_bot.demo._plex_wire import Json
from medianest_bot.demo.household import Movie, Series

FILMS, SHOWS, VIDEOS = "1", "2", "3"
"""The keys of the libraries."""
TYPES = {"movie": 1, "show": 2, "season": 3, "episode": 4, "clip": 12, "collection": 18}
EPISODE_MINUTES = 45


def movie(one: Movie, key: int, added: int) -> Json:
    name = f"{one.title} ({one.year})"
    file = f"/srv/films/{name}/{name}.mkv"
    return {
        **_head("movie", one.title, key, added),
        "guid": f"plex://movie/{_guid(one.tmdb)}",
        "summary": one.overview,
        "year": one.year,
        "originallyAvailableAt": one.date,
        "Genre": [{"tag": genre} for genre in one.genres],
        "Guid": _ids(imdb=one.imdb, tmdb=one.tmdb),
        **_files(key, file, one.minutes * 60_000),
    }


def show(one: Series, key: int, added: int) -> Json:
    row = _head("show", one.title, key, added)
    row["key"] += "/children"
    return {
        **row,
        "guid": f"plex://show/{_guid(one.tmdb)}",
        "summary": one.overview,
        "year": one.year,
        "index": 1,
        "childCount": 0,
        "leafCount": 0,
        "viewedLeafCount": 0,
        "duration": EPISODE_MINUTES * 60_000,
        "originallyAvailableAt": one.date,
        "Genre": [{"tag": genre} for genre in one.genres],
        "Guid": _ids(imdb=one.imdb, tmdb=one.tmdb, tvdb=one.tvdb),
    }


def season(parent: Json, number: int, key: int, added: int) -> Json:
    title = f"Season {number}" if number else "Specials"
    row = _head("season", title, key, added)
    row["key"] += "/children"
    return {
        **row,
        "guid": f"plex://season/{_guid(key)}",
        "summary": "",
        "index": number,
        "leafCount": 0,
        "viewedLeafCount": 0,
        **_above("parent", parent),
    }


def episode(parent: Json, above: Json, number: int, key: int, added: int) -> Json:
    """Number so and so of the season `parent` of the show `above`."""
    name = f"{above['title']} - S{parent['index']:02}E{number:02}"
    file = f"/srv/shows/{above['title']}/{parent['title']}/{name}.mkv"
    return {
        **_head("episode", f"Episode {number}", key, added),
        "guid": f"plex://episode/{_guid(key)}",
        "summary": "",
        "index": number,
        "parentIndex": parent["index"],
        "year": above["year"],
        **_above("parent", parent),
        **_above("grandparent", above),
        **_files(key, file, EPISODE_MINUTES * 60_000),
    }


def video(file: PurePath, size: int, key: int, added: int) -> Json:
    """A file that nobody knows: its name is all that is known of it."""
    return {
        **_head("movie", file.stem, key, added),
        "guid": f"local://{key}",
        "summary": "",
        "originallyAvailableAt": datetime.fromtimestamp(added, UTC).date().isoformat(),
        **_files(key, str(file), 60_000, size),
    }


def collection(title: str, section: str, type_: str, key: int, now: int) -> Json:
    return {
        "ratingKey": str(key),
        "key": f"/library/collections/{key}/children",
        "guid": f"collection://{_guid(key)}",
        "type": "collection",
        "subtype": type_,
        "title": title,
        "summary": "",
        "librarySectionID": int(section),
        "librarySectionKey": f"/library/sections/{section}",
        "thumb": f"/library/collections/{key}/composite/{now}",
        "addedAt": now,
        "updatedAt": now,
    }


def section(
    key: str, title: str, type_: str, agent: str, scanner: str, folder: str, now: int
) -> Json:
    return {
        "allowSync": True,
        "art": f"/:/resources/{type_}-fanart.jpg",
        "composite": f"/library/sections/{key}/composite/{now}",
        "filters": True,
        "refreshing": False,
        "thumb": f"/:/resources/{type_}.png",
        "key": key,
        "type": type_,
        "title": title,
        "agent": agent,
        "scanner": scanner,
        "language": "en-US" if not agent.endswith(".none") else "xn",
        "uuid": f"ac000000-0000-0000-0000-00000000000{key}",
        "updatedAt": now,
        "createdAt": now,
        "scannedAt": now,
        "content": True,
        "directory": True,
        "contentChangedAt": 1,
        "hidden": 0,
        "Location": [{"id": int(key), "path": folder}],
    }


def _head(type_: str, title: str, key: int, added: int) -> Json:
    return {
        "ratingKey": str(key),
        "key": f"/library/metadata/{key}",
        "type": type_,
        "title": title,
        "thumb": f"/library/metadata/{key}/thumb/{added}",
        "addedAt": added,
        "updatedAt": added,
    }


def _above(prefix: str, row: Json) -> Json:
    key = row["ratingKey"]
    return {
        f"{prefix}RatingKey": key,
        f"{prefix}Key": f"/library/metadata/{key}",
        f"{prefix}Guid": row["guid"],
        f"{prefix}Title": row["title"],
        f"{prefix}Thumb": row["thumb"],
    }


def _ids(**ids: str | int) -> list[Json]:
    return [{"id": f"{name}://{value}"} for name, value in ids.items()]


def _guid(number: int) -> str:
    return sha256(str(number).encode()).hexdigest()[:24]


def _files(key: int, file: str, duration: int, size: int = 700_000_000) -> Json:
    container = PurePath(file).suffix[1:]
    part: Json = {
        "id": key,
        "key": f"/library/parts/{key}/1/file.{container}",
        "duration": duration,
        "file": file,
        "size": size,
        "container": container,
    }
    media: Json = {
        "id": key,
        "duration": duration,
        "bitrate": 1500,
        "width": 1280,
        "height": 720,
        "aspectRatio": 1.78,
        "audioChannels": 2,
        "audioCodec": "aac",
        "videoCodec": "h264",
        "videoResolution": "720",
        "container": container,
        "videoFrameRate": "24p",
        "Part": [part],
    }
    return {"duration": duration, "Media": [media]}


def files(row: Json) -> Sequence[str]:
    return [part["file"] for media in row.get("Media", ()) for part in media["Part"]]
