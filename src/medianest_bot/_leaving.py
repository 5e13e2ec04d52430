"""Runs the program's work so that it ends in order, however it is asked to leave."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

SIGNS = (signal.SIGTERM, signal.SIGHUP)
"""`kill`, and a terminal whose window was closed; Ctrl-C is Python's own."""


class Told(Exception):
    """A signal ended the work; everything was closed first."""

    def __init__(self, sign: signal.Signals) -> None:
        super().__init__(sign)
        self.sign = sign


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` to its end. Raises Told, or KeyboardInterrupt, when told to leave."""
    # Nor is anything that is loaded by now garbage.
    gc.freeze()
    gc.enable()
    return asyncio.run(_until_told(work))


async def _until_told(work: Coroutine[Any, Any, T]) -> T:
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(work)
    heard: list[signal.Signals] = []

    def leave(sign: signal.Signals) -> None:
        heard.append(sign)
        task.cancel()

    for sign in SIGNS:
        loop.add_signal_handler(sign, leave, sign)
    try:
        return await task
    except asyncio.CancelledError:
        if heard:
            raise Told(heard[0]) from None
        raise
    finally:
        for sign in SIGNS:
            loop.remove_signal_handler(sign)
