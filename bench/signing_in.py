"""From the start page to being linked: our own time, and how much a browser loads."""

from __future__ import annotations

import re
import tempfile
import time
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

from bench.figures import ROUNDS, Figure, median
from medianest_bot.core.context import Asked, Place
from medianest_bot.core.reply import Reply
from medianest_bot.core.roles import PlaceKind
from medianest_bot.demo_house import Demo, open_demo

PLEX = "stranger"


async def measure() -> list[Figure]:
    times, weights = [], []
    with tempfile.TemporaryDirectory() as name:
        async with open_demo(Path(name), pace=0) as demo:
            demo.served.plex_tv.share(PLEX)
            for number in range(ROUNDS):
                walk = _Walk(demo, f"new{number}")
                times.append(await walk.timed())
                weights.append(walk.bytes / 1000)
    return [
        Figure("start page to linked, all but the person", median(times), "s", "≤ 1.5"),
        Figure("pages, style and icon of a sign-in", max(weights), "kB", "≤ 30"),
    ]


class _Walk:
    """One person's way in; the demo's Plex is part of the time, people are not."""

    def __init__(self, demo: Demo, who: str) -> None:
        self._demo = demo
        self._who = who
        self.bytes = 0
        self._number = ""

    async def timed(self) -> float:
        link = (await self._say("link")).links[0].url
        async with httpx.AsyncClient(trust_env=False) as browser:
            started = time.perf_counter()
            page = await self._load(browser, link)
            for path in set(re.findall(r'(?:href|src)="([^"]*/web/[^"]+)"', page)):
                await self._load(browser, urljoin(link, path))
            given = await self._continue(browser, link, page)
            self._demo.served.plex_tv.claim(given["code"][0], PLEX)
            shown = await self._load(browser, given["forwardUrl"][0])
        found = re.search(r"\b(\d{3})\s*(\d{3})\b", re.sub(r"<[^>]*>", " ", shown))
        assert found is not None, "no digits were shown"
        await self._say(f"link {found[1]}{found[2]}")
        await self._say(f"admin links {self._number} approve", "mum")
        took = time.perf_counter() - started
        assert "signed in" in (await self._say("link")).text
        return took

    async def _load(self, browser: httpx.AsyncClient, url: str) -> str:
        answer = await browser.get(url)
        answer.raise_for_status()
        self._weigh(answer)
        return answer.text

    async def _continue(
        self, browser: httpx.AsyncClient, link: str, page: str
    ) -> dict[str, list[str]]:
        form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page))
        answer = await browser.post(f"{link}/continue", data=form)
        self._weigh(answer)
        fragment = urlsplit(answer.headers["Location"]).fragment
        return parse_qs(fragment.removeprefix("?"))

    def _weigh(self, answer: httpx.Response) -> None:
        heads = sum(len(key) + len(value) + 4 for key, value in answer.headers.raw)
        self.bytes += heads + len(answer.content)

    async def _say(self, line: str, who: str = "") -> Reply:
        account = who or self._who
        place = Place("console", f"room-of-{account}", PlaceKind.PRIVATE)
        asked = Asked("console", account, account, place)
        reply = await self._demo.app.dispatch.run(line, asked)
        if reply.follows and not who:
            self._number = reply.follows.partition(":")[2]
        return reply
