from __future__ import annotations

import pytest
from sqlalchemy import update
from tests.drawing import drawn
from tests.household import Talk

from medianest_bot.core.roles import Role
from medianest_bot.core.store import audit, cards, people
from medianest_bot.core.store.people import Person
from medianest_bot.core.store.tables import users
from medianest_bot.core.words import day

STRANGER = "This bot serves one household."
LAST_ADMIN = (
    "#  [warn]\nThere would be no admin left. Make somebody else an admin first."
)
LAST = (
    "None is left then. What you asked for is kept, but I can tell you nothing of it. "
    "An admin can link an account to you again."
)


async def person(say: Talk, name: str) -> Person:
    async with say.demo.app.house.store.read() as db:
        found = await people.find(db, name)
    assert found is not None
    return found


async def link(say: Talk, name: str, platform: str, account: str) -> None:
    house, one = say.demo.app.house, await person(say, name)
    async with house.store.begin() as tx:
        await people.link(tx, one.id, platform, account, account, house.now())


async def accounts(say: Talk, name: str) -> list[str]:
    one = await person(say, name)
    async with say.demo.app.house.store.read() as db:
        known = await people.accounts_of(db, one.id)
    return [f"{a.platform}:{a.account}" for a in known]


async def audited(say: Talk) -> list[tuple[str, str, dict[str, object]]]:
    async with say.demo.app.house.store.read() as db:
        entries = await audit.latest(db, 2)
    return [(one.action, one.subject, one.details) for one in entries]


async def test_my_accounts_are_listed_each_with_remove(say: Talk) -> None:
    await link(say, "ana", "discord", "5")
    on = day(say.demo.app.house.now())
    assert drawn(await say("unlink")) == (
        "# Your accounts\n"
        f"- Console: ana, since {on} · news come here first "
        '<Remove → unlink "console:ana">\n'
        f'- Discord: 5, since {on} <Remove → unlink "discord:5">\n'
        "- Plex: 1002 <Forget → unlink plex>\n"
        "<Remove all → unlink all>"
    )


async def test_an_account_is_removed_after_asking(say: Talk) -> None:
    await link(say, "ana", "discord", "5")
    really = await say("unlink discord:5")
    assert drawn(really) == (
        "#  [warn, only]\n"
        "Remove Discord (5)? Then it is not yours any more.\n"
        '<Remove → unlink "discord:5" sure:yes>\n'
        "<Keep → unlink>"
    )
    assert await accounts(say, "ana") == ["console:ana", "discord:5"]
    gone = await say.press(really, "Remove")
    assert drawn(gone) == "#  [good, here]\nDiscord (5) is not yours any more."
    assert await accounts(say, "ana") == ["console:ana"]
    ana = await person(say, "ana")
    details = {"account": "discord:5"}
    assert (await audited(say))[0] == ("account unlinked", f"ana ({ana.id})", details)
    assert (await say.press(really, "Remove")).text == (
        "You have no account discord:5. unlink shows those you have."
    )


async def test_removing_the_account_i_write_from_says_what_that_means(
    say: Talk,
) -> None:
    await link(say, "ana", "discord", "5")
    really = await say("unlink console:ana")
    assert really.text == (
        "Remove Console (ana)? Then it is not yours any more. You are writing from it: "
        "here you are a stranger then, until you sign in again."
    )
    gone = await say.press(really, "Remove")
    assert gone.text == (
        "Console (ana) is not yours any more. I do not know you here any more. Goodbye."
    )
    assert (await say("requests")).text.startswith(STRANGER)
    assert (await say.press(really, "Remove")).text.startswith(STRANGER)


async def test_a_removed_account_gets_no_redrawn_card(say: Talk) -> None:
    await say("request movie:438631")
    ana = await person(say, "ana")
    await say("unlink console:ana sure:yes")
    async with say.demo.app.house.store.read() as db:
        assert await cards.latest_of(db, ana.id) is None


async def test_the_last_account_leaves_the_person_who_can_be_linked_again(
    say: Talk,
) -> None:
    await say("request movie:438631")
    really = await say("unlink all")
    assert really.text == f"Remove all your accounts? {LAST}"
    gone = await say.press(really, "Remove")
    assert gone.text == (
        "None of your accounts is yours any more. "
        "I do not know you here any more. Goodbye."
    )
    assert await accounts(say, "ana") == []
    await say("admin people link ana console:ana", "mum")
    assert len((await say("requests")).items) == 1


async def test_the_last_admin_keeps_an_account(say: Talk) -> None:
    assert drawn(await say("unlink all sure:yes", "mum")) == LAST_ADMIN
    await say("admin people role ana admin", "mum")
    assert (await say("unlink all sure:yes", "mum")).text.startswith("None of your")
    assert drawn(await say("unlink console:ana sure:yes")) == LAST_ADMIN


async def test_forgetting_plex_makes_a_member_a_guest(say: Talk) -> None:
    really = await say("unlink plex")
    assert really.text == (
        "Forget your Plex account 1002? I will not know any more that it may watch. "
        "You are a guest then, until you sign in again or an admin makes you a member."
    )
    gone = await say.press(really, "Forget")
    assert gone.text == "Your Plex account is forgotten. You are a guest now."
    ana = await person(say, "ana")
    assert (ana.plex_id, ana.role) == (None, Role.GUEST)
    subject = f"ana ({ana.id})"
    assert await audited(say) == [
        ("role changed", subject, {"role": "guest"}),
        ("plex unlinked", subject, {}),
    ]
    again = await say.press(really, "Forget")
    assert again.text == "There is no Plex account of yours here."


async def test_a_paused_member_does_not_come_back_by_forgetting_plex(
    say: Talk,
) -> None:
    house = say.demo.app.house
    async with house.store.begin() as tx:
        paused = update(users).where(users.c.name == "ana")
        await tx.execute(paused.values(paused_at=house.now()))
    await say("unlink plex sure:yes")
    assert (await say("download https://example.org/")).text == (
        "That is for members of this household."
    )


async def test_an_admin_who_forgets_plex_stays_admin(say: Talk) -> None:
    gone = await say("unlink plex sure:yes", "mum")
    assert gone.text == "Your Plex account is forgotten."
    assert (await person(say, "mum")).role is Role.ADMIN


@pytest.mark.parametrize("account", ["console:tim", "discord:9", "x"])
async def test_nobody_removes_what_is_not_theirs(say: Talk, account: str) -> None:
    assert (await say(f"unlink {account} sure:yes")).text == (
        f"You have no account {account}. unlink shows those you have."
    )
    assert await accounts(say, "tim") == ["console:tim"]
