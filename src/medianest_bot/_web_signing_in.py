"""The sign-in in a browser: which address asks the core for what."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import parse_qs

from aiohttp import web

from medianest_bot import _web_forms as forms
from medianest_bot._web_pages import Form, Pages
from medianest_bot._web_types import SignIn, origin
from medianest_bot._web_visitors import Limit, visitor
from medianest_bot.core._link_types import Onward, Page, Visit

PAGES_A_MINUTE = 60
PRESSES_A_MINUTE = 10
LARGEST_FORM = 4096
COOKIE, FORM_COOKIE = "mn_link", "mn_form"
_FORM_COOKIE_S = 900
_RANDOM = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
"""32 bytes in base64url: what a link that was ever ours looks like."""
_NEVER = Visit(Page.EXPIRED, "")

Handler = Callable[[web.Request], Awaitable[web.Response]]


class SigningIn:
    """The routes of the sign-in, and how often each visitor came."""

    def __init__(self, sign_in: SignIn) -> None:
        self._told = sign_in
        self._ask = sign_in.visiting
        self._pages = Pages(sign_in)
        self._presses = forms.Presses()
        self._visits = Limit(PAGES_A_MINUTE)
        self._posts = Limit(PRESSES_A_MINUTE)
        # A browser takes such a name only over https and never from plain http.
        secure = "__Secure-" if sign_in.is_https else ""
        self._cookie, self._form_cookie = secure + COOKIE, secure + FORM_COOKIE

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Serve at the public path, and without it: some proxies cut it off."""
        for bare in sorted({"/", self._told.prefix or "/", f"{self._told.prefix}/"}):
            router.add_get(bare, self._limited(self._home))
        for prefix in sorted({"", self._told.prefix}):
            link = f"{prefix}/link"
            # Coming back changes something, so merely asking for headers must not.
            router.add_get(
                f"{link}/return/{{second}}", self._limited(self._back), allow_head=False
            )
            router.add_get(f"{link}/{{state}}", self._limited(self._look))
            router.add_post(f"{link}/{{state}}/continue", self._form(self._go_on))
            router.add_post(f"{link}/{{state}}/not-me", self._form(self._not_me))
            for name in ("style.css", "icon.svg"):
                router.add_get(f"{prefix}/web/{name}", self._pages.file)

    async def _home(self, _request: web.Request) -> web.Response:
        return self._pages.home()

    async def _look(self, request: web.Request) -> web.Response:
        state = request.match_info["state"]
        if not _RANDOM.fullmatch(state):
            return self._pages.shown(_NEVER, "")
        visit = await self._ask.look(state, request.cookies.get(self._cookie))
        if visit.page is not Page.START:
            return self._pages.shown(visit, self._link(state))
        return self._start(request, state, visit)

    async def _go_on(self, request: web.Request, state: str) -> web.Response:
        brought = request.cookies.get(self._cookie)
        form = f"{request.cookies.get(self._form_cookie)} {state}"
        ask = partial(self._ask.go_on, state, brought)
        answer = await self._presses.once(form, ask)
        if isinstance(answer, Visit):
            return self._answered(request, state, answer)
        return self._sent_on(answer)

    async def _not_me(self, request: web.Request, state: str) -> web.Response:
        return self._answered(request, state, await self._ask.not_me(state))

    async def _back(self, request: web.Request) -> web.Response:
        second = request.match_info["second"]
        if not _RANDOM.fullmatch(second):
            return self._pages.shown(_NEVER, "")
        if "prefetch" in request.headers.get("Sec-Purpose", _purpose(request)):
            # A browser that only guesses asks again once somebody goes there.
            raise web.HTTPServiceUnavailable
        visit = await self._ask.back(second, request.cookies.get(self._cookie))
        return self._pages.shown(visit, f"{self._told.prefix}/link/return/{second}")

    def _start(self, request: web.Request, state: str, visit: Visit) -> web.Response:
        browser = forms.cookie(request.cookies.get(self._form_cookie))
        link = self._link(state)
        token = forms.token(self._told.csrf_key, browser, state)
        form = Form(f"{link}/continue", f"{link}/not-me", token)
        answer = self._pages.start(visit, form)
        self._set(answer, self._form_cookie, browser, _FORM_COOKIE_S, "Strict")
        return answer

    def _answered(self, request: web.Request, state: str, visit: Visit) -> web.Response:
        if visit.page is Page.START:
            return self._start(request, state, visit)
        return self._pages.shown(visit, self._link(state))

    def _sent_on(self, onward: Onward) -> web.Response:
        answer = web.Response(status=303, headers={"Location": onward.address})
        self._set(answer, self._cookie, onward.cookie, onward.max_age_s, "Lax")
        return answer

    def _set(
        self, answer: web.Response, name: str, value: str, age_s: int, same_site: str
    ) -> None:
        answer.set_cookie(
            name,
            value,
            path=f"{self._told.prefix}/link",
            max_age=age_s,
            secure=self._told.is_https,
            httponly=True,
            samesite=same_site,
        )

    def _link(self, state: str) -> str:
        return f"{self._told.prefix}/link/{state}"

    def _limited(self, handler: Handler) -> Handler:
        async def limited(request: web.Request) -> web.Response:
            if wait_s := self._visits.spend(self._visitor(request)):
                return self._pages.busy(wait_s)
            return await handler(request)

        return limited

    def _form(
        self, handler: Callable[[web.Request, str], Awaitable[web.Response]]
    ) -> Handler:
        """Only what was pressed on our page, in the browser it was shown in."""

        async def form(request: web.Request) -> web.Response:
            if wait_s := self._posts.spend(self._visitor(request)):
                return self._pages.busy(wait_s)
            state = request.match_info["state"]
            if not _RANDOM.fullmatch(state):
                return self._pages.shown(_NEVER, "")
            if not await self._is_ours(request, state):
                return self._pages.refused(self._link(state))
            return await handler(request, state)

        return form

    async def _is_ours(self, request: web.Request, state: str) -> bool:
        if not forms.is_from_here(request.headers, origin(self._told.public_url)):
            return False
        said = await self._token(request)
        browser = request.cookies.get(self._form_cookie)
        return forms.is_genuine(self._told.csrf_key, browser, state, said)

    async def _token(self, request: web.Request) -> str:
        async with asyncio.timeout(self._told.body_s):
            body = await request.clone(client_max_size=LARGEST_FORM).read()
        try:
            fields = parse_qs(body.decode("ascii"), max_num_fields=4)
        except ValueError:
            return ""
        return fields.get("token", [""])[0]

    def _visitor(self, request: web.Request) -> str:
        forwarded = request.headers.getall("X-Forwarded-For", [])
        return visitor(request.remote, forwarded, self._told.trusted_proxies)


def _purpose(request: web.Request) -> str:
    """What browsers said before Sec-Purpose was agreed on."""
    return request.headers.get("Purpose", request.headers.get("X-Moz", ""))
