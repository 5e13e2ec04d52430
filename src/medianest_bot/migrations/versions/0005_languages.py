"""What language each chat account speaks, for news and cards that nobody asks for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("locale", sa.Text()))
    # Nothing ever wrote it: people write from several chats, each in its language.
    op.drop_column("users", "locale")
