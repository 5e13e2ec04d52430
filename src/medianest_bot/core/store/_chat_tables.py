"""The tables of what chats need; `tables` has them all."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from medianest_bot.core.store._columns import NEVER_AGAIN, metadata, row_id
from medianest_bot.core.store._types import Moment, Prose

inbox = Table(
    "inbox",
    metadata,
    row_id(),
    Column("platform", String(16), nullable=False),
    Column("update_id", BigInteger, nullable=False),
    Column("body", Prose(), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("done_at", Moment, index=True),
    Column("set_aside_at", Moment),
    UniqueConstraint("platform", "update_id"),
    **NEVER_AGAIN,
)
"""What chats delivered, kept before it is confirmed to them and until it is done."""

places = Table(
    "places",
    metadata,
    row_id(),
    Column("platform", String(16), nullable=False),
    Column("chat", Prose(), nullable=False),
    Column("thread", Prose(), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("title", Prose(200), nullable=False),
    Column("added_by", ForeignKey("users.id", ondelete="SET NULL")),
    Column("added_at", Moment, nullable=False),
    Column("is_here", Boolean, nullable=False),
    Column("settled_at", Moment),
    UniqueConstraint("platform", "chat", "thread"),
)
"""Chats we were added to, and what admins said of them; no thread is ''."""

tickets = Table(
    "tickets",
    metadata,
    Column("key", Prose(), primary_key=True),
    Column("platform", String(16), nullable=False),
    Column("account", Prose(), nullable=False),
    Column("line", Prose(), nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
)
"""Lines that one account may run for a while: deep links, and questions asked."""

strangers = Table(
    "strangers",
    metadata,
    row_id(),
    Column("platform", String(16), nullable=False),
    Column("account", Prose(), nullable=False),
    Column("told_at", Moment, nullable=False),
    UniqueConstraint("platform", "account"),
)
"""Who was told today how to come in."""

sent_pictures = Table(
    "sent_pictures",
    metadata,
    row_id(),
    Column("platform", String(16), nullable=False),
    Column("source", Prose(), nullable=False),
    Column("token", Prose(), nullable=False),
    Column("used_at", Moment, nullable=False),
    UniqueConstraint("platform", "source"),
)
"""What a chat calls the pictures it has already."""
