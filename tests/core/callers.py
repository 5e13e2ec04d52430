"""Who comes to the gate: chat accounts, and browsers with one cookie."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from medianest_bot.core._link_types import Onward, Page, Visit
from medianest_bot.core.roles import Role

if TYPE_CHECKING:
    from tests.core.gate import Gate


@dataclass
class Clock:
    """Stands still but for a moment each time it is looked at."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    furthest: float = 0.0

    def __call__(self) -> datetime:
        self.at += timedelta(microseconds=1)
        return self.at

    def move(self, **more: float) -> None:
        self.elsewhere()
        self.at += timedelta(**more)

    def seconds(self) -> float:
        return self.at.timestamp()

    def elsewhere(self) -> float:
        """The time at Plex, where no clock is ever set back."""
        self.furthest = max(self.furthest, self.seconds())
        return self.furthest


@dataclass(frozen=True)
class Asker:
    """A chat account."""

    account: str
    platform: str = "discord"
    shown_name: str = "Eve"
    locale: str | None = None


AT_FIRST = {
    "mum": (Role.ADMIN, 1001),
    "ana": (Role.MEMBER, 1002),
    "tim": (Role.MEMBER, 1003),
    "zoe": (Role.MEMBER, None),
}
"""Everybody's role and Plex account."""
EVE = Asker("eve")
"""A stranger."""
ANA = Asker("ana", shown_name="Ana")
MUM = Asker("mum", shown_name="Mum")
ZOE = Asker("zoe", shown_name="Zoe")
"""A member without an account at Plex."""


class Tab:
    """One browser: it keeps one cookie, and where it was sent."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.cookie: str | None = None
        self.sent_to = ""

    async def looks(self, link: str) -> Visit:
        return await self.gate.visits.look(_last(link), self.cookie)

    async def goes_on(self, link: str) -> Page | str:
        """The code it shall confirm at Plex, or the page it is shown instead."""
        answer = await self.gate.visits.go_on(_last(link), self.cookie)
        if isinstance(answer, Visit):
            return answer.page
        return self.goes_to(answer)

    def goes_to(self, onward: Onward) -> str:
        self.cookie, self.sent_to = onward.cookie, onward.address
        return self._told("code")

    async def not_me(self, link: str) -> Page:
        return (await self.gate.visits.not_me(_last(link))).page

    def confirms(self, name: str) -> None:
        """At Plex, as that account."""
        self.gate.plex_tv.claim(self._told("code"), name)

    @property
    def way_back(self) -> str:
        return self._told("forwardUrl")

    async def comes_back(self, way_back: str = "") -> Visit:
        second = _last(way_back or self.way_back)
        return await self.gate.visits.back(second, self.cookie)

    def _told(self, name: str) -> str:
        fragment = urlsplit(self.sent_to).fragment.removeprefix("?")
        return parse_qs(fragment)[name][0]


def _last(address: str) -> str:
    return address.rpartition("/")[2]
