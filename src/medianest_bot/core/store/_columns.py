"""What all tables share: how things are named, and the columns many have."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData

NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMES)


NEVER_AGAIN: dict[str, Any] = {"sqlite_autoincrement": True}
"""Ids that are never given twice: an old button must not hit a new row."""


def row_id() -> Column[int]:
    # SQLite only counts up by itself in a plain INTEGER primary key.
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True)


def person_id(*, index: bool = True) -> Column[int]:
    return Column(
        "person_id",
        ForeignKey("users.id", ondelete="CASCADE"),
        nullable=False,
        index=index,
    )
