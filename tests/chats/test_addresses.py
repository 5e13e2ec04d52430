"""Addresses: which a chat may fetch, and which open from a button."""

from __future__ import annotations

import pytest

from medianest_bot.chats._addresses import is_button, is_public


@pytest.mark.parametrize(
    "url",
    [
        "https://image.tmdb.org/t/p/w500/p1.jpg",
        "https://image.tmdb.org:443/p1.jpg",
        "https://IMAGE.tmdb.org/p1.jpg?x=1",
        "https://xn--bcher-kva.de/p.png",
    ],
)
def test_a_public_picture_may_be_fetched_by_a_chat(url: str) -> None:
    assert is_public(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "plex:/library/1",
        "http://image.tmdb.org/p1.jpg",
        "https://plex:32400/p1.jpg",
        "https://example.org:8443/p1.jpg",
        "https://192.168.1.2/p1.jpg",
        "https://127.1/p1.jpg",
        "https://8.8.8.8/p1.jpg",
        "https://[::1]/p1.jpg",
        "https://nas.local/p1.jpg",
        "https://plex.home.arpa/p1.jpg",
        "https://tower.lan/p1.jpg",
        "https://a.internal/p1.jpg",
        "https://a.localhost/p1.jpg",
        "https://ana:secret@example.org/p1.jpg",
        "https://example.org/a b",
        "https://example.org/\n",
        "https://[",
        "https://example.org:99999/",
        "https://bücher.de/p.png",
        "https://example.org/" + "x" * 3000,
    ],
)
def test_anything_else_is_not_public(url: str) -> None:
    assert not is_public(url)


def test_buttons_may_lead_home_but_need_a_dot() -> None:
    urls = [
        "https://app.plex.tv/desktop#!/server/x",
        "http://192.168.1.2:32400/web",
        "http://nas.local/",
        "http://[fe80::1]:32400/",
        "http://nas:32400/",
        "http://localhost:5055/",
        "javascript:alert(1)",
        "tg://user?id=1",
        "https://",
    ]
    assert [is_button(url) for url in urls] == [True] * 4 + [False] * 5
