"""The tables of how people come in: signing in with Plex, invitations, who is expected.

Nothing in them opens anything by itself: what is secret is a hash here, or sealed.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    text,
)

from medianest_bot.core.store._columns import (
    NEVER_AGAIN,
    metadata,
    person_id,
    row_id,
)
from medianest_bot.core.store._types import Moment, Prose

link_attempts = Table(
    "link_attempts",
    metadata,
    row_id(),
    Column("platform", String(16), nullable=False),
    Column("account", Prose(), nullable=False),
    Column("shown_name", Prose(128), nullable=False),
    Column("locale", Prose(16)),
    Column("person_id", ForeignKey("users.id", ondelete="SET NULL")),
    Column("salt", Prose(), nullable=False),
    Column("state_hash", Prose(), nullable=False, unique=True),
    Column("browser_hash", Prose()),
    Column("return_hash", Prose(), unique=True),
    Column("pin", Prose()),
    Column("plex_id", BigInteger),
    Column("plex_name", Prose(64)),
    Column("access", String(16)),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("state", String(16), nullable=False),
    Column("reason", Prose()),
    Column("decided_by", ForeignKey("users.id", ondelete="SET NULL")),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Index("ix_link_attempts_account", "platform", "account"),
    Index("ix_link_attempts_state", "state"),
    **NEVER_AGAIN,
)
"""One row for each sign-in somebody began; `pin` is sealed."""

invitations = Table(
    "invitations",
    metadata,
    row_id(),
    person_id(),
    Column("key_hash", Prose(), nullable=False, unique=True),
    Column("made_by", ForeignKey("users.id", ondelete="SET NULL")),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
    Column("used_by", Prose()),
    **NEVER_AGAIN,
)
"""Whoever brings the key of one becomes that person, once."""

expected = Table(
    "expected",
    metadata,
    row_id(),
    Column("who", Prose(), nullable=False),
    Column("plex", Prose(), nullable=False),
    Column("made_by", ForeignKey("users.id", ondelete="SET NULL")),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("who"),
)
"""Who needs no approval with which Plex account. `who`: `person:3`, `discord:123`."""

blocked = Table(
    "blocked",
    metadata,
    Column("platform", String(16), primary_key=True),
    Column("account", Prose(), primary_key=True),
    Column("shown_name", Prose(128), nullable=False),
    Column("blocked_by", ForeignKey("users.id", ondelete="SET NULL")),
    Column("at", Moment, nullable=False),
)
"""Accounts that may not ask to come in any more."""

parents = Table(
    "parents",
    metadata,
    Column("person_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "parent_id",
        ForeignKey("users.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
)
"""Who looks after whom, for people without an account of their own at Plex."""

take_backs = Table(
    "take_backs",
    metadata,
    row_id(),
    Column("request", Integer, nullable=False),
    Column("as_user", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
)
"""Requests at Seerr that nobody waits for any more: their people have left."""
