"""The other side of the sign-in pages: answers as told, remembers what was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import httpx

from medianest_bot._web_types import Network, SignIn
from medianest_bot.core._link_types import Onward, Page, Visit
from medianest_bot.web import serve

STATE = "S" * 42 + "_"
OTHER = "O" * 42 + "-"
SECOND = "b" * 43
COOKIE = "c00kie-" + "x" * 36
KEY = b"k" * 32
PLEX = "http://127.0.0.1:9/auth"
ONWARD = Onward(f"{PLEX}#?code=abc", COOKIE, 600)
WAY_BACK = "https://discord.com/channels/@me/42"
VISIT = Visit(
    Page.START,
    household="The Millers",
    platform="discord",
    shown_name="ana",
    plex_name="bob",
    code="123456",
    way_back=WAY_BACK,
    needs_approval=True,
    minutes_left=9,
)


def at(page: Page) -> Visit:
    """A page as it is mostly seen: digits and the way back only where they belong."""
    if page is Page.CODE:
        return replace(VISIT, page=page)
    return replace(VISIT, page=page, code="", way_back="")


_START, _CANCELLED, _CODE = at(Page.START), at(Page.CANCELLED), at(Page.CODE)


@dataclass
class Visits:
    """What each question is answered with; whether it may be answered yet."""

    look_at: Visit = _START
    on: Onward | Visit = ONWARD
    stopped: Visit = _CANCELLED
    came_back: Visit = _CODE
    asked: list[tuple[str, ...]] = field(default_factory=list)
    going_on: asyncio.Event = field(default_factory=asyncio.Event)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.may_answer.set()

    async def look(self, state: str, cookie: str | None) -> Visit:
        brought = (cookie,) if cookie else ()
        return self._heard(self.look_at, "look", state, *brought)

    async def go_on(self, state: str, cookie: str | None) -> Onward | Visit:
        self._heard(self.look_at, "go_on", state, cookie or "-")
        self.going_on.set()
        await self.may_answer.wait()
        return self.on

    async def not_me(self, state: str) -> Visit:
        return self._heard(self.stopped, "not_me", state)

    async def back(self, second: str, cookie: str | None) -> Visit:
        return self._heard(self.came_back, "back", second, cookie or "-")

    def _heard(self, answer: Visit, *asked: str) -> Visit:
        self.asked.append(asked)
        return answer


@asynccontextmanager
async def pages(
    visits: Visits,
    public_url: str = "http://nest.example",
    trusted: tuple[Network, ...] = (),
    body_s: float = 10.0,
) -> AsyncIterator[httpx.AsyncClient]:
    """The pages on a socket, and a browser that keeps no cookies by itself."""
    told = SignIn(visits, public_url, PLEX, KEY, trusted, body_s)
    async with (
        serve("127.0.0.1", 0, (), dict, sign_in=told) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http,
    ):
        yield http
