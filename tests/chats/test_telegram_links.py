"""Addresses: which Telegram may use, and where our own lead."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medianest_bot.chats._telegram_links import (
    InlineEntry,
    Start,
    code_link,
    inline_result,
    invitation_link,
    read_start,
    start_link,
    title_payload,
)
from medianest_bot.core.reply import Picture
from medianest_bot.core.search import Title
from medianest_bot.core.titles import read
from medianest_bot.services.media import Kind

DUNE = Title(
    Kind.MOVIE,
    438631,
    "Dune & <co>",
    2021,
    overview="A gifted young man.",
    poster=Picture("Dune", "https://image.tmdb.org/t/p/w500/p1.jpg"),
)
NUMBERLESS = Title(Kind.MOVIE, None, "Grüße aus Würzburg, immer wieder gerne gesehen")


def test_a_link_opens_the_private_chat() -> None:
    assert start_link("our_bot", "t-tv-1396") == "https://t.me/our_bot?start=t-tv-1396"
    with pytest.raises(ValueError, match="not a payload"):
        start_link("our_bot", "a b")


def test_links_of_a_sign_in_lead_to_our_chat_and_are_shown_in_no_log() -> None:
    links = (code_link("our_bot", "012345"), invitation_link("our_bot", "Ab_-9"))
    assert links == (
        "https://t.me/our_bot?start=c-012345",
        "https://t.me/our_bot?start=j-Ab_-9",
    )
    shown = [repr(read_start(link.partition("start=")[2])) for link in links]
    assert shown == ["Start()", "Start()"]


@pytest.mark.parametrize(
    ("payload", "start"),
    [
        ("r-17", Start("show request:17")),
        ("k-Ab_-9", Start(key="Ab_-9")),
        ("t-movie-438631", Start("request https://www.themoviedb.org/movie/438631")),
        ("t-tv-1396", Start("request https://www.themoviedb.org/tv/1396")),
        ("", Start()),
        ("hello", Start()),
        ("t-book-1", Start()),
        ("t-movie-0", Start()),
        ("t-movie-9999999999", Start()),
        ("r-٣", Start()),
        ("k-", Start()),
        ("s-", Start()),
        ("s-A", Start()),
        ("s-gICA", Start()),
        ("t-movie-1\n", Start()),
        ("c-012345", Start("link code:012345")),
        ("c-01234", Start()),
        ("c-0123456", Start()),
        ("c-٠١٢٣٤٥", Start()),
        ("j-Ab_-9", Start("join Ab_-9")),
        ("j-", Start()),
    ],
)
def test_a_payload_leads_to_one_thing_or_nowhere(payload: str, start: Start) -> None:
    assert read_start(payload) == start


def test_the_card_of_a_title_is_exact_and_asks_for_nothing() -> None:
    line = read_start(title_payload(DUNE)).line
    assert line is not None
    named = line.removeprefix("request ")
    wanted = read(named)
    assert (wanted.kind, wanted.tmdb_id) == (Kind.MOVIE, 438631)
    # What `request` would ask for at once looks like movie:438631.
    assert not re.fullmatch(r"(?:movie|tv):\d+", named)


def test_a_title_without_a_number_leads_to_a_search() -> None:
    payload = title_payload(NUMBERLESS)
    assert len(payload) <= 64
    assert read_start(payload) == Start(
        'search "Grüße aus Würzburg, immer wieder gerne"'
    )


def test_a_result_tells_others_no_more_than_title_and_year() -> None:
    assert inline_result(DUNE, "our_bot") == InlineEntry(
        id="t-movie-438631",
        title="Dune & <co> (2021)",
        description="A gifted young man.",
        thumbnail="https://image.tmdb.org/t/p/w500/p1.jpg",
        html="<b>Dune &amp; &lt;co&gt;</b> (2021)",
        button_text="More about it",
        button_url="https://t.me/our_bot?start=t-movie-438631",
    )


def test_a_picture_of_the_house_is_no_thumbnail() -> None:
    title = Title(Kind.TV, 1, "", poster=Picture("", "plex:/library/1"))
    found = inline_result(title, "our_bot")
    assert (found.thumbnail, found.title, found.html) == ("", "…", "<b>…</b>")


@given(st.text(max_size=70))
def test_no_payload_is_too_odd_to_read(payload: str) -> None:
    assert read_start(payload).key is None or payload.startswith("k-")


@given(st.text(max_size=300), st.sampled_from(Kind), st.text(max_size=20))
def test_any_title_is_a_result(name: str, kind: Kind, key: str) -> None:
    found = inline_result(Title(kind, None, name, plex_key=key), "our_bot")
    assert 0 < len(found.id.encode()) <= 64
    assert found.title
    found.html.encode()
    line = read_start(found.button_url.partition("=")[2]).line
    assert line is None or line.startswith("search ")
