"""admin links: who wants to come in, what is said of them, and who may say it."""

from __future__ import annotations

import asyncio
import re

import pytest
from tests.commands.test_link import confirmed
from tests.drawing import drawn
from tests.household import Talk

from medianest_bot.core.store import people

PLEX = "stranger"


@pytest.fixture
async def waiting(say: Talk) -> Talk:
    """Eve waits to come in."""
    say.demo.served.plex_tv.share(PLEX)
    await confirmed(say)
    return say


def seen(text: str) -> str:
    return re.sub(
        r"([A-Z][a-z]+ \d+, \d{4}, )?\d\d:\d\d",
        "12:00",
        re.sub(r"~[0-9a-f]{24}", "~key", text),
    )


async def test_the_card_says_who_and_asks(waiting: Talk) -> None:
    assert seen(drawn(await waiting("admin links 1", "mum"))) == (
        "# eve wants to come in [warn, follows approval:1]\n"
        "eve signed in with Plex as stranger. Approve it only if you are sure that "
        "this chat account is theirs: ask them, not in this chat.\n"
        "Chat account: console:eve (eve)\n"
        "Plex account: stranger (9001)\n"
        "Access: may use the server\n"
        "Since: 12:00\n"
        "<Approve → admin links 1 approve>\n"
        "<Deny → ~key ask What shall I tell them?>\n"
        "<Block → admin links 1 block>"
    )
    assert seen(drawn(await waiting("admin links", "mum"))) == (
        "# 1 waits to come in\n"
        "- eve: Console eve · Plex: stranger <Look → admin links 1>"
    )


async def test_who_is_called_like_somebody_here_is_not_taken_for_them(
    say: Talk,
) -> None:
    say.demo.served.plex_tv.share(PLEX)
    await confirmed(say, who="ANA")
    card = await say("admin links 1", "mum")
    assert card.text.endswith(
        "\nana is somebody here already, and this chat account is not theirs so far."
    )


async def test_approved_twice_and_by_two_at_once(waiting: Talk) -> None:
    await waiting("admin people role ana admin", "mum")
    card = await waiting("admin links 1", "mum")
    replies = await asyncio.gather(
        waiting.press(card, "Approve", "mum"),
        waiting.press(card, "Block", "ana"),
        waiting.press(card, "Approve", "mum"),
    )
    assert {one.text for one in replies} == {"Approved by mum."}
    assert (await waiting("admin people", "mum")).title == "5 people"


@pytest.mark.parametrize(
    "line", ["admin links", "admin links 1 approve", "show approval:1"]
)
async def test_nobody_but_admins(waiting: Talk, line: str) -> None:
    for who in ("ana", "eve", "nobody"):
        assert "stranger" not in drawn(await waiting(line, who)).replace("(9001)", "")
    async with waiting.demo.app.house.store.read() as db:
        assert await people.by_account(db, "console", "eve") is None


async def test_an_admin_that_is_none_any_more_presses_an_old_card(
    waiting: Talk,
) -> None:
    await waiting("admin people role ana admin", "mum")
    card = await waiting("admin links 1", "ana")
    await waiting("admin people role ana member", "mum")
    assert "admin" in drawn(await waiting.press(card, "Approve", "ana"))
    assert (await waiting("admin links", "mum")).title == "1 waits to come in"


async def test_somebody_known_is_offered_and_can_be_chosen(say: Talk) -> None:
    await confirmed(say, "timtoo", "tim.maple")
    card = await say("admin links 1", "mum")
    assert card.text.endswith("tim uses this Plex account here already.")
    assert [one.label for one in card.choices] == [
        "It is tim",
        "Somebody else: share it",
        "Deny",
        "Block",
    ]
    await say.press(card, "It is tim", "mum")
    assert (await say("me", "timtoo")).title == "tim"


async def test_an_admin_is_not_offered(say: Talk) -> None:
    await confirmed(say, "eve", "mum")
    card = await say("admin links 1", "mum")
    assert "signing in never makes one" in card.text
    assert "It is mum" not in [one.label for one in card.choices]
    forced = await say("admin links 1 same who:1", "mum")
    assert "signing in never makes one" in forced.text
    async with say.demo.app.house.store.read() as db:
        assert await people.by_account(db, "console", "eve") is None


async def test_who_is_expected_is_listed_and_needs_nobody(say: Talk) -> None:
    say.demo.served.plex_tv.share(PLEX)
    await say(f"admin people expect console:eve plex:{PLEX}", "mum")
    assert drawn(await say("admin links", "mum")) == (
        "# \nNobody is waiting to come in.\n"
        "- console:eve: expected as stranger at Plex: needs no approval "
        "<Forget that → admin people unexpect console:eve>"
    )
    await confirmed(say)
    assert (await say("me", "eve")).title == "eve"


@pytest.mark.parametrize("line", ["admin links 99", "admin links 99 approve"])
async def test_there_is_no_such_one(say: Talk, line: str) -> None:
    assert "There is no such sign-in" in (await say(line, "mum")).text
