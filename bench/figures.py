"""What a measurement is, and how it is shown."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table; `aim` is what the project set itself."""

    what: str
    value: float
    unit: str
    aim: str

    def __str__(self) -> str:
        return f"{self.what:<58} {self.value:>9.2f} {self.unit:<4} (aim {self.aim})"


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of 100 values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(percent / 100 * (len(ordered) - 1)))]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)
