"""The tables of the first version."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

COUNTED: dict[str, Any] = {"sqlite_autoincrement": True}


def upgrade() -> None:
    _people()
    _requests()
    _downloads()
    _outbox()
    _limits()
    _health()
    _records()


def _people() -> None:
    _table(
        "users",
        _id(),
        _text("name"),
        _text("name_key"),
        _word("role", 16),
        sa.Column("seerr_id", sa.Integer()),
        sa.Column("plex_id", sa.BigInteger()),
        _text("locale", nullable=True),
        _moment("created_at"),
        sa.UniqueConstraint("name_key", name="uq_users_name_key"),
        **COUNTED,
    )
    _table(
        "accounts",
        _id(),
        _reference("accounts", "person_id", "users"),
        _word("platform", 16),
        _text("account"),
        _text("shown_name"),
        _moment("linked_at"),
        sa.UniqueConstraint("platform", "account", name="uq_accounts_platform"),
    )
    op.create_index("ix_accounts_person_id", "accounts", ["person_id"])


def _requests() -> None:
    _table(
        "media_requests",
        _id(),
        _reference("media_requests", "person_id", "users"),
        _word("kind", 8),
        sa.Column("tmdb_id", sa.Integer(), nullable=False),
        _text("title"),
        sa.Column("year", sa.Integer()),
        _text("poster", nullable=True),
        sa.Column("seasons", sa.JSON(), nullable=False),
        _word("state", 16),
        sa.Column("seerr_id", sa.Integer()),
        _text("reason", nullable=True),
        sa.Column("percent", sa.Float()),
        _moment("eta", nullable=True),
        _attempts(),
        _moment("next_at", nullable=True),
        _moment("created_at"),
        _moment("updated_at"),
        **COUNTED,
    )
    table = "media_requests"
    op.create_index("ix_media_requests_person_id", table, ["person_id"])
    op.create_index("ix_media_requests_seerr_id", table, ["seerr_id"])
    op.create_index("ix_media_requests_state", table, ["state"])
    op.create_index("ix_media_requests_title", table, ["kind", "tmdb_id"])


def _downloads() -> None:
    _table(
        "youtube_downloads",
        _id(),
        _reference("youtube_downloads", "person_id", "users"),
        _text("url"),
        sa.Column("audio", sa.Boolean(), nullable=False),
        _text("title"),
        _word("state", 16),
        sa.Column("is_playlist", sa.Boolean(), nullable=False),
        _text("folder", nullable=True),
        _text("collection_key", nullable=True),
        _text("link", nullable=True),
        _word("error", 32, nullable=True),
        _moment("created_at"),
        _moment("updated_at"),
        **COUNTED,
    )
    table = "youtube_downloads"
    op.create_index("ix_youtube_downloads_person_id", table, ["person_id"])
    op.create_index("ix_youtube_downloads_state", table, ["state"])
    _table(
        "download_items",
        _id(),
        _reference("download_items", "download_id", "youtube_downloads"),
        sa.Column("position", sa.Integer(), nullable=False),
        _text("url"),
        _text("video", nullable=True),
        _text("title"),
        _word("state", 16),
        _text("path", nullable=True),
        sa.Column("size", sa.BigInteger()),
        _text("plex_key", nullable=True),
        _attempts(),
        _moment("next_at", nullable=True),
        _word("error", 32, nullable=True),
        _moment("updated_at"),
        **COUNTED,
    )
    op.create_index("ix_download_items_download_id", "download_items", ["download_id"])
    op.create_index("ix_download_items_video", "download_items", ["video"])


def _outbox() -> None:
    _table(
        "cards",
        _id(),
        _word("subject", 64),
        _word("platform", 16),
        _text("place"),
        _text("message"),
        _reference("cards", "person_id", "users", nullable=True),
        _text("account"),
        _text("line"),
        sa.Column("drawn", sa.String(64), server_default=sa.text("''"), nullable=False),
        sa.Column(
            "place_kind",
            sa.String(16),
            server_default=sa.text("'private'"),
            nullable=False,
        ),
        _moment("created_at"),
        sa.UniqueConstraint("platform", "place", "message", name="uq_cards_platform"),
        **COUNTED,
    )
    op.create_index("ix_cards_person_id", "cards", ["person_id"])
    op.create_index("ix_cards_subject", "cards", ["subject"])
    _table(
        "news",
        _id(),
        _text("dedupe"),
        _reference("news", "person_id", "users"),
        _text("line"),
        _attempts(),
        _moment("next_at"),
        _moment("told_at", nullable=True),
        _text("failed", nullable=True),
        _moment("created_at"),
        sa.UniqueConstraint("dedupe", name="uq_news_dedupe"),
        **COUNTED,
    )
    op.create_index("ix_news_person_id", "news", ["person_id"])
    op.create_index("ix_news_next", "news", ["told_at", "next_at"])
    _table("lines", _text("key"), _text("line"), _moment("used_at"), key=("key",))


def _limits() -> None:
    _table(
        "spent",
        _id(),
        _reference("spent", "person_id", "users"),
        _word("what", 16),
        _moment("at"),
    )
    op.create_index("ix_spent_what", "spent", ["person_id", "what", "at"])


def _health() -> None:
    _table(
        "service_status",
        _word("service", 32),
        _word("state", 16),
        _moment("since"),
        sa.Column("response_ms", sa.Float()),
        _moment("checked_at"),
        _word("reason", 32, nullable=True),
        key=("service",),
    )
    _table(
        "service_hours",
        _word("service", 32),
        _moment("hour"),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("up", sa.Integer(), nullable=False),
        sa.Column("total_ms", sa.Float(), nullable=False),
        key=("service", "hour"),
    )


def _records() -> None:
    _table(
        "service_config",
        _word("key", 64),
        _text("value"),
        _moment("updated_at"),
        key=("key",),
    )
    _table(
        "error_logs",
        _id(),
        _text("reference"),
        _moment("at"),
        _reference("error_logs", "person_id", "users", nullable=True, gone="SET NULL"),
        _text("command"),
        _text("cause"),
        _text("details"),
    )
    op.create_index("ix_error_logs_at", "error_logs", ["at"])
    op.create_index("ix_error_logs_reference", "error_logs", ["reference"])
    _table(
        "audit",
        _id(),
        _moment("at"),
        _reference("audit", "person_id", "users", nullable=True, gone="SET NULL"),
        _word("action", 64),
        _text("subject"),
        sa.Column("details", sa.JSON(), nullable=False),
    )


def _table(name: str, *parts: Any, key: tuple[str, ...] = ("id",), **more: Any) -> None:
    primary = sa.PrimaryKeyConstraint(*key, name=f"pk_{name}")
    op.create_table(name, *parts, primary, **more)


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _id() -> sa.Column[int]:
    return sa.Column("id", _number(), nullable=False)


def _reference(
    table: str, name: str, to: str, *, nullable: bool = False, gone: str = "CASCADE"
) -> sa.Column[int]:
    key = sa.ForeignKey(f"{to}.id", name=f"fk_{table}_{name}", ondelete=gone)
    return sa.Column(name, _number(), key, nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _word(name: str, length: int, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _attempts() -> sa.Column[int]:
    zero = sa.text("0")
    return sa.Column("attempts", sa.Integer(), server_default=zero, nullable=False)
