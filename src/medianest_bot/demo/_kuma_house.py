"""What the stand-in's server knows: its monitors, its accounts and its clock."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from medianest_bot.demo._kuma_past import Row, Status, Watched, spent_day
from medianest_bot.demo._kuma_shapes import Shapes
from medianest_bot.demo.household import Household

SIGN_INS_A_MINUTE = 20


@dataclass(slots=True)
class Accounts:
    """Who may sign in, and how often it was tried. Fields are knobs."""

    username: str
    password: str
    totp: str | None = None
    """The six digits that are good now; each works once."""
    api_key: str | None = None
    """Once there is one, it alone opens /metrics."""
    _spent: set[str] = field(default_factory=set)
    _tries: list[float] = field(default_factory=list)

    def may_try(self) -> bool:
        """False after twenty tries in a minute, whoever made them."""
        now = time.monotonic()
        self._tries = [at for at in self._tries if now - at < 60]
        if len(self._tries) >= SIGN_INS_A_MINUTE:
            return False
        self._tries.append(now)
        return True

    def knows(self, username: object, password: object) -> bool:
        return (username, password) == (self.username, self.password)

    def accepts_code(self, code: object) -> bool:
        if not isinstance(code, str) or code != self.totp or code in self._spent:
            return False
        self._spent.add(code)
        return True

    def token(self) -> str:
        """Good until the password changes, over a restart too, like the real one."""
        said = {"username": self.username, "h": _shake(self.password), "iat": 0}
        parts = ({"alg": "HS256", "typ": "JWT"}, said)
        head = ".".join(_packed(json.dumps(part).encode()) for part in parts)
        key = b"the demo household's own"
        return f"{head}.{_packed(hmac.digest(key, head.encode(), 'sha256'))}"

    def opens_metrics(self, username: str, password: str) -> bool:
        if self.api_key is not None:
            return password == self.api_key
        return self.knows(username, password)


class House:
    """The monitors of the household after a day that is already over."""

    def __init__(
        self, household: Household, shapes: Shapes, accounts: Accounts
    ) -> None:
        self.shapes = shapes
        self.accounts = accounts
        self.started = datetime.now(UTC)
        self._ids = itertools.count(1)
        self.watched = {
            monitor.id: spent_day(monitor, self.started, self._ids)
            for monitor in household.monitors
        }
        self.untold: set[int] = set()
        """Monitors that dropped out of /metrics, as a new tag makes 2.5 do."""

    @property
    def active(self) -> list[Watched]:
        return [one for one in self.watched.values() if one.is_active]

    def check(self, monitor_id: int, status: Status, ping_ms: int | None) -> Row:
        watched = self.watched[monitor_id]
        return watched.check(next(self._ids), status, ping_ms, datetime.now(UTC))

    def turns(self, monitor_id: int | None) -> list[Row]:
        """Important checks of one monitor or of all, newest first."""
        rows = [
            row
            for one in self.watched.values()
            for row in one.rows
            if row.important and monitor_id in (None, row.monitor_id)
        ]
        return sorted(rows, key=lambda row: row.at, reverse=True)


def _shake(word: str) -> str:
    return hashlib.shake_256(word.encode()).hexdigest(16)


def _packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
