"""Text for Discord: Markdown that shows just what was meant, cut to a length.

Nothing in a title or a name may draw, fold, embed or call anybody.
"""

from __future__ import annotations

import re

from medianest_bot.chats import _legible
from medianest_bot.chats._legible import LONGEST, broken_off, is_visible, legible, units

__all__ = [
    "bold",
    "code",
    "is_visible",
    "lines",
    "markdown",
    "one_line",
    "plain",
    "shortened_all",
    "units",
]

_LONGEST_LINE = 512
_APART = "\u200c"
"""A sign without a width; what would call somebody is only words with it inside."""
_MARKUP = re.compile(
    r"(?P<url>https?://\w[^\s<>]*)"
    r"|(?P<all>@(?=everyone|here))"
    r"|(?P<tag><(?=[@#:/a-z]))"
    r"|(?P<first>^\ *(?:>|[#+-](?=[\s#]|$)|[0-9]+[.)](?=\s|$)))"
    r"|(?P<sign>[\\*_~`|\[\]<])",
    re.IGNORECASE | re.MULTILINE,
)
_AFTER_URL = ".,;:!?'\"…)]*_~|`\\"
_IN_URL = str.maketrans({"*": "%2A", "|": "%7C", "`": "%60", "\\": "%5C"})
_FENCE = "```"


def one_line(text: str) -> str:
    """Legible text in one line; its beginning where it is long."""
    return " ".join(legible(text[:_LONGEST_LINE]).split())


def lines(text: str, most: int = LONGEST) -> list[str]:
    """Legible lines with single spaces, of the first `most` characters."""
    return _legible.paragraphs(legible(text[:most]))


def plain(text: str, most: int) -> str:
    """Legible text of at most `most` units, for labels, which know no Markdown."""
    text = legible(text)
    if units(text) <= most:
        return text
    return broken_off(text, most) if most > 0 else ""


def markdown(text: str, most: int) -> str:
    """Markdown of at most `most` units that reads as `text`, or as its beginning."""
    text = legible(text)
    found = _escaped(text)
    room = units(text)
    while (size := units(found)) > most:
        room = min(room - 1, room * most // size)
        found = _escaped(plain(text, room))
    return found


def bold(text: str, most: int) -> str:
    found = markdown(text, most - 4)
    return f"**{found}**" if is_visible(found) else ""


def code(text: str, most: int) -> str:
    """A block that a touch copies; nothing inside it has a meaning."""
    said = legible(text).strip("\n")
    room = most - 2 * len(_FENCE) - 2
    # Broken up after it was cut to a length that leaves room for that.
    said = plain(said, room)
    while _FENCE in said:
        said = plain(said.replace(_FENCE, f"``{_APART}`"), room)
    return f"{_FENCE}\n{said}\n{_FENCE}" if is_visible(said) else ""


def shortened_all(found: list[str], most: int) -> list[str]:
    """The beginnings of Markdown texts, `most` units together; code stays whole."""
    left = most - sum(_least(one) for one in found)
    kept = []
    for one in found:
        least = _least(one)
        short = _shortened(one, least + max(0, left))
        left -= units(short) - least
        kept.append(short)
    return kept


def _least(found: str) -> int:
    return units(found) if found.startswith(_FENCE) else 1


def _shortened(found: str, most: int) -> str:
    """The first lines of Markdown of which none goes on in the next."""
    if units(found) <= most:
        return found
    kept = ""
    for line in found.split("\n"):
        longer = f"{kept}\n{line}" if kept else line
        if units(longer) + 2 > most:
            break
        kept = longer
    return f"{kept}\n…" if kept.strip() else "…"


def _escaped(text: str) -> str:
    return _MARKUP.sub(_replaced, text)


def _replaced(found: re.Match[str]) -> str:
    said = found[0]
    match found.lastgroup:
        case "url":
            # In angle brackets, so that no preview of it appears.
            url = said.rstrip(_AFTER_URL)
            after = said[len(url) :]
            return f"<{url.translate(_IN_URL)}>{_escaped(after)}"
        case "all":
            return f"@{_APART}"
        case "tag":
            # The server looks for names without caring for backslashes.
            return f"\\<{_APART}"
        case _:
            return f"{said[:-1]}\\{said[-1]}"
