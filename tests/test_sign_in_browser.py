"""The whole sign-in with real Chromium, on a phone: for each chat, and what is refused.

From the chat's own message to the page, over the demo's Plex, back with six digits
into the chat, to the admins' card and the greeting.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.browser import barriers, phone
from tests.chats.discord_phone import Household
from tests.chats.discord_phone import open_household as open_discord
from tests.chats.telegram_family import FAMILY, ROOM, Family, open_family
from tests.chats.telegram_family import drawn as in_telegram
from tests.discord_api.view import drawing
from tests.drawing import drawn
from tests.household import Talk
from tests.signing_in import link_in
from tests.writing_guard import nothing_while_writing

from medianest_bot.demo_house import open_demo

if TYPE_CHECKING:
    from playwright.async_api import Browser
    from playwright.async_api import Page as Tab
    from tests.bot_api.world import Message as Sent
    from tests.chats.discord_phone import Phone
    from tests.discord_api import Message

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]

PLEX_NAME = "stranger"
"""A Plex account that is nobody's here yet."""


@asynccontextmanager
async def console(folder: Path) -> AsyncIterator[Talk]:
    with nothing_while_writing():
        async with open_demo(folder, pace=0) as demo:
            demo.served.plex_tv.share(PLEX_NAME)
            talk = Talk(demo)
            demo.app.house.outbox.attach(talk)
            yield talk


async def to_plex(tab: Tab, link: str, shots: Path) -> None:
    """From the link of the chat to Plex's own page."""
    await tab.goto(link)
    await tab.get_by_role("heading", name="Sign in with Plex").wait_for()
    await tab.screenshot(path=shots / "1-start.png", full_page=True)
    await tab.get_by_role("button", name="Continue with Plex").click()
    await tab.get_by_role("heading", name="Sign in to Plex").wait_for()


async def confirm(tab: Tab, name: str = PLEX_NAME) -> None:
    """At Plex, which sends the browser back to us."""
    await tab.get_by_role("button", name=f"Continue as {name}").click()


async def to_digits(tab: Tab, link: str, shots: Path) -> str:
    """All the way to the six digits."""
    await to_plex(tab, link, shots)
    await confirm(tab)
    await tab.get_by_role("heading", name="One last step").wait_for()
    await tab.screenshot(path=shots / "2-digits.png", full_page=True)
    assert await barriers(tab) == []
    found = re.search(r"\b(\d{3})\s?(\d{3})\b", await tab.inner_text("main"))
    assert found is not None
    return found[1] + found[2]


async def heading(tab: Tab) -> str:
    return (await tab.locator("h1").inner_text()).strip()


async def test_on_the_terminal(browser: Browser, tmp_path: Path) -> None:
    async with console(tmp_path / "house") as say, phone(browser) as tab:
        card = await say("link", "eve")
        digits = await to_digits(tab, card.links[0].url, tmp_path)
        await say.until("link:1", lambda one: "Plex says" in one.text, "eve")
        await say(f"link {digits}", "eve")
        told = await say.until_told("mum")
        assert told.title == "eve wants to come in"
        approval = await say("admin links 1", "mum")
        await tab.reload()
        assert await heading(tab) == "Almost done"
        await tab.screenshot(path=tmp_path / "3-waiting.png", full_page=True)
        await say.press(approval, "Approve", "mum")
        welcome = await say.until_told("eve")
        assert welcome.title.startswith("Welcome, eve")
        done = await say.draw("approval:1", "mum")
        assert (done.text, done.choices) == ("Approved by mum.", ())
        await tab.reload()
        await tab.screenshot(path=tmp_path / "4-done.png", full_page=True)
        assert "eve" in drawn(await say("me", "eve"))


async def test_back_in_another_browser(browser: Browser, tmp_path: Path) -> None:
    async with (
        console(tmp_path / "house") as say,
        phone(browser) as tab,
        phone(browser) as thief,
    ):
        card = await say("link", "eve")
        await to_plex(tab, card.links[0].url, tmp_path)
        told = parse_qs(urlsplit(tab.url).fragment.removeprefix("?"))
        say.demo.served.plex_tv.claim(told["code"][0], PLEX_NAME)
        await thief.goto(told["forwardUrl"][0])
        await thief.screenshot(path=tmp_path / "foreign.png", full_page=True)
        assert "another browser" in await thief.inner_text("main")
        assert PLEX_NAME not in await thief.content()
        warned = await say.until(
            "link:1", lambda one: "another browser" in one.text, "eve"
        )
        assert "tell an admin" in warned.text
        await tab.goto(told["forwardUrl"][0])
        assert await heading(tab) == "This belongs to another browser"
        # Asked again, the chat says so once more instead of beginning anew.
        assert (await say("link", "eve")).text == warned.text


async def test_this_is_not_me(browser: Browser, tmp_path: Path) -> None:
    async with console(tmp_path / "house") as say, phone(browser) as tab:
        card = await say("link", "eve")
        await tab.goto(card.links[0].url)
        await tab.get_by_role("button", name="This is not me").click()
        await tab.get_by_role("heading", name="Nothing was linked").wait_for()
        warned = await say.until(
            "link:1", lambda one: "This is not me" in one.text, "eve"
        )
        assert "tell an admin" in warned.text


async def test_back_and_forth_and_a_second_press(
    browser: Browser, tmp_path: Path
) -> None:
    async with console(tmp_path / "house") as say, phone(browser) as tab:
        card = await say("link", "eve")
        await to_plex(tab, card.links[0].url, tmp_path)
        await tab.go_back()
        await tab.get_by_role("button", name="Continue with Plex").dblclick()
        await tab.get_by_role("heading", name="Sign in to Plex").wait_for()
        await confirm(tab)
        await tab.get_by_role("heading", name="One last step").wait_for()
        shown = await tab.inner_text("main")
        await tab.reload()
        assert await tab.inner_text("main") == shown
        await tab.goto(card.links[0].url)
        assert await tab.inner_text("main") == shown
        assert len(say.demo.served.plex_tv.pins) == 1


async def test_no_access_and_plex_away(browser: Browser, tmp_path: Path) -> None:
    async with console(tmp_path / "house") as say, phone(browser) as tab:
        plex_tv = say.demo.served.plex_tv
        plex_tv.unshare(PLEX_NAME)
        card = await say("link", "eve")
        await to_plex(tab, card.links[0].url, tmp_path)
        plex_tv.knobs.only, plex_tv.knobs.fail_status = "/api/v2/user", 500
        await confirm(tab)
        await tab.get_by_role("heading", name="Plex does not answer").wait_for()
        await tab.screenshot(path=tmp_path / "away.png", full_page=True)
        plex_tv.knobs.reset()
        await tab.get_by_role("link", name="Try again").click()
        await tab.get_by_role("heading", name="does not reach our server").wait_for()
        await tab.screenshot(path=tmp_path / "no-access.png", full_page=True)
        drawing_of = await say.draw("link:1", "eve")
        assert "cannot use this household's server" in drawing_of.text


@asynccontextmanager
async def telegram(folder: Path) -> AsyncIterator[Family]:
    settings = {
        "HOUSEHOLD_CHATS": f"telegram:{FAMILY}",
        "ADMIN_CHATS": f"telegram:{ROOM}",
    }
    async with open_family(folder, settings, is_quick=True) as family:
        family.server.group(ROOM, "Admins", bot="member")
        family.demo.served.plex_tv.share(PLEX_NAME)
        yield family


async def shown_in(family: Family, name: str, words: str) -> Sent:
    """The message that says so, once there is one."""
    room = family.server.world.chats[ROOM]
    where = room if name == "admins" else family.someone(name)

    def found() -> Sent | None:
        answers = family.server.answers(where)
        return next((one for one in answers if words in in_telegram(one)), None)

    message: Sent = await family.server.until(found)
    return message


@pytest.mark.parametrize("how", ["typed", "deep link"])
async def test_in_telegram(browser: Browser, tmp_path: Path, how: str) -> None:
    async with telegram(tmp_path / "house") as family, phone(browser) as tab:
        hello = await family.says("eve", "/start")
        await family.presses("eve", hello, "Sign in with Plex")
        card = await shown_in(family, "eve", "Open the page")
        digits = await to_digits(tab, link_in(repr(card.raw)), tmp_path)
        way_back = await tab.get_by_role("link").first.get_attribute("href")
        assert way_back is not None
        assert way_back.endswith(f"?start=c-{digits}")
        payload = way_back.partition("?start=")[2]
        said = digits if how == "typed" else f"/start {payload}"
        family.server.says(family.someone("eve"), said)
        approval = await shown_in(family, "admins", "wants to come in")
        family.server.presses(family.someone("mum"), approval, "Approve")
        await shown_in(family, "admins", "Approved by mum.")
        await shown_in(family, "eve", "Welcome, ")


@asynccontextmanager
async def discord(folder: Path) -> AsyncIterator[Household]:
    async with open_discord(folder) as household:
        household.quickly()
        household.demo.served.plex_tv.share(PLEX_NAME)
        yield household


async def shown_to(household: Household, who: Phone, words: str) -> Message:
    def found() -> Message | None:
        return next((one for one in who.messages if words in drawing(one)), None)

    message: Message = await household.server.until(found)
    return message


@pytest.mark.parametrize("where", ["in private", "in the server"])
async def test_in_discord(browser: Browser, tmp_path: Path, where: str) -> None:
    async with discord(tmp_path / "house") as household, phone(browser) as tab:
        eve = household.someone("Eve")
        eve = eve.in_private if where == "in private" else eve
        asked = await eve.asks("link")
        assert asked.answer is not None
        assert (asked.answer.only_for is eve.person) == (where == "in the server")
        digits = await to_digits(tab, link_in(repr(asked.answer.raw)), tmp_path)
        card = await shown_to(household, eve, "Enter the code…")
        question = await eve.presses(card, "Enter the code…")
        await eve.submits(question, digits)
        mum = household.of("mum").in_private
        approval = await shown_to(household, mum, "wants to come in")
        await mum.presses(approval, "Approve")
        await shown_to(household, mum, "Approved by mum.")
        await shown_to(household, eve.in_private, "Welcome")
