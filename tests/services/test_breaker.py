"""The breaker: when it opens, who may try again, and what closes it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from medianest_bot.services.breaker import OPEN_S, WINDOW_S, Breaker, Turn


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(clock)


def enter(breaker: Breaker) -> Turn:
    turn = breaker.enter()
    assert turn is not None
    return turn


def calls(breaker: Breaker, ended: str) -> None:
    """One call after another: + went well, - failed."""
    for sign in ended:
        breaker.record(enter(breaker), ok=sign == "+")


def opened(breaker: Breaker) -> Breaker:
    calls(breaker, "-----")
    assert breaker.is_open
    return breaker


@pytest.mark.parametrize(
    ("ended", "is_open"),
    [
        ("----", False),
        ("-----", True),
        ("++---", True),
        ("+++--", False),
        ("+++---", True),
        ("++++++----", False),
        ("+++++-----", True),
    ],
)
def test_half_of_five_or_more_calls_open_it(
    breaker: Breaker, ended: str, *, is_open: bool
) -> None:
    calls(breaker, ended)

    assert (breaker.is_open, breaker.enter() is None) == (is_open, is_open)


def test_failures_of_long_ago_do_not_count(breaker: Breaker, clock: Clock) -> None:
    calls(breaker, "----")
    clock.now += WINDOW_S + 1
    calls(breaker, "-")

    assert not breaker.is_open


def test_two_failed_probes_open_it(breaker: Breaker) -> None:
    breaker.probed(ok=False)
    first = breaker.is_open
    breaker.probed(ok=False)

    assert (first, breaker.is_open) == (False, True)


@pytest.mark.parametrize("between", ["probe", "call"])
def test_failed_probes_count_in_a_row_only(breaker: Breaker, between: str) -> None:
    breaker.probed(ok=False)
    if between == "probe":
        breaker.probed(ok=True)
    else:
        calls(breaker, "+")
    breaker.probed(ok=False)

    assert not breaker.is_open


def test_after_the_pause_one_caller_at_a_time_may_try(
    breaker: Breaker, clock: Clock
) -> None:
    opened(breaker)
    clock.now += OPEN_S
    turns = [breaker.enter() for _ in range(50)]

    assert [turn is not None for turn in turns] == [True] + [False] * 49


def test_a_trial_that_fails_opens_it_anew(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now += OPEN_S
    calls(breaker, "-")
    clock.now += OPEN_S - 1
    still_open = breaker.is_open
    clock.now += 1

    assert (still_open, breaker.is_open) == (True, False)


def test_a_trial_that_goes_well_closes_it(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now += OPEN_S
    calls(breaker, "+")
    # What failed before no longer counts.
    calls(breaker, "----")

    assert not breaker.is_open


def test_one_probe_that_goes_well_closes_it(breaker: Breaker) -> None:
    breaker.probed(ok=False)
    breaker.probed(ok=False)
    breaker.probed(ok=True)

    assert not breaker.is_open
    breaker.probed(ok=False)
    assert not breaker.is_open


def test_one_failed_probe_after_a_trial_went_well_is_one(
    breaker: Breaker, clock: Clock
) -> None:
    breaker.probed(ok=False)
    breaker.probed(ok=False)
    clock.now += OPEN_S
    calls(breaker, "+")
    breaker.probed(ok=False)

    assert not breaker.is_open


def test_a_cancelled_trial_passes_its_turn_on(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now += OPEN_S
    breaker.release(enter(breaker))

    assert breaker.enter() is not None


@pytest.mark.parametrize("how", ["release", "failed", "went well"])
def test_who_was_let_in_before_it_opened_ends_nobodys_trial(
    breaker: Breaker, clock: Clock, how: str
) -> None:
    straggler = enter(breaker)
    opened(breaker)
    clock.now += OPEN_S
    trial = enter(breaker)
    if how == "release":
        breaker.release(straggler)
    else:
        breaker.record(straggler, ok=how == "went well")

    assert breaker.enter() is None
    breaker.record(trial, ok=True)
    assert not breaker.is_open


def test_since_is_when_it_stopped_answering(breaker: Breaker, clock: Clock) -> None:
    before = datetime.now(UTC)
    calls(breaker, "+-")
    since = breaker.since
    calls(breaker, "---")
    clock.now += OPEN_S
    calls(breaker, "-")

    assert since is not None
    assert before <= since <= datetime.now(UTC)
    assert breaker.since == since
    breaker.probed(ok=True)
    assert breaker.since is None
