"""Signing in from the chat through Plex and back, in Chromium, with all of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.browser import phone
from tests.drawing import drawn
from tests.household import Talk

from medianest_bot.core.reply import Reply, Tone
from medianest_bot.demo_house import open_demo

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]

CONTINUE, NOT_ME = "Continue with Plex", "This is not me"


@asynccontextmanager
async def talking(folder: Path) -> AsyncIterator[Talk]:
    async with open_demo(folder, pace=0) as demo:
        talk = Talk(demo)
        demo.app.house.outbox.attach(talk)
        yield talk


async def begun(talk: Talk, tab: Page, who: str = "guest") -> str:
    """Ask for the link in the chat and open it; gives the link."""
    reply = await talk("link", who)
    (link,) = [one.url for one in reply.links]
    await tab.goto(link)
    return link


async def through_plex(tab: Page, name: str) -> None:
    await tab.get_by_role("button", name=CONTINUE).click()
    await tab.get_by_role("button", name=f"Continue as {name}").click()


async def heading(tab: Page) -> str:
    """What a page that has been opened says above all."""
    return await tab.get_by_role("heading", level=1).inner_text()


async def comes_to(tab: Page, title: str) -> None:
    """Wait until what was pressed has led to this page."""
    await tab.get_by_role("heading", name=title, exact=True).wait_for()


async def bring(talk: Talk, digits: str, who: str = "guest") -> Reply:
    """Bring the digits to the chat, by the button that asks for them."""
    reply = await talk("link", who)
    line = next(
        one.line for one in reply.every_choice() if one.label == "Enter the code"
    )
    return await talk(f"{line} {digits}", who, pressed=True)


async def digits_on(tab: Page) -> str:
    await tab.locator(".code").click()
    selected: str = await tab.evaluate("getSelection().toString()")
    return selected.strip()


async def test_from_the_chat_through_plex_to_the_admin_and_back(
    browser: Browser, tmp_path: Path
) -> None:
    async with talking(tmp_path) as talk, phone(browser) as tab:
        talk.demo.served.plex_tv.share("stranger")
        await begun(talk, tab)
        await through_plex(tab, "stranger")
        said = await bring(talk, await digits_on(tab))
        await tab.reload()
        waiting = await heading(tab)
        approval = await talk.until_told("mum")
        await talk.press(approval, "Approve", "mum")
        await tab.reload()
        done = await heading(tab)
        me = await talk("me", "guest")

    assert said.text.startswith("You are stranger at Plex. Now an admin")
    assert (waiting, done) == ("Almost done", "You are linked")
    assert "stranger" in drawn(me)


async def test_digits_survive_a_reload_and_work_once(
    browser: Browser, tmp_path: Path
) -> None:
    async with talking(tmp_path) as talk, phone(browser) as tab:
        talk.demo.served.plex_tv.share("stranger")
        await begun(talk, tab)
        await through_plex(tab, "stranger")
        first = await digits_on(tab)
        await tab.reload()
        again = await digits_on(tab)

    assert (len(first), again) == (6, first)


async def test_back_from_plex_one_can_go_on_again(
    browser: Browser, tmp_path: Path
) -> None:
    async with talking(tmp_path) as talk, phone(browser) as tab:
        talk.demo.served.plex_tv.share("stranger")
        await begun(talk, tab)
        await tab.get_by_role("button", name=CONTINUE).click()
        await tab.get_by_role("heading", name="Sign in to Plex").wait_for()
        await tab.go_back()
        await through_plex(tab, "stranger")
        await comes_to(tab, "One last step")


async def test_not_me_ends_it_in_the_chat_too(browser: Browser, tmp_path: Path) -> None:
    async with talking(tmp_path) as talk, phone(browser) as tab:
        link = await begun(talk, tab)
        await tab.get_by_role("button", name=NOT_ME).click()
        await comes_to(tab, "Nothing was linked")
        await tab.goto(link)
        later = await heading(tab)
        card = await talk.draw("link:1", "guest")

    assert later == "Nothing was linked"
    assert card.tone is not Tone.GOOD
    assert card.links == ()


async def test_who_does_not_reach_the_server_is_told(
    browser: Browser, tmp_path: Path
) -> None:
    async with talking(tmp_path) as talk, phone(browser) as tab:
        await begun(talk, tab)
        await through_plex(tab, "stranger")
        await comes_to(tab, "This Plex account does not reach our server")


async def test_the_way_back_ends_in_the_browser_where_it_began(
    browser: Browser, tmp_path: Path
) -> None:
    async with (
        talking(tmp_path) as talk,
        phone(browser) as mine,
        phone(browser) as theirs,
    ):
        talk.demo.served.plex_tv.share("stranger")
        link = await begun(talk, mine)
        await theirs.goto(link)
        await through_plex(mine, "stranger")
        await comes_to(mine, "One last step")
        await theirs.get_by_role("button", name=CONTINUE).click()
        await comes_to(theirs, "This link has been used")
        await theirs.goto(mine.url)
        foreign = await heading(theirs)
        await mine.reload()
        ended = await heading(mine)

    assert foreign == ended == "This belongs to another browser"
