"""`python -m tests.discord_api --port 8082`: the stand-in in a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

from tests.discord_api.control import Control
from tests.discord_api.server import TOKEN, discord_api


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.discord_api")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--most-per-second", type=int, default=50, help="0: no limit")
    parser.add_argument(
        "--unchecked", action="store_true", help="do not hold calls to the description"
    )
    return parser.parse_args()


async def serve(said: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, stop.set)
    async with discord_api(
        said.token,
        port=said.port,
        latency_s=said.latency_ms / 1000,
        checks_spec=not said.unchecked,
        most_per_second=said.most_per_second or None,
        routes=lambda server, app: Control(server).add_to(app),
    ) as server:
        sys.stdout.write(f"{server.url} {server.gateway_url}\n")
        sys.stdout.flush()
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(serve(arguments()))
