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

    def start(self, number: int, job: Job) -> None: ...

    async def cancel(self, number: int) -> None:
        """Returns when nothing of the job is left: process, socket or file."""
        ...

    async def next_event(self) -> Event: ...


class TaskEngine:
    """One asyncio task for each job, in this process."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._is_closing = False

    def start(self, number: int, job: Job) -> None:
        task = asyncio.create_task(self._work(number, job))
        self._tasks[number] = task

    async def cancel(self, number: int) -> None:
        task = self._tasks.pop(number, None)
        if task is None:
            return
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def next_event(self) -> Event:
        return await self._events.get()

    async def aclose(self) -> None:
        """Stop everything, keeping what was fetched so far for the next start."""
        self._is_closing = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self, number: int, job: Job) -> None:
        try:
            finished = await self._lanes.download(
                job,
                lambda progress: self._events.put_nowait(Event(number, progress)),
                keeps_part=lambda: self._is_closing,
            )
        except LaneFailed as failed:
            self._events.put_nowait(Event(number, failed=failed))
        except OSError as error:
            log.warning("download folder", kind=type(error).__name__)
            local = LaneFailed(FailKind.LOCAL, type(error).__name__)
            self._events.put_nowait(Event(number, failed=local))
        else:
            self._events.put_nowait(Event(number, finished=finished))
        finally:
            if self._tasks.get(number) is asyncio.current_task():
                del self._tasks[number]
