"""Brings a database to the tables of this version before anything else."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    inspect,
    select,
)

from medianest_bot.core.store._connect import Engines
from medianest_bot.core.store.errors import StoreUnusable, Why
from medianest_bot.core.store.tables import metadata

HEAD = "0005"
"""The newest revision in `migrations/versions`."""

# As Alembic makes it, so that it finds its own:
# https://alembic.sqlalchemy.org/en/latest/api/runtime.html
_versions = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


async def bring_up_to_date(engines: Engines) -> None:
    """Raises StoreUnusable for a database of a newer version, or not of ours."""
    async with engines.readers.connect() as db:
        revision = await db.run_sync(_revision)
    if revision != HEAD:
        async with engines.migrator.begin() as tx:
            await tx.run_sync(_upgrade)


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
        from medianest_bot.migrations.run import upgrade  # noqa: PLC0415

        upgrade(db, revision)
        _check_references(db)


def _check_references(db: Connection) -> None:
    """SQLite looked away while tables were made anew."""
    if db.dialect.name == "sqlite":
        broken = db.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise StoreUnusable(Why.DAMAGED)


def _create(db: Connection) -> None:
    """The quick way for a new database; a test holds it equal to the migrations."""
    if set(inspect(db).get_table_names()) & set(metadata.tables):
        raise StoreUnusable(Why.FOREIGN)
    metadata.create_all(db, checkfirst=False)
    _versions.create(db)
    db.execute(_versions.insert().values(version_num=HEAD))
