"""Clock times in what people are told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from medianest_bot.core.troubles import clock

MORNING = datetime(2026, 5, 5, 8, tzinfo=UTC)


@pytest.fixture
def _in_kolkata(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Five and a half hours ahead of UTC, all year."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "IST-5:30")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("_in_kolkata")
@pytest.mark.parametrize(
    ("away", "told"),
    [
        (timedelta(), "13:30"),
        (timedelta(hours=10), "23:30"),
        (timedelta(hours=-13), "00:30"),
        (timedelta(hours=11), "May 6, 2026, 00:30"),
        (timedelta(hours=-14), "May 4, 2026, 23:30"),
        (timedelta(days=3), "May 8, 2026, 13:30"),
    ],
)
def test_another_day_is_told_with_its_date(away: timedelta, told: str) -> None:
    assert clock(MORNING + away, MORNING) == told
