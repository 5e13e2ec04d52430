"""From what a page says to what a browser is sent: templates, styles, headers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from medianest_bot import _web_words as words
from medianest_bot._web_types import SignIn, origin
from medianest_bot.core._link_types import Page, Visit
from medianest_bot.core.words import language, reading

_TYPES = {"style.css": "text/css", "icon.svg": "image/svg+xml"}
_STATUS = {Page.EXPIRED: 404, Page.PLEX_AWAY: 503}
_MAY_TRY_AGAIN = {Page.NOT_YET, Page.PLEX_AWAY}


@dataclass(frozen=True, slots=True)
class Form:
    """Where the two buttons lead, and what proves that they were pressed here."""

    go_on: str
    not_me: str
    token: str


class Pages:
    """Every page, with the address and the headers that fit this house."""

    def __init__(self, sign_in: SignIn) -> None:
        root = folder()
        self._templates = Environment(
            loader=FileSystemLoader(root / "pages"),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["said"] = _said
        self._files = {name: (root / name).read_bytes() for name in _TYPES}
        # What a change of a file must not keep showing is its old version.
        self._marks = {
            name: hashlib.sha256(content).hexdigest()[:16]
            for name, content in self._files.items()
        }
        self._prefix = sign_in.prefix
        self._headers = _headers(origin(sign_in.plex_auth_url))

    def start(self, visit: Visit, form: Form) -> web.Response:
        with reading(visit.locale):
            return self._page("start.html", words.start(visit), form=form)

    def shown(self, visit: Visit, again: str) -> web.Response:
        """Any page but the start; `again` is where trying again leads."""
        status = _STATUS.get(visit.page, 200)
        with reading(visit.locale):
            if visit.page is Page.CODE:
                return self._page("code.html", words.code(visit))
            again = again if visit.page in _MAY_TRY_AGAIN else ""
            return self._page("end.html", words.end(visit), status, again=again)

    def home(self) -> web.Response:
        """Where nothing is to be done."""
        return self._page("end.html", words.home(), again="")

    def refused(self, again: str) -> web.Response:
        """The button was not pressed on our page, or not in that browser."""
        return self._page("end.html", words.refused(), 403, again=again)

    def busy(self, wait_s: int) -> web.Response:
        answer = self._page("end.html", words.busy(), 429, again="")
        answer.headers["Retry-After"] = str(wait_s)
        return answer

    async def file(self, request: web.Request) -> web.Response:
        """The stylesheet or the icon; browsers keep them for a day."""
        name = request.path.rsplit("/", 1)[-1]
        mark = self._marks[name]
        kept = {"Cache-Control": "public, max-age=86400", "ETag": f'"{mark}"'}
        if any(tag.value == mark for tag in request.if_none_match or ()):
            return web.Response(status=304, headers=kept)
        content, kind = self._files[name], _TYPES[name]
        return web.Response(
            body=content, content_type=kind, charset="utf-8", headers=kept
        )

    def _page(
        self,
        template: str,
        told: words.Start | words.Code | words.End,
        status: int = 200,
        **more: object,
    ) -> web.Response:
        text = self._templates.get_template(template).render(
            told=told,
            lang=language(),
            style=self._address("style.css"),
            icon=self._address("icon.svg"),
            **more,
        )
        return web.Response(
            status=status, text=text, content_type="text/html", headers=self._headers
        )

    def _address(self, name: str) -> str:
        return f"{self._prefix}/web/{name}?{self._marks[name]}"


def folder() -> Path:
    """`web/` as it was packed; beside the source where nothing was."""
    ours = Path(str(files("medianest_bot")))
    packed = ours / "_pages"
    return packed if packed.is_dir() else ours.parent.parent / "web"


def _said(text: str) -> Markup:
    """A sentence with its names: escaped, then kept apart."""
    safe = str(escape(text))
    return Markup(  # noqa: S704 - escaped in the line above
        safe.replace(words.BEGIN, "<bdi>").replace(words.END, "</bdi>")
    )


def _headers(plex: str) -> dict[str, str]:
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; "
        # Browsers hold the redirect behind a form to this, too.
        f"form-action 'self' {plex}; frame-ancestors 'none'; base-uri 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
        "X-Robots-Tag": "noindex, nofollow",
    }
