"""What is left alone for a while after it failed: sites, links, Plex."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta


class Rests:
    """Pauses by key, each twice as long as the last.

    Kept in memory: after a restart everything is tried at once.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._until: dict[Hashable, datetime] = {}
        self._times: Counter[Hashable] = Counter()

    def begin(self, key: Hashable, first_s: float, most_s: float) -> int:
        """Leave `key` alone; returns how many pauses that makes in a row.

        Nothing is added while it rests already: several may fail at once.
        """
        if self.until(key) is None:
            pause_s = min(most_s, first_s * 2.0 ** min(self._times[key], 30))
            self._times[key] += 1
            self._until[key] = self._now() + timedelta(seconds=pause_s)
        return self._times[key]

    def until(self, key: Hashable) -> datetime | None:
        """When it may be tried again; None where it may now."""
        until = self._until.get(key)
        return until if until is not None and until > self._now() else None

    def end(self, key: Hashable) -> None:
        """It works, or is of no interest any more."""
        self._until.pop(key, None)
        self._times.pop(key, None)
