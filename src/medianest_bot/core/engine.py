"""Carries out downloads: start one, cancel one, hear how they go.

The rows in the store are the truth; an engine only works. This one runs asyncio
tasks in the bot, each holding one lane; one that spreads the work over several
machines would offer the same three things.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol

import structlog

from medianest_bot.services.lanes import (
    FailKind,
    Finished,
    Job,
    LaneFailed,
    Lanes,
    Progress,
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Event:
    """What became of a job: exactly one of the three is set."""

    number: int
    progress: Progress | None = None
    finished: Finished | None = None
    failed: LaneFailed | None = None


class Engine(Protocol):
    """Runs jobs by number. A cancelled job is never heard of again."""

    def start(self, number: int, job: Job) -> None:
        """Begin a job; its number is free until it has ended or was cancelled."""
        ...

    async def cancel(self, number: int) -> None:
        """Returns when nothing of the job is left: process, socket or file."""
        ...

    async def next_event(self) -> Event: ...


@dataclass(eq=False, slots=True)
class _Run:
    """One run of a job: a number may come again, a run does not."""

    number: int
    task: asyncio.Task[None] | None = None


class TaskEngine:
    """One asyncio task for each job, in this process."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self._runs: dict[int, _Run] = {}
        self._events: asyncio.Queue[tuple[_Run, Event]] = asyncio.Queue()
        self._is_closing = False

    def start(self, number: int, job: Job) -> None:
        run = self._runs[number] = _Run(number)
        run.task = asyncio.create_task(self._work(run, job))

    async def cancel(self, number: int) -> None:
        # Taken out first, so that what it said already is not passed on any more.
        run = self._runs.pop(number, None)
        if run is None or run.task is None:
            return
        run.task.cancel()
        await asyncio.gather(run.task, return_exceptions=True)

    async def next_event(self) -> Event:
        while True:
            run, event = await self._events.get()
            if self._runs.get(run.number) is not run:
                continue
            if event.progress is None:
                del self._runs[run.number]
            return event

    async def aclose(self) -> None:
        """Stop everything, keeping what was fetched so far for the next start."""
        self._is_closing = True
        tasks = [run.task for run in self._runs.values() if run.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # A watcher that died is started again, and then a cancel is a cancel.
        self._runs.clear()
        self._is_closing = False

    async def _work(self, run: _Run, job: Job) -> None:
        self._events.put_nowait((run, await self._done(run, job)))

    async def _done(self, run: _Run, job: Job) -> Event:
        def hear(progress: Progress) -> None:
            self._events.put_nowait((run, Event(run.number, progress)))

        try:
            finished = await self._lanes.download(
                job, hear, keeps_part=lambda: self._is_closing
            )
        except LaneFailed as failed:
            return Event(run.number, failed=failed)
        except OSError as error:
            local = LaneFailed(FailKind.LOCAL, type(error).__name__)
            return Event(run.number, failed=local)
        except Exception as error:
            # A job: whatever breaks in it must be heard of, or it waits for ever.
            log.exception("download job", number=run.number)
            odd = LaneFailed(FailKind.TRANSIENT, type(error).__name__)
            return Event(run.number, failed=odd)
        return Event(run.number, finished=finished)
