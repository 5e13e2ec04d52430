"""The sign-in in a browser: who may press what, and what a browser takes along."""

from __future__ import annotations

import asyncio
import re
from http.cookies import SimpleCookie

import httpx
import pytest
from tests.sign_in_text import text_of
from tests.sign_in_visits import (
    COOKIE,
    ONWARD,
    OTHER,
    SECOND,
    STATE,
    Visits,
    at,
    pages,
)

from medianest_bot._web_signing_in import (
    LARGEST_FORM,
    PAGES_A_MINUTE,
    PRESSES_A_MINUTE,
)
from medianest_bot.core._link_types import Page

LINK = f"/link/{STATE}"
HTTPS = "https://nest.example"
REFUSED = "Please press that button again"
BUSY = "That was a bit much"


async def opened(http: httpx.AsyncClient, link: str = LINK) -> tuple[str, str]:
    """The form's token and cookie, from a page that was just opened."""
    page = await http.get(link)
    (token,) = set(re.findall(r'name="token" value="([0-9a-f]{64})"', page.text))
    ((name, value),) = cookies_of(page).items()
    # The client shall bring only what a test gives it.
    http.cookies.clear()
    return token, f"{name}={value}"


def cookies_of(answer: httpx.Response) -> dict[str, str]:
    found: SimpleCookie = SimpleCookie()
    for line in answer.headers.get_list("Set-Cookie"):
        found.load(line)
    return {name: morsel.value for name, morsel in found.items()}


async def press(
    http: httpx.AsyncClient, token: str, cookie: str, which: str = "continue"
) -> httpx.Response:
    answer = await http.post(
        f"{LINK}/{which}", data={"token": token}, headers={"Cookie": cookie}
    )
    http.cookies.clear()
    return answer


def title(answer: httpx.Response) -> str:
    return text_of(answer.text)[0]


async def test_looking_asks_and_changes_nothing() -> None:
    visits = Visits()
    async with pages(visits) as http:
        get = await http.get(LINK)
        head = await http.head(LINK)
        guess = await http.get(LINK, headers={"Sec-Purpose": "prefetch;prerender"})

    assert [one.status_code for one in (get, head, guess)] == [200, 200, 200]
    assert head.content == b""
    assert visits.asked == [("look", STATE)] * 3


@pytest.mark.parametrize(
    ("public_url", "cookie"),
    [
        ("http://nest.example", "mn_form=?; HttpOnly; Max-Age=900; Path=/link"),
        (
            "https://nest.example",
            "__Secure-mn_form=?; HttpOnly; Max-Age=900; Path=/link",
        ),
        (
            "https://nest.example/our/nest",
            "__Secure-mn_form=?; HttpOnly; Max-Age=900; Path=/our/nest/link",
        ),
    ],
)
async def test_the_start_leaves_one_cookie_for_its_form(
    public_url: str, cookie: str
) -> None:
    async with pages(Visits(), public_url) as http:
        page = await http.get(LINK)

    (said,) = page.headers.get_list("Set-Cookie")
    assert re.sub(r"=[\w-]{43};", "=?;", said) == (
        f"{cookie}; SameSite=Strict{'; Secure' * public_url.startswith('https')}"
    )


async def test_a_browser_that_has_a_form_cookie_keeps_it() -> None:
    async with pages(Visits()) as http:
        _token, cookie = await opened(http)
        again = await http.get(f"/link/{OTHER}", headers={"Cookie": cookie})
        odd = await http.get(LINK, headers={"Cookie": "mn_form=short"})

    assert f"mn_form={cookies_of(again)['mn_form']}" == cookie
    assert len(cookies_of(odd)["mn_form"]) == 43


# In one order everywhere, or the workers would not agree on what to run.
@pytest.mark.parametrize("page", [one for one in Page if one is not Page.START])
async def test_no_other_page_leaves_a_cookie(page: Page) -> None:
    async with pages(Visits(look_at=at(page))) as http:
        assert "Set-Cookie" not in (await http.get(LINK)).headers


@pytest.mark.parametrize(
    ("public_url", "cookie"),
    [
        (
            "http://nest.example",
            f"mn_link={COOKIE}; HttpOnly; Max-Age=600; Path=/link; SameSite=Lax",
        ),
        (
            "https://nest.example/nest",
            (
                f"__Secure-mn_link={COOKIE}; HttpOnly; Max-Age=600; "
                "Path=/nest/link; SameSite=Lax; Secure"
            ),
        ),
    ],
)
async def test_continue_sends_the_browser_on_with_its_cookie(
    public_url: str, cookie: str
) -> None:
    visits = Visits()
    async with pages(visits, public_url) as http:
        token, form = await opened(http)
        answer = await press(http, token, form)

    assert (answer.status_code, answer.content) == (303, b"")
    assert answer.headers["Location"] == ONWARD.address
    assert answer.headers.get_list("Set-Cookie") == [cookie]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert visits.asked == [("look", STATE), ("go_on", STATE, "-")]


async def test_the_cookie_comes_along_when_it_is_there() -> None:
    visits = Visits()
    async with pages(visits) as http:
        token, form = await opened(http)
        await press(http, token, f"{form}; mn_link=mine")

    assert visits.asked[-1] == ("go_on", STATE, "mine")


async def test_pressing_twice_at_once_is_pressing_once() -> None:
    visits = Visits()
    visits.may_answer.clear()
    async with pages(visits) as http:
        token, form = await opened(http)
        both = asyncio.gather(*(press(http, token, form) for _ in range(2)))
        await visits.going_on.wait()
        visits.may_answer.set()
        answers = await both

    assert {one.headers["Location"] for one in answers} == {ONWARD.address}
    assert visits.asked == [("look", STATE), ("go_on", STATE, "-")]


async def test_another_browser_is_asked_about_by_itself() -> None:
    visits = Visits()
    async with pages(visits) as http:
        await press(http, *await opened(http))
        visits.on = at(Page.USED)
        second = await press(http, *await opened(http))

    assert (second.status_code, title(second)) == (200, "This link has been used")
    assert visits.asked[1::2] == [("go_on", STATE, "-")] * 2


async def test_where_plex_is_away_the_page_can_be_opened_again() -> None:
    visits = Visits(on=at(Page.PLEX_AWAY))
    async with pages(visits) as http:
        form = await opened(http)
        away = await press(http, *form)
        visits.on = ONWARD
        after = await press(http, *form)

    assert text_of(away.text)[-2:] == [f"-> {LINK}", "Try again"]
    assert after.status_code == 303


async def test_not_me_ends_it() -> None:
    visits = Visits()
    async with pages(visits) as http:
        answer = await press(http, *await opened(http), "not-me")

    assert (answer.status_code, title(answer)) == (200, "Nothing was linked")
    assert visits.asked == [("look", STATE), ("not_me", STATE)]


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TOKEN, MINE = "the token", "the cookie"


@pytest.mark.parametrize("which", ["continue", "not-me"])
@pytest.mark.parametrize(
    ("body", "cookie"),
    [
        (f"token={TOKEN}", ""),
        (f"token={TOKEN}", f"mn_form={'x' * 43}"),
        (f"token={TOKEN}", "mn_form=x"),
        ("", MINE),
        (f"token={'0' * 64}", MINE),
        ("token=t%C3%B6k%C3%A9n", MINE),
        (f"token=0&token={TOKEN}", MINE),
        (f"a&b&c=1&d=1&e=1&token={TOKEN}", MINE),
        (f'{{"token": "{TOKEN}"}}', MINE),
        (f"tökén={TOKEN}", MINE),
    ],
)
async def test_what_was_not_pressed_on_our_page_is_refused(
    which: str, body: str, cookie: str
) -> None:
    visits = Visits()
    async with pages(visits) as http:
        token, mine = await opened(http)
        answer = await http.post(
            f"{LINK}/{which}",
            content=body.replace(TOKEN, token).encode(),
            headers=FORM | {"Cookie": cookie.replace(MINE, mine)},
        )

    assert (answer.status_code, title(answer)) == (403, REFUSED)
    assert text_of(answer.text)[-2:] == [f"-> {LINK}", "Open the page again"]
    assert visits.asked == [("look", STATE)]


async def test_a_form_is_good_for_its_own_page_only() -> None:
    visits = Visits()
    async with pages(visits) as http:
        token, cookie = await opened(http, f"/link/{OTHER}")
        answer = await press(http, token, cookie)

    assert (answer.status_code, title(answer)) == (403, REFUSED)
    assert visits.asked == [("look", OTHER)]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Origin": "https://nest.example"}, 303),
        ({"Origin": "https://nest.example", "Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://nest.example"}, 403),
        ({"Origin": "https://nest.example:8443"}, 403),
        ({"Origin": "https://nest.example.evil.example"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "https://evil.example", "Host": "evil.example"}, 403),
    ],
)
async def test_what_another_site_sends_is_refused(
    headers: dict[str, str], status: int
) -> None:
    async with pages(Visits(), f"{HTTPS}/nest") as http:
        token, cookie = await opened(http)
        answer = await http.post(
            f"{LINK}/continue",
            data={"token": token},
            headers={"Cookie": cookie} | headers,
        )

    assert answer.status_code == status


async def test_back_from_plex_the_digits_are_shown() -> None:
    visits = Visits()
    async with pages(visits) as http:
        answer = await http.get(
            f"/link/return/{SECOND}", headers={"Cookie": "mn_link=mine; mn_form=x"}
        )

    assert (answer.status_code, title(answer)) == (200, "One last step")
    assert "Set-Cookie" not in answer.headers
    assert visits.asked == [("back", SECOND, "mine")]


async def test_who_is_back_too_early_can_try_again_there() -> None:
    async with pages(Visits(came_back=at(Page.NOT_YET)), f"{HTTPS}/nest") as http:
        answer = await http.get(f"/link/return/{SECOND}")

    assert text_of(answer.text)[-2:] == [f"-> /nest/link/return/{SECOND}", "Try again"]


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {"Sec-Purpose": "prefetch"}, 503),
        ("GET", {"Sec-Purpose": "prefetch;prerender"}, 503),
        ("GET", {"Purpose": "prefetch"}, 503),
        ("GET", {"X-Moz": "prefetch"}, 503),
        ("HEAD", {}, 405),
        ("POST", {}, 405),
    ],
)
async def test_nobody_comes_back_by_guessing(
    method: str, headers: dict[str, str], status: int
) -> None:
    visits = Visits()
    async with pages(visits) as http:
        answer = await http.request(method, f"/link/return/{SECOND}", headers=headers)

    assert (answer.status_code, visits.asked) == (status, [])


GARBAGE = [
    "x",
    STATE[:-1],
    f"{STATE}A",
    f"{STATE[:-1]}%0a",
    f"{STATE[:-1]}.",
    f"{STATE[:-1]}%C3%A9",
    f"{STATE[:-1]}%2F",
    f"{STATE[:-1]}=",
    "%00" * 43,
    "x" * 3000,
]


@pytest.mark.parametrize("garbage", GARBAGE)
async def test_what_was_never_a_link_is_not_even_asked_about(garbage: str) -> None:
    visits = Visits(look_at=at(Page.EXPIRED))
    async with pages(visits) as http:
        answers = [
            await http.get(f"/link/{garbage}"),
            await http.get(f"/link/return/{garbage}"),
            await http.post(f"/link/{garbage}/continue"),
            await http.post(f"/link/{garbage}/not-me"),
        ]
        assert visits.asked == []
        once = await http.get(LINK)

    assert {(one.status_code, one.text) for one in answers} == {(404, once.text)}


async def test_other_paths_lead_nowhere() -> None:
    paths = ["/link", "/link/", f"{LINK}/", f"{LINK}/else", f"/nest{LINK}", f"/{LINK}"]
    async with pages(Visits()) as http:
        answers = [await http.get(path) for path in paths]

    assert {(one.status_code, one.text) for one in answers} == {(404, "Not Found\n")}


@pytest.mark.parametrize("prefix", ["", "/our/nest"])
async def test_a_path_before_ours_is_passed_on_or_cut_off(prefix: str) -> None:
    visits = Visits()
    async with pages(visits, f"{HTTPS}/our/nest") as http:
        page = await http.get(f"{prefix}{LINK}", headers={"Host": "evil.example"})
        style = await http.get(f"{prefix}/web/style.css")
        icon = await http.get(f"{prefix}/web/icon.svg")
        back = await http.get(f"{prefix}/link/return/{SECOND}")

    assert [one.status_code for one in (page, style, icon, back)] == [200] * 4
    addresses = re.findall(r'(?:href|action|src)="([^"]*)"', page.text)
    assert {one.partition("?")[0] for one in addresses} == {
        "/our/nest/web/style.css",
        "/our/nest/web/icon.svg",
        f"/our/nest{LINK}/continue",
        f"/our/nest{LINK}/not-me",
    }


async def test_a_form_too_large_is_not_read() -> None:
    visits = Visits()
    async with pages(visits) as http:
        token, cookie = await opened(http)
        answer = await http.post(
            f"{LINK}/continue",
            data={"more": "x" * LARGEST_FORM, "token": token},
            headers={"Cookie": cookie},
        )

    assert (answer.status_code, visits.asked) == (413, [("look", STATE)])


async def test_a_form_that_never_ends_is_given_up() -> None:
    visits = Visits()
    async with pages(visits, body_s=0.05) as http:
        reader, writer = await asyncio.open_connection("127.0.0.1", http.base_url.port)
        lines = [
            f"POST {LINK}/continue HTTP/1.1",
            "Host: x",
            "Content-Length: 70",
            "",
            "t",
        ]
        writer.write("\r\n".join(lines).encode())
        first = await reader.readline()
        writer.close()
        await writer.wait_closed()

    assert (first, visits.asked) == (b"HTTP/1.1 408 Request Timeout\r\n", [])


async def test_who_opens_too_many_pages_waits_a_minute() -> None:
    visits = Visits()
    async with pages(visits) as http:
        statuses = {(await http.get(LINK)).status_code for _ in range(PAGES_A_MINUTE)}
        busy = await http.get(LINK)
        health = await http.get("/healthz")

    assert statuses == {200}
    assert (busy.status_code, title(busy)) == (429, BUSY)
    assert 0 < int(busy.headers["Retry-After"]) <= 60
    assert len(visits.asked) == PAGES_A_MINUTE
    assert health.status_code == 200


async def test_who_presses_too_often_waits_a_minute() -> None:
    visits = Visits()
    async with pages(visits) as http:
        form = await opened(http)
        for _ in range(PRESSES_A_MINUTE):
            await press(http, *form, "not-me")
        busy = await press(http, *form, "not-me")

    assert (busy.status_code, title(busy)) == (429, BUSY)
    assert len(visits.asked) == 1 + PRESSES_A_MINUTE
