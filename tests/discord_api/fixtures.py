"""For tests that need Discord and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from tests.discord_api.server import Server, discord_api


@pytest_asyncio.fixture
async def discord_server() -> AsyncIterator[Server]:
    """At the end, every call must have been as Discord's description says."""
    async with discord_api() as server:
        yield server
        assert server.spec_errors == []
