"""Seasons as people write them ("1-3,5", "latest") and as we keep them: numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable

LATEST = "latest"
FIRST = "first"
MISSING = "missing"
"""All that are neither there nor asked for."""
WORDS = {
    "latest": LATEST,
    "last": LATEST,
    "newest": LATEST,
    "first": FIRST,
    "missing": MISSING,
    "all": MISSING,
    "rest": MISSING,
}
_MOST = 500
_RANGE = re.compile(r"(\d{1,3})(?:-(\d{1,3}))?")


def parse(text: str) -> tuple[int, ...]:
    """Numbers from "1-3,5", sorted, each once. Raises ValueError where it is none."""
    found: set[int] = set()
    for part in filter(None, re.split(r"[,\s]+", text.strip())):
        match = _RANGE.fullmatch(part)
        if match is None:
            raise ValueError("no list of seasons")
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first or last > _MOST:
            raise ValueError("no list of seasons")
        found.update(range(first, last + 1))
    return tuple(sorted(found))


def shown(numbers: Iterable[int]) -> str:
    """The shortest way to write them: "1-3,5"."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ",".join(_run(run) for run in runs)


def toggled(numbers: Iterable[int], number: int) -> tuple[int, ...]:
    """With `number` where it was missing, without it where it was there."""
    return tuple(sorted(set(numbers) ^ {number}))


def is_word(text: str) -> bool:
    """True for "latest" and the like, which mean other numbers for each series."""
    return text.strip().casefold() in WORDS


def picked(text: str, there_are: Iterable[int]) -> tuple[int, ...]:
    """Which of a series' seasons a text means. Raises ValueError like `parse`.

    Specials (0) are meant only where they are named.
    """
    numbers = tuple(sorted(there_are))
    regular = tuple(number for number in numbers if number > 0)
    match WORDS.get(text.strip().casefold()):
        case "latest":
            return regular[-1:]
        case "first":
            return regular[:1]
        case "missing":
            return regular
        case _:
            return tuple(number for number in parse(text) if number in numbers)


def _run(run: list[int]) -> str:
    return str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}"
