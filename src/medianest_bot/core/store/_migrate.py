"""Brings a database to the tables of this version before anything else."""

from __future__ import annotations

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, select
from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.store._connect import Engines
from medianest_bot.core.store.errors import StoreUnusable, Why
from medianest_bot.core.store.tables import metadata

HEAD = "0001"
"""The newest revision in `migrations/versions`."""

# As Alembic makes it, so that it finds its own:
# https://alembic.sqlalchemy.org/en/latest/api/runtime.html
_versions = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), primary_key=True),
)


async def bring_up_to_date(engines: Engines) -> None:
    """Raises StoreUnusable for a database of a newer version, or not of ours."""
    async with engines.migrator.connect() as db:
        revision = await db.run_sync(_revision)
        await db.rollback()
        if revision != HEAD:
            await _begin(db, engines)
            await db.run_sync(_upgrade)
            await db.commit()


async def _begin(db: AsyncConnection, engines: Engines) -> None:
    """Take the lock under which only one program upgrades."""
    await db.execute(engines.begin)


def _revision(db: Connection) -> str | None:
    if not inspect(db).has_table(_versions.name):
        return None
    return db.execute(select(_versions.c.version_num)).scalar()


def _upgrade(db: Connection) -> None:
    # Again, now under the lock: another program may have been faster.
    revision = _revision(db)
    if revision is None:
        _create(db)
    elif revision != HEAD:
        # Only here: importing Alembic takes longer than the whole start.
        from medianest_bot.migrations import run  # noqa: PLC0415

        run.upgrade(db, revision)


def _create(db: Connection) -> None:
    """The quick way for a new database; a test holds it equal to the migrations."""
    if set(inspect(db).get_table_names()) & set(metadata.tables):
        raise StoreUnusable(Why.FOREIGN)
    metadata.create_all(db, checkfirst=False)
    _versions.create(db)
    db.execute(_versions.insert().values(version_num=HEAD))
