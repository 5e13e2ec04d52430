"""link: what a chat shows at each step of signing in, and what comes of each end."""

from __future__ import annotations

import re

import httpx
import pytest
from tests.drawing import drawn
from tests.household import Talk
from tests.signing_in import Browser

from medianest_bot.core.reply import Reply
from medianest_bot.core.words import Sorry
from medianest_bot.demo_house import Demo

PLEX = "stranger"


@pytest.fixture(autouse=True)
def shared(demo: Demo) -> None:
    """One Plex account that is nobody's here reaches the server."""
    demo.served.plex_tv.share(PLEX)


def seen(reply: Reply) -> str:
    """The whole reply, without what differs each time."""
    text = re.sub(r"\d\d:\d\d", "12:00", drawn(reply))
    text = re.sub(r"~[0-9a-f]{24}", "~key", text)
    return re.sub(r"http://127\.0\.0\.1:\d+/link/[\w-]{43}", "PAGE", text)


async def begun(say: Talk, who: str = "eve") -> str:
    return (await say("link", who)).links[0].url


async def confirmed(say: Talk, who: str = "eve", plex: str = PLEX) -> str:
    """Signed in as far as to the admins; returns the digits."""
    async with Browser() as browser:
        digits = await browser.signs_in(say.demo, await begun(say, who), plex)
    await say(f"link {digits}", who)
    return digits


async def test_the_first_message_says_what_to_do(say: Talk) -> None:
    assert seen(await say("link", "eve")) == (
        "# Sign in with Plex [only, follows link:1]\n"
        "Open the page and continue with your Plex account. At the end it shows you "
        "six digits, which you bring back here. The link is for you alone, and works "
        "until 12:00.\n"
        "<Enter the code → ~key ask Which six digits does the page show?>\n"
        "<Show a QR code → link qr>\n"
        "<Cancel → link cancel>\n"
        "= Sign in with Plex → PAGE"
    )


async def test_asked_again_it_shows_the_same_link(say: Talk) -> None:
    assert await begun(say) == await begun(say)


async def test_each_step_is_seen_in_the_chat(say: Talk) -> None:
    async with Browser() as browser:
        assert await browser.opens(await begun(say)) == "Sign in with Plex"
        assert await browser.presses("continue") == ""
        at_plex = await say.until("link:1", lambda one: not one.links, "eve")
        assert at_plex.text.startswith("You have gone on to Plex.")
        assert await browser.confirms(say.demo, PLEX) == "One last step"
        card = await say.until("link:1", lambda one: "Plex says" in one.text, "eve")
        assert [one.label for one in card.choices] == [
            "Enter the code",
            "Begin again",
            "Cancel",
        ]
        wrong = f"{(int(browser.digits) + 1) % 10**6:06}"
        assert drawn(await say(f"link {wrong}", "eve")).endswith("tries left: 2.")
        waiting = await say(f"link {browser.digits}", "eve")
        assert seen(waiting) == (
            "# Sign in with Plex [only, follows link:1]\n"
            "You are stranger at Plex. Now an admin of this household has to say yes; "
            "I tell you as soon as they have.\n"
            "<Cancel → link cancel>"
        )
        again = await say(f"link {browser.digits}", "eve")
        assert seen(again) == seen(waiting)


async def test_once_approved_the_person_is_greeted_and_known(say: Talk) -> None:
    await confirmed(say)
    await say("admin links 1 approve", "mum")
    assert (await say.until_told("eve")).title == "Welcome, eve."
    assert seen(await say("link", "eve")) == (
        "#  [good, only]\n"
        "You are signed in with Plex as stranger.\n"
        "<Sign in again → link again>\n"
        "<Add another chat → link other>"
    )
    assert (await say("search dune", "eve")).items


async def test_signing_in_again_as_before_needs_nobody(say: Talk) -> None:
    card = await say("link again", "ana")
    async with Browser() as browser:
        digits = await browser.signs_in(say.demo, card.links[0].url, "ana.maple")
    assert (await say(f"link {digits}", "ana")).title == "Welcome, ana."
    assert (await say("admin links", "mum")).text == "Nobody is waiting to come in."


async def test_a_cancelled_one_says_who_cancelled(say: Talk) -> None:
    await begun(say)
    assert (await say("link cancel", "eve")).text == "You cancelled this sign-in."
    async with Browser() as browser:
        await browser.opens(await begun(say))
        assert await browser.presses("not-me") == "Nothing was linked"
    card = await say.draw("link:2", "eve")
    assert card.text.startswith("On the page somebody pressed “This is not me”")
    assert [one.label for one in card.choices] == ["Begin again"]
    assert drawn(await say("link cancel", "eve")).startswith("#  [warn]")


async def test_who_was_denied_hears_it_when_they_ask_again(say: Talk) -> None:
    await confirmed(say)
    await say("admin links 1 deny Ask your parents first", "mum")
    assert seen(await say("link", "eve")) == (
        "# Sign in with Plex [warn, only]\n"
        "An admin said no.\n"
        "They said: Ask your parents first\n"
        "<Begin again → link again>"
    )
    assert (await say("link again", "eve")).links


async def test_who_becomes_the_first_admin_hears_who_waits_already(say: Talk) -> None:
    await confirmed(say)
    code = await say.demo.app.house.claims.offer()
    card = await say(f"claim {code}", "neo")
    assert card.choices[0].line == "admin links"


async def test_the_line_for_another_chat_leads_to_no_chat_one_is_in(say: Talk) -> None:
    ways = say.demo.app.house.linking.ways_in
    ways |= {"console": lambda key: f"https://c.example/{key}"}
    ways |= {"discord": lambda _key: "", "telegram": lambda key: f"https://t.me/{key}"}
    own = await say("link other", "ana")
    assert [one.label for one in own.links] == ["Telegram"]
    assert [one.name for one in own.fields] == ["Discord", "Telegram"]
    theirs = await say("admin people invite Aunt May", "mum")
    assert [one.name for one in theirs.fields] == ["Console", "Discord", "Telegram"]
    assert theirs.text.startswith("An invitation for Aunt May.")


async def test_a_blocked_account_is_told_so(say: Talk) -> None:
    await confirmed(say)
    await say("admin links 1 block", "mum")
    assert "does not want this account" in (await say("link", "eve")).text
    listed = await say("admin links", "mum")
    assert [one.text for one in listed.items] == ["blocked: may not ask to come in"]
    await say("admin people unblock console:eve", "mum")
    assert (await say("link", "eve")).links


async def test_the_picture_of_the_link(say: Talk) -> None:
    await begun(say)
    reply = await say("link qr", "eve")
    assert reply.picture is not None
    assert reply.picture.data is not None
    assert reply.picture.data.startswith(b"\x89PNG")
    await say("link cancel", "eve")
    assert "no page" in (await say("link qr", "eve")).text


async def test_nobody_else_sees_the_card(say: Talk) -> None:
    await confirmed(say)
    for subject, others in (("link:1", "ana mum x"), ("approval:1", "ana eve x")):
        for who in others.split():
            with pytest.raises(Sorry, match="There is no such sign-in"):
                await say.draw(subject, who)


async def test_digits_without_a_sign_in(say: Talk) -> None:
    reply = await say("link 123456", "eve")
    assert "There is no sign-in that waits for a code." in reply.text


async def test_previews_of_chats_change_nothing(say: Talk, demo: Demo) -> None:
    link = await begun(say)
    async with httpx.AsyncClient(trust_env=False) as preview:
        for ask in (preview.head, preview.get, preview.options):
            await ask(link)
        answer = await preview.head(f"{link}/continue")
    assert answer.status_code == 405
    assert seen(await say("link", "eve")).endswith("PAGE")
    assert demo.served.plex_tv.pins == ()


async def test_a_way_back_that_is_only_looked_at_is_not_gone(say: Talk) -> None:
    async with Browser() as browser, httpx.AsyncClient(trust_env=False) as preview:
        await browser.opens(await begun(say))
        await browser.presses("continue")
        way_back = browser.told_plex("forwardUrl")
        asked = {"Sec-Purpose": "prefetch;prerender"}
        answers = [
            await preview.head(way_back),
            await preview.get(way_back, headers=asked),
        ]
        assert [one.status_code for one in answers] == [405, 503]
        assert await browser.confirms(say.demo, PLEX) == "One last step"


async def test_a_form_of_another_site_or_browser_is_refused(say: Talk) -> None:
    async with Browser() as browser, Browser() as other:
        link = await begun(say)
        await browser.opens(link)
        form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', browser.page_text))
        stolen = await other.http.post(f"{link}/continue", data=form)
        sent = await browser.http.post(
            f"{link}/continue", data=form, headers={"Origin": "https://evil.example"}
        )
    assert [one.status_code for one in (stolen, sent)] == [403, 403]
    assert say.demo.served.plex_tv.pins == ()


async def test_back_to_the_page_in_the_same_browser(say: Talk) -> None:
    link = await begun(say)
    async with Browser() as browser, Browser() as other:
        await browser.opens(link)
        await browser.presses("continue")
        first = browser.sent_to
        assert await other.opens(link) == "This link has been used"
        assert await browser.opens(link) == "Sign in with Plex"
        assert await browser.presses("continue") == ""
        assert browser.sent_to == first
        assert await browser.confirms(say.demo, PLEX) == "One last step"
        assert await browser.opens(link) == "One last step"
        assert await other.opens(browser.told_plex("forwardUrl")) == (
            "This belongs to another browser"
        )
