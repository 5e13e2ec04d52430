"""A browser that goes the way of a sign-in, with and without its pages."""

from __future__ import annotations

import re
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
from tests.sign_in_text import text_of

from medianest_bot.core._link_types import Onward, Page, Visit
from medianest_bot.demo_house import Demo


async def signed_in(demo: Demo, link: str, plex_name: str) -> Visit:
    """Open the link, confirm at Plex as `plex_name`, come back: the page then."""
    state = link.rpartition("/")[2]
    visits = demo.app.visits
    demo.served.plex_tv.share(plex_name)
    onward = await visits.go_on(state, None)
    assert isinstance(onward, Onward), onward
    given = parse_qs(urlsplit(onward.address).fragment.removeprefix("?"))
    demo.served.plex_tv.claim(given["code"][0], plex_name)
    second = given["forwardUrl"][0].rpartition("/")[2]
    visit = await visits.back(second, onward.cookie)
    assert (visit.page, len(visit.code)) == (Page.CODE, 6), visit
    return visit


def link_in(text: str) -> str:
    """The address of the sign-in page that a message shows somewhere."""
    found = re.search(r"https?://[^\s\"')]+/link/[\w-]+", text)
    assert found is not None, text
    return found[0]


class Browser:
    """Opens our pages, presses what is on them, and keeps cookies as a browser does."""

    def __init__(self) -> None:
        self.http = httpx.AsyncClient(trust_env=False)
        self.at = ""
        self.page: httpx.Response | None = None
        self.sent_to = ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        await self.http.aclose()

    async def opens(self, url: str) -> str:
        """The page's heading."""
        self.at, self.page = url, await self.http.get(url)
        return self.heading

    async def presses(self, which: str) -> str:
        """*continue* or *not-me*: the heading of what is shown then, "" at Plex."""
        assert self.page is not None
        said = self.page.text
        (path,) = re.findall(rf'action="([^"]*/{which})"', said)
        form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', said))
        answer = await self.http.post(urljoin(self.at, path), data=form)
        if answer.status_code == httpx.codes.SEE_OTHER:
            self.sent_to = answer.headers["Location"]
            return ""
        self.page = answer
        return self.heading

    def told_plex(self, name: str) -> str:
        """What was sent along to Plex, which no server sees."""
        fragment = urlsplit(self.sent_to).fragment.removeprefix("?")
        return parse_qs(fragment)[name][0]

    async def confirms(self, demo: Demo, name: str) -> str:
        """At Plex as that account, and back: the heading then."""
        demo.served.plex_tv.claim(self.told_plex("code"), name)
        return await self.opens(self.told_plex("forwardUrl"))

    async def signs_in(self, demo: Demo, link: str, name: str) -> str:
        """From the link of a chat to the six digits."""
        await self.opens(link)
        assert await self.presses("continue") == ""
        await self.confirms(demo, name)
        return self.digits

    @property
    def heading(self) -> str:
        assert self.page is not None
        found = re.search(r"<h1[^>]*>(.*?)</h1>", self.page.text, re.DOTALL)
        return found[1].strip() if found else ""

    @property
    def digits(self) -> str:
        found = re.search(r"\b(\d{3})\s?(\d{3})\b", " ".join(text_of(self.page_text)))
        assert found is not None, self.heading
        return found[1] + found[2]

    @property
    def page_text(self) -> str:
        assert self.page is not None
        return self.page.text
