"""`make bench`: measures what the project promises about speed and memory.

Prints figures and ratios; judges nothing. What is compared runs in turn, five
rounds, and the median is shown. Everything talks to 127.0.0.1 and stops by itself.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from bench import (
    discording,
    dispatching,
    downloading,
    searching,
    signing_in,
    starting,
    telegramming,
)
from bench.figures import Figure
from medianest_bot import log

BENCHES: dict[str, Callable[[], Coroutine[Any, Any, list[Figure]]]] = {
    "start": starting.measure,
    "dispatch": dispatching.measure,
    "search": searching.measure,
    "download": downloading.measure,
    "telegram": telegramming.measure,
    "discord": discording.measure,
    "signin": signing_in.measure,
}


def main() -> None:
    log.configure("WARNING", "console")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    wanted = sys.argv[1:] or list(BENCHES)
    for name in wanted:
        print(f"\n{name}", flush=True)
        for figure in asyncio.run(BENCHES[name]()):
            print(f"  {figure}", flush=True)


if __name__ == "__main__":
    main()
