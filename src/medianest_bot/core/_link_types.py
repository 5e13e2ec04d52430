"""What a sign-in with Plex is, from the button in the chat to the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class State(StrEnum):
    """Where a sign-in is.

    OPEN ─▶ AT_PLEX ─▶ CODE ─▶ WAITING ─▶ DONE
    TYPING ────────────────────▶
    any of them ─▶ one of `ENDED`
    """

    OPEN = "open"
    """The chat has shown the link; nobody has gone on from the page yet."""
    TYPING = "typing"
    """Without a public page: a short code is to be typed at plex.tv/link."""
    AT_PLEX = "at_plex"
    """Somebody went on from the page: one browser is bound to it."""
    CODE = "code"
    """Plex said who it is; the page shows six digits that the chat must bring."""
    WAITING = "waiting"
    """The chat confirmed it; an admin must approve."""
    DONE = "done"
    CANCELLED = "cancelled"
    """Said to be somebody else, on the page or in the chat."""
    EXPIRED = "expired"
    REPLACED = "replaced"
    """The same account began anew."""
    NO_ACCESS = "no_access"
    """That Plex account does not reach our server."""
    FOREIGN = "foreign"
    """The way back from Plex was opened in another browser."""
    WRONG_CODE = "wrong_code"
    """The chat brought wrong digits too often."""
    DENIED = "denied"
    BLOCKED = "blocked"
    FAILED = "failed"
    """plex.tv answered what made no sense."""


NOT_ME = "not me"
"""The reason of a sign-in that was cancelled on the page, not in the chat."""
LIVE = frozenset({State.OPEN, State.TYPING, State.AT_PLEX, State.CODE, State.WAITING})
ENDED = frozenset(State) - LIVE


class Asker(Protocol):
    """The chat account that asks."""

    @property
    def platform(self) -> str: ...
    @property
    def account(self) -> str: ...
    @property
    def shown_name(self) -> str: ...
    @property
    def locale(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sign-in. Hashes and the sealed PIN stay in the store."""

    id: int
    platform: str
    account: str
    shown_name: str
    locale: str | None
    person_id: int | None
    salt: str = field(repr=False)
    plex_id: int | None
    plex_name: str | None
    access: str | None
    tries: int
    state: State
    reason: str | None
    decided_by: int | None
    created_at: datetime
    expires_at: datetime
    updated_at: datetime


class Page(StrEnum):
    """Which page a browser is shown."""

    START = "start"
    """Whose account is being linked; *Continue with Plex* and *This is not me*."""
    CODE = "code"
    """Plex said who it is: the six digits, and how to bring them to the chat."""
    NOT_YET = "not_yet"
    """Back from Plex, which has not told us yet: try again."""
    WAITING = "waiting"
    """Confirmed in the chat; an admin must approve."""
    DONE = "done"
    USED = "used"
    """Somebody went on from this page already, perhaps in another browser."""
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    """Also for links that never were: strangers learn nothing from guessing."""
    NO_ACCESS = "no_access"
    FOREIGN = "foreign"
    WRONG_CODE = "wrong_code"
    DENIED = "denied"
    PLEX_AWAY = "plex_away"
    """plex.tv does not answer; trying again may help."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Visit:
    """What a page says. `platform` and `shown_name` are the chat account's."""

    page: Page
    household: str
    platform: str = ""
    shown_name: str = ""
    locale: str | None = None
    plex_name: str = ""
    code: str = field(default="", repr=False)
    way_back: str = field(default="", repr=False)
    """An address that opens the chat, with the code where the chat can take it."""
    needs_approval: bool = False
    minutes_left: int = 0


@dataclass(frozen=True, slots=True)
class Onward:
    """Where a browser goes on to, and the cookie that it must bring back."""

    address: str = field(repr=False)
    cookie: str = field(repr=False)
    max_age_s: int
