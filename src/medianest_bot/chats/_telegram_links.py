"""Deep links, and the results of inline mode.

A deep link leads into the private chat with a payload of at most 64 characters:

    t-movie-438631, t-tv-1396   the card of a title; asks for nothing yet
    r-17                        the card of a request
    k-<key>                     a line kept for one person
    s-<words in base64>         a search, for a title without a number
    c-123456                    the six digits a sign-in page showed
    j-<key>                     an invitation
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field

from medianest_bot.chats._addresses import is_public
from medianest_bot.chats._telegram_text import cut, escape, legible, one_line
from medianest_bot.core.line import clean, quoted
from medianest_bot.core.search import Title
from medianest_bot.core.words import _, marked
from medianest_bot.services.media import Kind

MORE = marked("More about it")

_LARGEST = 2**31
_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")
_START = re.compile(
    r"t-(?P<kind>movie|tv)-(?P<title>[0-9]{1,10})|r-(?P<request>[0-9]{1,10})"
    r"|k-(?P<key>[A-Za-z0-9_-]{1,62})|s-(?P<words>[A-Za-z0-9_-]{1,62})"
    r"|c-(?P<code>[0-9]{6})|j-(?P<invitation>[A-Za-z0-9_-]{1,62})"
)
_WORDS_BYTES = 46
"""What 62 characters of base64 hold."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where a deep link leads: a line to run, or the key of a kept one; or nowhere."""

    line: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class InlineEntry:
    """One result of inline mode, and the message it becomes."""

    id: str
    title: str
    description: str
    thumbnail: str
    html: str
    button_text: str
    button_url: str


def start_link(username: str, payload: str) -> str:
    """The address that opens our private chat with this payload.

    Raises ValueError for one that Telegram would not hand on.
    """
    if not _PAYLOAD.fullmatch(payload):
        raise ValueError(f"not a payload: {payload[:80]!r}")
    return f"https://t.me/{username}?start={payload}"


def code_link(username: str, code: str) -> str:
    """The address that brings the six digits of a sign-in page to our chat."""
    return start_link(username, f"c-{code}")


def invitation_link(username: str, key: str) -> str:
    """The address that opens our chat with an invitation."""
    return start_link(username, f"j-{key}")


def code_line(code: str) -> str:
    """The line that brings the digits of a sign-in."""
    return f"link code:{code}"


def title_payload(title: Title) -> str:
    """What leads to the card of a title, or to a search where it has no number."""
    if title.kind is not Kind.VIDEO and title.tmdb_id is not None:
        return f"t-{title.kind.value}-{title.tmdb_id}"
    words = " ".join(legible(_headline(title)).split()).encode()
    if len(words) > _WORDS_BYTES:
        # At a space if there is one, so that no half word is looked for.
        words = words[:_WORDS_BYTES]
        words = words.rpartition(b" ")[0] or words
    return f"s-{base64.urlsafe_b64encode(words).decode().rstrip('=')}"


def read_start(payload: str) -> Start:
    """Where `payload` leads; never fails."""
    match = _START.fullmatch(payload)
    if match is None:
        return Start()
    if match["key"]:
        return Start(key=match["key"])
    if match["words"]:
        return _search(match["words"])
    if match["code"]:
        return Start(code_line(match["code"]))
    if match["invitation"]:
        return Start(f"join {match['invitation']}")
    return _numbered(match)


def inline_result(title: Title, username: str) -> InlineEntry:
    """A title as others may see it: no word of whether it is here or asked for."""
    name = one_line(title.title) or "…"
    year = f" ({title.year})" if title.year else ""
    poster = title.poster.source if title.poster else ""
    payload = title_payload(title)
    return InlineEntry(
        id=payload if payload.startswith("t-") else _id(title),
        title=cut(name, 120) + year,
        description=cut(one_line(title.overview), 120),
        thumbnail=poster if is_public(poster) else "",
        html=f"<b>{escape(cut(name, 256))}</b>{year}",
        button_text=_(MORE),
        button_url=start_link(username, payload),
    )


def _numbered(match: re.Match[str]) -> Start:
    number = int(match["title"] or match["request"])
    if not 0 < number < _LARGEST:
        return Start()
    if match["request"]:
        return Start(f"show request:{number}")
    # By its address, since `request movie:ID` would ask for it at once.
    return Start(f"request https://www.themoviedb.org/{match['kind']}/{number}")


def _headline(title: Title) -> str:
    return f"{title.title} ({title.year})" if title.year else title.title


def _id(title: Title) -> str:
    named = "\n".join((title.plex_key or "", title.url or "", _headline(title)))
    return "s-" + hashlib.sha256(named.encode(errors="replace")).hexdigest()[:24]


def _search(packed: str) -> Start:
    try:
        words = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
    except ValueError:
        return Start()
    # A letter cut in two at the end is left out.
    text = clean(words.decode(errors="ignore"))
    return Start(f"search {quoted(text)}" if text else None)
