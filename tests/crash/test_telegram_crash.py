"""The bot is killed in the midst of updates; the next start makes it good."""

from __future__ import annotations

import asyncio
import signal
import time

import pytest
from tests.telegram_program import (  # noqa: F401
    PATIENCE_S,
    Outside,
    listening,
    outside,
)

pytestmark = pytest.mark.slow

DUNE = 438631
ASK = f"/request movie:{DUNE}"
ASKED = "Asked for. Now it waits"
POST = "POST /api/v1/request"
SEARCH = "GET /api/v1/search"
LEAVE_S = 15.0
"""It gives itself under two; a machine under load is given more."""
ONCE = ((1, 1), (1, 2))
"""One request at Seerr, and one message, or one more that says the same."""
NAMES = ("mum", "ana", "tim", "zoe")


async def test_updates_that_were_queued_are_done_after_a_kill(
    outside: Outside,  # noqa: F811
) -> None:
    """All of them are confirmed, and nobody was answered."""
    server = outside.server
    for name in NAMES:
        server.says(outside.who(name), "/me")
        server.says(outside.who(name), "/help request")
    hold = server.hold("sendMessage")
    async with outside.bot():
        await server.until(lambda: len(server.updates.confirmed) == 8, PATIENCE_S)
        await hold.arrived.wait()
        assert server.updates.pending == {}
    # What is held is not done any more: who asked for it is gone.
    server.goes_down()
    await asyncio.sleep(0.05)
    server.comes_back()
    said = {name: outside.answers(name) for name in NAMES}
    assert said == {name: [] for name in NAMES}

    async with outside.bot() as process:
        await listening(process)
        await server.until(
            lambda: all(len(outside.answers(name)) == 2 for name in NAMES), PATIENCE_S
        )
    firsts = {name: outside.answers(name)[0].split("\n")[0] for name in NAMES}
    assert firsts == {name: name for name in NAMES}


async def test_a_request_that_was_made_is_not_made_again(
    outside: Outside,  # noqa: F811
) -> None:
    """Seerr has done it; nobody lives to hear so."""
    outside.server.says(outside.who("ana"), ASK)
    outside.seerr.hold(POST)
    async with outside.bot():
        await asyncio.wait_for(outside.seerr.arrived.wait(), PATIENCE_S)
        assert (outside.asked_for(DUNE), outside.answers("ana")) == (1, [])
    outside.seerr.open()

    async with outside.bot():
        await outside.answer("ana", ASKED)
        await until_done(outside)
    assert (outside.asked_for(DUNE), len(outside.answers("ana"))) in ONCE


async def test_a_request_that_had_not_arrived_is_made_once(
    outside: Outside,  # noqa: F811
) -> None:
    outside.server.says(outside.who("ana"), ASK)
    outside.seerr.hold(POST, passes=False)
    async with outside.bot():
        await asyncio.wait_for(outside.seerr.arrived.wait(), PATIENCE_S)
    outside.seerr.open()
    assert outside.asked_for(DUNE) == 0

    async with outside.bot():
        await outside.answer("ana", ASKED)
        await until_done(outside)
    assert (outside.asked_for(DUNE), len(outside.answers("ana"))) in ONCE


async def test_killed_between_the_answer_and_its_mark_one_answer_is_repeated(
    outside: Outside,  # noqa: F811
) -> None:
    server = outside.server
    server.says(outside.who("ana"), ASK)
    hold = server.hold("sendMessage", when="after")
    async with outside.bot():
        await asyncio.wait_for(hold.arrived.wait(), PATIENCE_S)
    server.faults.release()
    assert len(outside.answers("ana")) == 1

    async with outside.bot():
        await server.until(lambda: len(outside.answers("ana")) == 2, PATIENCE_S)
        await until_done(outside)
    assert (outside.asked_for(DUNE), len(outside.answers("ana"))) == (1, 2)


async def test_a_press_is_done_after_a_kill(outside: Outside) -> None:  # noqa: F811
    server, ana = outside.server, outside.who("ana")
    async with outside.bot():
        server.says(ana, "dune 2021")
        card = await outside.answer("ana", "Dune (2021)")
        outside.seerr.hold(POST)
        server.presses(ana, card, card.buttons[0].label)
        await asyncio.wait_for(outside.seerr.arrived.wait(), PATIENCE_S)
    outside.seerr.open()

    async with outside.bot():
        await outside.answer("ana", ASKED)
        await until_done(outside)
    assert outside.asked_for(DUNE) == 1


async def test_what_kills_the_bot_three_times_is_set_aside(
    outside: Outside,  # noqa: F811
) -> None:
    """Those who asked beside it are answered, and admins can read of it."""
    server = outside.server
    server.says(outside.who("tim"), "/me")
    server.says(outside.who("ana"), "/search dune")
    server.says(outside.who("zoe"), "/me")
    for _ in range(3):
        outside.seerr.hold(SEARCH, passes=False)
        async with outside.bot():
            await asyncio.wait_for(outside.seerr.arrived.wait(), PATIENCE_S)
            # Beside the first time, later in turn.
            await outside.answer("tim", "Role")
        outside.seerr.open()

    async with outside.bot():
        await outside.answer("zoe", "Role")
        server.says(outside.who("mum"), "/admin errors")
        found = await outside.answer("mum", "telegram")
        await until_done(outside)
    assert "An update was begun 3 times and never finished" in found.text
    assert (outside.answers("ana"), outside.seerr.calls[SEARCH]) == ([], 0)
    assert len(outside.answers("tim")) <= 2
    assert len(outside.answers("zoe")) <= 2


async def test_told_to_leave_it_finishes_what_is_nearly_done(
    outside: Outside,  # noqa: F811
) -> None:
    server = outside.server
    async with outside.bot() as process:
        await listening(process)
        hold = server.hold("sendMessage")
        server.says(outside.who("ana"), "/me")
        await asyncio.wait_for(hold.arrived.wait(), PATIENCE_S)
        process.send_signal(signal.SIGTERM)
        # It leaves Telegram's poll first.
        await asyncio.sleep(0.1)
        server.faults.release()
        began = time.monotonic()
        await asyncio.wait_for(process.wait(), PATIENCE_S)
        assert (time.monotonic() - began < LEAVE_S, process.returncode) == (True, 0)
    assert (len(outside.answers("ana")), server.updates.pending) == (1, {})

    async with outside.bot() as process:
        await listening(process)
        await until_done(outside)
    assert len(outside.answers("ana")) == 1


async def test_told_to_leave_it_leaves_the_rest_for_the_next_start(
    outside: Outside,  # noqa: F811
) -> None:
    server = outside.server
    async with outside.bot() as process:
        await listening(process)
        outside.seerr.hold(POST)
        server.says(outside.who("ana"), ASK)
        await asyncio.wait_for(outside.seerr.arrived.wait(), PATIENCE_S)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), PATIENCE_S)
        took_s = time.monotonic() - began
        assert (took_s < LEAVE_S, process.returncode) == (True, 0), took_s
    outside.seerr.open()
    assert (outside.answers("ana"), server.updates.pending) == ([], {})

    async with outside.bot():
        await outside.answer("ana", ASKED)
        await until_done(outside)
    assert (outside.asked_for(DUNE), len(outside.answers("ana"))) in ONCE


async def until_done(outside: Outside) -> None:  # noqa: F811
    """Wait until everything that was said so far was surely handled."""
    seen = len(outside.answers("mum"))
    outside.server.says(outside.who("mum"), "/library")
    await outside.server.until(lambda: len(outside.answers("mum")) > seen, PATIENCE_S)
