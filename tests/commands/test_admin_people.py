from __future__ import annotations

import re

import pytest
from tests.core.hall import asked
from tests.drawing import drawn
from tests.household import Talk

from medianest_bot.commands.admin_people import Action
from medianest_bot.core.reply import Suggestion

NOBODY = "There is nobody called nobody. /admin people lists everybody."
LAST_ADMIN = "There would be no admin left. Make somebody else an admin first."
TAKEN = "console:tim already belongs to somebody. Remove that person first."
WHICH_ACCOUNT = (
    "Which account? Write the chat and the number, for example: telegram:123"
)
WHICH_USER = "Which Seerr user? Write the number in the user's page address."

WHICH_LIMIT = (
    "Which limit? Write commands, requests or downloads with a number, for example "
    "requests:50. requests:usual takes it back."
)


async def mum(say: Talk, line: str) -> str:
    return drawn(await say(line, "mum"))


async def test_everybody_is_listed_with_role_and_accounts(say: Talk) -> None:
    listed = await mum(say, "admin people")
    assert re.sub(r"~[0-9a-f]{24}", "~key", listed) == (
        "# 4 people\n"
        "- mum: admin · console:mum · Seerr user 1\n"
        "- ana: member · console:ana · Seerr user 2\n"
        "- tim: member · console:tim · Seerr user 3\n"
        "- zoe: member · console:zoe\n"
        "<Invite somebody → ~key ask What do you call them here?>\n"
        "<Who wants to come in → admin links>"
    )


async def test_somebody_is_added_linked_and_can_ask(say: Talk) -> None:
    assert await mum(say, 'admin people add "Big Bob"') == (
        "#  [good]\nBig Bob is now a member."
    )
    assert await mum(say, 'admin people link "big bob" console:bob') == (
        "#  [good]\nBig Bob is now known as console:bob."
    )
    assert (await say("me", "bob")).title == "Big Bob"
    assert await mum(say, 'admin people role "BIG BOB" Admin') == (
        "#  [good]\nBig Bob is now an admin."
    )
    assert (await say("admin people", "bob")).title == "5 people"


async def test_a_seerr_number_is_looked_up_first(say: Talk) -> None:
    assert await mum(say, "admin people seerr zoe 77") == (
        "#  [warn]\nSeerr has no user 77."
    )
    assert await mum(say, "admin people seerr zoe 4") == (
        "#  [good]\nzoe asks as Seerr user 4 now."
    )


async def test_nobody_asks_as_somebody_else(say: Talk) -> None:
    assert await mum(say, "admin people seerr zoe 2") == (
        "#  [warn]\nana asks as Seerr user 2 already. Two people never share one."
    )
    assert "Which Seerr user?" in await mum(say, "admin people seerr zoe 02")


async def test_without_a_number_the_free_users_are_offered(say: Talk) -> None:
    offered = await say("admin people seerr zoe", "mum")
    (choice,) = offered.every_choice()
    assert drawn(offered) == (
        f"# Which Seerr user is zoe?\n- 4 · zoe <It is zoe → {choice.line}>"
    )
    done = await say.press(offered, "It is zoe", "mum")
    assert done.text == "zoe asks as Seerr user 4 now."
    assert await mum(say, "admin people seerr tim") == (
        "#  [warn]\n"
        "Every user Seerr has is somebody here already. Make a new one in Seerr first."
    )


async def test_a_seerr_that_sleeps_changes_nothing(say: Talk) -> None:
    say.demo.served.seerr.knobs.fail_status = 503
    reply = await say("admin people seerr zoe 3", "mum")
    say.demo.served.seerr.knobs.reset()
    assert reply.text.startswith("Seerr ")
    assert not reply.failed
    assert "- zoe: member · console:zoe\n" in await mum(say, "admin people")


async def test_somebody_may_ask_for_more_or_less_than_others(say: Talk) -> None:
    assert await mum(say, "admin people limit ana requests:50") == (
        "#  [good]\nana may now ask for 50 titles an hour."
    )
    await mum(say, 'admin people limit name:ana value:"downloads 0"')
    assert (
        "ana: member · console:ana · Seerr user 2 · "
        "50 requests an hour, 0 downloads an hour"
    ) in await mum(say, "admin people")
    fields = {one.name: one.value for one in (await say("me")).fields}
    assert fields["Requests left this hour"] == "50 of 50"
    assert fields["Downloads left this hour"] == "0 of 0"


async def test_what_is_usual_counts_again(say: Talk) -> None:
    await mum(say, "admin people limit ana requests:50")
    assert await mum(say, "admin people limit ana requests:usual") == (
        "#  [good]\nana may now ask for 20 titles an hour."
    )
    assert "an hour" not in await mum(say, "admin people")


async def test_removing_asks_first(say: Talk) -> None:
    asked_first = await say("admin people remove tim", "mum")
    (sure,) = asked_first.choices
    assert drawn(asked_first) == (
        "#  [warn, only]\n"
        "Remove tim, with all their requests and downloads from my memory? Their "
        "files, their collections in Plex and what was approved in Seerr stay; what "
        "waits for approval there is taken back.\n"
        f"<Remove → {sure.line}>"
    )
    done = await say.press(asked_first, "Remove", "mum")
    assert drawn(done) == "#  [good]\ntim is no longer here."
    again = await say.press(asked_first, "Remove", "mum")
    assert again.text.startswith("There is nobody called")
    assert (await say("me", "tim")).text.startswith("This bot serves one household.")


async def test_a_removal_cannot_be_pressed_by_somebody_else(say: Talk) -> None:
    asked_first = await say("admin people remove tim", "mum")
    assert drawn(await say.press(asked_first, "Remove", "ana")) == (
        "#  [warn, note]\nThat is for admins of this household."
    )


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("add", "Who? For example: /admin people add ana"),
        ("add ana", "There is already somebody called ana."),
        ("add 17", "A name has up to 32 characters and is not only digits."),
        ("role nobody admin", NOBODY),
        ("role ana king", "Which role? One of guest, member, admin."),
        ("role mum member", LAST_ADMIN),
        ("link ana", WHICH_ACCOUNT),
        ("link ana icq:1", WHICH_ACCOUNT),
        ("link ana console:tim", TAKEN),
        ("seerr ana me", WHICH_USER),
        ("dance", f"action can be {', '.join(Action)}, not “dance”."),
        ("limit ana", WHICH_LIMIT),
        ("limit ana titles:5", WHICH_LIMIT),
        ("limit ana commands:0", "Write a number from 1 to 10000, or usual."),
        ("limit ana requests:many", "Write a number from 0 to 10000, or usual."),
    ],
)
async def test_what_cannot_be_done_is_explained(
    say: Talk, line: str, text: str
) -> None:
    assert await mum(say, f"admin people {line}") == f"#  [warn]\n{text}"


async def test_names_are_suggested_to_admins_only(say: Talk) -> None:
    async def names(who: str) -> tuple[Suggestion, ...]:
        dispatch = say.demo.app.dispatch
        return await dispatch.suggest("admin people", "name", "A", asked(who))

    assert await names("mum") == (Suggestion("ana", "ana"),)
    assert await names("ana") == ()
