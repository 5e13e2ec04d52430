"""The clock of every deadline and pause: the one that waiting itself goes by."""

from __future__ import annotations

import asyncio


def loop_time() -> float:
    """Seconds on the running loop's clock, as `asyncio.sleep` and `timeout` count them.

    A pause measured on another clock could be over before, or after, its sleep is.
    Raises RuntimeError where no loop runs.
    """
    return asyncio.get_running_loop().time()
