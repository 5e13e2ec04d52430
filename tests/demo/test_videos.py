from __future__ import annotations

import asyncio
import json
import shutil
import time
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from medianest_bot.demo import _film, household
from medianest_bot.demo.videos import VideoSite


@pytest.fixture
async def site() -> AsyncIterator[VideoSite]:
    site = VideoSite(household.read(), pace=0, film_bytes=200_000)
    yield site
    await site.stop()


@pytest.fixture
async def http(site: VideoSite) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(await site.start()) as session:
        yield session


async def text(http: aiohttp.ClientSession, path: str) -> str:
    async with http.get(path) as answer:
        return await answer.text()


def titles(feed: str) -> list[str | None]:
    return [item.findtext("title") for item in ET.fromstring(feed).iter("item")]


async def test_the_feed_holds_the_videos_of_all_playlists(
    http: aiohttp.ClientSession,
) -> None:
    everything = titles(await text(http, "/feed.xml"))
    each = [
        title
        for one in household.read().playlists
        for title in titles(await text(http, f"/playlist/{one.id}.xml"))
    ]
    assert everything == each


async def test_a_film_is_sent_whole_or_from_where_asked(
    http: aiohttp.ClientSession, site: VideoSite
) -> None:
    whole = _film.film("train", 200_000)
    async with http.get("/video/train.mp4") as answer:
        assert (answer.status, await answer.read()) == (200, whole)
    asked = {"Range": "bytes=150000-"}
    async with http.get("/video/train.mp4", headers=asked) as answer:
        assert (answer.status, answer.headers["Content-Range"]) == (
            206,
            "bytes 150000-199999/200000",
        )
        assert await answer.read() == whole[150_000:]
    beyond = {"Range": "bytes=200000-"}
    async with http.get("/video/train.mp4", headers=beyond) as answer:
        assert answer.status == 416
    assert site.requests == {"/video/train.mp4": 3}


async def test_a_film_can_be_played(ffprobe: str, tmp_path: Path) -> None:
    path = tmp_path / "train.mp4"
    path.write_bytes(_film.film("train", 100_000))
    assert await streams(ffprobe, path) == ["h264", "aac"]


async def test_a_stream_can_be_played(
    http: aiohttp.ClientSession, ffprobe: str
) -> None:
    url = f"{http._base_url}/hls/train.m3u8"
    assert await streams(ffprobe, url) == ["h264", "aac"]


async def test_films_differ() -> None:
    assert _film.film("train", 100_000) != _film.film("workers", 100_000)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/video/nothing.mp4", 404),
        ("/playlist/nothing.xml", 404),
        ("/hls/nothing.m3u8", 404),
        ("/hls/train/99.m4s", 404),
        ("/private/train.mp4", 403),
        ("/busy/train.mp4", 429),
        ("/elsewhere/train.mp4", 302),
    ],
)
async def test_bad_manners_have_their_status(
    http: aiohttp.ClientSession, path: str, status: int
) -> None:
    async with http.get(path, allow_redirects=False) as answer:
        assert answer.status == status


@pytest.mark.parametrize("path", ["/broken/train.mp4", "/flaky/train.mp4"])
async def test_a_cut_is_a_cut(http: aiohttp.ClientSession, path: str) -> None:
    async with http.get(path) as answer:
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()


async def test_who_leaves_a_stalled_answer_leaves_nothing_open(
    http: aiohttp.ClientSession, site: VideoSite
) -> None:
    async with http.get("/stalled/train.mp4") as answer:
        await answer.content.readexactly(1000)
        assert site.open == 1
        answer.close()
    async with asyncio.timeout(20):
        while site.open:  # noqa: ASYNC110 - the site only counts
            await asyncio.sleep(0.01)


async def test_the_pace_makes_a_film_take_its_time() -> None:
    site = VideoSite(household.read(), bytes_per_s=400_000, film_bytes=100_000)
    async with aiohttp.ClientSession(await site.start()) as http:
        started = time.monotonic()
        await text_size(http, "/video/train.mp4")
        assert time.monotonic() - started >= 0.2
    await site.stop()


async def text_size(http: aiohttp.ClientSession, path: str) -> int:
    async with http.get(path) as answer:
        return len(await answer.read())


async def streams(ffprobe: str, source: object) -> list[str]:
    """The codecs of a file, as ffprobe reads them without a complaint."""
    process = await asyncio.create_subprocess_exec(
        *(ffprobe, "-v", "error", "-of", "json", "-show_streams", str(source)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, complaints = await process.communicate()
    assert complaints == b""
    return [stream["codec_name"] for stream in json.loads(out)["streams"]]


@pytest.fixture
def ffprobe() -> str:
    path = shutil.which("ffprobe")
    if path is None:
        pytest.skip("ffprobe is not installed here")
    return path
