"""One command with its arguments as text: cleaning, splitting, quoting.

    search dune part two where:library
    admin people link ana telegram:123

Words are separated by spaces; double quotes keep several together, in an option
too (`name:"two words"`). A command
whose first argument is free text takes everything up to the trailing
`name:value` options.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from medianest_bot.core.words import Sorry, marked

LONGEST = 4096
"""Characters in a line; more is nobody's command."""

TOO_LONG = marked("That is too long for me. Please keep it under {limit} characters.")

# Marks that reorder what is shown around them (Unicode Bidirectional Algorithm,
# UAX #9), so a title could disguise the words after it.
_REORDERING = dict.fromkeys(
    [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"(?=\s|$)|(\S+)')
_OPTION = re.compile(r'([a-z_]+):([^\s"]+)$')
_TRAILING = re.compile(r'(?:^|(?<=\s))([a-z_]+):(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))\Z')


def clean(text: str) -> str:
    """`text` without control characters, reordering marks and extra white space.

    Raises Sorry when it is longer than a line may be.
    """
    if len(text) > LONGEST:
        raise Sorry(TOO_LONG, limit=LONGEST)
    text = unicodedata.normalize("NFC", text).translate(_REORDERING)
    printable = (" " if _is_control(char) else char for char in text)
    return " ".join("".join(printable).split())


@dataclass(frozen=True, slots=True)
class First:
    """The first word of a text, and what follows it."""

    text: str
    rest: str


def first_word(text: str) -> First:
    """Split off the first word, quotes taken off."""
    match = _WORD.match(text)
    if match is None:
        return First("", "")
    word = match[2] if match[1] is None else _unescape(match[1])
    return First(word, text[match.end() :].lstrip())


def quoted(text: str) -> str:
    """`text` as one word of a line, whatever it holds."""
    text = clean(text)
    plain = text and not re.search(r'[\s"\\]', text) and not _OPTION.match(text)
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return text if plain and not text.startswith("~") else f'"{escaped}"'


def options(text: str, names: frozenset[str]) -> tuple[str, dict[str, str]]:
    """Take the trailing `name:value` options off; only known names count."""
    found: dict[str, str] = {}
    while True:
        match = _TRAILING.search(text)
        if match is None or match[1] not in names or match[1] in found:
            return text, found
        found[match[1]] = match[3] if match[2] is None else _unescape(match[2])
        text = text[: match.start()].rstrip()


def unquoted(text: str) -> str:
    """Free text as meant: quotes around the whole of it are taken off."""
    match = _WORD.fullmatch(text)
    return _unescape(match[1]) if match and match[1] is not None else text


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _is_control(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")
