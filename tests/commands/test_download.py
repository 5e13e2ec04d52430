"""download and its card, as people see them."""

from __future__ import annotations

import re

import pytest
from tests.drawing import drawn
from tests.household import Talk

from medianest_bot.core.reply import Reply
from medianest_bot.demo_house import Demo

TRAIN = "train [train].mp4"


def site(demo: Demo) -> str:
    return demo.served.settings["DOWNLOAD_SITES"].rstrip("/")


def is_done(reply: Reply) -> bool:
    return not reply.busy


def plain(reply: Reply) -> str:
    """The drawing, without the port and Plex's numbers."""
    text = re.sub(r"127\.0\.0\.1:\d+", "SITE", drawn(reply))
    return re.sub(r"#!/server/\w+/details\?key=%2Flibrary%2F", "PLEX/", text)


async def test_a_playlist_is_one_card_from_the_link_to_plex(
    say: Talk, demo: Demo
) -> None:
    card = await say(f"download {demo.playlist}")
    assert plain(card) == (
        "# SITE/playlist/garden.xml [busy, busy, only, follows download:1]\n"
        "Looking at the link\n"
        "<Cancel → downloads cancel 1>"
    )
    done = await say.until("download:1", is_done)
    assert re.sub(r"collections%2F\d+", "collections%2FN", plain(done)) == (
        "# Garden in a year [good, only, follows download:1]\n"
        "Done\n"
        "4 videos, 6.0 MB\n"
        "<Delete → downloads delete 1>\n"
        "= Open in Plex → https://app.plex.tv/desktop/PLEX/collections%2FN"
    )


async def test_the_card_tells_how_far_it_is(say: Talk, demo: Demo) -> None:
    demo.served.videos.bytes_per_s = 500_000
    await say(f"download {demo.playlist}")
    card = await say.until(
        "download:1", lambda reply: "second" in (reply.progress or reply).text
    )
    assert card.progress is not None
    assert re.fullmatch(
        r"\d of 4 · [\d.]+ kB a second · \d seconds? left", card.progress.text
    )
    assert card.progress.fraction == round(card.progress.fraction or 0, 2)
    assert [choice.label for choice in card.choices] == ["Cancel"]
    await say.press(card, "Cancel")


async def test_files_land_in_a_folder_of_the_persons_own(say: Talk, demo: Demo) -> None:
    await say(f"download {site(demo)}/video/train.mp4")
    await say.until("download:1", is_done)
    folder = demo.app.settings.downloads_dir
    found = sorted(one.relative_to(folder) for one in folder.rglob("*.mp4"))
    assert [one.as_posix() for one in found] == [f"ana-2/{TRAIN}"]


REFUSED = {
    "https://example.com/film": "I may not download from that site.",
    "http://192.168.0.1/film.mp4": "That link leads into a private network;",
    "http://[::1]/film.mp4": "That link leads into a private network;",
    "http://0x7f.1/film.mp4": "That link leads into a private network;",
    "file:///etc/passwd": "Only links that begin with http or https work.",
    "ytsearch5:cats": "Only links that begin with http or https work.",
    "https://me:secret@youtu.be/a": "Links with a name and password in them",
    "https://youtu.be/a#__youtubedl_smuggle=1": "That link carries hidden",
    "https://youtu.be/" + "a" * 2000: "That link is too long.",
    "https://you\\tube.com/": "That link has characters no link should have.",
    "https://": "That is not a link I can read.",
}


async def test_links_that_are_not_taken_say_why_and_cost_nothing(say: Talk) -> None:
    before = drawn(await say("me"))
    for link, said in REFUSED.items():
        reply = await say(f"download {link}")
        assert (reply.text[: len(said)], reply.failed) == (said, False)
    assert drawn(await say("me")) == before
    assert "not downloaded anything" in (await say("downloads")).text


async def test_the_sixth_within_the_hour_is_refused_and_leaves_no_row(
    say: Talk, demo: Demo
) -> None:
    for number in range(1, 6):
        await say(f"download {site(demo)}/stalled/clip-{number}.mp4")
    reply = await say(f"download {site(demo)}/stalled/clip-6.mp4")
    assert reply.text == (
        "You have started 5 downloads within the hour. Next one in 1 hour."
    )
    assert (await say("downloads")).title == "5 downloads"
    for number in range(1, 6):
        await say(f"downloads cancel {number}")


async def test_the_same_link_again_is_the_same_card(say: Talk, demo: Demo) -> None:
    line = f"download {site(demo)}/video/train.mp4"
    await say(line)
    assert (await say(line)).follows == "download:1"
    await say.until("download:1", is_done)
    assert plain(await say(line)).startswith(
        "# train [good, only, follows download:1]\n"
        "You have it already.\n"
        "Done\n"
        "1 video, 1.5 MB\n"
    )
    assert (await say("downloads")).title == "1 download"


async def test_a_long_playlist_asks_first(say: Talk, demo: Demo) -> None:
    await say(f"download {site(demo)}/many/51.xml")
    card = await say.until("download:1", is_done)
    assert plain(card) == (
        "# 51 clips [warn, only, follows download:1]\n"
        "That is a long list. Download all of it?\n"
        "51 videos\n"
        "<Download all → downloads confirm 1>\n"
        "<Cancel → downloads cancel 1>"
    )
    begun = await say.press(card, "Download all")
    assert begun.busy
    assert plain(await say.press(begun, "Cancel")) == (
        "# 51 clips [only, here, follows download:1]\n"
        "Cancelled\n"
        "<Try again → downloads retry 1>\n"
        "<Delete → downloads delete 1>"
    )


async def test_what_does_not_work_says_why(say: Talk, demo: Demo) -> None:
    demo.served.videos.knobs.only = "/video/weeding"
    demo.served.videos.knobs.fail_status = 404
    await say(f"download {demo.playlist}")
    card = await say.until("download:1", is_done)
    assert "\n".join(plain(card).splitlines()[:6]) == (
        "# Garden in a year [good, only, follows download:1]\n"
        "Done\n"
        "3 videos, 4.5 MB\n"
        "1 video did not work: It is not available: gone, private or not a video.\n"
        "<Try again → downloads retry 1>\n"
        "<Delete → downloads delete 1>"
    )


async def test_a_link_without_a_video_says_so(say: Talk, demo: Demo) -> None:
    await say(f"download {site(demo)}/playlist/nothing.xml")
    card = await say.until("download:1", is_done)
    assert plain(card) == (
        "# SITE/playlist/nothing.xml [bad, only, follows download:1]\n"
        "That did not work\n"
        "It is not available: gone, private or not a video.\n"
        "<Try again → downloads retry 1>\n"
        "<Delete → downloads delete 1>"
    )


async def test_while_plex_is_away_the_card_says_that_the_files_are_there(
    say: Talk, demo: Demo
) -> None:
    demo.served.plex.knobs.fail_status = 503
    await say(f"download {site(demo)}/video/train.mp4")
    card = await say.until("download:1", lambda reply: "files" in reply.text)
    assert "\n".join(plain(card).splitlines()[:4]) == (
        "# train [busy, busy, only, follows download:1]\n"
        "Waiting for Plex to show it\n"
        "The files are there, but Plex has not shown them yet.\n"
        "~ …"
    )
    await say("downloads cancel 1")


async def test_a_redraw_that_shows_nothing_new_is_not_sent(
    say: Talk, demo: Demo
) -> None:
    await say(f"download {site(demo)}/video/train.mp4")
    await say.until("download:1", is_done)
    shown = [drawn(reply) for subject, reply in say.edited if subject == "download:1"]
    assert len(shown) == len(set(shown))


@pytest.mark.parametrize("who", ["guest", "nobody"])
async def test_it_is_for_members(say: Talk, demo: Demo, who: str) -> None:
    reply = await say(f"download {site(demo)}/video/train.mp4", who)
    assert reply.follows is None
