"""What a person and the record are told when a line did not work."""

from __future__ import annotations

import asyncio
import re
import traceback
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from medianest_bot.core import troubles
from medianest_bot.core.command import Commands
from medianest_bot.core.context import Asked
from medianest_bot.core.reply import Choice, Reply, Show, Tone
from medianest_bot.core.store import errors_log, people
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.errors import StoreError
from medianest_bot.core.words import Sorry, _, marked
from medianest_bot.services.errors import ServiceError

log = structlog.get_logger(__name__)

BROKEN = marked(
    "That did not work (reference {reference}). It has been noted for the admin."
)
OLD_BUTTON = marked("That button is old.")
SEARCH_AGAIN = marked("Search again")

HIDDEN = "[hidden]"
_WORD = re.compile(r"[^\s:=\"']+")
_SHORT = 4
"""Shorter words open nothing, and stand in every trace."""
_RECORD_S = 2.0
"""A busy store must not keep somebody waiting for a sentence that is ready."""
_DETAILS = 8000


class OldButton(Sorry):
    """A button whose line means nothing any more."""

    def __init__(self) -> None:
        super().__init__(OLD_BUTTON)


class Failures:
    """Words what went wrong, and keeps the record for `admin errors`."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        redact: Callable[[str], str],
        commands: Commands,
    ) -> None:
        self._store = store
        self._now = now
        self._redact = redact
        self._commands = commands
        self._recording: set[asyncio.Task[None]] = set()

    async def answer(
        self, error: Exception, line: str, asked: Asked, reference: str
    ) -> Reply:
        """One honest sentence for whoever asked; the rest goes to the record."""
        name = _command(line)
        found = self._commands.by_name.get(name)
        hide = hiding(line, name) if found and found.is_secret else str
        told = {"line": name, "exception": hide(_trace(error)).strip()}
        match error:
            case ServiceError():
                log.warning("neighbour", error=hide(str(error)), **told)
                text, failed = troubles.worded(error, self._now()), False
            case StoreError():
                log.error("store", error=hide(str(error)), **told)
                return replace(_bad(troubles.of_store(error), asked), failed=True)
            case _:
                log.error("broken", **told)
                text, failed = _(BROKEN, reference=reference), True
        cause, details = hide(_cause(error)), hide(_trace(error))
        record = self._keep_record(cause, details, name, asked, reference)
        await self._record_soon(record)
        return replace(_bad(text, asked), failed=failed)

    async def report(self, reference: str, what: str, cause: str) -> None:
        """Keep a record of what went wrong while nobody waited for an answer."""
        log.error("broken", line=what, cause=cause, ref=reference)
        await self._record_soon(self._keep(reference, None, what, cause, ""))

    async def aclose(self) -> None:
        """Let records that are being written find the store still open."""
        if self._recording:
            await asyncio.wait(self._recording)

    async def _record_soon(self, work: Coroutine[Any, Any, None]) -> None:
        """Wait for the record, so that `admin errors` shows it, but not for long."""
        task = asyncio.create_task(work)
        self._recording.add(task)
        task.add_done_callback(self._recording.discard)
        await asyncio.wait({task}, timeout=_RECORD_S)

    async def _keep_record(
        self, cause: str, details: str, name: str, asked: Asked, reference: str
    ) -> None:
        """A full record for admins.

        Of the trace the end, as the innermost cause is what matters. It is redacted
        before it is cut: half a secret is not recognised any more.
        """
        who = (asked.platform, asked.account)
        whole = self._redact(details)[-_DETAILS:]
        await self._keep(reference, who, name, self._redact(cause), whole)

    async def _keep(
        self,
        reference: str,
        who: tuple[str, str] | None,
        name: str,
        cause: str,
        details: str,
    ) -> None:
        """Where even the record fails, the log has it."""
        try:
            async with self._store.begin() as tx:
                person = await people.by_account(tx, *who) if who else None
                await errors_log.add(
                    tx,
                    reference=reference,
                    at=self._now(),
                    person_id=person.id if person else None,
                    command=name,
                    cause=cause,
                    details=details,
                )
        except Exception:
            log.exception("record", reference=reference)


def hiding(line: str, name: str) -> Callable[[str], str]:
    """Takes out of texts what a line says behind the name of its command."""
    said = set(_WORD.findall(line)) - set(name.split(" "))
    forms = said | {"".join(filter(str.isalnum, word)) for word in said}
    longest = sorted((one for one in forms if len(one) >= _SHORT), key=len)[::-1]
    if not longest:
        return str
    pattern = re.compile("|".join(map(re.escape, longest)), re.IGNORECASE)
    return lambda text: pattern.sub(HIDDEN, text)


def note(sorry: Sorry, asked: Asked) -> Reply:
    """A refusal, for the eyes of whoever pressed; an old button offers a way on."""
    again = Choice(_(SEARCH_AGAIN), "search", ask=_(SEARCH_AGAIN))
    choices = (again,) if isinstance(sorry, OldButton) else ()
    text = sorry.worded()
    return Reply(text=text, tone=Tone.WARN, show=_where(asked), choices=choices)


def _command(line: str) -> str:
    """The command that ran, or the first word where none was found in the line."""
    found = structlog.contextvars.get_contextvars().get("command")
    return str(found or line.lstrip().split(" ", maxsplit=1)[0])[:40]


def _bad(text: str, asked: Asked) -> Reply:
    return Reply(text=text, tone=Tone.BAD, show=_where(asked))


def _where(asked: Asked) -> Show:
    return Show.NOTE if asked.pressed else Show.NEW


def _trace(error: Exception) -> str:
    return "".join(traceback.format_exception(error))


def _cause(error: Exception) -> str:
    return traceback.format_exception_only(error)[-1].strip()
