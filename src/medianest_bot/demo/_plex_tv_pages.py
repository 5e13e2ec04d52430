"""What a browser sees of the demo's plex.tv: signing in, and typing a short code.

Plays app.plex.tv/auth and plex.tv/link. There are no passwords: whoever looks at
the page says which of the household's accounts they are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from html import escape
from urllib.parse import urlsplit

from aiohttp import web

NOT_FOUND = "That code was not found, or it has expired."
LINKED = "Your account is linked. You can go back to the other device."
SIGNED_IN = "You are signed in. You can close this window."

_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Plex (demo)</title>
<link rel="icon" href="data:,">
<style>
  body { margin: 0; background: #1f2326; color: #eee; font: 18px/1.5 sans-serif }
  main { max-width: 24rem; margin: 0 auto; padding: 2rem 1rem }
  h1 { font-size: 1.4rem }
  small { color: #b5b9bd }
  button, input { display: block; box-sizing: border-box; width: 100%;
    margin: .7rem 0; padding: .8rem; font: inherit; border-radius: .5rem;
    border: 1px solid #888 }
  button { background: #e5a00d; color: #111; border-color: #e5a00d }
  .ours { background: #33383c; color: #eee; border-color: #888 }
  input { background: #111; color: #fff; text-align: center; letter-spacing: .3em }
</style>
<main>
"""
_SCRIPT = """
<script>
  const said = new URLSearchParams(location.hash.replace(/^#!?[?]?/, ""));
  const field = (name) => document.getElementById(name);
  for (const name of ["clientID", "code", "forwardUrl"])
    field(name).value = said.get(name) || field(name).value;
  const product = said.get("context[device][product]") || field("app").value;
  field("app").value = product;
  field("product").textContent = product || "This app";
</script>
"""

Claim = Callable[[str, str, str | None], bool]
"""Of a code, an account and whose code it must be: False where there is none such."""


class Pages:
    """`names` are the accounts to choose from; `claim` is told the choice.

    For those whom `unshared` names there is a button that the real Plex does not have
    there: it tells `share` that the server is shared with them.
    """

    def __init__(
        self,
        names: Collection[str],
        claim: Claim,
        unshared: Callable[[], Collection[str]],
        share: Callable[[str], None],
    ) -> None:
        self._names = names
        self._claim = claim
        self._unshared = unshared
        self._share = share

    @property
    def routes(self) -> list[web.RouteDef]:
        """Both pages, with and without a slash at their end."""
        return [
            web.route(method, path, answer)
            for page, look, choose in (
                ("/auth", self._auth, self._sign_in),
                ("/link", self._link, self._type),
            )
            for path in (page, f"{page}/")
            for method, answer in (("GET", look), ("POST", choose))
        ] + [
            web.post("/auth/share", self._share_at_auth),
            web.post("/link/share", self._share_at_link),
        ]

    async def _auth(self, _request: web.Request) -> web.Response:
        """All that it is about stands in the fragment, which no server sees."""
        return self._asking({})

    async def _share_at_auth(self, request: web.Request) -> web.Response:
        """The same page again; forms do not bring the fragment, but what was in it."""
        said = await _said(request)
        self._shares(said)
        return self._asking(said)

    async def _share_at_link(self, request: web.Request) -> web.Response:
        said = await _said(request)
        self._shares(said)
        return _page(self._form(escape(said.get("code", "")[:4], quote=True)))

    def _shares(self, said: dict[str, str]) -> None:
        if said.get("who") in self._unshared():
            self._share(said["who"])

    def _asking(self, said: dict[str, str]) -> web.Response:
        hidden = "".join(
            f'<input type="hidden" name="{name}" id="{name}" '
            f'value="{escape(said.get(name, ""), quote=True)}">'
            for name in ("clientID", "code", "forwardUrl", "app")
        )
        return _page(
            "<h1>Sign in to Plex</h1><p><b id=product></b> wants to use your Plex "
            f'account.</p><form method="post" action="/auth">{hidden}{self._buttons()}'
            f"{self._sharing('/auth/share')}</form>",
            _SCRIPT,
        )

    async def _sign_in(self, request: web.Request) -> web.Response:
        """Claims the code, and goes on to where the page was told to."""
        said = await _said(request)
        if not self._claims(said, said.get("clientID", "")):
            return _page(f"<h1>Plex</h1><p>{NOT_FOUND}</p>", status=404)
        onward = said.get("forwardUrl", "")
        if urlsplit(onward).scheme in ("http", "https"):
            return web.Response(status=303, headers={**_HEADERS, "Location": onward})
        return _page(f"<h1>Plex</h1><p>{SIGNED_IN}</p>")

    async def _link(self, request: web.Request) -> web.Response:
        typed = escape(request.query.get("pin", "")[:4], quote=True)
        return _page(self._form(typed))

    async def _type(self, request: web.Request) -> web.Response:
        said = await _said(request)
        if not self._claims(said, None):
            return _page(f"<p role=alert>{NOT_FOUND}</p>{self._form()}", status=404)
        return _page(f"<h1>Plex</h1><p>{LINKED}</p>")

    def _claims(self, said: dict[str, str], client_id: str | None) -> bool:
        code, name = said.get("code", "").strip().lower(), said.get("account", "")
        return name in self._names and self._claim(code, name, client_id)

    def _form(self, typed: str = "") -> str:
        return (
            '<h1>Link an account</h1><form method="post" action="/link">'
            "<label>The code on your other device"
            f'<input name="code" value="{typed}" maxlength="4" required '
            'autocomplete="off" autocapitalize="none"></label>'
            f"{self._buttons()}{self._sharing('/link/share')}</form>"
        )

    def _sharing(self, action: str) -> str:
        names = [escape(name, quote=True) for name in self._unshared()]
        said = "<p><small>Not at the real Plex, only in this stand-in:</small></p>"
        return (said if names else "") + "".join(
            f'<button class="ours" formaction="{action}" formnovalidate name="who" '
            f'value="{name}">Share the server with {name}</button>'
            for name in names
        )

    def _buttons(self) -> str:
        names = (escape(name, quote=True) for name in self._names)
        return "".join(
            f'<button name="account" value="{name}">Continue as {name}</button>'
            for name in names
        )


async def _said(request: web.Request) -> dict[str, str]:
    form = await request.post()
    return {k: v for k, v in form.items() if isinstance(v, str)}


def _page(body: str, script: str = "", status: int = 200) -> web.Response:
    foot = "<p><small>A stand-in for Plex, for trying out.</small></p></main>"
    return web.Response(
        text=f"{_HEAD}{body}{foot}{script}",
        content_type="text/html",
        status=status,
        headers=_HEADERS,
    )
