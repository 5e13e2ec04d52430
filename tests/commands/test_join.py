"""join: an invitation, from the admin or the other chat to the welcome."""

from __future__ import annotations

import re

from tests.drawing import drawn
from tests.household import Talk

from medianest_bot.core.reply import Reply


async def test_an_invited_person_comes_in(say: Talk) -> None:
    told = await say("admin people invite Oma", "mum")
    assert re.sub(r"\d\d:\d\d|/join \S+", "…", drawn(told)).startswith(
        "#  [good, only]\nAn invitation for Oma. Whoever uses it becomes Oma here"
    )
    assert drawn(await say(told.copy, "granny")) == (
        "# Welcome, Oma. [good]\n"
        "This account is yours here from now on. Search for a film or a show and ask "
        "for it, or ask what is up: /help shows everything.\n"
        "<What can I do? → help>"
    )
    assert (await say("me", "granny")).title == "Oma"


async def test_an_invitation_can_be_sent_on(say: Talk) -> None:
    linking = say.demo.app.house.linking
    linking.ways_in["discord"] = lambda _key: ""
    linking.called["discord"] = "MediaNest"
    alone = await say("admin people invite Oma", "mum")
    linking.ways_in["telegram"] = lambda key: f"https://t.me/bot?start=j-{key}"
    both = await say("admin people invite Oma", "mum")
    del linking.called["discord"]
    nameless = await say("admin people invite Oma", "mum")
    assert _without_key(alone) == (
        "#  [good, only]\n"
        "An invitation for Oma. Whoever uses it becomes Oma here, so give it only to "
        "them. It works once, until TIME. Earlier ones do not work any more.\n"
        "Discord: Send /join KEY to MediaNest in a direct message.\n"
        "copy: /join KEY"
    )
    assert _without_key(both).split("\n")[2:] == [
        "",
        "Open the address, or send the bot the line below, in private.",
        "Discord: Send /join KEY to MediaNest in a direct message.",
        "Telegram: https://t.me/bot?start=j-KEY",
        "copy: /join KEY",
    ]
    assert "Send /join KEY to the bot in" in _without_key(nameless)


async def test_a_new_invitation_ends_the_earlier_one(say: Talk) -> None:
    earlier = await say("admin people invite Oma", "mum")
    await say("admin people invite Oma", "mum")
    assert "not good any more" in (await say(earlier.copy, "granny")).text


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


def _without_key(reply: Reply) -> str:
    said = drawn(reply).replace(reply.copy.removeprefix("/join "), "KEY")
    return re.sub(r"until .*?\d\d:\d\d", "until TIME", said)


async def test_whoever_invited_sees_who_came(say: Talk) -> None:
    told = await say("admin people invite Oma", "mum")
    await say(told.copy, "granny")
    seen = await say("show invitation:1", "mum")
    assert drawn(seen) == (
        "#  [good]\nOma used your invitation: console account granny (granny)."
    )
    for who in ("granny", "ana"):
        refused = await say("show invitation:1", who)
        assert refused.text == "There is no such invitation."
    assert (await say(told.copy, "granny")).text == "You are in already, Oma."
