"""What is said to a person when a neighbour did not do what was asked."""

from __future__ import annotations

from datetime import datetime

from medianest_bot.core.store.errors import (
    StoreBusy,
    StoreError,
    StoreUnusable,
    Why,
)
from medianest_bot.core.words import CHATS, _, day, marked
from medianest_bot.services.errors import (
    Missing,
    Refused,
    ServiceError,
    Unreachable,
    Unreadable,
)

NOT_ANSWERING = marked("{service} does not answer right now. Please try again later.")
NOT_SINCE = marked("{service} has not answered since {time}. Please try again later.")
REFUSED = marked("{service} refused that. An admin can see why with /admin errors.")
MISSING = marked("{service} does not have that any more.")
UNREADABLE = marked(
    "{service} answered something I do not understand. It has been noted for the admin."
)
BUSY = marked("My memory is busy. Nothing was changed; please try again in a moment.")
UNUSABLE = {
    Why.FULL: marked("The disk is full, so nothing was changed. An admin has to help."),
    Why.READ_ONLY: marked(
        "I cannot write anything down right now, so nothing was changed. "
        "An admin has to help."
    ),
}
NO_MEMORY = marked("I cannot reach my memory right now. An admin has to help.")

SERVICES = {
    "plex": "Plex",
    "plex_tv": "plex.tv",
    "seerr": "Seerr",
    "uptime_kuma": "Uptime Kuma",
    "telegram": CHATS["telegram"],
    "discord": CHATS["discord"],
    "videos": marked("The video site"),
}


def service_name(service: str) -> str:
    """What people call a neighbour."""
    return _(SERVICES.get(service, service))


def worded(error: ServiceError, now: datetime) -> str:
    """One honest sentence about a neighbour, in the reader's language."""
    match error:
        case Unreachable(since=datetime() as since):
            time = clock(since, now)
            return _(NOT_SINCE, service=service_name(error.service), time=time)
        case Unreachable():
            return _(NOT_ANSWERING, service=service_name(error.service))
        case Missing():
            return _(MISSING, service=service_name(error.service))
        case Unreadable():
            return _(UNREADABLE, service=service_name(error.service))
        case Refused() | _:
            return _(REFUSED, service=service_name(error.service))


def of_store(error: StoreError) -> str:
    """One honest sentence about what we cannot remember or write down."""
    match error:
        case StoreBusy():
            return _(BUSY)
        case StoreUnusable(reason=reason):
            return _(UNUSABLE.get(reason, NO_MEMORY))
        case _:
            return _(NO_MEMORY)


def clock(moment: datetime, now: datetime) -> str:
    """The local time of day, with the date in words where that is not today."""
    local = moment.astimezone()
    is_today = local.date() == now.astimezone().date()
    time = f"{local:%H:%M}"
    return time if is_today else _("{day}, {time}", day=day(local), time=time)
