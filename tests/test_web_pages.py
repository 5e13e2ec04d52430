"""What the sign-in pages say, to people and to browsers."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest
from tests.sign_in_text import text_of
from tests.sign_in_visits import STATE, VISIT, Visits, at, pages

from medianest_bot._web_ends import ENDS
from medianest_bot._web_pages import folder
from medianest_bot.core._link_types import Page, Visit

LINK = f"/link/{STATE}"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; "
    "img-src 'self' data:; form-action 'self' http://127.0.0.1:9; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Content-Type": "text/html; charset=utf-8",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}


async def looked(visit: Visit) -> httpx.Response:
    async with pages(Visits(look_at=visit)) as http:
        return await http.get(LINK)


async def test_the_start_says_whose_account_is_linked_and_what_will_be_seen() -> None:
    page = await looked(at(Page.START))

    assert text_of(page.text) == [
        "Sign in with Plex",
        "The Millers",
        "Sign in with Plex",
        "This chat account will be linked to your Plex account:",
        "Discord",
        "ana",
        "Go on only if it is yours and you have just asked for this.",
        f"-> {LINK}/continue",
        "Continue with Plex",
        f"-> {LINK}/not-me",
        "This is not me",
        "What the bot will see",
        "Who you are at Plex: your name and your number there",
        "Whether you may use this household’s Plex server",
        "What it neither sees nor keeps",
        "Your password",
        "Your e-mail address",
        "What you watch",
        "The key that Plex gives is used once, then signed out and forgotten.",
        "This page works for 9 more minutes.",
    ]


async def test_the_digits_come_with_the_way_back_to_the_chat() -> None:
    page = await looked(at(Page.CODE))

    assert text_of(page.text) == [
        "One last step",
        "The Millers",
        "One last step",
        "Plex says that you are bob. These six digits link that to ana on Discord:",
        "1 2 3 4 5 6",
        "123",
        "456",
        (
            "Go back to Discord, press “Enter the code” under the bot’s message and "
            "type these six digits."
        ),
        "-> https://discord.com/channels/@me/42",
        "Open Discord",
        "Enter them in your own chat only. Nobody else ever needs them.",
        "After that an admin has to say yes. The chat tells you.",
        "The digits work for 9 more minutes.",
    ]


async def test_in_telegram_the_digits_are_simply_sent() -> None:
    visit = replace(
        at(Page.CODE), platform="telegram", needs_approval=False, minutes_left=1
    )
    page = await looked(replace(visit, way_back="tg://resolve?domain=nest_bot"))

    assert text_of(page.text)[7:] == [
        "Go back to Telegram and send these six digits to the bot.",
        "-> tg://resolve?domain=nest_bot",
        "Open Telegram",
        "Enter them in your own chat only. Nobody else ever needs them.",
        "The digits work for one more minute.",
    ]


async def test_a_button_that_takes_the_digits_along_says_so() -> None:
    visit = replace(at(Page.CODE), platform="telegram")
    page = await looked(replace(visit, way_back="https://t.me/nest_bot?start=c123456"))

    assert text_of(page.text)[7:10] == [
        (
            "Press the button, then press Start in Telegram: the digits come along by "
            "themselves. Or send them to the bot."
        ),
        "-> https://t.me/nest_bot?start=c123456",
        "Open Telegram",
    ]


@pytest.mark.parametrize("platform", ["console", "matrix"])
async def test_a_chat_without_an_address_is_found_by_words(platform: str) -> None:
    page = await looked(replace(at(Page.CODE), platform=platform, way_back=""))

    assert text_of(page.text)[7:] == [
        "Go back to the chat and enter these six digits there.",
        "Enter them in your own chat only. Nobody else ever needs them.",
        "After that an admin has to say yes. The chat tells you.",
        "The digits work for 9 more minutes.",
    ]


ENDINGS = {
    Page.NOT_YET: (
        "Plex has not told us yet",
        "If you have finished at Plex, wait a few seconds and try again.",
        "If you left Plex half-way, go back to the chat and send /link again.",
        f"-> {LINK}",
        "Try again",
    ),
    Page.WAITING: (
        "Almost done",
        "You have confirmed ana on Discord. Now an admin has to say yes.",
        "You can close this page. The chat tells you how it went.",
    ),
    Page.DONE: (
        "You are linked",
        "ana on Discord and bob belong together now.",
        "Go back to the chat; you can close this page.",
    ),
    Page.USED: (
        "This link has been used",
        (
            "Somebody went on from here already: perhaps you, in another window or "
            "another browser. Then finish it there."
        ),
        "Otherwise go back to the chat and send /link again.",
    ),
    Page.CANCELLED: (
        "Nothing was linked",
        "This sign-in has been stopped, and the link works no more.",
        (
            "If somebody else sent you the link, that was right, and there is nothing "
            "more to do. If it was yours, go back to the chat and send /link again."
        ),
    ),
    Page.NO_ACCESS: (
        "This Plex account does not reach our server",
        (
            "You signed in as bob, and the household has not shared its Plex server "
            "with that account. Nothing was linked."
        ),
        (
            "Ask whoever runs the server to share it with you. Or go back to the chat, "
            "send /link again and use another Plex account."
        ),
    ),
    Page.FOREIGN: (
        "This belongs to another browser",
        (
            "A sign-in must end in the browser where it began. To keep you safe it has "
            "been stopped, and nothing was linked."
        ),
        (
            "If it was yours, go back to the chat, send /link again and stay in one "
            "browser. If somebody sent you here, tell an admin."
        ),
    ),
    Page.WRONG_CODE: (
        "The digits were wrong too often",
        "This sign-in has been stopped, and nothing was linked.",
        "Go back to the chat and send /link again.",
    ),
    Page.DENIED: (
        "An admin said no",
        "Nothing was linked. The chat tells you why, if a reason was given.",
        "If you think it is a mistake, talk to whoever runs the server.",
    ),
    Page.PLEX_AWAY: (
        "Plex does not answer",
        "It is not your fault, and nothing is lost.",
        "Wait a minute and try again.",
        f"-> {LINK}",
        "Try again",
    ),
    Page.FAILED: (
        "That did not work",
        "Plex gave an answer that made no sense, so nothing was linked.",
        "Go back to the chat and send /link again.",
    ),
}


@pytest.mark.parametrize("page", ENDINGS)
async def test_every_end_says_what_happened_and_what_to_do(page: Page) -> None:
    answer = await looked(at(page))

    title, *rest = ENDINGS[page]
    assert text_of(answer.text) == [title, "The Millers", title, *rest]
    assert answer.status_code == (503 if page is Page.PLEX_AWAY else 200)


async def test_who_guesses_is_not_even_told_whose_pages_these_are() -> None:
    answer = await looked(at(Page.EXPIRED))

    assert answer.status_code == 404
    assert text_of(answer.text) == [
        "This link no longer works",
        "This link no longer works",
        "Links work once and only for a few minutes, to keep you safe.",
        "Go back to the chat and send /link again.",
    ]


def test_every_page_has_its_words() -> None:
    assert set(ENDS) | {Page.START, Page.CODE} == set(Page)
    assert set(ENDINGS) | {Page.EXPIRED} == set(ENDS)


async def test_a_page_does_without_what_is_not_known() -> None:
    page = await looked(Visit(Page.DONE, household=""))

    assert text_of(page.text) == [
        "You are linked",
        "You are linked",
        "your chat account and your Plex account belong together now.",
        "Go back to the chat; you can close this page.",
    ]


@pytest.mark.parametrize("page", Page)
async def test_every_page_is_dressed_for_browsers(page: Page) -> None:
    answer = await looked(at(page))

    varying = {"content-length", "date", "set-cookie"}
    headers = {k: v for k, v in answer.headers.items() if k not in varying}
    assert headers == {name.lower(): value for name, value in HEADERS.items()}


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{ 7 * 7 }} {name} %s",
        "</bdi><h1>The Millers",
    ],
)
@pytest.mark.parametrize("page", [Page.START, Page.CODE, Page.DONE])
async def test_a_hostile_name_is_only_ever_text(page: Page, name: str) -> None:
    visit = replace(at(page), shown_name=name, plex_name=name, household=name)
    plain = replace(visit, shown_name="ana", plex_name="bob", household="The Millers")

    said = text_of((await looked(visit)).text)

    known = {"ana", "bob", "The Millers"}
    expected = [
        line if line not in known else name
        for line in text_of((await looked(plain)).text)
    ]
    swapped = [
        line.replace("ana on Discord", f"{name} on Discord")
        .replace("you are bob.", f"you are {name}.")
        .replace("and bob belong", f"and {name} belong")
        for line in expected
    ]
    assert said == swapped


async def test_a_name_cannot_turn_or_break_the_line_it_stands_in() -> None:
    name = "\u202eana\u2069\u2068\n\n\x00\u200fbob"
    page = await looked(replace(VISIT, shown_name=name))

    assert "<bdi>ana bob</bdi>" in page.text
    assert not {"\u202e", "\u2068", "\u2069", "\x00", "\u200f"} & set(page.text)


async def test_a_name_without_end_is_cut() -> None:
    page = await looked(replace(VISIT, shown_name="a" * 5000))

    assert f"<bdi>{'a' * 63}…</bdi>" in page.text


@pytest.mark.parametrize(
    "way_back", ["javascript:alert(1)", "http://evil.example", "//evil.example", "x"]
)
async def test_a_button_opens_nothing_but_a_chat(way_back: str) -> None:
    page = await looked(replace(at(Page.CODE), way_back=way_back))

    assert "Open Discord" not in text_of(page.text)


async def test_a_page_is_written_in_the_nearest_language_there_is() -> None:
    page = await looked(replace(VISIT, locale="xx-YY"))

    assert '<html lang="en">' in page.text


@pytest.mark.parametrize(
    ("name", "kind"),
    [("style.css", "text/css; charset=utf-8"), ("icon.svg", "image/svg+xml")],
)
async def test_style_and_icon_are_kept_by_browsers(name: str, kind: str) -> None:
    async with pages(Visits()) as http:
        first = await http.get(f"/web/{name}")
        tag = first.headers["ETag"]
        again = await http.get(f"/web/{name}", headers={"If-None-Match": tag})
        newer = await http.get(f"/web/{name}", headers={"If-None-Match": '"old"'})
        start = await http.get(LINK)

    assert (first.status_code, first.content) == (200, (folder() / name).read_bytes())
    assert first.headers["Content-Type"].startswith(kind)
    assert first.headers["Cache-Control"] == "public, max-age=86400"
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    assert newer.status_code == 200
    assert f'"/web/{name}?{tag.strip(chr(34))}"' in start.text


async def test_the_bare_address_says_where_to_go_and_not_whose_it_is() -> None:
    visits = Visits()
    async with pages(visits, "https://house.example/nest") as http:
        answers = [await http.get(path) for path in ("/", "/nest", "/nest/")]

    assert {one.status_code for one in answers} == {200}
    assert len({one.text for one in answers}) == 1
    assert {name: answers[0].headers[name] for name in HEADERS} == HEADERS
    assert text_of(answers[0].text) == [
        "A household’s bot lives here",
        "A household’s bot lives here",
        "Talk to it in its chat, in Telegram or Discord.",
        "To sign in, send it /link there: it answers with a link for you alone.",
    ]
    assert visits.asked == []


async def test_there_is_nothing_else_to_fetch() -> None:
    paths = ["/web/", "/web/README.md", "/web/pages/start.html", "/web/../web.py"]
    async with pages(Visits()) as http:
        answers = [await http.get(path) for path in paths]

    assert {(one.status_code, one.text) for one in answers} == {(404, "Not Found\n")}
