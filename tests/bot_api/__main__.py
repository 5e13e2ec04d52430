"""`python -m tests.bot_api --port 8081`: the stand-in in a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

from tests.bot_api.control import Control
from tests.bot_api.server import TOKEN, bot_api


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bot_api")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--most-per-second", type=int, default=30, help="0: no limit")
    return parser.parse_args()


async def serve(said: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, stop.set)
    window = (said.most_per_second, 1.0) if said.most_per_second else None
    async with bot_api(
        said.token,
        port=said.port,
        latency_s=said.latency_ms / 1000,
        window=window,
        routes=lambda server, app: Control(server).add_to(app),
    ) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(serve(arguments()))
