"""Every table, in one look. Times are aware UTC, sizes integers, enums text."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from medianest_bot.core.store._chat_tables import (
    inbox,
    places,
    sent_pictures,
    strangers,
    tickets,
)
from medianest_bot.core.store._columns import (
    NEVER_AGAIN,
    metadata,
    person_id,
    row_id,
)
from medianest_bot.core.store._people_tables import (
    blocked,
    expected,
    invitations,
    link_attempts,
    parents,
    take_backs,
)
from medianest_bot.core.store._types import Moment, Numbers, Prose

__all__ = [
    "accounts",
    "audit",
    "blocked",
    "cards",
    "download_items",
    "error_logs",
    "expected",
    "inbox",
    "invitations",
    "lines",
    "link_attempts",
    "media_requests",
    "metadata",
    "news",
    "parents",
    "places",
    "sent_pictures",
    "service_config",
    "service_hours",
    "service_status",
    "spent",
    "strangers",
    "take_backs",
    "tickets",
    "users",
    "youtube_downloads",
]

users = Table(
    "users",
    metadata,
    row_id(),
    Column("name", Prose(64), nullable=False),
    Column("name_key", Prose(), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("seerr_id", Integer),
    Column("plex_id", BigInteger, index=True),
    Column("created_at", Moment, nullable=False),
    Column("plex_name", Prose(64)),
    Column("plex_seen_at", Moment),
    Column("paused_at", Moment),
    Column("limit_commands", Integer),
    Column("limit_requests", Integer),
    Column("limit_downloads", Integer),
    **NEVER_AGAIN,
)
"""People: household members, one identity over all chats."""

accounts = Table(
    "accounts",
    metadata,
    row_id(),
    person_id(),
    Column("platform", String(16), nullable=False),
    Column("account", Prose(), nullable=False),
    Column("shown_name", Prose(128), nullable=False),
    Column("linked_at", Moment, nullable=False),
    Column("unreachable_at", Moment),
    Column("locale", Prose(16)),
    UniqueConstraint("platform", "account"),
)
"""A chat's users; each belongs to one person."""

media_requests = Table(
    "media_requests",
    metadata,
    row_id(),
    person_id(),
    Column("kind", String(8), nullable=False),
    Column("tmdb_id", Integer, nullable=False),
    Column("title", Prose(300), nullable=False),
    Column("year", Integer),
    Column("poster", Prose()),
    Column("seasons", Numbers, nullable=False),
    Column("state", String(16), nullable=False),
    Column("seerr_id", Integer, index=True),
    Column("reason", Prose()),
    Column("percent", Float),
    Column("eta", Moment),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("next_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Index("ix_media_requests_title", "kind", "tmdb_id"),
    Index("ix_media_requests_state", "state"),
    **NEVER_AGAIN,
)
"""What people asked for; written before Seerr is asked."""

youtube_downloads = Table(
    "youtube_downloads",
    metadata,
    row_id(),
    person_id(),
    Column("url", Prose(), nullable=False),
    Column("audio", Boolean, nullable=False),
    Column("title", Prose(300), nullable=False),
    Column("state", String(16), nullable=False),
    Column("is_playlist", Boolean, nullable=False),
    Column("folder", Prose()),
    Column("collection_key", Prose()),
    Column("link", Prose()),
    Column("error", String(32)),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Index("ix_youtube_downloads_state", "state"),
    **NEVER_AGAIN,
)
"""One row for each download somebody asked for: a job."""

download_items = Table(
    "download_items",
    metadata,
    row_id(),
    Column(
        "download_id",
        ForeignKey("youtube_downloads.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("position", Integer, nullable=False),
    Column("url", Prose(), nullable=False),
    Column("video", Prose(), index=True),
    Column("title", Prose(300), nullable=False),
    Column("state", String(16), nullable=False),
    Column("path", Prose()),
    Column("size", BigInteger),
    Column("plex_key", Prose()),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("next_at", Moment),
    Column("error", String(32)),
    Column("updated_at", Moment, nullable=False),
    **NEVER_AGAIN,
)
"""One row for each video of a download, in playlist order."""

cards = Table(
    "cards",
    metadata,
    row_id(),
    Column("subject", String(64), nullable=False, index=True),
    Column("platform", String(16), nullable=False),
    Column("place", Prose(), nullable=False),
    Column("message", Prose(), nullable=False),
    Column("person_id", ForeignKey("users.id", ondelete="CASCADE"), index=True),
    Column("account", Prose(), nullable=False),
    Column("line", Prose(), nullable=False),
    Column("drawn", String(64), nullable=False, server_default=text("''")),
    Column("place_kind", String(16), nullable=False, server_default=text("'private'")),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("platform", "place", "message"),
    **NEVER_AGAIN,
)
"""Sent messages that follow a subject; `line` draws one again for its reader."""

news = Table(
    "news",
    metadata,
    row_id(),
    Column("dedupe", Prose(), nullable=False, unique=True),
    person_id(),
    Column("line", Prose(), nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("next_at", Moment, nullable=False),
    Column("told_at", Moment),
    Column("failed", Text),
    Column("created_at", Moment, nullable=False),
    Column("room", Prose()),
    Index("ix_news_next", "told_at", "next_at"),
    **NEVER_AGAIN,
)
"""What somebody must be told; `line` words it for the reader at delivery."""

lines = Table(
    "lines",
    metadata,
    Column("key", Prose(), primary_key=True),
    Column("line", Prose(), nullable=False),
    Column("used_at", Moment, nullable=False),
    Column("ask", Prose()),
)
"""Lines too long for a button, or that need an answer first; the key is derived."""

spent = Table(
    "spent",
    metadata,
    row_id(),
    person_id(index=False),
    Column("what", String(16), nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_spent_what", "person_id", "what", "at"),
)
"""What counts against a person's limits, one row each."""

service_status = Table(
    "service_status",
    metadata,
    Column("service", String(32), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("since", Moment, nullable=False),
    Column("response_ms", Float),
    Column("checked_at", Moment, nullable=False),
    Column("reason", String(32)),
)
"""How each neighbour is, as of its last probe."""

service_hours = Table(
    "service_hours",
    metadata,
    Column("service", String(32), primary_key=True),
    Column("hour", Moment, primary_key=True),
    Column("checks", Integer, nullable=False),
    Column("up", Integer, nullable=False),
    Column("total_ms", Float, nullable=False),
)
"""Probes summed by the hour, for uptime and the picture of a day."""

service_config = Table(
    "service_config",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", Prose(), nullable=False),
    Column("updated_at", Moment, nullable=False),
)
"""What the house itself keeps: the canary, neighbours' tokens (encrypted)."""

error_logs = Table(
    "error_logs",
    metadata,
    row_id(),
    Column("reference", Prose(), nullable=False, index=True),
    Column("at", Moment, nullable=False, index=True),
    Column("person_id", ForeignKey("users.id", ondelete="SET NULL")),
    Column("command", Prose(64), nullable=False),
    Column("cause", Prose(200), nullable=False),
    Column("details", Prose(), nullable=False),
)
"""What did not work, with the full record, for admins."""

audit = Table(
    "audit",
    metadata,
    row_id(),
    Column("at", Moment, nullable=False),
    Column("person_id", ForeignKey("users.id", ondelete="SET NULL")),
    Column("action", String(64), nullable=False),
    Column("subject", Prose(200), nullable=False),
    Column("details", JSON, nullable=False),
)
"""Every admin action and change of rights, without secrets."""
