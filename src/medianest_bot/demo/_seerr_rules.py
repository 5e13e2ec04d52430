"""The Seerr stand-in's rules: who may, what counts, what a request leads to.

Messages and order of the checks are those of Seerr 3.1.0
(server/entity/MediaRequest.ts and server/routes/request.ts).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from medianest_bot.demo._seerr_state import (
    APPROVED,
    ASKED,
    AVAILABLE,
    BLOCKLISTED,
    COMPLETED,
    DECLINED,
    DELETED,
    PARTLY,
    PENDING,
    PROCESSING,
    UNKNOWN,
    Account,
    Asked,
    Books,
    Media,
)

ADMIN = 2
MANAGE_USERS = 8
MANAGE_REQUESTS = 16
REQUEST_VIEW = 16384
_REQUEST = {"movie": (32, 262144), "tv": (32, 524288)}
_REQUEST_4K = {"movie": (1024, 2048), "tv": (1024, 4096)}
_AUTO = {"movie": (128, 256), "tv": (128, 512)}
_AUTO_4K = {"movie": (32768, 65536), "tv": (32768, 131072)}
_ADVANCED = ("serverId", "profileId", "rootFolder", "languageProfileId", "tags")
_GUARD = "You do not have permission to access this endpoint"
_RACE_S = 0.01


class No(Exception):
    """An answer other than the asked one."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


def no(status: int, message: str) -> No:
    return No(status, {"message": message})


def guard() -> No:
    """What the permission guard says, to a wrong key too."""
    return No(403, {"status": 403, "error": _GUARD})


def may(account: Account, *bits: int) -> bool:
    """True with any of the bits; an admin may everything."""
    return any(account.permissions & bit for bit in (ADMIN, *bits))


@dataclass(frozen=True, slots=True)
class Wish:
    """The body of POST /request, checked. `is_4k` is None where it was left out."""

    kind: str
    tmdb: int
    is_4k: bool | None
    seasons: Any
    user_id: int | None
    advanced: dict[str, object]


def wish(body: dict[str, Any]) -> Wish:
    return Wish(
        kind=body["mediaType"],
        tmdb=body["mediaId"],
        is_4k=body.get("is4k"),
        seasons=body.get("seasons"),
        user_id=body.get("userId"),
        advanced={name: body[name] for name in _ADVANCED if name in body},
    )


async def request(books: Books, actor: Account, what: Wish) -> Asked:
    """Make a request, pending or approved; there is no lock, as in the original."""
    target = _target(books, actor, what)
    _check_permission(target, what)
    _check_quota(books, target, what)
    _check_title(books, what)
    media = books.media.get((what.kind, what.tmdb))
    if media is not None and media.status == BLOCKLISTED:
        raise no(403, "This media is blocklisted.")
    _check_duplicate(books, media, what)
    seasons = _seasons(books, target, media, what) if what.kind == "tv" else ()
    await asyncio.sleep(_RACE_S)
    return _write(books, actor, target, what, seasons)


def hand_on(one: Asked) -> None:
    """What follows an approval: the title is being worked on from then."""
    if one.status == APPROVED:
        _raise_status(one, PROCESSING, above=(AVAILABLE, PARTLY))


def decline(books: Books, one: Asked, by: Account) -> None:
    books.move(one, DECLINED, by)
    waiting = [other for other in books.requests_of(one.media) if other.status == ASKED]
    if _status(one) == PENDING and not waiting:
        _set_status(one, UNKNOWN)


def remove(books: Books, one: Asked) -> None:
    del books.asked[one.id]
    others = [o for o in books.requests_of(one.media) if o.is_4k == one.is_4k]
    if not others and _status(one) in (PENDING, PROCESSING):
        _set_status(one, UNKNOWN)


def arrive(books: Books, media: Media, seasons: tuple[int, ...] = ()) -> None:
    """The title, or these seasons of it, can be watched."""
    media.percent = None
    media.fetching = ()
    media.seasons |= dict.fromkeys(seasons, AVAILABLE)
    missing = set(books.season_numbers(media)) - set(media.seasons)
    media.status = PARTLY if seasons and missing else AVAILABLE
    for one in books.requests_of(media):
        covered = set(one.seasons) <= set(media.seasons) or not seasons
        if books.is_seerr and one.status == APPROVED and covered:
            books.move(one, COMPLETED)


def quota(books: Books, account: Account, kind: str) -> dict[str, Any]:
    """What is left of the limit; MANAGE_USERS has none. Series count by seasons."""
    limits = account.movie if kind == "movie" else account.tv
    if limits is None or may(account, MANAGE_USERS):
        return {"used": 0, "restricted": False}
    limit, days = limits
    since = books.now() - timedelta(days=days)
    counted = [
        one
        for one in books.requests_by(account)
        if one.kind == kind and one.status != DECLINED and one.created >= since
    ]
    used = sum(len(one.seasons) if kind == "tv" else 1 for one in counted)
    remaining = max(0, limit - used)
    return {
        "days": days,
        "limit": limit,
        "used": used,
        "remaining": remaining,
        "restricted": remaining == 0,
    }


def _target(books: Books, actor: Account, what: Wish) -> Account:
    if what.user_id is None:
        return actor
    if not (may(actor, MANAGE_USERS) and may(actor, MANAGE_REQUESTS)):
        raise no(403, "You do not have permission to modify the request user.")
    if what.user_id not in books.accounts:
        raise no(500, "User missing from request context.")
    return books.accounts[what.user_id]


def _check_permission(target: Account, what: Wish) -> None:
    bits = _REQUEST_4K[what.kind] if what.is_4k else _REQUEST[what.kind]
    if not may(target, *bits):
        words = "movie" if what.kind == "movie" else "series"
        better = "4K " if what.is_4k else ""
        raise no(403, f"You do not have permission to make {better}{words} requests.")


def _check_quota(books: Books, target: Account, what: Wish) -> None:
    if quota(books, target, what.kind)["restricted"]:
        raise no(403, _exceeded(what.kind))


def _exceeded(kind: str) -> str:
    return ("Movie" if kind == "movie" else "Series") + " Quota exceeded."


def _check_title(books: Books, what: Wish) -> None:
    if books.is_tmdb_down:
        reason = "connect ECONNREFUSED"
    elif (what.kind, what.tmdb) not in books.titles:
        reason = "Request failed with status code 404"
    else:
        return
    words = "movie" if what.kind == "movie" else "TV show"
    raise no(500, f"[TMDB] Failed to fetch {words} details: {reason}")


def _check_duplicate(books: Books, media: Media | None, what: Wish) -> None:
    """A film asked for without `is4k` matches no earlier request: a known slip."""
    earlier = [] if media is None else books.requests_of(media)
    same = [one for one in earlier if one.is_4k is what.is_4k]
    done = (DECLINED, COMPLETED)
    if what.kind == "movie" and same and same[0].status not in done:
        raise no(409, "Request for this media already exists.")


def _seasons(
    books: Books, target: Account, media: Media | None, what: Wish
) -> tuple[int, ...]:
    wanted = _wanted_seasons(books, what)
    taken: set[int] = set()
    for one in [] if media is None else books.requests_of(media):
        if one.is_4k is what.is_4k and one.status not in (DECLINED, COMPLETED):
            taken |= set(one.seasons)
    if media is not None:
        free = (UNKNOWN, DELETED)
        taken |= {number for number, at in media.seasons.items() if at not in free}
    left = tuple(season for season in wanted if season not in taken)
    if not left:
        raise no(202, "No seasons available to request")
    remaining = quota(books, target, "tv").get("remaining")
    if remaining is not None and len(left) > remaining:
        raise no(403, _exceeded("tv"))
    return left


def _wanted_seasons(books: Books, what: Wish) -> tuple[int, ...]:
    """Seerr leaves specials out unless they are enabled; Overseerr takes them."""
    if what.seasons is None:
        raise no(500, "Cannot read properties of undefined (reading 'filter')")
    if what.seasons == "all":
        title = books.titles[what.kind, what.tmdb]
        return tuple(range(1, len(getattr(title, "seasons", ()))))
    return tuple(n for n in what.seasons if n > 0 or not books.is_seerr)


def _write(
    books: Books, actor: Account, target: Account, what: Wish, seasons: tuple[int, ...]
) -> Asked:
    """Approval is judged on who acts, not on whom the request is for."""
    is_first = (what.kind, what.tmdb) not in books.media
    media = books.media_of(what.kind, what.tmdb)
    one = books.ask(media, target, seasons)
    one.is_first = is_first
    one.is_4k = what.is_4k is True
    one.advanced = what.advanced
    _raise_status(one, PENDING, above=(PENDING, PROCESSING, PARTLY, AVAILABLE))
    bits = _AUTO_4K[what.kind] if one.is_4k else _AUTO[what.kind]
    if may(actor, *bits, MANAGE_REQUESTS):
        one.status = APPROVED
        one.modified_by = actor
    return one


def _status(one: Asked) -> int:
    return one.media.status_4k if one.is_4k else one.media.status


def _set_status(one: Asked, status: int) -> None:
    if one.is_4k:
        one.media.status_4k = status
    else:
        one.media.status = status


def _raise_status(one: Asked, status: int, *, above: tuple[int, ...]) -> None:
    if _status(one) not in above:
        _set_status(one, status)
