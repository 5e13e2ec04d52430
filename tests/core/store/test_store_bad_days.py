"""Kills, full disks, locks and folders that cannot be written."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.locks import locked

import medianest_bot
from medianest_bot.core.store import config
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.errors import StoreBusy, StoreUnusable, Why

NOW = datetime(2026, 5, 1, tzinfo=UTC)
NOBODY = 65534
SOURCES = str(Path(medianest_bot.__file__).parents[1])


async def put(store: Store, key: str, value: str = "1") -> None:
    async with store.begin() as tx:
        await config.put(tx, key, value, NOW)


async def why_not(url: str, folder: Path | None = None) -> Why:
    """Why a store cannot be opened."""
    with pytest.raises(StoreUnusable) as caught:
        await Store.open(url, lock_folder=folder, patience_s=0.1)
    return caught.value.reason


@contextmanager
def writing_pairs(database: Path, label: str) -> Iterator[subprocess.Popen[str]]:
    script = Path(__file__).with_name("writes_pairs.py")
    child = subprocess.Popen(
        [sys.executable, str(script), str(database), label],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": SOURCES},
    )
    with child:
        try:
            yield child
        finally:
            child.kill()


@pytest.mark.parametrize("delay_s", [0.0, 0.0007, 0.0023])
async def test_a_kill_loses_nothing_promised_and_halves_nothing(
    database: Path, delay_s: float
) -> None:
    with writing_pairs(database, "k") as child:
        assert child.stdout is not None
        promised = [int(child.stdout.readline()) for _ in range(20)][-1]
        time.sleep(delay_s)  # noqa: ASYNC251 - to hit another part of a commit
        child.kill()
        promised = max([promised, *map(int, child.stdout.read().split())])
    # The lock died with its holder.
    store = await Store.open(f"sqlite:///{database}", lock_folder=database.parent)
    async with store.read() as db:
        assert await db.scalar(text("PRAGMA integrity_check")) == "ok"
        keys = set(await db.scalars(text("SELECT key FROM service_config")))
    await store.close()
    pairs = {key[:-1] for key in keys}
    assert keys == {pair + half for pair in pairs for half in "ab"}
    assert {f"k{number}" for number in range(promised + 1)} <= pairs


async def test_a_full_disk_is_said_and_outlived(store: Store) -> None:
    await put(store, "before")
    async with store.begin() as tx:
        pages = await tx.scalar(text("PRAGMA page_count"))
        await tx.execute(text(f"PRAGMA max_page_count={pages}"))
    with pytest.raises(StoreUnusable) as caught:
        await put(store, "big", "x" * 100_000)
    assert caught.value.reason is Why.FULL
    async with store.begin() as tx:
        assert await config.get(tx, "before") == "1"
        await tx.execute(text("PRAGMA max_page_count=1000000"))
    await put(store, "big", "x" * 100_000)


async def test_a_database_that_another_program_writes_can_be_read(
    database: Path,
) -> None:
    store = await Store.open(f"sqlite:///{database}", patience_s=0.1)
    async with locked(database) as other:
        with pytest.raises(StoreBusy):
            await put(store, "a")
        async with store.read() as db:
            assert await config.get(db, "a") is None
        other.execute("ROLLBACK")
    await put(store, "a")
    await store.close()


async def test_a_short_lock_is_waited_for(database: Path) -> None:
    store = await Store.open(f"sqlite:///{database}")
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM lines")
        other.execute("COMMIT")
    await put(store, "a")
    await store.close()


async def test_a_database_held_by_another_program_is_said(database: Path) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        assert await why_not(f"sqlite:///{database}") is Why.LOCKED


async def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    assert await why_not(f"sqlite:///{gone / 'a.sqlite'}") is Why.NO_FOLDER
    url = f"sqlite:///{tmp_path / 'a.sqlite'}"
    assert await why_not(url, gone) is Why.NO_FOLDER


@pytest.mark.parametrize("content", [b"not a database, but long enough " * 200])
async def test_a_file_that_is_no_database_is_said(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "a.sqlite"
    path.write_bytes(content)
    assert await why_not(f"sqlite:///{path}") is Why.DAMAGED
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "address",
    ["", "hunter2", "mysql://u:hunter2@db/x", "sqlite://", "sqlite:///:memory:"],
)
async def test_an_address_we_do_not_know_is_said_without_it(address: str) -> None:
    with pytest.raises(StoreUnusable) as caught:
        await Store.open(address)
    assert caught.value.reason is Why.BAD_ADDRESS
    assert "hunter2" not in str(caught.value)


async def test_a_server_that_is_not_there_is_said() -> None:
    url = "postgresql://ana:hunter2@127.0.0.1:1/medianest"
    assert await why_not(url) is Why.UNREACHABLE


def test_the_file_is_for_our_eyes_only(database_template: Path) -> None:
    assert database_template.stat().st_mode & 0o777 == 0o600


@pytest.fixture
def folder(database: Path) -> Iterator[Path]:
    """A folder with a database, for somebody who is not root."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        path.chmod(0o777)
        shutil.copyfile(database, path / "a.sqlite")
        (path / "a.sqlite").chmod(0o666)
        yield path


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may write everything, so that a test as root would prove nothing."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def closed_folder(folder: Path) -> Iterator[Path]:
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o777)


@pytest.fixture
def closed_file(folder: Path) -> Path:
    path = folder / "a.sqlite"
    path.chmod(0o444)
    return path


async def test_a_folder_that_cannot_be_written_is_said(closed_folder: Path) -> None:
    url = f"sqlite:///{closed_folder / 'a.sqlite'}"
    with as_nobody():
        assert await why_not(url, closed_folder) is Why.READ_ONLY
        assert await why_not(url) is Why.READ_ONLY
        assert await why_not(f"sqlite:///{closed_folder / 'new'}") is Why.READ_ONLY


async def test_a_file_that_cannot_be_written_is_said(closed_file: Path) -> None:
    with as_nobody():
        assert await why_not(f"sqlite:///{closed_file}") is Why.READ_ONLY
