"""A watcher that dies is seen in the log and started again."""

from __future__ import annotations

import asyncio

import pytest
import structlog

from medianest_bot._watching import STEADY_S, Watchers, keep_running


class Life:
    """A watcher's times: how long it runs each time, then how long it is waited."""

    def __init__(self, *runs_s: float) -> None:
        self.waited: list[float] = []
        self._runs_s = list(runs_s)
        self._now = 0.0

    def clock(self) -> float:
        return self._now

    async def wait(self, seconds: float) -> None:
        self.waited.append(seconds)

    async def watch(self) -> None:
        if not self._runs_s:
            raise asyncio.CancelledError
        self._now += self._runs_s.pop(0)
        raise RuntimeError("broken")


async def test_pauses_grow_and_are_short_again_after_a_steady_time() -> None:
    life = Life(*[1.0] * 8, STEADY_S, 1.0)
    with (
        structlog.testing.capture_logs() as logged,
        pytest.raises(asyncio.CancelledError),
    ):
        await keep_running("limits", life.watch, wait=life.wait, clock=life.clock)
    assert life.waited == [1, 2, 4, 8, 16, 32, 60, 60, 1, 2]
    assert {(one["event"], one["name"], one["log_level"]) for one in logged} == {
        ("a watcher ended", "limits", "error")
    }


async def test_one_that_just_ends_is_started_again_too() -> None:
    life = Life()
    began = 0

    async def watch() -> None:
        nonlocal began
        began += 1
        if began == 3:
            raise asyncio.CancelledError

    with (
        structlog.testing.capture_logs() as logged,
        pytest.raises(asyncio.CancelledError),
    ):
        await keep_running("limits", watch, wait=life.wait, clock=life.clock)
    assert (began, len(logged)) == (3, 2)


async def test_all_end_with_the_house_the_last_first() -> None:
    watchers, ended, begun = Watchers(), list[str](), asyncio.Event()

    async def watch(name: str) -> None:
        try:
            if name == "second":
                begun.set()
            await asyncio.Event().wait()
        finally:
            ended.append(name)

    watchers.keep("first", lambda: watch("first"))
    watchers.keep("second", lambda: watch("second"))
    await begun.wait()
    await watchers.aclose()
    assert ended == ["second", "first"]


async def test_work_that_breaks_is_in_the_log() -> None:
    watchers = Watchers()

    async def work() -> None:
        raise RuntimeError("broken")

    with structlog.testing.capture_logs() as logged:
        watchers.start("library", work())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await watchers.aclose()
    assert [(one["event"], one["name"]) for one in logged] == [
        ("work ended", "library")
    ]


async def test_what_has_no_hope_is_not_started_again() -> None:
    life = Life(1.0, 1.0)
    with pytest.raises(RuntimeError):
        await keep_running(
            "chat", life.watch, unless=RuntimeError, wait=life.wait, clock=life.clock
        )
    assert life.waited == []
