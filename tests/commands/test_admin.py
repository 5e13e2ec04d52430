from __future__ import annotations

from tests.drawing import drawn
from tests.household import Talk

from medianest_bot.core.roles import PlaceKind


async def test_the_first_word_alone_shows_what_admins_look_after(say: Talk) -> None:
    """All that a tap on `/admin people` sends in Telegram."""
    reply = await say("/admin", "mum")
    assert drawn(reply) == (
        "# For admins\n"
        "- admin errors: Show what went wrong lately <Open → admin errors>\n"
        "- admin links: Approve who wants to come in <Open → admin links>\n"
        "- admin people: List people, add them, link their accounts "
        "<Open → admin people>\n"
        "- admin place: Set which group chats are for the family or for admins "
        "<Open → admin place>"
    )
    errors = await say.press(reply, "Open", "mum")
    assert errors.text == "Nothing went wrong lately."


async def test_nobody_else_is_shown_it(say: Talk) -> None:
    assert drawn(await say("admin")) == (
        "#  [warn]\nThat is for admins of this household."
    )
    assert drawn(await say("admin", "mum", place=PlaceKind.HOUSEHOLD)) == (
        "#  [warn]\nPlease ask that in the admin room or in a direct message."
    )


async def test_what_stands_behind_it_is_still_a_group_of_commands(say: Talk) -> None:
    assert drawn(await say("admin peple", "mum")) == (
        "#  [warn]\nThere is no command “admin peple”. Did you mean admin people?"
    )
