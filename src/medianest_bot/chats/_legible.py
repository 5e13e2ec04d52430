"""Text as any chat may show it: legible, measured and cut in UTF-16 units."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

LONGEST = 8192
"""Characters of one text that are looked at."""
_STACKED = 8
"""Marks on one letter; more only smear over other lines."""
_WHOLE = 32
"""How far a cut moves back to leave what is drawn as one sign whole."""
_JOINERS = "\u200c\u200d"
# Letters and signs of most texts, among which there is nothing to take out.
_DULL = re.compile(
    "[\n -~\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u0590\u2010-\u2027"
    "\u2030-\u205e\u20a0-\u20cf\u2100-\u2bff\u4e00-\u9fff\uac00-\ud7a3]*"
)
_SEEN = re.compile("[!-~]")
"""What is visible without a look at its category; nearly every text has some."""


def units(text: str) -> int:
    """UTF-16 code units, as chats count."""
    if text.isascii():
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def legible(text: str) -> str:
    """`text` without control characters and what else is not there to be read.

    Also out go marks that reorder what is shown (UAX #9), half surrogates and
    endless accents.
    """
    text = text[:LONGEST]
    if (text.isascii() and text.isprintable()) or _DULL.fullmatch(text):
        return text
    text = text.replace("\r\n", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return "".join(_legible(text))


def is_visible(text: str) -> bool:
    """False where Telegram would say that there is no text."""
    return _SEEN.search(text) is not None or any(
        unicodedata.category(char)[0] in "LNPS" and char not in "\u3164\u115f\u2800"
        for char in text
    )


def paragraphs(text: str) -> list[str]:
    """Lines with single spaces, and no more than one empty line between them."""
    found: list[str] = []
    for line in text.split("\n"):
        words = " ".join(line.split())
        if words or (found and found[-1]):
            found.append(words)
    while found and not is_visible(found[-1]):
        found.pop()
    return found


def broken_off(text: str, most: int) -> str:
    """The beginning of `text` and an ellipsis, in at most `most` units, at least 1."""
    return text[: _border(text, most - 1)].rstrip() + "…"


def _border(text: str, most: int) -> int:
    """Where to cut: within `most` units, not inside what is drawn as one sign."""
    end = used = 0
    for char in text:
        used += 2 if char > "\uffff" else 1
        if used > most:
            break
        end += 1
    for place in range(end, max(0, end - _WHOLE), -1):
        if not _belongs(text, place):
            return place
    return end


def _belongs(text: str, place: int) -> bool:
    """True where the character there is drawn as one with those before it."""
    if place >= len(text) or place == 0:
        return False
    char, before = text[place], text[place - 1]
    if before in _JOINERS or char in _JOINERS or unicodedata.category(char)[0] == "M":
        return True
    if "\U0001f3fb" <= char <= "\U0001f3ff":
        return True
    return _is_flag(char) and _flags_before(text, place) % 2 == 1


def _is_flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _flags_before(text: str, place: int) -> int:
    start = place
    while start and _is_flag(text[start - 1]):
        start -= 1
    return place - start


def _legible(text: str) -> Iterator[str]:
    stacked = 0
    for char in text:
        category = unicodedata.category(char)
        if category == "Cs":
            char = "\ufffd"  # noqa: PLW2901 - it stands in for the character
        elif char != "\n" and (category == "Cc" or char.isspace()):
            char = " "  # noqa: PLW2901 - same
        elif category == "Cf" and char not in _JOINERS:
            continue
        stacked = stacked + 1 if category[0] == "M" else 0
        if stacked <= _STACKED:
            yield char
