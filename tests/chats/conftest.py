"""An open house of these tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.chats.kitchen import Kitchen, open_kitchen


@pytest.fixture
async def kitchen(tmp_path: Path) -> AsyncIterator[Kitchen]:
    async with open_kitchen(tmp_path) as opened:
        yield opened
