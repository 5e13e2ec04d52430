from __future__ import annotations

import pytest
from tests.core.hall import asked
from tests.drawing import drawn
from tests.household import Talk

from medianest_bot.core.context import Asked, Place
from medianest_bot.core.reply import Reply, Suggestion
from medianest_bot.core.roles import PlaceKind
from medianest_bot.core.store import people

CHAT = "telegram:-100123"
LINE = f"admin place {CHAT}"
MEANINGS = """\
Family chat: everybody in it may search and look around, members may ask for titles.
Admin room: admins may do there all they may do; people I do not know get no answer.
Not ours: I leave it."""
FAMILY = f"<Family chat → {LINE} household>"
ADMINS = f"<Admin room → {LINE} admin>"
OURS_NOT = f"<Not ours → {LINE} other>"
CHANGE = "To change that, send me “/admin place” in a direct message."


async def added(say: Talk, title: str = "Movie night", by: str | None = "mum") -> None:
    house = say.demo.app.house
    async with house.store.read() as db:
        who = await people.find(db, by) if by else None
    await house.places.added("telegram", "-100123", title, who)


async def there(say: Talk, line: str, who: str = "mum") -> Reply:
    """Press a button in the chat itself, as what it is to us by now."""
    kind = say.demo.app.house.places.kind("telegram", "-100123")
    place = Place("telegram", "-100123", kind)
    here = Asked("console", who, who, place, pressed=True)
    return await say.demo.app.dispatch.run(line, here)


async def test_a_house_in_no_group_says_how_to_have_one(say: Talk) -> None:
    assert drawn(await say("admin place", "mum")) == (
        "# \nI am in no group chat yet. Add me to one, and I ask there what it is to "
        "you."
    )


async def test_chats_are_listed_with_what_they_are(say: Talk) -> None:
    await added(say)
    await say("admin place telegram:-5 household", "mum")
    assert drawn(await say("admin place", "mum")) == (
        "# 2 group chats\n"
        f"- Movie night: not settled yet · {CHAT} <Change → {LINE}>\n"
        "- telegram:-5: Family chat · telegram:-5 <Change → admin place telegram:-5>"
    )


async def test_a_new_chat_is_asked_about_and_settled_on_the_spot(say: Talk) -> None:
    await added(say)
    subject = f"place:{CHAT}"
    assert drawn(await there(say, f"show {subject}")) == (
        f"# Movie night [warn, here, follows {subject}]\n"
        "What is this chat? Until an admin says it, I answer only admins.\n"
        f"{MEANINGS}\n"
        f"Chat: {CHAT}\n"
        f"{FAMILY}\n{ADMINS}\n{OURS_NOT}"
    )
    settled = (
        f"# Movie night [good, here, follows {subject}]\n"
        f"This is a family chat.\n{CHANGE}\n"
        f"Chat: {CHAT}"
    )
    for _twice in range(2):
        assert drawn(await there(say, f"{LINE} household")) == settled
    assert (await there(say, "library")).tone != "warn"


async def test_in_a_new_chat_only_admins_count(say: Talk) -> None:
    await added(say)
    for who in ("ana", "stranger"):
        for line in (f"{LINE} household", "admin place", f"show place:{CHAT}", "help"):
            reply = await there(say, line, who)
            assert reply.text.startswith("This bot serves one household."), line
    assert say.demo.app.house.places.kind("telegram", "-100123") is PlaceKind.NEW


async def test_members_settle_nothing_and_see_nothing(say: Talk) -> None:
    await added(say)
    told = [drawn(await say(line, "ana")) for line in ("admin place", f"{LINE} admin")]
    assert told == ["#  [warn]\nThat is for admins of this household."] * 2
    assert drawn(await say(f"show place:{CHAT}", "ana")) == (
        f"#  [warn]\nThere is nothing called “place:{CHAT}” to show."
    )


async def test_an_admin_changes_it_from_the_direct_messages(say: Talk) -> None:
    await added(say)
    assert drawn(await say(f"{LINE} admin", "mum")) == (
        f"# Movie night [good, follows place:{CHAT}]\n"
        f"This is an admin room.\n{MEANINGS}\n"
        f"Chat: {CHAT}\n"
        f"{FAMILY}\n{OURS_NOT}"
    )
    reply = await say(f"{LINE} other", "mum")
    assert reply.text.startswith("This chat is not ours: I leave it.")
    assert say.demo.app.house.places.to_leave("telegram") == ("-100123",)


async def test_a_card_still_works_when_its_chat_goes_by_another_number(
    say: Talk,
) -> None:
    places = say.demo.app.house.places
    await added(say)
    await places.moved("telegram", "-100123", "-7")
    assert (await say(f"show place:{CHAT}", "mum")).follows == "place:telegram:-7"
    await say(f"{LINE} household", "mum")
    assert places.known("telegram") == (("-7", PlaceKind.HOUSEHOLD),)


async def test_every_copy_of_the_card_changes(say: Talk) -> None:
    await added(say)
    await say(LINE, "mum")
    await say(f"{LINE} household", "mum")
    subject = f"place:{CHAT}"
    await say.until(subject, lambda _card: bool(say.edited), "mum")
    edited = {(which, card.text.splitlines()[0]) for which, card in say.edited}
    assert edited == {(subject, "This is a family chat.")}


async def test_admins_are_told_where_somebody_else_added_us(say: Talk) -> None:
    await added(say, by=None)
    told = await say.until_told("mum")
    assert drawn(told) == (
        f"# Movie night [warn, follows place:{CHAT}]\n"
        "Somebody who is no admin here added me to this chat. What is it? If no admin "
        "says it within a day, I leave.\n"
        f"{MEANINGS}\n"
        f"Chat: {CHAT}\n"
        f"{FAMILY}\n{ADMINS}\n{OURS_NOT}"
    )


async def test_in_the_family_chat_nothing_is_told_of_other_chats(say: Talk) -> None:
    await say(f"{LINE} household", "mum")
    await say("admin place telegram:-5 admin", "mum")
    refused = "Please ask that in the admin room or in a direct message."
    assert (await there(say, "admin place telegram:-5")).text == refused
    assert (await there(say, "admin place telegram:-5 other")).text == refused
    hidden = await there(say, "show place:telegram:-5")
    assert hidden.text == "There is nothing called “place:telegram:-5” to show."
    assert (await there(say, "admin place")).title == CHAT


async def test_a_chat_we_are_not_in_has_nothing_to_settle(say: Talk) -> None:
    assert drawn(await say(LINE, "mum")) == (
        f"# {CHAT} [follows place:{CHAT}]\nI am not in this chat.\nChat: {CHAT}"
    )


@pytest.mark.parametrize(
    "chat", ["-100123", "telegram:", "irc:1", f"{CHAT}:7", "a:b c"]
)
async def test_what_is_no_chat_is_asked_for_again(say: Talk, chat: str) -> None:
    assert (await say(f'admin place "{chat}" household', "mum")).text == (
        "Which chat? Write its kind and its number, for example: telegram:-100123. "
        "/admin place lists those I know."
    )


async def test_chats_are_suggested_by_what_they_are_called(say: Talk) -> None:
    await added(say)
    suggest = say.demo.app.dispatch.suggest
    for typed in ("movie", "-100"):
        found = await suggest("admin place", "chat", typed, asked("mum"))
        assert found == (Suggestion(f"Movie night ({CHAT})", CHAT),)
    household = asked("mum", PlaceKind.HOUSEHOLD)
    assert await suggest("admin place", "chat", "", household) == ()
    assert await suggest("admin place", "chat", "", asked("ana")) == ()
