"""A browser that goes the way of a sign-in, without its pages."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

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
