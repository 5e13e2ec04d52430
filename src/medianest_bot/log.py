"""The log: our lines and other libraries' through one pipe, redacted on the way.

Rooms only ever say `structlog.get_logger(__name__)`; app and cli set this up.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Collection
from contextlib import suppress
from types import TracebackType
from typing import Literal, TextIO

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import Processor

from medianest_bot._redaction import Redaction

Format = Literal["console", "json"]

_CHATTY = (
    "aiohttp.access",
    "aiosqlite",
    "alembic",
    "asyncio",
    "discord",
    "engineio",
    "httpcore",
    "httpx",
    "PIL",
    "socketio",
    "sqlalchemy",
    "telegram",
)
"""Loggers whose lines below a warning tell nothing about the household."""
_GARBAGE = "aiohttp.http_exceptions"
"""What a server of ours could not read: anybody can send it, as often as they like."""
_VOICE = "voice will NOT be supported"
"""What discord.py warns of at every start. Nobody talks with this bot."""


def configure(
    level: str,
    format: str,  # noqa: A002 - as the setting is called
    stream: TextIO | None = None,
    *,
    secrets: Collection[str] = (),
) -> None:
    """Log from `level` on to `stream` (standard error); `secrets` never appear.

    May be called again; what was set up before is replaced.
    """
    target = sys.stderr if stream is None else stream
    least = logging.getLevelNamesMapping()[level.upper()]
    handler = _Handler(target)
    handler.setFormatter(_formatter(format, target, Redaction(secrets)))
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one, _Handler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(least)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(least, logging.WARNING))
    logging.getLogger("discord.client").addFilter(_is_not_of_voice)
    logging.getLogger("aiohttp.server").addFilter(_is_not_of_garbage)
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[*_shared(), ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    sys.excepthook = _uncaught


def _is_not_of_voice(record: logging.LogRecord) -> bool:
    return _VOICE not in str(record.msg)


def _is_not_of_garbage(record: logging.LogRecord) -> bool:
    kind = record.exc_info[0] if record.exc_info else None
    return kind is None or kind.__module__ != _GARBAGE


def _shared() -> list[Processor]:
    """What every line goes through, ours or not, before it is written."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]


def _formatter(
    format: str,  # noqa: A002 - as above
    stream: TextIO,
    redaction: Redaction,
) -> ProcessorFormatter:
    renderer: Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    if format == "console":
        renderer = structlog.dev.ConsoleRenderer(
            colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    return ProcessorFormatter(
        foreign_pre_chain=_shared(),
        processors=[
            structlog.processors.format_exc_info,
            ProcessorFormatter.remove_processors_meta,
            redaction,
            renderer,
        ],
    )


class _Handler(logging.StreamHandler[TextIO]):
    """Writes to the stream.

    About a line that cannot be drawn it says only whose it was: the standard
    handler would print it raw, secrets and all.
    """

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        with suppress(OSError, ValueError):
            self.stream.write(f"a log line of {record.name} could not be written\n")


def _uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    log = structlog.get_logger(__name__)
    log.critical("stopped by an error", exc_info=(kind, error, trace))
