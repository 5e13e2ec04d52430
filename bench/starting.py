"""From start to ready, and how much memory an idle bot holds."""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
import time
from pathlib import Path

from bench.figures import ROUNDS, Figure, median

IMPORTS = """
import aiosqlite, alembic, cashews, cryptography, httpx, prompt_toolkit
import pydantic, pydantic_settings, rapidfuzz, rich, socketio, sqlalchemy.ext.asyncio
import structlog, tenacity, typer, aiohttp
import sqlalchemy.dialects.sqlite.aiosqlite
print(open('/proc/self/status').read())
"""

IDLE = """
import asyncio, os, sys, time
from medianest_bot.app import open_app
from medianest_bot.settings import read

async def main():
    environ = dict(line.split("=", 1) for line in sys.argv[2:])
    environ["DATA_DIR"] = sys.argv[1]
    settings = read(environ, env_file=None, secrets_dir=None)
    async with open_app(settings) as app:
        print(f"ready {time.time()}", flush=True)
        await asyncio.sleep(1.5)
        print(open('/proc/self/status').read(), flush=True)

asyncio.run(main())
"""


async def measure() -> list[Figure]:
    from medianest_bot.demo.serve import serve  # noqa: PLC0415 - measured apart

    ready, idle, bare = [], [], []
    with tempfile.TemporaryDirectory() as name:
        async with serve(Path(name) / "household", pace=0) as served:
            data = str(Path(name) / "data")
            pairs = [f"{key}={value}" for key, value in served.settings.items()]
            await _run(IDLE, data, *pairs)
            for _round in range(ROUNDS):
                bare.append(_memory(await _run(IMPORTS)))
                started = time.time()
                said = await _run(IDLE, data, *pairs)
                ready.append(_ready(said) - started)
                idle.append(_memory(said))
    return [
        Figure("start to ready", median(ready), "s", "≤ 1.5"),
        Figure("idle memory without lanes", median(idle), "MB", "≤ 115"),
        Figure(
            "the same ÷ only importing the libraries",
            median(idle) / median(bare),
            "×",
            "≤ 1.2",
        ),
    ]


async def imported_mb(*more: str) -> float:
    """What a process holds that only imports our libraries, and these."""
    return _memory(await _run(f"import {', '.join(more)}\n{IMPORTS}"))


async def _run(code: str, *args: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, *args, stdout=asyncio.subprocess.PIPE
    )
    out, _err = await process.communicate()
    return out.decode()


def _ready(said: str) -> float:
    match = re.search(r"ready ([\d.]+)", said)
    assert match, said
    return float(match[1])


def _memory(said: str) -> float:
    """Resident megabytes, as the kernel counts them."""
    match = re.search(r"VmRSS:\s+(\d+) kB", said)
    assert match, said
    return int(match[1]) / 1024
