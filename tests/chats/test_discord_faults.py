"""Nobody is left with "thinking…": every fault between us and Discord, one by one."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from tests.chats.discord_phone import Clock, Household, Phone, at_rest, shown
from tests.discord_api import Asked, Message, Server, discord_api
from tests.discord_api.components import walk
from tests.discord_api.faults import Fault
from tests.discord_api.interactions import ANSWER, DEFER, DEFER_UPDATE, MODAL, UPDATE
from tests.discord_api.refused import no

pytestmark = pytest.mark.asyncio(loop_scope="module")

CALLBACK = "create_interaction_response"
EDIT = "update_original_webhook_message"
FOLLOWUP = "execute_webhook"
FOUND = "(only you) Medianest: │ ⚠️ I found nothing called "
ME = "(only you) Medianest: │ ### ana"
NUMBERS = itertools.count()


async def at_once(seconds: float) -> None:
    """Let nobody wait for the pauses between tries."""
    del seconds
    await asyncio.sleep(0)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def household(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Household]:
    clock = Clock()
    folder: Path = tmp_path_factory.mktemp("household")
    async with discord_api(now=lambda: clock().timestamp()) as server:
        household = Household(folder, server, clock, {}, wait=at_once)
        await household.open()
        try:
            yield household
        finally:
            await household.close()
        assert server.spec_errors == []
        assert server.lacks_allowed_mentions == []


@pytest_asyncio.fixture(loop_scope="module")
async def ana(household: Household) -> AsyncIterator[Phone]:
    server = household.server
    # Nobody has asked too much lately.
    household.clock.forward(minutes=5)
    yield await household.another("ana")
    server.faults.clear()
    household.demo.served.seerr.knobs.hang = False
    assert (server.thinking(), server.unanswered()) == ([], [])


@pytest_asyncio.fixture(loop_scope="module")
async def server(household: Household) -> Server:
    return household.server


async def slowly(household: Household, phone: Phone) -> Asked:
    """Ask what takes so long that it is acknowledged first; it goes on meanwhile."""
    household.demo.served.seerr.knobs.hang = True
    never_asked = {"title": f"nothing {next(NUMBERS)}"}
    asked = phone.server.slash(phone.person, "search", never_asked, where=phone.where)
    await phone.server.until(lambda: asked.acknowledged is not None)
    return asked


async def slowly_pressed(
    household: Household, phone: Phone, fault: dict[str, Any] | None = None
) -> Asked:
    """The same by a button; its acknowledgement may meet a fault."""
    pressed = await _about_to_press(phone, f"search nothing {next(NUMBERS)}")
    household.demo.served.seerr.knobs.hang = True
    if fault is not None:
        fail(phone.server, CALLBACK, fault)
    asked = phone.server.presses(phone.person, *pressed)
    await phone.server.until(lambda: asked.acknowledged is not None)
    return asked


async def answered(household: Household, asked: Asked) -> str:
    household.demo.served.seerr.knobs.hang = False
    await household.server.until(lambda: asked.answered_at)
    await at_rest()
    return shown(asked).split("“")[0]


async def _about_to_press(ana: Phone, line: str) -> tuple[Message, str]:
    """A message with a button that carries this line."""
    message = (await ana.asks("search", title="dune")).answer
    assert message is not None
    parts: list[Any] = [one for _, one in walk(message.raw["components"])]
    button = next(one for one in parts if one["type"] == 2)
    button["custom_id"] = f"l:{line}"
    return message, button["custom_id"]


def fail(server: Server, operation: str, fault: dict[str, Any]) -> None:
    if "status" in fault:
        server.fail(operation, **fault)
    else:
        server.cut(operation, **fault)


BEFORE: dict[str, dict[str, Any]] = {
    "429 with Via": {"status": 429},
    "429 without Via": {"status": 429, "via": False},
    "429 for all calls": {"status": 429, "is_global": True},
    "500": {"status": 500},
    "502": {"status": 502},
    "503": {"status": 503},
    "500 three times": {"status": 500, "times": 3},
    "cut": {},
    "cut twice": {"times": 2},
}
AFTER: dict[str, dict[str, Any]] = {
    "500 after": {"status": 500, "when": "after"},
    "503 after": {"status": 503, "when": "after"},
    "429 after": {"status": 429, "via": False, "when": "after"},
    "cut after": {"when": "after"},
}
ALL = BEFORE | AFTER
EVERY_FAULT = pytest.mark.parametrize("fault", ALL.values(), ids=ALL)
KINDS = ("429 with Via", "429 without Via", "503", "cut")
"""For what takes long by its nature: one of each kind will do."""
EVERY_KIND = pytest.mark.parametrize(
    "fault",
    [ALL[one] for one in (*KINDS, "500 after", "cut after")],
    ids=[*KINDS, "500 after", "cut after"],
)


@EVERY_FAULT
async def test_an_answer_arrives_though_its_call_fails(
    server: Server, ana: Phone, fault: dict[str, Any]
) -> None:
    fail(server, CALLBACK, fault)
    asked = await ana.asks("me")
    assert (shown(asked).split("\n")[0], asked.acknowledged) == (ME, ANSWER)
    assert (len(ana.messages), asked.followups) == (1, [])


@EVERY_KIND
async def test_a_slow_answer_arrives_though_its_acknowledgement_fails(
    household: Household, server: Server, ana: Phone, fault: dict[str, Any]
) -> None:
    fail(server, CALLBACK, fault)
    asked = await slowly(household, ana)
    assert (await answered(household, asked), asked.acknowledged) == (FOUND, DEFER)
    assert (len(ana.messages), asked.followups) == (1, [])


@EVERY_KIND
async def test_a_slow_answer_arrives_though_its_edit_fails(
    household: Household, server: Server, ana: Phone, fault: dict[str, Any]
) -> None:
    asked = await slowly(household, ana)
    fail(server, EDIT, fault)
    assert await answered(household, asked) == FOUND
    assert (len(ana.messages), asked.followups) == (1, [])


@EVERY_FAULT
async def test_a_pressed_card_changes_though_its_call_fails(
    server: Server, ana: Phone, fault: dict[str, Any]
) -> None:
    picker = (await ana.asks("request", title="breaking bad")).answer
    assert picker is not None
    fail(server, CALLBACK, fault)
    picked = await ana.picks(picker, "Season 5")
    assert ("**Picked** 5" in ana.sees, picked.acknowledged) == (True, UPDATE)
    assert (ana.messages, picked.followups) == ([picker], [])


@EVERY_KIND
async def test_a_note_after_a_press_arrives_though_its_acknowledgement_fails(
    household: Household, ana: Phone, fault: dict[str, Any]
) -> None:
    pressed = await slowly_pressed(household, ana, fault)
    assert pressed.acknowledged == DEFER_UPDATE
    assert await answered(household, pressed) == FOUND
    assert len(pressed.followups) == 1


@pytest.mark.parametrize("fault", [ALL[one] for one in KINDS], ids=KINDS)
async def test_a_note_after_a_press_arrives_though_its_call_fails(
    household: Household, server: Server, ana: Phone, fault: dict[str, Any]
) -> None:
    pressed = await slowly_pressed(household, ana)
    fail(server, FOLLOWUP, fault)
    assert await answered(household, pressed) == FOUND
    assert len(pressed.followups) == 1


@pytest.mark.parametrize("fault", [AFTER["500 after"], AFTER["cut after"]])
async def test_a_note_that_nobody_knows_of_comes_again_rather_than_never(
    household: Household, server: Server, ana: Phone, fault: dict[str, Any]
) -> None:
    """Discord has no way to ask whether a note for one person's eyes arrived."""
    pressed = await slowly_pressed(household, ana)
    fail(server, FOLLOWUP, fault)
    assert await answered(household, pressed) == FOUND
    assert len(pressed.followups) == 2


@EVERY_FAULT
async def test_a_question_comes_though_its_call_fails(
    server: Server, ana: Phone, fault: dict[str, Any]
) -> None:
    old = await ana.presses(*await _about_to_press(ana, "gone 1"))
    assert old.answer is not None
    fail(server, CALLBACK, fault)
    question = await ana.presses(old.answer, "Search again…")
    assert (question.acknowledged, question.followups) == (MODAL, [])


async def test_what_is_not_answered_at_all_is_said_again_in_time(
    server: Server, ana: Phone
) -> None:
    """A connection that swallows everything is given up within the three seconds."""
    hold = server.hold(CALLBACK)
    asked = server.slash(ana.person, "me", {}, where=ana.where)
    await hold.arrived.wait()
    server.faults._holds.clear()
    await server.until(lambda: asked.answered_at)
    hold.release()
    await at_rest()
    assert shown(asked).split("\n")[0] == ME
    assert server.interactions.late == []


async def test_words_arrive_where_discord_does_not_take_the_rest(
    server: Server, ana: Phone
) -> None:
    """Such as a picture's address that it does not like."""
    server.faults.add(Fault(CALLBACK, 1, "before", no(50035)))
    asked = await ana.asks("search", title="dune")
    assert asked.acknowledged == ANSWER
    assert ("Dune (2021)" in shown(asked), ".jpg" in shown(asked)) == (True, False)


async def test_words_fill_in_where_discord_does_not_take_the_rest(
    household: Household, server: Server, ana: Phone
) -> None:
    asked = await slowly(household, ana)
    server.faults.add(Fault(EDIT, 1, "before", no(50035)))
    assert await answered(household, asked) == FOUND
