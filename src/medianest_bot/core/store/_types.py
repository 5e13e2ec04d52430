"""How Python values are kept in columns, alike in every database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Text, TypeDecorator


class Moment(TypeDecorator[datetime]):
    """An aware UTC time. SQLite keeps no zone, so it is put back when read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Any) -> datetime | None:
        del dialect
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


class Prose(TypeDecorator[str]):
    """Text from outside: without what no database can hold, cut at `longest`."""

    impl = Text
    cache_ok = True

    def __init__(self, longest: int | None = None) -> None:
        super().__init__()
        self.longest = longest

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        del dialect
        if value is None:
            return None
        # NUL ends a text for PostgreSQL; half a surrogate pair is no UTF-8.
        text = value.replace("\0", "").encode(errors="replace").decode()
        return text[: self.longest]


class Numbers(TypeDecorator[tuple[int, ...]]):
    """Some numbers, in JSON."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> list[int] | None:
        del dialect
        return None if value is None else list(value)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        del dialect
        return None if value is None else tuple(value)
