"""How often a call is tried, and how long it waits in between: a part of `http.py`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential_jitter,
)

from medianest_bot.services.errors import Unreachable


class Again(Exception):
    """This try failed in a way that may pass; `after_s` is the neighbour's wish."""

    def __init__(self, error: Unreachable, after_s: float | None = None) -> None:
        super().__init__()
        self.error = error
        self.after_s = after_s


def tries(
    most: int,
    *,
    ends: float,
    clock: Callable[[], float],
    wait: Callable[[float], Awaitable[None]],
) -> AsyncRetrying:
    """Repeats what raises Again, with growing pauses, and never past `ends`."""
    return AsyncRetrying(
        retry=retry_if_exception_type(Again),
        stop=stop_after_attempt(most),
        wait=_wait_as_told,
        sleep=wait,
        before_sleep=_give_up_past(ends, clock),
        reraise=True,
    )


def retry_after(value: str | None) -> float | None:
    """Seconds to wait, from either form of the header (RFC 9110, 10.2.3)."""
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (when - datetime.now(UTC)).total_seconds()) if when.tzinfo else None


def _wait_as_told(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, Again) and error.after_s is not None:
        return error.after_s
    return wait_exponential_jitter(multiplier=0.1, max=2, jitter=0.1)(state)


def _give_up_past(
    ends: float, clock: Callable[[], float]
) -> Callable[[RetryCallState], None]:
    """No sleeping past the deadline: say at once that it did not answer."""

    def check(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if error is not None and clock() + state.upcoming_sleep >= ends:
            raise error

    return check
