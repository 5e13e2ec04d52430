"""The pages of the demo's plex.tv: in a browser, and by hand where they say no."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import quote

import httpx
import pytest
from aiohttp import web
from playwright.async_api import Page, async_playwright
from tests.browser import PATIENCE_MS

from medianest_bot.demo import household
from medianest_bot.demo.plex_tv import STRONG_S, WEAK_S, PlexTvStandIn
from medianest_bot.services import http
from medianest_bot.services.plex_tv import Pin, PlexTv

HOUSE = household.read()
PRODUCT = "MediaNest – Discord <ana>"


@dataclass
class Clock:
    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Tv:
    server: PlexTvStandIn
    clock: Clock
    url: str
    client: PlexTv
    browser: httpx.AsyncClient

    async def press(
        self, page: str, code: str, account: str, **more: str
    ) -> httpx.Response:
        form = {"code": code, "account": account, **more}
        return await self.browser.post(page, data=form)

    async def whose(self, pin: Pin) -> str | None:
        token = await self.client.read_pin(pin.id)
        return self.server.tokens[token] if token else None


@pytest.fixture
async def tv() -> AsyncIterator[Tv]:
    clock = Clock()
    server = PlexTvStandIn(HOUSE, clock=clock)
    url = await server.start()
    client = PlexTv(http.Http("plex_tv", http.client(url)), "client-one", PRODUCT)
    async with httpx.AsyncClient(base_url=url) as browser:
        yield Tv(server, clock, url, client, browser)
    await client.aclose()
    await server.stop()


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed here")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-dev-shm-usage"],
            timeout=PATIENCE_MS,
        )
        tab = await browser.new_page(viewport={"width": 360, "height": 640})
        tab.set_default_timeout(PATIENCE_MS)
        yield tab
        await browser.close()


@pytest.fixture
async def bot() -> AsyncIterator[str]:
    """Where a browser is sent back to."""

    async def back(request: web.Request) -> web.Response:
        return web.Response(text=f"back at {request.raw_path}")

    app = web.Application()
    app.router.add_get("/{path:.*}", back)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_a_browser_signs_in_and_comes_back(tv: Tv, page: Page, bot: str) -> None:
    pin = await tv.client.create_pin(product=PRODUCT)
    back = f"{bot}/link/return/a?b=c&d"
    auth = f"{tv.url}/auth"
    await page.goto(tv.client.sign_in_address(auth, pin.code, back, PRODUCT))
    said = await page.inner_text("main p >> nth=0")
    await page.get_by_role("button", name="Continue as ana.maple").click()
    await page.get_by_text("back at").wait_for()
    assert said == f"{PRODUCT} wants to use your Plex account."
    assert await page.inner_text("body") == "back at /link/return/a?b=c&d"
    assert await tv.whose(pin) == "ana.maple"


async def test_a_browser_types_a_short_code(tv: Tv, page: Page) -> None:
    pin = await tv.client.create_pin(strong=False)
    await page.goto(tv.client.link_address(tv.url))
    await page.get_by_label("The code on your other device").fill(pin.code.upper())
    await page.get_by_role("button", name="Continue as tim.maple").click()
    await page.get_by_text("Your account is linked.").wait_for()
    assert await tv.whose(pin) == "tim.maple"


async def test_the_page_offers_every_account_and_fits_a_phone(
    tv: Tv, page: Page
) -> None:
    pin = await tv.client.create_pin()
    await page.goto(tv.client.sign_in_address(f"{tv.url}/auth", pin.code, ""))
    names = await page.get_by_role("button").all_inner_texts()
    wide = await page.evaluate("document.documentElement.scrollWidth")
    await page.get_by_role("button", name="Continue as stranger").click()
    await page.get_by_text("You are signed in.").wait_for()
    assert names == [
        *(
            f"Continue as {one}"
            for one in ("mum", "ana.maple", "tim.maple", "stranger")
        ),
        "Share the server with stranger",
    ]
    assert wide <= 360


async def test_the_server_is_shared_from_the_page(tv: Tv, page: Page, bot: str) -> None:
    pin = await tv.client.create_pin(product=PRODUCT)
    auth = f"{tv.url}/auth"
    await page.goto(tv.client.sign_in_address(auth, pin.code, f"{bot}/back", PRODUCT))
    share = page.get_by_role("button", name="Share the server with stranger")
    await share.click()
    await share.wait_for(state="detached")
    said = await page.inner_text("main p >> nth=0")
    await page.get_by_role("button", name="Continue as stranger").click()
    await page.get_by_text("back at").wait_for()
    assert said == f"{PRODUCT} wants to use your Plex account."
    assert await tv.whose(pin) == "stranger"
    assert (9001, "stranger") in tv.server.shared()


async def test_sharing_keeps_the_code_that_was_typed(tv: Tv) -> None:
    answer = await tv.browser.post(
        "/link/share", data={"who": "stranger", "code": "ab"}
    )
    assert 'value="ab"' in answer.text
    assert "Share the server" not in answer.text
    odd = await tv.browser.post("/link/share", data={"who": "nobody"})
    assert odd.status_code == 200


async def test_a_link_may_bring_its_code_along(tv: Tv) -> None:
    shown = (await tv.browser.get('/link/?pin=a1"b<c>')).text
    assert 'value="a1&quot;b"' in shown


@pytest.mark.parametrize("onward", ["", "javascript:alert(1)", "/link"])
async def test_without_an_address_to_go_to_the_page_stays(tv: Tv, onward: str) -> None:
    pin = await tv.client.create_pin()
    more = {"clientID": "client-one", "forwardUrl": onward}
    answer = await tv.press("/auth", pin.code, "mum", **more)
    assert (answer.status_code, "You are signed in." in answer.text) == (200, True)


async def test_pressing_twice_does_no_harm_and_another_cannot_press_then(
    tv: Tv,
) -> None:
    pin = await tv.client.create_pin()
    mine = {"clientID": "client-one", "forwardUrl": "http://bot.example/back"}
    statuses = [
        (await tv.press("/auth", pin.code, name, **mine)).status_code
        for name in ("ana.maple", "ana.maple", "tim.maple")
    ]
    assert statuses == [303, 303, 404]
    assert await tv.whose(pin) == "ana.maple"


async def test_only_a_code_that_is_there_can_be_confirmed(tv: Tv) -> None:
    strong, weak = (
        await tv.client.create_pin(),
        await tv.client.create_pin(strong=False),
    )
    mine = {"clientID": "client-one"}
    asked = [
        await tv.press("/auth", strong.code, "ana.maple", clientID="another"),
        await tv.press("/auth", "nonsense", "ana.maple", **mine),
        await tv.press("/auth", strong.code, "nobody", **mine),
        await tv.press("/link", "zzzzz", "ana.maple"),
    ]
    tv.clock.now += WEAK_S
    asked.append(await tv.press("/link", weak.code, "ana.maple"))
    tv.clock.now += STRONG_S - WEAK_S
    asked.append(await tv.press("/auth", strong.code, "ana.maple", **mine))
    assert [one.status_code for one in asked] == [404] * 6


async def test_plex_may_tell_a_moment_later(tv: Tv) -> None:
    pin = await tv.client.create_pin()
    tv.server.lag_s = 3
    tv.server.claim(pin.code, "ana.maple")
    seen = [await tv.whose(pin)]
    tv.clock.now += 3
    assert [*seen, await tv.whose(pin)] == [None, "ana.maple"]


async def test_nobody_may_have_come(tv: Tv) -> None:
    pin = await tv.client.create_pin()
    address = tv.client.sign_in_address(
        f"{tv.url}/auth", pin.code, "http://bot.example"
    )
    assert (await tv.browser.get(address)).status_code == 200
    assert await tv.whose(pin) is None
    assert quote(pin.code) not in (await tv.browser.get(address)).text
