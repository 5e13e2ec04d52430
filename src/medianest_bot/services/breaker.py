"""Stops asking a neighbour that does not answer, and tries again carefully.

Our own, because the breakers we know count only consecutive failures or let a
random half of the callers through while half open; a household wants one probe.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime

from medianest_bot.services.clock import loop_time

WINDOW_S = 60.0
OPEN_S = 30.0
LEAST_CALLS = 5
FAILED_PROBES = 2


class Turn:
    """One call that was let in; it gives its turn back by `record` or `release`."""


class Breaker:
    """Opens for 30 s after two failed probes or half of five or more calls failing.

    After that exactly one caller at a time may try; its success closes the breaker.
    """

    def __init__(self, clock: Callable[[], float] = loop_time) -> None:
        self._clock = clock
        self._calls: deque[tuple[float, bool]] = deque(maxlen=200)
        self._open_until: float | None = None
        self._failed_probes = 0
        self._trial: Turn | None = None
        self.since: datetime | None = None
        """When the neighbour stopped answering; None while it answers."""

    @property
    def is_open(self) -> bool:
        """True while ordinary calls must not be made."""
        if self._open_until is None:
            return False
        return self._clock() < self._open_until or self._trial is not None

    def enter(self) -> Turn | None:
        """A turn for this call, or None: after the pause, only one caller has one."""
        if self.is_open:
            return None
        turn = Turn()
        if self._open_until is not None:
            self._trial = turn
        return turn

    def record(self, turn: Turn, *, ok: bool) -> None:
        """Note how a call that was let in ended."""
        is_trial = turn is self._trial
        if self._open_until is not None and not is_trial:
            return  # let in before it opened: it says nothing about now
        self._trial = None
        now = self._clock()
        self._calls.append((now, ok))
        if ok:
            self._recovered()
            return
        self.since = self.since or datetime.now(UTC)
        if is_trial or self._half_failed(now):
            self._open_until = now + OPEN_S

    def release(self, turn: Turn) -> None:
        """A call that was let in was cancelled: it says nothing about the neighbour."""
        if turn is self._trial:
            self._trial = None

    def probed(self, *, ok: bool) -> None:
        """Note a health probe, which is made whether the breaker is open or not."""
        if ok:
            self._recovered()
            return
        self._failed_probes += 1
        self.since = self.since or datetime.now(UTC)
        if self._failed_probes >= FAILED_PROBES:
            self._open_until = self._clock() + OPEN_S

    def _recovered(self) -> None:
        if self._open_until is not None:
            self._calls.clear()
        self._open_until = None
        self._trial = None
        self._failed_probes = 0
        self.since = None

    def _half_failed(self, now: float) -> bool:
        recent = [ok for at, ok in self._calls if now - at <= WINDOW_S]
        return len(recent) >= LEAST_CALLS and recent.count(False) * 2 >= len(recent)
