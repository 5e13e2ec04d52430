"""Text for Telegram: made harmless, escaped, measured and cut in UTF-16 units.

Telegram counts UTF-16 code units after it has parsed the markup.
"""

from __future__ import annotations

import html as _html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from medianest_bot.chats._legible import broken_off, is_visible, legible, units

__all__ = [
    "Line",
    "Span",
    "cut",
    "escape",
    "fit",
    "harmless",
    "html",
    "is_visible",
    "legible",
    "one_line",
    "plain",
    "shortened",
    "total",
    "units",
]

_LONGEST_LINE = 512
_LEAST = 24
"""Units of a line worth showing; with less room there is only an ellipsis."""
_TAG = re.compile(r"<[^>]*>")
# At an end, too: what stands behind may be a piece of its own, such as a name in bold.
_MENTION = re.compile(r"https?://\S+|(?<!\w)@(?=[A-Za-z0-9_]|\Z)")

Span = tuple[str, str]
"""A tag ("b", "i", "code"; "" for none) and the plain text inside it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line; neighbours with the same `quote` stand in one block quote."""

    spans: tuple[Span, ...]
    quote: str = ""
    """The opening tag's inside: "blockquote", "blockquote expandable" or nothing."""

    @property
    def units(self) -> int:
        return sum(units(text) for _tag, text in self.spans)


def harmless(text: str) -> str:
    """`text` without what Telegram refuses, what misleads, and what calls people.

    A title such as "@ana" would make Ana's phone ring; a sign without a width in it
    stops that. Lines stay lines.
    """
    text = legible(text)
    return _MENTION.sub(_unmentioned, text) if "@" in text else text


def one_line(text: str) -> str:
    """The same in one line, with single spaces; its beginning where it is long."""
    return " ".join(harmless(text[:_LONGEST_LINE]).split())


def escape(text: str) -> str:
    """Harmless text for a message in HTML."""
    return _html.escape(harmless(text), quote=False)


def cut(text: str, most: int) -> str:
    """Harmless plain text of at most `most` units, with an ellipsis where cut."""
    text = harmless(text)
    if units(text) <= most:
        return text
    return broken_off(text, most) if most > 0 else ""


def fit(lines: Sequence[Line], most: int) -> str:
    """HTML of the lines, at most `most` units after parsing."""
    return html(shortened(lines, most))


def html(lines: Iterable[Line]) -> str:
    """HTML of the lines, each tag closed where it was opened."""
    blocks = []
    for quote, group in groupby(lines, key=lambda line: line.quote):
        text = "\n".join("".join(map(_span, line.spans)) for line in group)
        # An empty quote is none, and Telegram drops a tag around nothing.
        is_quote = quote and text.strip()
        blocks.append(f"<{quote}>{text}</blockquote>" if is_quote else text)
    return "\n".join(blocks)


def shortened(lines: Sequence[Line], most: int) -> list[Line]:
    """The first of the lines, cut between two of them where that leaves enough."""
    kept: list[Line] = []
    left = most
    for number, line in enumerate(lines, 1):
        gap = 1 if kept else 0
        reserve = 2 if number < len(lines) else 0
        if gap + line.units + reserve <= left:
            kept.append(line)
            left -= gap + line.units
            continue
        kept += _last(line, left - gap, is_first=not kept)
        break
    return kept


def total(lines: Sequence[Line]) -> int:
    """Units of the lines with the breaks between them."""
    return sum(line.units for line in lines) + max(0, len(lines) - 1)


def plain(html: str) -> str:
    """What is read of a message in HTML: the fall-back where it is refused."""
    return _html.unescape(_TAG.sub("", html))


def _span(span: Span) -> str:
    tag, text = span
    # Telegram looks for nobody's name in code, which is there to be copied.
    clean = legible(text) if tag == "code" else harmless(text)
    text = _html.escape(clean, quote=False)
    return f"<{tag}>{text}</{tag}>" if tag and text else text


def _unmentioned(found: re.Match[str]) -> str:
    return "@\u200c" if found[0] == "@" else found[0]


def _last(line: Line, room: int, *, is_first: bool) -> list[Line]:
    """What of a line that does not fit is shown: some of it, or an ellipsis."""
    if room < 1:
        return []
    if room < _LEAST and not is_first:
        return [Line((("", "…"),))]
    spans: list[Span] = []
    for tag, text in line.spans:
        if units(text) >= room:
            spans.append((tag, broken_off(text, room)))
            return [Line(tuple(spans), line.quote)]
        spans.append((tag, text))
        room -= units(text)
    return [Line((*spans, ("", "…")), line.quote)]
