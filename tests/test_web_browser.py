"""The sign-in in real Chromium, on a phone: seen, heard, pressed and measured."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from tests.browser import NARROW, Scheme, barriers, phone
from tests.ports import free_port
from tests.sign_in_visits import COOKIE, KEY, SECOND, STATE, Visits, at

from medianest_bot._web_types import SignIn
from medianest_bot.core._link_types import Onward, Page
from medianest_bot.web import serve

if TYPE_CHECKING:
    from playwright.async_api import Browser, Request
    from playwright.async_api import Page as Tab

pytestmark = pytest.mark.asyncio(loop_scope="session")

HEAVIEST = 30_000
SMALLEST_TARGET = 48
CONTINUE, NOT_ME = "Continue with Plex", "This is not me"
HOSTILE = "Anastasia-von-und-zu-" * 6 + "\u202e<b>x</b>"


@dataclass(frozen=True, slots=True)
class Served:
    """Our pages and something like Plex's, each on an address of its own."""

    visits: Visits
    link: str
    plex: str


@asynccontextmanager
async def served(prefix: str = "") -> AsyncIterator[Served]:
    port = free_port()
    ours = f"http://127.0.0.1:{port}{prefix}"
    async with plex_page(f"{ours}/link/return/{SECOND}") as plex:
        visits = Visits(on=Onward(f"{plex}/auth#?code=x", COOKIE, 600))
        told = SignIn(visits, ours, f"{plex}/auth", KEY)
        async with serve("127.0.0.1", port, (), dict, sign_in=told):
            yield Served(visits, f"{ours}/link/{STATE}", plex)


@asynccontextmanager
async def plex_page(back: str) -> AsyncIterator[str]:
    """One page with one link on it, under another name than ours."""

    async def page(_request: web.Request) -> web.Response:
        html = f'<title>Plex</title><a href="{back}">Allow</a>'
        return web.Response(text=html, content_type="text/html")

    app = web.Application()
    app.router.add_get("/auth", page)
    app.router.add_get("/favicon.ico", page)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://localhost:{runner.addresses[0][1]}"
    await runner.cleanup()


async def overflow(tab: Tab) -> list[str]:
    """What is wider than the screen, or than what it stands in."""
    found: list[str] = await tab.evaluate(
        """() => [...document.querySelectorAll('html, body, body *')]
            .filter(one => one.clientWidth && one.scrollWidth > one.clientWidth + 1
                && !one.classList.contains('heard'))
            .map(one => one.outerHTML.slice(0, 80))"""
    )
    return found


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", Page)
async def test_every_page_is_for_everybody(
    browser: Browser, page: Page, scheme: Scheme, tmp_path: Path
) -> None:
    async with served() as house, phone(browser, scheme=scheme) as tab:
        house.visits.look_at = at(page)
        await tab.goto(house.link)
        await tab.screenshot(path=tmp_path / f"{page}-{scheme}.png", full_page=True)
        found = await barriers(tab)
        wide = await overflow(tab)
        small = [
            box
            for one in await tab.locator("a, button").all()
            if (box := await one.bounding_box())
            and min(box["width"], box["height"]) < SMALLEST_TARGET
        ]

    assert (found, wide, small) == ([], [], [])


@pytest.mark.slow
@pytest.mark.parametrize("zoom", ["100%", "200%"])
@pytest.mark.parametrize("page", [Page.START, Page.CODE, Page.NO_ACCESS, Page.NOT_YET])
async def test_a_small_screen_large_letters_and_a_long_name_fit(
    browser: Browser, page: Page, zoom: str, tmp_path: Path
) -> None:
    visit = replace(
        at(page), shown_name=HOSTILE, plex_name=HOSTILE, household=HOSTILE[:60]
    )
    async with served() as house, phone(browser, NARROW) as tab:
        house.visits.look_at = visit
        await tab.goto(house.link)
        await tab.evaluate(f"document.documentElement.style.fontSize = '{zoom}'")
        await tab.screenshot(path=tmp_path / "page.png", full_page=True)
        found = await overflow(tab)

    assert found == []


async def test_a_whole_sign_in_is_light_and_keeps_its_cookie(browser: Browser) -> None:
    sizes: list[Request] = []
    async with served() as house, phone(browser) as tab:
        tab.on("requestfinished", lambda one: sizes.extend([one]))
        await tab.goto(house.link)
        await tab.get_by_role("button", name=CONTINUE).click()
        await tab.get_by_role("link", name="Allow").click()
        await tab.get_by_role("heading", name="One last step").wait_for()
        await tab.wait_for_load_state("networkidle")
        ours = [one for one in sizes if house.plex not in one.url]
        weights = [await one.sizes() for one in ours]
        (cookie,) = [
            one
            for one in await tab.context.cookies(house.link)
            if one.get("name") == "mn_link"
        ]

    assert house.visits.asked == [
        ("look", STATE),
        ("go_on", STATE, "-"),
        ("back", SECOND, COOKIE),
    ]
    assert (cookie.get("httpOnly"), cookie.get("sameSite")) == (True, "Lax")
    weight = sum(
        one["responseBodySize"] + one["responseHeadersSize"] for one in weights
    )
    assert 5_000 < weight <= HEAVIEST


async def test_behind_a_path_everything_is_found(browser: Browser) -> None:
    async with served("/our/nest") as house, phone(browser) as tab:
        answers: list[int] = []
        tab.on("response", lambda one: answers.append(one.status))
        await tab.goto(house.link)
        await tab.get_by_role("button", name=CONTINUE).click()
        await tab.get_by_role("link", name="Allow").click()
        await tab.get_by_role("heading", name="One last step").wait_for()

    assert house.visits.asked[-1] == ("back", SECOND, COOKIE)
    assert {status for status in answers if status >= 400} == set()


async def test_two_quick_presses_lead_to_plex_once(browser: Browser) -> None:
    async with served() as house, phone(browser) as tab:
        await tab.goto(house.link)
        await tab.get_by_role("button", name=CONTINUE).dblclick()
        await tab.get_by_role("link", name="Allow").click()
        await tab.get_by_role("heading", name="One last step").wait_for()

    asked = [one for one in house.visits.asked if one[0] != "look"]
    assert asked == [("go_on", STATE, "-"), ("back", SECOND, COOKIE)]


async def test_both_buttons_weigh_the_same(browser: Browser) -> None:
    async with served() as house, phone(browser) as tab:
        await tab.goto(house.link)
        boxes = [
            await tab.get_by_role("button", name=name).bounding_box()
            for name in (CONTINUE, NOT_ME)
        ]

    (one, other) = [box for box in boxes if box]
    assert (one["width"], one["height"]) == (other["width"], other["height"])
    # Both are seen without scrolling.
    assert other["y"] + other["height"] < 844


async def test_without_a_mouse_the_buttons_come_in_order(browser: Browser) -> None:
    focused = "document.activeElement.textContent"
    async with served() as house, phone(browser) as tab:
        await tab.goto(house.link)
        order = []
        for _ in range(2):
            await tab.keyboard.press("Tab")
            order.append(await tab.evaluate(focused))
        await tab.keyboard.press("Enter")
        await tab.get_by_role("heading", name="Nothing was linked").wait_for()

    assert order == [CONTINUE, NOT_ME]
    assert house.visits.asked[-1] == ("not_me", STATE)


async def test_the_digits_are_copied_as_one_number(browser: Browser) -> None:
    async with served() as house, phone(browser) as tab:
        house.visits.look_at = at(Page.CODE)
        await tab.goto(house.link)
        await tab.locator(".code").click()
        copied = await tab.evaluate("getSelection().toString()")
        heard = await tab.locator(".code").aria_snapshot()

    assert copied.strip() == "123456"
    assert heard == "- paragraph: 1 2 3 4 5 6"


async def test_another_site_cannot_show_our_page_inside_its_own(
    browser: Browser,
) -> None:
    async with served() as house:
        context = await browser.new_context()
        tab = await context.new_page()
        await tab.set_content(f'<iframe src="{house.link}"></iframe>')
        shown = await tab.frames[1].locator("button").count()
        await context.close()

    assert shown == 0
