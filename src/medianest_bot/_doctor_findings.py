"""What the doctor finds: how something is, why, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from medianest_bot.services.errors import Refused, ServiceError, Unreachable


class Sign(StrEnum):
    GOOD = "ok  "
    NOTE = "note"
    BAD = "BAD "


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, and what to do where it is not good."""

    sign: Sign
    about: str
    said: str
    mend: str = ""

    def __str__(self) -> str:
        mend = f"\n       → {self.mend}" if self.mend else ""
        return f"{self.sign} {self.about}: {self.said}{mend}"


def good(about: str, said: str) -> Finding:
    return Finding(Sign.GOOD, about, said)


def note(about: str, said: str, mend: str = "") -> Finding:
    return Finding(Sign.NOTE, about, said, mend)


def bad(about: str, said: str, mend: str) -> Finding:
    return Finding(Sign.BAD, about, said, mend)


def trouble(about: str, error: ServiceError, url: str, key: str) -> Finding:
    """Why a service did not answer; `url` and `key` name the settings it hangs on."""
    match error:
        case Unreachable(status=int(status)):
            said = f"answers with an error of its own ({status})"
            mend = f"Look into its log, or restart it; {url} is right."
        case Unreachable():
            said = "does not answer"
            mend = f"Is it running? Is {url} right, seen from here?"
        case Refused(status=401 | 403):
            said = "refuses us"
            mend = f"{key} is wrong or was revoked: make a new one and set it."
        case _:
            said = "answered something else than it should"
            mend = f"Does {url} really lead to {about}, and not to a login page?"
    return bad(about, said, mend)
