"""Which accounts have a sign-in, in memory: every word of a stranger is asked about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from medianest_bot.core._link_types import LIVE, Attempt, State

KNOWN_FOR = timedelta(days=1)
"""So long after it has ended, who wrote it is shown how."""
_MOST = 2000
_DIGITS = frozenset({State.OPEN, State.AT_PLEX, State.CODE})
"""While it is in one of these, six digits are meant for it, perhaps too early."""


@dataclass(frozen=True, slots=True)
class _Known:
    number: int
    state: State
    expires_at: datetime
    until: datetime


class Lately:
    """The last sign-in of each account, while it is open and for a day after that."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._known: dict[tuple[str, str], _Known] = {}

    def note(self, attempt: Attempt) -> None:
        """How one stands by now. Of an account only the newest counts."""
        account = attempt.platform, attempt.account
        known = self._known.get(account)
        if known is not None and known.number > attempt.id:
            return
        self._known.pop(account, None)
        if attempt.state is State.DONE:
            # They are somebody now.
            return
        is_live = attempt.state in LIVE
        over_at = attempt.expires_at if is_live else attempt.updated_at
        self._known[account] = _Known(
            attempt.id, attempt.state, attempt.expires_at, over_at + KNOWN_FOR
        )
        for oldest in list(self._known)[:-_MOST]:
            del self._known[oldest]

    def forget(self, account: tuple[str, str]) -> None:
        self._known.pop(account, None)

    def takes_digits(self, account: tuple[str, str]) -> bool:
        known = self._known.get(account)
        if known is None or known.state not in _DIGITS:
            return False
        return self._now() < known.expires_at

    def number(self, account: tuple[str, str]) -> int | None:
        """Of the sign-in that is to be shown; None where none is."""
        known = self._known.get(account)
        return known.number if known and self._now() < known.until else None
