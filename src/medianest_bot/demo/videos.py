"""A small video site on loopback: feeds, films, a stream, and every bad manner.

Good: /feed.xml, /playlist/<id>.xml, /many/<count>.xml, /video/<name>.mp4,
/hls/<name>.m3u8. Bad, each with a name.mp4 behind it: /slow, /stalled, /endless
(no Content-Length), /broken (always cuts), /flaky (cuts until resumed), /private (403),
/busy (429), /elsewhere (redirects to a private address), /moved (redirects to
/video). /odd.xml is a feed with hostile titles.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from aiohttp import web
from aiohttp.typedefs import Handler

from medianest_bot.demo import _film, _sending
from medianest_bot.demo.household import Household
from medianest_bot.demo.knobs import Knobs, middleware

BYTES_PER_S = 400_000
"""How fast a connection is at pace 1: a film takes some four seconds."""
SLOW_BYTES_PER_S = 50_000
FILM_BYTES = 1_500_000
ODD_TITLES = (
    "..",
    "../../escape",
    "/etc/passwd",
    "<b>bold</b> & 'quoted'",
    "\u202etxet desrever",
    "t" * 400,
    "",
)

_STALLS_AFTER = 64 * 1024
_CUTS_AFTER = 16 * 1024
_ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
_CLIP_NAME = re.compile(r"(clip|odd)-\d{1,5}")


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it came; `start` is the first byte it asked for."""

    path: str
    start: int


class VideoSite:
    """The site. Speed, latency and knobs may be turned while it runs.

    At `pace` 0 a connection is as fast as it can be; `bytes_per_s` sets its
    speed whatever the pace. `calls` is what was asked, `open` how many answers
    are on their way.
    """

    def __init__(
        self,
        household: Household,
        *,
        pace: float = 1.0,
        latency_s: float = 0,
        bytes_per_s: int | None = None,
        film_bytes: int = FILM_BYTES,
    ) -> None:
        self.knobs = Knobs(latency_s=latency_s)
        self.bytes_per_s = bytes_per_s or (round(BYTES_PER_S / pace) if pace else None)
        self.film_bytes = film_bytes
        self.calls: list[Call] = []
        self.open = 0
        self._household = household
        self._url = ""
        self._runner: web.AppRunner | None = None

    @property
    def requests(self) -> Counter[str]:
        """How often each path was asked for."""
        return Counter(call.path for call in self.calls)

    async def start(self, port: int = 0) -> str:
        """Serve on 127.0.0.1; returns the address without a slash behind it."""
        app = web.Application(middlewares=[self._note, middleware(self.knobs)])
        app.add_routes(self._routes())
        # A handler ends with its client, so a stalled one does not stay behind.
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self._url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self._url

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def _routes(self) -> list[web.RouteDef]:
        bad = {
            "slow": self._slow,
            "stalled": self._stalled,
            "endless": self._endless,
            "broken": self._broken,
            "flaky": self._flaky,
            "private": self._private,
            "busy": self._busy,
            "elsewhere": self._elsewhere,
            "moved": self._moved,
        }
        return [
            web.get("/feed.xml", self._feed),
            web.get("/odd.xml", self._odd),
            web.get("/playlist/{id}.xml", self._playlist),
            web.get("/many/{count:\\d+}.xml", self._many),
            web.get("/video/{name}.mp4", self._video),
            web.get("/hls/{name}.m3u8", self._hls),
            web.get("/hls/{name}/start.mp4", self._hls_start),
            web.get("/hls/{name}/{number:\\d+}.m4s", self._hls_segment),
            *(web.get(f"/{kind}/{{name}}.mp4", do) for kind, do in bad.items()),
        ]

    @web.middleware
    async def _note(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.calls.append(Call(request.path, _sending.first(request)))
        self.open += 1
        try:
            return await handler(request)
        finally:
            self.open -= 1

    # Feeds

    async def _feed(self, _: web.Request) -> web.Response:
        lists = self._household.playlists
        names = [name for one in lists for name in one.videos]
        return self._rss(self._household.name, names)

    async def _playlist(self, request: web.Request) -> web.Response:
        for one in self._household.playlists:
            if one.id == request.match_info["id"]:
                return self._rss(one.title, one.videos)
        raise web.HTTPNotFound

    async def _many(self, request: web.Request) -> web.Response:
        count = int(request.match_info["count"])
        names = [f"clip-{number}" for number in range(1, count + 1)]
        return self._rss(f"{count} clips", names)

    async def _odd(self, _: web.Request) -> web.Response:
        titles = {f"odd-{n}": title for n, title in enumerate(ODD_TITLES)}
        return self._rss("..", titles, titles)

    def _rss(
        self, title: str, names: Iterable[str], titles: dict[str, str] | None = None
    ) -> web.Response:
        items = "".join(
            self._item(name, (titles or {}).get(name, _title(name))) for name in names
        )
        text = (
            f'<?xml version="1.0"?><rss version="2.0" xmlns:itunes="{_ITUNES}">'
            f"<channel><title>{escape(title)}</title>{items}</channel></rss>"
        )
        return web.Response(text=text, content_type="application/rss+xml")

    def _item(self, name: str, title: str) -> str:
        return (
            f"<item><title>{escape(title)}</title><guid>{name}</guid>"
            f"<itunes:duration>{_film.SECONDS}</itunes:duration><enclosure "
            f'url="{self._url}/video/{name}.mp4" type="video/mp4"/></item>'
        )

    async def _send(
        self, request: web.Request, body: bytes, *, most: int | None = None
    ) -> web.StreamResponse:
        return await _sending.send(request, body, self.bytes_per_s, most=most)

    # Films

    async def _video(self, request: web.Request) -> web.StreamResponse:
        return await self._send(request, self._film(request))

    async def _hls(self, request: web.Request) -> web.Response:
        self._film(request)
        name = request.match_info["name"]
        count = len(_film.stream().segments)
        lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:1"]
        lines += [f'#EXT-X-MAP:URI="{name}/start.mp4"']
        for number in range(count):
            lines += [f"#EXTINF:{_film.SECONDS / count:.3f},", f"{name}/{number}.m4s"]
        text = "\n".join([*lines, "#EXT-X-ENDLIST", ""])
        return web.Response(text=text, content_type="application/vnd.apple.mpegurl")

    async def _hls_start(self, request: web.Request) -> web.StreamResponse:
        return await self._send(request, _film.stream().start)

    async def _hls_segment(self, request: web.Request) -> web.StreamResponse:
        segments = _film.stream().segments
        number = int(request.match_info["number"])
        if number >= len(segments):
            raise web.HTTPNotFound
        return await self._send(request, segments[number])

    def _film(self, request: web.Request) -> bytes:
        name = request.match_info["name"]
        lists = self._household.playlists
        is_ours = any(name in one.videos for one in lists)
        if not (is_ours or _CLIP_NAME.fullmatch(name)):
            raise web.HTTPNotFound
        return _film.film(name, self.film_bytes)

    # Bad manners

    async def _slow(self, request: web.Request) -> web.StreamResponse:
        return await _sending.send(request, self._film(request), SLOW_BYTES_PER_S)

    async def _stalled(self, request: web.Request) -> web.StreamResponse:
        film = self._film(request)
        response = await _sending.begin(request, len(film))
        await response.write(film[:_STALLS_AFTER])
        await asyncio.Event().wait()
        return response

    async def _endless(self, request: web.Request) -> web.StreamResponse:
        film = self._film(request)
        response = await _sending.begin(request, None)
        await _sending.pour(response, film, self.bytes_per_s)
        while True:
            await _sending.pour(response, bytes(1 << 20), self.bytes_per_s)

    async def _broken(self, request: web.Request) -> web.StreamResponse:
        return await self._send(request, self._film(request), most=_CUTS_AFTER)

    async def _flaky(self, request: web.Request) -> web.StreamResponse:
        film = self._film(request)
        is_start = not _sending.first(request)
        return await self._send(
            request, film, most=len(film) // 2 if is_start else None
        )

    async def _private(self, _: web.Request) -> web.Response:
        raise web.HTTPForbidden(text="This video is private.")

    async def _busy(self, _: web.Request) -> web.Response:
        raise web.HTTPTooManyRequests(headers={"Retry-After": "7"})

    async def _elsewhere(self, _: web.Request) -> web.Response:
        raise web.HTTPFound("http://127.0.0.1:9/secret.mp4")

    async def _moved(self, request: web.Request) -> web.Response:
        raise web.HTTPFound(f"/video/{request.match_info['name']}.mp4")


def _title(name: str) -> str:
    return name.replace("-", " ").capitalize()
