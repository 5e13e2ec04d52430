"""join: an invitation, from the admin or the other chat to the welcome."""

from __future__ import annotations

import re

from tests.drawing import drawn
from tests.household import Talk


async def test_an_invited_person_comes_in(say: Talk) -> None:
    told = await say("admin people invite Oma", "mum")
    assert re.sub(r"\d\d:\d\d|/join \S+", "…", drawn(told)).startswith(
        "#  [good, only]\nAn invitation for Oma. Whoever uses it becomes Oma here"
    )
    assert drawn(await say(told.copy, "granny")) == (
        "# Welcome, Oma. [good]\n"
        "This account is yours here from now on. Search for a film or a show and ask "
        "for it, or ask what is up: help shows everything.\n"
        "<What can I do? → help>"
    )
    assert (await say("me", "granny")).title == "Oma"


async def test_an_invitation_works_once(say: Talk) -> None:
    told = await say("admin people invite zoe", "mum")
    await say(told.copy, "first")
    assert "not good any more" in (await say(told.copy, "second")).text


async def test_another_chat_of_mine(say: Talk) -> None:
    told = await say("link other", "ana")
    assert told.copy.startswith("/join ")
    await say(told.copy, "ana-phone")
    assert (await say("me", "ana-phone")).title == "ana"


async def test_a_stranger_has_nothing_to_invite_to(say: Talk) -> None:
    assert "Sign in first" in (await say("link other", "eve")).text
