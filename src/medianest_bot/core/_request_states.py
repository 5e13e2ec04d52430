"""Where a request stands, and how that is read from what Seerr says. All pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from medianest_bot.core.store.requests import MediaRequest
from medianest_bot.services.errors import Missing, Refused, ServiceError
from medianest_bot.services.media import Kind
from medianest_bot.services.seerr import (
    Details,
    MediaState,
    Progress,
    Refusal,
    Request,
    RequestState,
    refusal,
)


class State(StrEnum):
    """A request's way from the first press until it can be watched."""

    KEPT = "kept"
    """Written down, not yet given to Seerr."""
    NEEDS_ADMIN = "needs_admin"
    """Kept until an admin says who this person is to Seerr."""
    PENDING = "pending"
    APPROVED = "approved"
    DOWNLOADING = "downloading"
    PARTLY = "partly"
    AVAILABLE = "available"
    DECLINED = "declined"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_open(self) -> bool:
        """True while something may still happen by itself or through an admin."""
        return self in OPEN

    @property
    def can_be_cancelled(self) -> bool:
        return self in (State.KEPT, State.NEEDS_ADMIN, State.PENDING)


WATCHED = (State.PENDING, State.APPROVED, State.DOWNLOADING, State.PARTLY)
"""Those that Seerr holds and whose news come from there."""
OPEN = (State.KEPT, State.NEEDS_ADMIN, *WATCHED)


class Reason(StrEnum):
    """Why a request stands where it stands; worded by the commands."""

    FOLLOWED = "followed"
    """Somebody else asked Seerr for it; this row only follows."""
    QUOTA = "quota"
    PERMISSION = "permission"
    BLOCKLISTED = "blocklisted"
    NO_SEASONS = "no_seasons"
    UNKNOWN_TITLE = "unknown_title"
    REFUSED = "refused"
    DELETED = "deleted"
    BROKEN = "broken"
    """Seerr could not hand it on to Radarr or Sonarr."""
    KEY = "key"
    CSRF = "csrf"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Standing:
    """What Seerr says about a request, as a row keeps it; percent from 0 to 100."""

    state: State
    reason: Reason | None = None
    percent: float | None = None
    eta: datetime | None = None
    seerr_id: int | None = None


_ROUGH = timedelta(seconds=5)
"""Seerr keeps whole seconds, and its clock is not ours."""
FOR_ADMINS = (Reason.KEY, Reason.CSRF)
"""What only an admin can mend: the request is kept meanwhile."""

_ENDS = {
    Refusal.QUOTA: Standing(State.DECLINED, Reason.QUOTA),
    Refusal.PERMISSION: Standing(State.DECLINED, Reason.PERMISSION),
    Refusal.BLOCKLISTED: Standing(State.DECLINED, Reason.BLOCKLISTED),
    Refusal.NO_SEASONS: Standing(State.FAILED, Reason.NO_SEASONS),
    Refusal.KEY: Standing(State.KEPT, Reason.KEY),
    Refusal.CSRF: Standing(State.KEPT, Reason.CSRF),
}


def after_error(error: ServiceError) -> Standing:
    """Where a request stands that Seerr did not take."""
    if isinstance(error, Missing):
        return Standing(State.FAILED, Reason.UNKNOWN_TITLE)
    if isinstance(error, Refused):
        refused = Standing(State.FAILED, Reason.REFUSED)
        return _ENDS.get(refusal(error), refused)
    return Standing(State.KEPT, Reason.AWAY)


def of_request(
    request: Request, details: Details | None, seasons: Iterable[int] = ()
) -> Standing | None:
    """Where Seerr's request stands; None where it uses words we do not know.

    `details` matter for series of which a part is there, `seasons` are those that
    were asked for. Overseerr never completes a request: there its title is looked
    at.
    """
    match request.state:
        case RequestState.DECLINED:
            return Standing(State.DECLINED)
        case RequestState.FAILED:
            return Standing(State.FAILED, Reason.BROKEN)
        case RequestState.COMPLETED:
            return Standing(State.AVAILABLE)
        case RequestState.PENDING | RequestState.APPROVED:
            return _under_way(request, details, frozenset(seasons))
        case _:
            return None


def needs_details(request: Request) -> bool:
    """True where the title's state does not tell about these seasons."""
    is_partly = request.media_state is MediaState.PARTIALLY_AVAILABLE
    return request.kind is Kind.TV and is_partly


def standing_at_seerr(
    details: Details, row: MediaRequest, user: int, *, shared: bool = False
) -> Standing | None:
    """Where a kept row stands there; None where it must still be asked for.

    What this user asked for since the row was written is the row's own request,
    made before its number could be kept, however it ended. `shared`: Seerr says
    that nothing is left to ask for, so whatever anybody asked for of it will do.
    """
    held = holding(details, row.seasons, user, whole=not shared)
    if held is not None and (shared or held.requested_by == user):
        return at_seerr(held, user)
    if all_there(details, row.seasons):
        return Standing(State.AVAILABLE)
    since = row.created_at - _ROUGH
    made = [
        one
        for one in _asked_for(details, row.seasons, whole=not shared)
        if one.requested_by == user and one.created and one.created >= since
    ]
    return at_seerr(made[-1], user) if made else None


def at_seerr(request: Request, user: int | None) -> Standing:
    """Where a request stands that was just made or found there, for this user."""
    standing = of_request(request, None, request.seasons) or Standing(State.PENDING)
    is_others = request.requested_by not in (user, None)
    reason = Reason.FOLLOWED if is_others else standing.reason
    return replace(standing, reason=reason, seerr_id=request.id)


def following(row: MediaRequest) -> Standing:
    """Where another's row stands, as one who follows it keeps it."""
    state = State(row.state)
    return Standing(state, Reason.FOLLOWED, row.percent, row.eta, row.seerr_id)


def holding(
    details: Details, seasons: Iterable[int], by: int | None, *, whole: bool = False
) -> Request | None:
    """The open request in Seerr for the film or any of these seasons, newest last.

    That of `by` is preferred; with `whole` it must be for all these seasons.
    """
    held = [
        one
        for one in _asked_for(details, seasons, whole=whole)
        if one.state in (RequestState.PENDING, RequestState.APPROVED)
    ]
    held.sort(key=lambda one: one.requested_by == by)
    return held[-1] if held else None


def all_there(details: Details, seasons: Iterable[int]) -> bool:
    """True where the film, or every one of these seasons, can be watched."""
    if details.kind is Kind.MOVIE:
        return details.state is MediaState.AVAILABLE
    return set(seasons) <= seasons_there(details)


def free_seasons(details: Details) -> tuple[int, ...]:
    """Seasons that are neither there nor asked for."""
    return tuple(
        one.number
        for one in details.seasons
        if not one.requested and one.state is not MediaState.AVAILABLE
    )


def seasons_there(details: Details) -> frozenset[int]:
    """All seasons where the whole series is there."""
    if details.state is MediaState.AVAILABLE:
        return frozenset(one.number for one in details.seasons)
    there = (one for one in details.seasons if one.state is MediaState.AVAILABLE)
    return frozenset(one.number for one in there)


def _asked_for(
    details: Details, seasons: Iterable[int], *, whole: bool
) -> list[Request]:
    """Requests for the film, or for any (`whole`: all) of these seasons."""
    wanted = frozenset(seasons)

    def fits(one: Request) -> bool:
        both = wanted & frozenset(one.seasons)
        return both == wanted if whole else bool(both)

    is_film = details.kind is Kind.MOVIE
    return [one for one in details.requests if not one.is_4k and (is_film or fits(one))]


def _under_way(
    request: Request, details: Details | None, seasons: frozenset[int]
) -> Standing:
    there = seasons & seasons_there(details) if details else frozenset()
    all_there = bool(seasons) and there == seasons
    if request.media_state is MediaState.AVAILABLE or all_there:
        return Standing(State.AVAILABLE)
    if request.state is RequestState.PENDING:
        return Standing(State.PENDING)
    if request.downloading:
        return _fetching(request.downloading)
    return Standing(State.PARTLY if there else State.APPROVED)


def _fetching(files: tuple[Progress, ...]) -> Standing:
    """All files of a request as one; a season is many."""
    size = sum(one.size for one in files)
    left = sum(one.left for one in files)
    percent = float(round(100 * (size - left) / size)) if size else 0.0
    last = max((one.eta for one in files if one.eta), default=None)
    percent = min(100.0, max(0.0, percent))
    return Standing(State.DOWNLOADING, percent=percent, eta=last)
