"""Names without what people leave out: case, accents, punctuation, numerals."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# Letters that Unicode does not take apart into a base and an accent.
_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"}
)
_APOSTROPHES = re.compile(r"['’‘`´ʼ]")
_BETWEEN_WORDS = re.compile(r"[\W_]+")
_ARTICLE = re.compile(r"(?:the|an?|der|die|das|les?|la|los|las|el|il) (?=.)")

# fmt: off
_WORDS = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen",
    "eighteen", "nineteen", "twenty",
)
_ROMAN = (
    "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x",
    "xi", "xii", "xiii", "xiv", "xv",
)
# fmt: on
_NUMERALS = (
    {word: count for count, word in enumerate(_WORDS, start=1)}
    | {word: count for count, word in enumerate(_ROMAN, start=1)}
    | {str(count): count for count in range(1, 21)}
)
_PART = frozenset({"part", "vol", "volume", "chapter", "episode", "pt", "teil"})


@dataclass(frozen=True, slots=True)
class Numbered:
    """A name and its place in a row of films; 1 where it says nothing."""

    base: str
    number: int
    is_numbered: bool
    rest: str = ""


@lru_cache(maxsize=20_000)
def fold(text: str) -> str:
    """Words in lower case, one space apart, without accents and punctuation."""
    plain = text.casefold().translate(_LETTERS)
    apart = unicodedata.normalize("NFKD", plain)
    bare = "".join(char for char in apart if not unicodedata.combining(char))
    bare = _APOSTROPHES.sub("", bare.replace("&", " and "))
    folded = _BETWEEN_WORDS.sub(" ", bare).strip()
    # A name of signs only is still a name.
    return folded or " ".join(text.casefold().split())


def without_article(folded: str) -> str:
    return _ARTICLE.sub("", folded, count=1) if _ARTICLE.match(folded) else folded


@lru_cache(maxsize=20_000)
def numbered(folded: str) -> Numbered:
    """Split "dune part two" and "rocky ii" into their base and number.

    The number stands last, or after a word such as "part" or "episode".
    """
    words = folded.split()
    for at, word in enumerate(words):
        if at and word in _PART and words[at + 1 : at + 2]:
            count = _NUMERALS.get(words[at + 1])
            if count is not None:
                rest = " ".join(words[at + 2 :])
                return Numbered(
                    " ".join(words[:at]), count, is_numbered=True, rest=rest
                )
    count = _NUMERALS.get(words[-1]) if len(words) > 1 else None
    # "i" as the last word is seldom a numeral: "The King and I".
    if count is None or words[-1] == "i":
        return Numbered(folded, 1, is_numbered=False)
    return Numbered(" ".join(words[:-1]), count, is_numbered=True)
