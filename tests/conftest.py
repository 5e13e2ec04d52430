"""What every test may ask for."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Callable, Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from tests.browser import browser  # noqa: F401
from tests.household import demo, say  # noqa: F401
from tests.unhurried import Unhurried

from medianest_bot.core.store.engine import Store

# The same examples everywhere, however slow the machine is. Who looks for new ones
# runs `pytest --hypothesis-profile=exploring`.
_PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("steady", _PATIENT, derandomize=True)
settings.register_profile("exploring", _PATIENT, max_examples=1000)
settings.load_profile("steady")


def pytest_configure() -> None:
    # What a shell starts in the background is deaf to Ctrl-C, and so would every
    # program be that a test starts and stops that way.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], Unhurried]]:
    return {"unhurried": Unhurried}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[
    None, pytest.TestReport, pytest.TestReport
]:
    """Say of what failed how busy the machine was."""
    report = yield
    if report.failed:
        busy = " ".join(f"{one:.1f}" for one in os.getloadavg())
        worker = os.environ.get("PYTEST_XDIST_WORKER", "the only one")
        told = f"{busy} on {os.cpu_count()} processors, worker {worker}"
        report.sections.append(("load of the last 1, 5 and 15 minutes", told))
    return report


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
