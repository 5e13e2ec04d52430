from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from medianest_bot.demo import _film
from medianest_bot.services.lanes import (
    Entry,
    FailKind,
    Finished,
    Job,
    LaneFailed,
    Listing,
    Progress,
    Stage,
)

if TYPE_CHECKING:
    from tests.services.conftest import House

pytestmark = pytest.mark.asyncio(loop_scope="module")


def files(folder: Path) -> list[str]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(str(path.relative_to(folder)) for path in found)


async def failure(house: House, path: str, **more: object) -> LaneFailed:
    with pytest.raises(LaneFailed) as failed:
        await house.fetch(path, **more)
    return failed.value


async def test_a_playlist_is_listed_with_its_entries(house: House) -> None:
    listing = await house.lanes.expand(f"{house.url}/playlist/shorts.xml")
    names = ("train", "workers", "snowball")
    assert listing == Listing(
        title="Silent shorts",
        id=f"{house.url}/playlist/shorts.xml",
        url=f"{house.url}/playlist/shorts.xml",
        entries=tuple(
            Entry(f"{house.url}/video/{name}.mp4", name.capitalize(), name, 4)
            for name in names
        ),
        is_playlist=True,
    )


async def test_a_video_is_listed_as_one_entry(house: House) -> None:
    url = f"{house.url}/video/sowing.mp4"
    assert await house.lanes.expand(url) == Listing(
        title="sowing",
        id="sowing",
        url=url,
        entries=(Entry(url, "sowing", "sowing", None),),
        is_playlist=False,
    )


async def test_a_video_ends_up_whole_in_its_folder(house: House) -> None:
    finished = await house.fetch("/video/sowing.mp4", title="Sowing in March")
    path = house.folder / "Sowing in March [sowing].mp4"
    assert finished == Finished(
        path=path,
        title="Sowing in March",
        video_id="sowing",
        extractor="generic",
        size=300_000,
        duration_s=None,
    )
    assert path.read_bytes() == _film.film("sowing", 300_000)
    assert [path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777] == [
        0o644,
        0o755,
    ]
    assert files(house.temp) == []


async def test_progress_is_told_in_bytes(house: House) -> None:
    await house.fetch("/video/sowing.mp4")
    # How fast it goes is the machine's business.
    told = [replace(one, speed=None, eta_s=None) for one in house.seen]
    first = Progress(Stage.DOWNLOADING, told[0].downloaded, 300_000, None, None)
    assert told[0] == first


async def test_a_stream_in_segments_is_put_together(house: House) -> None:
    finished = await house.fetch("/hls/harvest.m3u8")
    stream = _film.stream()
    whole = stream.start + b"".join(stream.segments)
    assert finished.path.read_bytes() == whole


async def test_hostile_titles_stay_inside_the_folder(house: House) -> None:
    listing = await house.lanes.expand(f"{house.url}/odd.xml")
    for number, entry in enumerate(listing.entries):
        temp = house.temp / f"odd{number}"
        job = Job(entry.url, house.folder, temp, title=entry.title)
        await house.lanes.download(job, house.seen.append)
    assert files(house.folder.parent) == [
        f"library/{name}"
        for name in sorted(
            [
                "[odd-0].mp4",
                "⧸..⧸escape [odd-1].mp4",
                "⧸etc⧸passwd [odd-2].mp4",
                "＜b＞bold＜⧸b＞ & 'quoted' [odd-3].mp4",
                "\u202etxet desrever [odd-4].mp4",
                f"{'t' * 150} [odd-5].mp4",
                "odd-6 [odd-6].mp4",
            ]
        )
    ]


async def test_a_stream_without_end_is_cut_at_the_cap(house: House) -> None:
    async with house.other_lanes(max_bytes=2_000_000) as lanes:
        with pytest.raises(LaneFailed) as failed:
            await lanes.download(house.job("/endless/sowing.mp4"), house.seen.append)
    assert failed.value.kind is FailKind.REFUSED
    assert files(house.temp) == []


async def test_a_connection_that_breaks_is_continued(house: House) -> None:
    finished = await house.fetch("/flaky/sowing.mp4")
    assert finished.path.read_bytes() == _film.film("sowing", 300_000)
    starts = [call.start > 0 for call in house.site.calls]
    assert starts == [False, False, True]


@pytest.mark.parametrize(
    ("path", "kind", "retry_after_s"),
    [
        ("/video/nothing.mp4", FailKind.PERMANENT, None),
        ("/private/sowing.mp4", FailKind.TRANSIENT, None),
        ("/busy/sowing.mp4", FailKind.RATE, 7),
        ("/broken/sowing.mp4", FailKind.TRANSIENT, None),
        ("/elsewhere/sowing.mp4", FailKind.REFUSED, None),
        ("/playlist/shorts.xml", FailKind.REFUSED, None),
    ],
)
async def test_what_goes_wrong_has_a_kind(
    house: House, path: str, kind: FailKind, retry_after_s: float | None
) -> None:
    failed = await failure(house, path)
    assert (failed.kind, failed.retry_after_s) == (kind, retry_after_s)
    assert "://" not in failed.said
    assert files(house.folder) == []


async def test_a_redirect_out_of_the_prefix_is_not_followed(house: House) -> None:
    async with house.other_lanes(below="/moved/") as lanes:
        with pytest.raises(LaneFailed) as failed:
            await lanes.download(house.job("/moved/sowing.mp4"), house.seen.append)
    assert failed.value.kind is FailKind.REFUSED
    assert files(house.folder) == []


async def test_an_address_outside_the_rules_reaches_no_lane(house: House) -> None:
    job = Job("https://example.org/x.mp4", house.folder, house.temp / "x")
    with pytest.raises(LaneFailed) as failed:
        await house.lanes.download(job, house.seen.append)
    assert (failed.value.kind, failed.value.said) == (FailKind.REFUSED, "unknown_site")


async def test_a_disk_that_would_be_full_is_our_own_trouble(house: House) -> None:
    async with house.other_lanes(reserve_bytes=1 << 60) as lanes:
        with pytest.raises(LaneFailed) as failed:
            await lanes.download(house.job("/video/sowing.mp4"), house.seen.append)
    assert failed.value.kind is FailKind.LOCAL


async def test_a_group_that_does_not_exist_is_our_own_trouble(house: House) -> None:
    async with house.other_lanes(group="no-such-group") as lanes:
        with pytest.raises(LaneFailed) as failed:
            await lanes.download(house.job("/video/sowing.mp4"), house.seen.append)
    assert failed.value.kind is FailKind.LOCAL


async def test_a_lane_says_what_it_works_with(house: House) -> None:
    about = await house.lanes.about()
    assert (about.version, about.has_ffmpeg) == (version("yt-dlp"), False)


async def test_sound_alone_needs_ffmpeg_where_it_does_not_come_alone(
    house: House,
) -> None:
    failed = await failure(house, "/video/sowing.mp4", audio=True)
    assert failed.kind is FailKind.PERMANENT


async def test_tighter_rights_are_given_on_request(house: House) -> None:
    async with house.other_lanes(umask=0o077) as lanes:
        job = house.job("/video/sowing.mp4")
        finished = await lanes.download(job, house.seen.append)
    modes = [finished.path.stat().st_mode, finished.path.parent.stat().st_mode]
    assert [mode & 0o777 for mode in modes] == [0o600, 0o700]


async def test_thirty_videos_go_through_one_lane(house: House) -> None:
    async with house.other_lanes() as lanes:
        listing = await lanes.expand(f"{house.url}/many/30.xml")
        for entry in listing.entries:
            job = Job(entry.url, house.folder, house.temp / "many", title=entry.title)
            await lanes.download(job, house.seen.append)
        assert [(await one).jobs for one in lanes._pool.idle] == [31]
    names = [f"Clip {number} [clip-{number}].mp4" for number in range(1, 31)]
    assert files(house.folder) == sorted(names)


async def test_sound_is_taken_out_of_the_video_with_ffmpeg(
    house: House, ffmpeg: str
) -> None:
    async with house.other_lanes(ffmpeg=ffmpeg) as lanes:
        job = house.job("/video/sowing.mp4", audio=True)
        finished = await lanes.download(job, house.seen.append)
    assert finished.path == house.folder / "sowing [sowing].m4a"
    assert Stage.PROCESSING in {one.stage for one in house.seen}
