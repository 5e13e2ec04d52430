"""What chats need: an inbox, places, tickets; who cannot be reached."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("accounts", _moment("unreachable_at", nullable=True))
    op.add_column("lines", sa.Column("ask", sa.Text()))
    _inbox()
    _places()
    _tickets()
    _strangers()
    _sent_pictures()


def _inbox() -> None:
    _table(
        "inbox",
        _id(),
        _platform(),
        sa.Column("update_id", sa.BigInteger(), nullable=False),
        _text("body"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _moment("received_at"),
        _moment("done_at", nullable=True),
        _moment("set_aside_at", nullable=True),
        sa.UniqueConstraint("platform", "update_id", name="uq_inbox_platform"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_inbox_done_at", "inbox", ["done_at"])


def _places() -> None:
    added_by = sa.ForeignKey("users.id", name="fk_places_added_by", ondelete="SET NULL")
    _table(
        "places",
        _id(),
        _platform(),
        _text("chat"),
        _text("thread"),
        sa.Column("kind", sa.String(16), nullable=False),
        _text("title"),
        sa.Column("added_by", _number(), added_by),
        _moment("added_at"),
        sa.Column("is_here", sa.Boolean(), nullable=False),
        _moment("settled_at", nullable=True),
        sa.UniqueConstraint("platform", "chat", "thread", name="uq_places_platform"),
    )


def _tickets() -> None:
    _table(
        "tickets",
        _text("key"),
        _platform(),
        _text("account"),
        _text("line"),
        _moment("expires_at"),
        key="key",
    )
    op.create_index("ix_tickets_expires_at", "tickets", ["expires_at"])


def _strangers() -> None:
    _table(
        "strangers",
        _id(),
        _platform(),
        _text("account"),
        _moment("told_at"),
        sa.UniqueConstraint("platform", "account", name="uq_strangers_platform"),
    )


def _sent_pictures() -> None:
    unique = "uq_sent_pictures_platform"
    _table(
        "sent_pictures",
        _id(),
        _platform(),
        _text("source"),
        _text("token"),
        _moment("used_at"),
        sa.UniqueConstraint("platform", "source", name=unique),
    )


def _table(name: str, *parts: Any, key: str = "id", **more: Any) -> None:
    primary = sa.PrimaryKeyConstraint(key, name=f"pk_{name}")
    op.create_table(name, *parts, primary, **more)


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _id() -> sa.Column[int]:
    return sa.Column("id", _number(), nullable=False)


def _platform() -> sa.Column[str]:
    return sa.Column("platform", sa.String(16), nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
