"""Alembic's entry point: runs on the connection the store hands over."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import types

from medianest_bot.core.store.tables import metadata


def plain(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Types as the database knows them: ours may change, history may not."""
    if kind == "type" and isinstance(item, types.TypeDecorator):
        if isinstance(item.impl, types.DateTime):
            return "sa.DateTime(timezone=True)"
        return f"sa.{type(item.impl).__name__}()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    render_item=plain,
    compare_type=True,
    compare_server_default=True,
    # SQLite undoes changes of tables as well, in a transaction that we began.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
