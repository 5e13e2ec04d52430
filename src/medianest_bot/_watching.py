"""Keeps what must never end running: a watcher that died is started again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog

from medianest_bot.services.clock import loop_time

FIRST_S = 1.0
LONGEST_S = 60.0
STEADY_S = 300.0
"""Whoever ran as long has recovered: the next pause is a short one again."""

log = structlog.get_logger(__name__)


class Watchers:
    """All that runs beside the chats, by name."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    def keep(self, name: str, watch: Callable[[], Awaitable[None]]) -> None:
        """Have something run for as long as the house is open."""
        self.start(name, keep_running(name, watch))

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Have something done once."""
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(_ended)
        self._tasks.append(task)

    async def aclose(self) -> None:
        """End all of them, the last one first."""
        for task in reversed(self._tasks):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def keep_running(
    name: str,
    watch: Callable[[], Awaitable[None]],
    *,
    unless: type[Exception] | tuple[()] = (),
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    clock: Callable[[], float] = loop_time,
) -> None:
    """Run `watch` until cancelled; after it ended by itself, again, ever less often.

    Raises `unless`: what has no hope of going better the next time.
    """
    pause_s = FIRST_S
    while True:
        began = clock()
        try:
            await watch()
            log.error("a watcher ended", name=name)
        except unless:
            raise
        except Exception:
            # Whatever it is: a household must not wait for a restart of the bot.
            log.exception("a watcher ended", name=name)
        if clock() - began >= STEADY_S:
            pause_s = FIRST_S
        await wait(pause_s)
        pause_s = min(2 * pause_s, LONGEST_S)


def _ended(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("work ended", name=task.get_name(), exc_info=error)
