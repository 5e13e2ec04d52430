"""What somebody can do on Telegram, as far as we care: the types, nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

PLATFORM = "telegram"


@dataclass(frozen=True, slots=True)
class Me:
    """The bot itself, as Telegram knows it; the name without its "@"."""

    id: str
    username: str


@dataclass(frozen=True, slots=True)
class Sender:
    """Who did it.

    `is_bot` is true for those who write as their group or channel, too: Telegram
    gives all of them one account, so theirs is empty and nobody's.
    """

    account: str
    name: str
    locale: str | None = None
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class Spot:
    """Where it was done. `thread` is a forum topic, never a mere row of replies."""

    chat: str
    thread: str | None = None
    is_private: bool = False
    title: str = ""


@dataclass(frozen=True, slots=True)
class ReplyTo:
    """The message that was answered, and whether we had written it."""

    message: str
    is_ours: bool


@dataclass(frozen=True, slots=True)
class Line:
    """What dispatch is to run, and how it was addressed.

    `is_for_us` is false for `/x@other_bot`; `names_us` is true for `/x@us`.
    """

    text: str
    is_for_us: bool = True
    names_us: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """A text message. `via_us` is true for an inline result of ours.

    `command` is None for what is no command.
    """

    sender: Sender
    spot: Spot
    message: str
    at: datetime
    text: str
    reply_to: ReplyTo | None = None
    via_us: bool = False
    mentions_us: bool = False
    command: Line | None = None


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button under a message of ours, or under an inline result (no spot then).

    `is_accessible` is false where Telegram no longer shows us the message; what is
    said of it (`is_photo`, `asker`, `label`) is unknown then. `asker` is whom it
    answered, `label` what the button says.
    """

    sender: Sender
    spot: Spot | None
    id: str
    data: str
    message: str | None = None
    is_photo: bool = False
    is_accessible: bool = True
    asker: str | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Asking:
    """An inline query: `@us dune`, typed in any chat."""

    sender: Sender
    id: str
    query: str
    offset: str = ""
    chat_type: str = ""


@dataclass(frozen=True, slots=True)
class Shared:
    """An inline result of ours was sent where we are; `ref` is its deep link's end."""

    sender: Sender
    spot: Spot
    message: str
    ref: str


@dataclass(frozen=True, slots=True)
class Other:
    """A sticker, a photo, a voice message…, in a private chat."""

    sender: Sender
    spot: Spot
    message: str
    at: datetime
    what: str


@dataclass(frozen=True, slots=True)
class Membership:
    """We were added, promoted, removed; in a private chat: unblocked or blocked."""

    sender: Sender
    spot: Spot
    is_here: bool
    is_admin: bool


@dataclass(frozen=True, slots=True)
class Migrated:
    """A group became a supergroup and has another id from now on."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """Not for us; `why` is for the log."""

    why: str


Incoming = Said | Pressed | Asking | Shared | Other | Membership | Migrated | Nothing
