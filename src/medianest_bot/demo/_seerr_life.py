"""How requests live in the Seerr stand-in: approved, fetched, there."""

from __future__ import annotations

from collections.abc import Callable

from medianest_bot.demo import _seerr_rules as rules
from medianest_bot.demo._seerr_state import (
    APPROVED,
    ASKED,
    AVAILABLE,
    Asked,
    Books,
    Media,
)

APPROVE_S = 8.0
START_S = 2.0
FETCH_S = 10.0

Arrived = Callable[[str, int, tuple[int, ...]], object]


class Life:
    """Moves requests on by the clock; with `pace` 0 only its methods do."""

    def __init__(self, books: Books, pace: float) -> None:
        self._books = books
        self._pace = pace
        self._arrived: list[Arrived] = []
        self.done: set[int] = set()
        """Requests whose title has come."""

    def on_available(self, callback: Arrived) -> None:
        self._arrived.append(callback)

    def advance(self) -> bool:
        """Bring every request to where it is by now; True where one moved on."""
        if self._pace <= 0:
            return False
        moved = [
            self._advance(one, (self._books.clock() - one.since) / self._pace)
            for one in list(self._books.asked.values())
        ]
        return any(moved)

    def approve(self, one: Asked) -> None:
        """By the owner, as a person would."""
        self._books.move(one, APPROVED, self._books.accounts[1])
        rules.hand_on(one)

    def progress(self, one: Asked, percent: int) -> None:
        one.media.percent = percent
        one.media.fetching = tuple(one.seasons)

    def finish(self, one: Asked) -> None:
        """It is there; whoever wants to know is told."""
        self.done.add(one.id)
        self.arrive(one.media, tuple(one.seasons))

    def arrive(self, media: Media, seasons: tuple[int, ...] = ()) -> None:
        """The title is there, all of it or these seasons."""
        rules.arrive(self._books, media, seasons)
        for tell in self._arrived:
            tell(media.kind, media.tmdb, seasons)

    def _advance(self, one: Asked, after_s: float) -> bool:
        if one.status == ASKED and after_s >= APPROVE_S and not one.waits_forever:
            self.approve(one)
            return True
        if one.status == APPROVED and one.id not in self.done:
            return self._fetch(one, after_s - START_S)
        return False

    def _fetch(self, one: Asked, after_s: float) -> bool:
        if one.media.status == AVAILABLE:
            return False
        if after_s >= FETCH_S:
            self.finish(one)
            return True
        if after_s >= 0:
            self.progress(one, int(100 * after_s / FETCH_S))
        return False
