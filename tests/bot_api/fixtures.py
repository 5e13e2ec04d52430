"""For tests that need Telegram and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from tests.bot_api.server import Server, bot_api


@pytest_asyncio.fixture
async def telegram() -> AsyncIterator[Server]:
    """At the end, every call must have been as the Bot API's description says."""
    async with bot_api() as server:
        yield server
        assert server.spec_errors == []
