"""What was typed before, in a file that only its owner can read."""

from __future__ import annotations

import os
from pathlib import Path

import structlog
from prompt_toolkit.history import FileHistory, History, InMemoryHistory

log = structlog.get_logger(__name__)


def open_history(path: Path | None) -> History:
    """The history in `path`, mode 0600; kept in memory where no file can be had."""
    if path is None:
        return InMemoryHistory()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
        path.chmod(0o600)
    except OSError as error:
        log.warning("history", error=type(error).__name__)
        return InMemoryHistory()
    return _PrivateHistory(str(path))


class _PrivateHistory(FileHistory):
    def store_string(self, string: str) -> None:
        """Write it down; a full disk costs the history, not the conversation."""
        try:
            super().store_string(string)
        except OSError as error:
            log.warning("history", error=type(error).__name__)
