"""Answers in time, whatever Seerr does, and what becomes of them at the end."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest_asyncio
from tests.chats.discord_phone import (
    Clock,
    Household,
    Phone,
    at_rest,
    at_work,
    shown,
    words,
)
from tests.discord_api import Asked, discord_api
from tests.discord_api.interactions import ANSWER, DEFER
from tests.discord_house import settings

from medianest_bot.chats._discord_asking import LAST_S
from medianest_bot.chats.discord_chat import GRACE_S, Discord
from medianest_bot.core.context import Asked as Who
from medianest_bot.core.dispatch import Checked, Dispatch
from medianest_bot.core.reply import Reply
from medianest_bot.core.store import errors_log

FOUND = "⚠️ I found nothing called"
RESTARTED = "⚠️ I was restarted while I was at it. Please press again."
NUMBERS = itertools.count()
AT_ONCE = 50
NAMES = ("mum", "ana", "tim", "zoe")


@pytest_asyncio.fixture
async def household(tmp_path: Path) -> AsyncIterator[Household]:
    """It may be closed and opened again; nobody is left waiting at the end."""
    async with opened(tmp_path) as household:
        yield household


@pytest_asyncio.fixture
async def patient(tmp_path: Path) -> AsyncIterator[Household]:
    """The same, with as long to stop as a busy machine may need."""
    async with opened(tmp_path, 60.0) as household:
        yield household


@asynccontextmanager
async def opened(folder: Path, grace_s: float = GRACE_S) -> AsyncIterator[Household]:
    clock = Clock()
    async with discord_api(now=lambda: clock().timestamp()) as server:
        household = Household(folder, server, clock, {}, grace_s=grace_s)
        await household.open()
        try:
            yield household
        finally:
            await household.close()
        assert (server.thinking(), server.unanswered()) == ([], [])
        assert (server.interactions.twice, server.spec_errors) == ([], [])
        assert server.lacks_allowed_mentions == []


async def several(household: Household, count: int) -> list[Phone]:
    """Accounts of the household's, of nobody too many."""
    names = itertools.islice(itertools.cycle(NAMES), count)
    return [await household.another(one) for one in names]


def searches(phone: Phone) -> Asked:
    """Ask for what nobody has asked for before; is not waited for."""
    title = {"title": f"nothing {next(NUMBERS)}"}
    return phone.server.slash(phone.person, "search", title, where=phone.where)


async def searching(household: Household, count: int) -> list[Asked]:
    """So many people search at once; Seerr does not answer them."""
    household.demo.served.seerr.knobs.hang = True
    phones = await several(household, count)
    asked = [searches(one) for one in phones]
    await household.server.until(lambda: all(one.acknowledged for one in asked))
    return asked


def said(asked: list[Asked]) -> set[str]:
    return {words(one.answer).split(" “")[0] for one in asked}


def owed(household: Household) -> int:
    path = household.folder / "data" / "medianest.db"
    with closing(sqlite3.connect(path)) as db:
        rows = db.execute("SELECT count(*) FROM tickets WHERE key LIKE 'discord owed%'")
        return int(rows.fetchone()[0])


async def test_what_is_known_is_said_at_once(household: Household) -> None:
    ana = household.of("ana")
    asked = await ana.asks("me")
    calls = [one for one in household.server.calls if asked.token in one.path]
    assert (asked.acknowledged, len(calls)) == (ANSWER, 1)


async def test_fifty_at_once_are_told_that_we_are_at_it(household: Household) -> None:
    household.demo.served.seerr.knobs.hang = True
    phones = await several(household, AT_ONCE)
    asked = [searches(one) for one in phones]
    await household.server.until(lambda: all(one.acknowledged for one in asked))
    assert {one.acknowledged for one in asked} == {DEFER}
    household.demo.served.seerr.knobs.hang = False
    await household.server.until(lambda: all(one.answered_at for one in asked), 20)
    await at_rest()
    assert (household.server.thinking(), owed(household)) == ([], 0)


async def test_told_to_stop_it_waits_for_what_comes_soon(patient: Household) -> None:
    asked = await searching(patient, 10)
    ending = asyncio.create_task(patient.stop_talking())
    await asyncio.sleep(0)
    patient.demo.served.seerr.knobs.hang = False
    await ending
    assert said(asked) == {FOUND}
    assert (owed(patient), patient.server.gateway.closes) == (0, [1000])


def test_the_end_takes_no_longer_than_two_seconds() -> None:
    """What is waited for; how fast the machine is meanwhile is not ours to promise."""
    assert GRACE_S + LAST_S < 2.0


async def test_told_to_stop_it_says_so_to_all_others(household: Household) -> None:
    asked = await searching(household, 10)
    await household.stop_talking()
    assert said(asked) == {RESTARTED}
    assert (owed(household), household.server.gateway.closes) == (0, [1000])
    household.demo.served.seerr.knobs.hang = False
    await household.again()
    answer = asked[0].answer
    assert answer is not None
    phone = Phone(household.server, asked[0].person, asked[0].channel)
    again = await phone.presses(answer, "Again")
    assert FOUND in shown(again)


async def test_who_comes_while_it_stops_is_told_at_once(patient: Household) -> None:
    asked = await searching(patient, 3)
    ana, outbox = patient.of("ana"), patient.demo.app.house.outbox
    ending = asyncio.create_task(patient.stop_talking())
    await patient.server.until(lambda: outbox._ports.get("discord") is None)
    late = patient.server.slash(ana.person, "me", {}, where=ana.where)
    await patient.server.until(lambda: late.answer)
    assert said([late]) == {RESTARTED}
    patient.demo.served.seerr.knobs.hang = False
    await ending
    assert RESTARTED not in said(asked)
    await patient.again()
    assert late.answer is not None
    again = await ana.presses(late.answer, "Again")
    assert "ana" in shown(again).lower()


async def test_a_press_that_is_cut_short_gets_a_note_with_its_line(
    household: Household,
) -> None:
    ana = household.of("ana")
    picker = (await ana.asks("request", title="amelie 2001")).answer
    assert picker is not None
    household.demo.served.seerr.knobs.hang = True
    press = household.server.presses(ana.person, picker, "Ask for it")
    await household.server.until(lambda: press.acknowledged)
    await household.stop_talking()
    assert shown(press).startswith(f"(only you) Medianest: │ {RESTARTED}")
    assert not picker.is_deleted


async def test_what_was_not_acknowledged_yet_is_answered_at_the_end(
    household: Household,
) -> None:
    household.demo.served.seerr.knobs.hang = True
    asked = searches(household.of("ana"))
    # It has arrived, and is most likely not yet late.
    await household.server.until(at_work)
    await household.stop_talking()
    assert said([asked]) == {RESTARTED}


async def test_whom_discord_does_not_let_tell_then_hears_it_from_the_next_start(
    household: Household,
) -> None:
    asked = await searching(household, 3)
    household.server.fail("update_original_webhook_message", 503, times=1000)
    await household.stop_talking()
    assert owed(household) == 3
    household.server.faults.clear()
    household.demo.served.seerr.knobs.hang = False
    await household.again()
    await household.server.until(lambda: not household.server.thinking())
    assert (said(asked), owed(household)) == ({RESTARTED}, 0)


async def test_whose_quarter_of_an_hour_is_over_is_not_looked_for(
    household: Household,
) -> None:
    server = household.server
    asked = await searching(household, 1)
    server.fail("update_original_webhook_message", 503, times=1000)
    await household.stop_talking()
    server.faults.clear()
    household.clock.forward(minutes=14, seconds=1)
    household.demo.served.seerr.knobs.hang = False
    tried = len(server.called("update_original_webhook_message"))
    await household.again()
    await household.of("mum").asks("me")
    assert len(server.called("update_original_webhook_message")) == tried
    assert (owed(household), server.thinking()) == (0, asked)
    # Discord itself calls it failed by now.
    del server.interactions.asked[asked[0].token]


class Broken(Dispatch):
    """What nobody has thought of."""

    async def run(self, line: str, asked: Who, checked: Checked | None = None) -> Reply:
        del line, asked, checked
        raise LookupError


async def test_what_breaks_the_chat_itself_is_told_to_whoever_asked(
    household: Household,
) -> None:
    app = household.demo.app
    await household.stop_talking()
    told = settings(household.server, household.home)
    chat = Discord(app.house, Broken(app.house, b"k" * 32), told)
    talking = asyncio.create_task(chat.run())
    await asyncio.wait_for(chat.here.wait(), 20)
    asked = await household.of("ana").asks("me")
    talking.cancel()
    await asyncio.gather(talking, return_exceptions=True)
    assert (
        words(asked.answer) == "❌ That did not work. It has been noted for the admin."
    )
    async with app.house.store.read() as db:
        noted = await errors_log.latest(db, 1)
    assert [(one.command, one.cause) for one in noted] == [("discord", "LookupError")]
