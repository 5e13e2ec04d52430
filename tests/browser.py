"""A real browser of the size of a phone, started once for all tests that ask for it.

A test that does runs in the loop of the whole session, where the browser lives:
`pytestmark = pytest.mark.asyncio(loop_scope="session")`.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

import pytest
import pytest_asyncio

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page, ViewportSize

PHONE: ViewportSize = {"width": 390, "height": 844}
NARROW: ViewportSize = {"width": 320, "height": 568}
PATIENCE_MS = 90_000
Scheme = Literal["light", "dark"]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed: apt install chromium")
    # Loaded by whoever asks for a browser, and by nobody else.
    from playwright.async_api import async_playwright  # noqa: PLC0415

    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-dev-shm-usage"],
            timeout=PATIENCE_MS,
        )
        yield started
        await started.close()


@asynccontextmanager
async def phone(
    browser: Browser, size: ViewportSize = PHONE, scheme: Scheme = "light"
) -> AsyncIterator[Page]:
    """A tab with no past. Afterwards it must have nothing to complain about."""
    context = await browser.new_context(viewport=size, color_scheme=scheme)
    context.set_default_timeout(PATIENCE_MS)
    tab = await context.new_page()
    complaints: list[str] = []
    # A status that is no success is no trouble of the page itself.
    tab.on("console", lambda said: complaints.append(said.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield tab
    finally:
        await context.close()
    troubles = [one for one in complaints if "the server responded" not in one]
    assert troubles == []


async def barriers(tab: Page) -> list[str]:
    """What axe finds that keeps somebody from using the page."""
    # A script tag would be refused by the page's own policy, and rightly.
    await tab.evaluate(files("axe_core_python").joinpath("axe.min.js").read_text())
    found: dict[str, Any] = await tab.evaluate("axe.run()")
    return [
        f"{one['id']}: {node['html']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
