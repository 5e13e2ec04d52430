"""How people come in: signing in with Plex, invitations, who is expected or blocked."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    for column in (
        sa.Column("plex_name", sa.Text()),
        _moment("plex_seen_at", nullable=True),
        _moment("paused_at", nullable=True),
        sa.Column("limit_commands", sa.Integer()),
        sa.Column("limit_requests", sa.Integer()),
        sa.Column("limit_downloads", sa.Integer()),
    ):
        op.add_column("users", column)
    op.create_index("ix_users_plex_id", "users", ["plex_id"])
    op.add_column("news", sa.Column("room", sa.Text()))
    _link_attempts()
    _invitations()
    _expected()
    _blocked()
    _parents()


def _link_attempts() -> None:
    name = "link_attempts"
    _table(
        name,
        _id(),
        _platform(),
        _text("account"),
        _text("shown_name"),
        _text("locale", nullable=True),
        _person(name, "person_id"),
        _text("salt"),
        _text("state_hash"),
        _text("browser_hash", nullable=True),
        _text("return_hash", nullable=True),
        _text("pin", nullable=True),
        sa.Column("plex_id", sa.BigInteger()),
        _text("plex_name", nullable=True),
        sa.Column("access", sa.String(16)),
        sa.Column("tries", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("state", sa.String(16), nullable=False),
        _text("reason", nullable=True),
        _person(name, "decided_by"),
        _moment("created_at"),
        _moment("expires_at"),
        _moment("updated_at"),
        sa.UniqueConstraint("state_hash", name="uq_link_attempts_state_hash"),
        sa.UniqueConstraint("return_hash", name="uq_link_attempts_return_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_link_attempts_account", name, ["platform", "account"])
    op.create_index("ix_link_attempts_state", name, ["state"])


def _invitations() -> None:
    name = "invitations"
    _table(
        name,
        _id(),
        _person(name, "person_id", gone="CASCADE", nullable=False),
        _text("key_hash"),
        _person(name, "made_by"),
        _moment("created_at"),
        _moment("expires_at"),
        _moment("used_at", nullable=True),
        _text("used_by", nullable=True),
        sa.UniqueConstraint("key_hash", name="uq_invitations_key_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_invitations_person_id", name, ["person_id"])


def _expected() -> None:
    _table(
        "expected",
        _id(),
        _text("who"),
        _text("plex"),
        _person("expected", "made_by"),
        _moment("created_at"),
        sa.UniqueConstraint("who", name="uq_expected_who"),
    )


def _blocked() -> None:
    _table(
        "blocked",
        _platform(),
        _text("account"),
        _text("shown_name"),
        _person("blocked", "blocked_by"),
        _moment("at"),
        keys=("platform", "account"),
    )


def _parents() -> None:
    _table(
        "parents",
        _person("parents", "person_id", gone="CASCADE", nullable=False),
        _person("parents", "parent_id", gone="CASCADE", nullable=False),
        keys=("person_id",),
    )
    op.create_index("ix_parents_parent_id", "parents", ["parent_id"])


def _table(
    name: str, *parts: Any, keys: tuple[str, ...] = ("id",), **more: Any
) -> None:
    primary = sa.PrimaryKeyConstraint(*keys, name=f"pk_{name}")
    op.create_table(name, *parts, primary, **more)


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _id() -> sa.Column[int]:
    return sa.Column("id", _number(), nullable=False)


def _person(
    table: str, name: str, *, gone: str = "SET NULL", nullable: bool = True
) -> sa.Column[int]:
    key = sa.ForeignKey("users.id", name=f"fk_{table}_{name}", ondelete=gone)
    return sa.Column(name, _number(), key, nullable=nullable)


def _platform() -> sa.Column[str]:
    return sa.Column("platform", sa.String(16), nullable=False)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
