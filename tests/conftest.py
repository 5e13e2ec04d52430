"""What every test may ask for."""

from __future__ import annotations

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.household import demo, say  # noqa: F401

from medianest_bot.core.store.engine import Store


def pytest_configure() -> None:
    # What a shell starts in the background is deaf to Ctrl-C, and so would every
    # program be that a test starts and stops that way.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def database_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with all tables and nothing in them, made once."""
    path = tmp_path_factory.mktemp("template") / "template.sqlite"

    async def make() -> None:
        store = await Store.open(f"sqlite:///{path}")
        await store.close()

    asyncio.run(make())
    return path


@pytest.fixture
def database(tmp_path: Path, database_template: Path) -> Path:
    """A database of this test's own, as a file that nobody has open."""
    path = tmp_path / "medianest.sqlite"
    shutil.copyfile(database_template, path)
    return path


@pytest.fixture
async def store(database: Path) -> AsyncIterator[Store]:
    opened = await Store.open(f"sqlite:///{database}", lock_folder=database.parent)
    yield opened
    await opened.close()
