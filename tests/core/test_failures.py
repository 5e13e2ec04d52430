"""What opens something stands in no record of what went wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import pytest
import structlog
from tests.core.hall import REFERENCE, Hall, asked, open_hall

from medianest_bot.core._failures import hiding
from medianest_bot.core.command import Commands, Param, command
from medianest_bot.core.context import Context
from medianest_bot.core.dispatch import Dispatch
from medianest_bot.core.reply import Reply
from medianest_bot.core.store import errors_log
from medianest_bot.core.store.errors import StoreBusy
from medianest_bot.services.errors import Unreachable

Code = Annotated[str, Param("the code", rest=True, secret=True)]


@pytest.fixture
async def hall(tmp_path: Path, database_template: Path) -> AsyncIterator[Hall]:
    async with open_hall(tmp_path, database_template) as opened:
        yield opened


@command("Break over a code")
async def open_up(ctx: Context, code: Code) -> Reply:
    del ctx
    cause = KeyError(code.replace("-", "").lower())
    raise RuntimeError(f"cannot open {code!r}") from cause


@command("Find the store busy over a code")
async def open_store(ctx: Context, code: Code) -> Reply:
    del ctx
    raise StoreBusy(code)


@command("Find a neighbour away over a code")
async def open_gate(ctx: Context, code: Code) -> Reply:
    del ctx
    raise Unreachable("plex") from RuntimeError(code)


@pytest.mark.parametrize("name", ["open up", "open store", "open gate"])
@pytest.mark.parametrize("said", ["{}", "code:{}", 'code:"{}"', "please {}"])
async def test_a_secret_argument_is_in_no_record(
    hall: Hall, name: str, said: str
) -> None:
    commands = Commands({one.name: one for one in (open_up, open_store, open_gate)})
    dispatch = Dispatch(
        replace(hall.house, commands=commands),
        b"k" * 32,
        redact=str,
        reference=lambda: REFERENCE,
    )

    with structlog.testing.capture_logs() as logged:
        reply = await dispatch.run(f"{name} {said.format('ABCD-3FGH')}", asked("ana"))
    async with hall.store.read() as db:
        record = await errors_log.by_reference(db, REFERENCE)

    written = f"{reply} {record} {logged}".lower()
    assert [one for one in ("abcd-3fgh", "abcd3fgh") if one in written] == []
    assert ("[hidden]" in written, name in written) == (True, True)


def test_short_words_and_the_command_stay_readable() -> None:
    hide = hiding("link step:qr 123456", "link")
    assert hide("link of 123456 at step qr") == "link of [hidden] at [hidden] qr"
    assert hiding("link a b", "link")("a b link") == "a b link"
