"""Who began sign-ins lately: rows can be deleted by whom they are about."""

from __future__ import annotations

from datetime import datetime

_MOST = 10_000


class Begun:
    """When accounts began sign-ins, in memory; the oldest are forgotten first."""

    def __init__(self) -> None:
        self._at: list[tuple[tuple[str, str], datetime]] = []

    def add(self, account: tuple[str, str], at: datetime) -> None:
        self._at = [*self._at[-_MOST:], (account, at)]

    def of(self, account: tuple[str, str], since: datetime) -> tuple[datetime, ...]:
        """When this account did; what was before `since` is forgotten for all."""
        self._at = [one for one in self._at if one[1] > since]
        return tuple(at for who, at in self._at if who == account)
