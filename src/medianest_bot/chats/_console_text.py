"""Text that is safe to put on a terminal, measured, wrapped and cut in cells.

A cell is one column; Chinese, Japanese, Korean and most pictograms take two.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from rich.cells import cell_len, chop_cells, get_character_cell_size, set_cell_size

LONGEST = 20_000
"""Characters of one text that are looked at."""
_STACKED = 8
"""Characters without a width in a row; more only smear over other lines."""
_JOINERS = "\u200c\u200d"
# Control sequences and strings of ECMA-48 (5.4 and 5.6), so that nothing of them is
# left over; what is half of one loses its escape character below.
_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[PX\]^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"
)
_CONTROLS = frozenset({"Cc", "Zl", "Zp"})


def printable(text: str) -> str:
    """`text` as one line without what could steer a terminal or mislead its reader.

    Takes out control characters (C0, C1, so every escape sequence), marks that
    reorder what is shown (Unicode UAX #9), half surrogates and endless accents.
    """
    return " ".join("".join(_harmless(_SEQUENCE.sub("", text[:LONGEST]))).split())


def laid_out(text: str) -> str:
    """The same, with the spaces that set a line in or put words in columns."""
    harmless = _harmless(_SEQUENCE.sub("", text[:LONGEST]))
    return "".join(" " if one.isspace() else one for one in harmless).rstrip()


def paragraphs(text: str) -> list[str]:
    """The lines of a text, each printable."""
    lines = text[:LONGEST].replace("\r\n", "\n").split("\n")
    return [printable(line) for line in lines]


def width_of(text: str) -> int:
    """Cells that `text` takes."""
    return cell_len(text)


def cut(text: str, width: int) -> str:
    """`text` in at most `width` cells, ending in an ellipsis where it was longer."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, max(0, width - 1)).rstrip() + "…"


def padded(text: str, width: int) -> str:
    """`text` in exactly `width` cells."""
    return cut(text, width) + " " * max(0, width - cell_len(text))


def wrapped(text: str, width: int, most: int) -> list[str]:
    """One paragraph in lines of at most `width` cells; at most `most` of them."""
    lines = list(_lines(text, width))
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], cut(f"{lines[most - 1]} …", width)]


def _lines(text: str, width: int) -> Iterator[str]:
    line = ""
    for word in _words(text, width):
        longer = f"{line} {word}" if line else word
        if line and cell_len(longer) > width:
            yield line
            longer = word
        line = longer
    yield line


def _words(text: str, width: int) -> Iterator[str]:
    for word in text.split():
        if cell_len(word) > width:
            yield from chop_cells(word, width)
        else:
            yield word


def _harmless(text: str) -> Iterator[str]:
    stacked = 0
    for char in text:
        category = unicodedata.category(char)
        if category in _CONTROLS:
            char = " "  # noqa: PLW2901 - it stands in for the character
        elif category == "Cs":
            char = "\ufffd"  # noqa: PLW2901 - same
        elif category == "Cf" and char not in _JOINERS:
            continue
        stacked = 0 if get_character_cell_size(char) else stacked + 1
        if stacked <= _STACKED:
            yield char
