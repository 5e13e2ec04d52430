"""What somebody asks for, compared with what is there and asked for already."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from medianest_bot.core import seasons as season_lists
from medianest_bot.core._request_states import free_seasons, seasons_there
from medianest_bot.core.store.requests import MediaRequest
from medianest_bot.core.titles import Named
from medianest_bot.core.words import Sorry, marked
from medianest_bot.services.errors import Missing, Unreachable
from medianest_bot.services.media import Kind
from medianest_bot.services.seerr import Details, MediaState, Seerr, UnknownTitle

NO_TITLE = marked(
    "I cannot find that title right now. Please check the number, or try again later."
)
BLOCKED = marked("{title} is on the list of titles that cannot be asked for here.")
WHICH_SEASONS = marked(
    "Which seasons of {title}? For example: /request tv:{number} seasons:1-3"
)
NO_SUCH_SEASONS = marked("There are no seasons {seasons} of {title}.")
LATER = marked("I cannot look up the seasons right now. Please try again later.")


@dataclass(frozen=True, slots=True)
class Wish:
    """One title to ask for; `seasons` as a person writes them ("latest", "1-3").

    `known` is what is known of it, for when Seerr cannot be asked.
    """

    kind: Kind
    tmdb_id: int
    seasons: str = ""
    known: Named | None = None
    poster: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of asking: a new row, one that was there, or None: no need."""

    request: MediaRequest | None
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Meant:
    """The seasons of a wish: all, those not there, those to be asked for.

    Films have none.
    """

    all: tuple[int, ...] = ()
    new: tuple[int, ...] = ()
    free: tuple[int, ...] = ()


async def look(seerr: Seerr, wish: Wish) -> Details | None:
    """What Seerr knows of it; None where it does not answer but we know enough."""
    try:
        found = await seerr.details(wish.kind, wish.tmdb_id)
    except (Missing, UnknownTitle) as error:
        raise Sorry(NO_TITLE) from error
    except Unreachable as error:
        if wish.known is None:
            raise Sorry(NO_TITLE) from error
        return None
    if found.state is MediaState.BLOCKLISTED:
        raise Sorry(BLOCKED, title=found.title)
    return found


def what_is_meant(
    wish: Wish, found: Details | None, ours: Sequence[MediaRequest]
) -> Meant:
    """Which seasons; `ours` are open rows that count as asked. Raises Sorry."""
    if wish.kind is not Kind.TV:
        return Meant()
    name = found.title if found else wish.known.title if wish.known else ""
    if not wish.seasons:
        raise Sorry(WHICH_SEASONS, title=name, number=wish.tmdb_id)
    try:
        numbers = _numbers(wish.seasons, found)
    except ValueError as error:
        raise Sorry(WHICH_SEASONS, title=name, number=wish.tmdb_id) from error
    if not numbers:
        raise Sorry(NO_SUCH_SEASONS, seasons=wish.seasons[:40], title=name)
    new = set(numbers) - (seasons_there(found) if found else frozenset())
    free = new & set(free_seasons(found)) if found else new
    return Meant(numbers, tuple(sorted(new)), tuple(sorted(free - asked_for(ours))))


def asked_for(rows: Iterable[MediaRequest]) -> set[int]:
    """All seasons of these rows."""
    return {season for row in rows for season in row.seasons}


def without(meant: Meant, rows: Iterable[MediaRequest]) -> Meant:
    """What is left of a wish besides these rows."""
    return replace(meant, new=tuple(sorted(set(meant.new) - asked_for(rows))))


def same(rows: Sequence[MediaRequest], meant: Meant) -> MediaRequest | None:
    """One of these open rows, where together they cover the wish already."""
    if not set(meant.new) <= asked_for(rows):
        return None
    wanted = set(meant.all)
    covering = (row for row in rows if not wanted or wanted & set(row.seasons))
    return next(covering, None)


def _numbers(text: str, found: Details | None) -> tuple[int, ...]:
    if found is not None:
        return season_lists.picked(text, (one.number for one in found.seasons))
    if season_lists.is_word(text):
        raise Sorry(LATER)
    return season_lists.parse(text)
