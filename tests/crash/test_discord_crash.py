"""The bot is told to leave, or killed, while people look at "thinking…"."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from tests.chats.discord_phone import words
from tests.discord_api import Asked, Guild, Person, Server, discord_api
from tests.discord_house import settle
from tests.ports import free_port
from tests.sitting import PROGRAM, environ
from tests.telegram_program import PATIENCE_S, Gate

from medianest_bot.app import open_app
from medianest_bot.demo.serve import serve
from medianest_bot.demo_house import Demo, move_in
from medianest_bot.settings import read

pytestmark = pytest.mark.slow

TOKEN = "MTAwMDAwMDAwMDAw.GaBcDe.signature-of_1234"
LISTENING = "Discord: listening as medianest\n"
SEARCH = "GET /api/v1/search"
RESTARTED = "⚠️ I was restarted while I was at it. Please press again."
FOUND = "### What I found for"
LEAVE_S = 15.0
"""It gives itself under two; a machine under load is given more."""
PEOPLE = 10


@dataclass
class Outside:
    """What goes on while bots start and are killed."""

    folder: Path
    server: Server
    seerr: Gate
    environ: dict[str, str]
    people: dict[str, Person]
    home: Guild
    logged: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    """The tokens of what nobody waits for any more."""

    def searches(self, name: str, title: str = "dune") -> Asked:
        where = self.server.general(self.home)
        return self.server.slash(
            self.people[name], "search", {"title": title}, where=where
        )

    async def searching(self, count: int) -> list[Asked]:
        """So many search, and are told that it takes a while."""
        self.seerr.hold(SEARCH, passes=False)
        names = [name for _ in range(count) for name in self.people]
        asked = [self.searches(name) for name in names[:count]]
        await self.server.until(lambda: len(self.server.thinking()) == count)
        return asked

    async def owes(self, count: int) -> None:
        """Wait until the bot has written down so many answers it owes."""
        async with asyncio.timeout(PATIENCE_S):
            while self.owed() != count:  # noqa: ASYNC110 - no event is sent
                await asyncio.sleep(0.02)

    def owed(self) -> int:
        path = self.folder / "data" / "medianest.db"
        with closing(sqlite3.connect(path)) as db:
            rows = db.execute("SELECT count(*) FROM tickets WHERE key LIKE 'discord %'")
            return int(rows.fetchone()[0])

    @asynccontextmanager
    async def bot(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """A bot that has been started; killed at the end, if it still runs."""
        process = await asyncio.create_subprocess_exec(
            *PROGRAM,
            "run",
            cwd=self.folder,
            env=environ(**self.environ),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            assert process.stdout is not None
            async with asyncio.timeout(PATIENCE_S):
                line = (await process.stdout.readline()).decode()
            assert line == LISTENING
            await self.server.until(lambda: self.server.world.commands, PATIENCE_S)
            yield process
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGKILL)
            async with asyncio.timeout(PATIENCE_S):
                said, complained = await process.communicate()
            self.logged += [said.decode(), complained.decode()]

    async def leaves(self, process: asyncio.subprocess.Process) -> float:
        """Tell it to leave; returns the seconds that it takes."""
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), PATIENCE_S)
        return time.monotonic() - began


@pytest_asyncio.fixture
async def outside(tmp_path: Path) -> AsyncIterator[Outside]:
    """At the end nobody waits, and no secret was ever written down."""
    async with (
        serve(tmp_path / "household", pace=0) as served,
        discord_api(TOKEN, ack_within_s=LEAVE_S) as server,
        (gate := Gate(served.settings["OVERSEERR_URL"])).serving() as seerr_url,
    ):
        told = {**served.settings, "DATA_DIR": str(tmp_path / "data")}
        async with open_app(read(told, env_file=None, secrets_dir=None)) as app:
            await move_in(app, served.household)
            people, home = await settle(Demo(app, served), server)
        told |= {
            "OVERSEERR_URL": seerr_url,
            "DISCORD_TOKEN": TOKEN,
            "DISCORD_GUILDS": str(home.id),
            "DISCORD_API_URL": server.url,
            "DISCORD_GATEWAY_URL": server.gateway_url,
            "WEB_PORT": str(free_port()),
            "LOG_LEVEL": "debug",
        }
        found = Outside(tmp_path, server, gate, told, people, home)
        yield found
        assert (server.thinking(), server.unanswered()) == ([], [])
        assert server.spec_errors == []
        secrets = [TOKEN, *server.interactions.asked, *found.given_up]
        text = "".join(found.logged)
        assert [one for one in secrets if one in text] == []


def said(asked: list[Asked]) -> set[str]:
    return {words(one.answer)[: len(FOUND)] for one in asked}


async def test_who_looks_at_thinking_when_it_is_killed_hears_so_at_the_next_start(
    outside: Outside,
) -> None:
    async with outside.bot():
        asked = await outside.searching(4)
        await outside.owes(4)
    outside.seerr.open()
    assert len(outside.server.thinking()) == 4

    async with outside.bot():
        await outside.server.until(lambda: not outside.server.thinking(), PATIENCE_S)
        assert {words(one.answer) for one in asked} == {RESTARTED}
        assert outside.owed() == 0
        first = asked[0]
        assert first.answer is not None
        again = outside.server.presses(first.person, first.answer, "Again")
        await outside.server.until(lambda: again.answered_at, PATIENCE_S)
    assert [words(one)[: len(FOUND)] for one in again.followups] in ([FOUND], [])


async def test_told_to_leave_it_says_so_to_all_who_wait(outside: Outside) -> None:
    async with outside.bot() as process:
        asked = await outside.searching(PEOPLE)
        took_s = await outside.leaves(process)
    assert (took_s < LEAVE_S, process.returncode) == (True, 0), took_s
    assert outside.server.gateway.closes == [1000]
    # Whom a machine under load did not tell in time hears it at the next start.
    outside.seerr.open()
    async with outside.bot():
        await outside.server.until(lambda: not outside.server.thinking(), PATIENCE_S)
        await outside.owes(0)
    assert {words(one.answer) for one in asked} == {RESTARTED}


async def test_told_to_leave_it_brings_what_comes_soon(outside: Outside) -> None:
    async with outside.bot() as process:
        asked = await outside.searching(PEOPLE)
        leaving = asyncio.create_task(outside.leaves(process))
        await asyncio.sleep(0.1)
        outside.seerr.open()
        took_s = await leaving
    assert (took_s < LEAVE_S, process.returncode) == (True, 0), took_s
    assert outside.server.gateway.closes == [1000]
    # It gives itself a second and a half, in which a machine under load does little.
    async with outside.bot():
        await outside.server.until(lambda: not outside.server.thinking(), PATIENCE_S)
        await outside.owes(0)
    assert said(asked) <= {FOUND, RESTARTED[: len(FOUND)]}


async def test_what_is_killed_before_a_word_of_it_harms_nothing(
    outside: Outside,
) -> None:
    """Whoever asked was told by Discord that nobody answered, and asks again."""
    server = outside.server
    hold = server.hold("create_interaction_response")
    async with outside.bot():
        asked = outside.searches("ana")
        await asyncio.wait_for(hold.arrived.wait(), PATIENCE_S)
    del server.interactions.asked[asked.token]
    server.faults.clear()
    async with outside.bot():
        again = outside.searches("ana")
        await server.until(lambda: again.answered_at, PATIENCE_S)
    assert said([again]) == {FOUND}


async def test_no_token_is_written_down_whatever_fails(outside: Outside) -> None:
    server = outside.server
    callback, edit = "create_interaction_response", "update_original_webhook_message"
    async with outside.bot() as process:
        for status in (400, 403, 404):
            server.fail(callback, status)
            lost = outside.searches("ana")
            call = await server.next_call(callback, PATIENCE_S)
            assert (call.status, call.where["interaction_token"]) == (
                status,
                lost.token,
            )
            outside.given_up.append(lost.token)
            del server.interactions.asked[lost.token]
        server.cut(callback, times=2)
        server.cut(callback, "after")
        server.fail(edit, 500)
        asked = outside.searches("ana")
        await server.until(lambda: asked.answered_at, PATIENCE_S)
        assert said([asked]) == {FOUND}
        await outside.leaves(process)
    assert "not answered" in "".join(outside.logged)
