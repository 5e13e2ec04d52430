"""What must still be taken back at Seerr for people who have left."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "take_backs",
        sa.Column("id", number, nullable=False),
        sa.Column("request", sa.Integer(), nullable=False),
        sa.Column("as_user", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_take_backs"),
    )
