"""downloads: the list, and what can be done with what is in it."""

from __future__ import annotations

import pytest
from tests.commands.test_download import is_done, plain, site
from tests.drawing import drawn
from tests.household import Talk

from medianest_bot.core.store import downloads as rows
from medianest_bot.core.store import people
from medianest_bot.demo_house import Demo

TRY_AGAIN = (
    "<Show → downloads show 2> <Try again → downloads retry 2> "
    "<Delete → downloads delete 2>"
)


async def test_an_empty_list_says_how_to_begin(say: Talk) -> None:
    assert drawn(await say("downloads")) == (
        "# \nYou have not downloaded anything yet. Try: download and a link."
    )


async def test_the_list_has_the_button_that_fits(say: Talk, demo: Demo) -> None:
    await say(f"download {site(demo)}/video/train.mp4")
    await say.until("download:1", is_done)
    await say(f"download {site(demo)}/playlist/nothing.xml")
    await say.until("download:2", is_done)
    await say(f"download {site(demo)}/stalled/workers.mp4")
    await say.until("download:3", lambda reply: reply.progress is not None)
    lines = drawn(await say("downloads")).splitlines()
    assert lines[0] == "# 3 downloads"
    assert [line[line.index("<") :] for line in lines[1:]] == [
        "<Show → downloads show 3> <Cancel → downloads cancel 3>",
        TRY_AGAIN,
        "<Show → downloads show 1> <Delete → downloads delete 1>",
    ]
    await say("downloads cancel 3")


async def test_a_list_of_many_is_paged(say: Talk, demo: Demo) -> None:
    house = demo.app.house
    async with house.store.begin() as tx:
        ana = await people.find(tx, "ana")
        assert ana is not None
        for number in range(1, 10):
            await rows.add(
                tx,
                ana.id,
                f"https://youtu.be/{number}",
                audio=False,
                title=f"Film {number}",
                state="done",
                now=house.now(),
            )
    first = await say("downloads")
    assert [item.title for item in first.items[:2]] == ["#9 Film 9", "#8 Film 8"]
    second = await say.press(first, "Older")
    assert [item.title for item in second.items] == ["#1 Film 1"]
    assert drawn(await say.press(second, "Newer")).startswith("# 9 downloads [here]")


async def test_cancelled_tried_again_and_deleted(say: Talk, demo: Demo) -> None:
    demo.served.videos.bytes_per_s = 200_000
    await say(f"download {site(demo)}/video/train.mp4")
    card = await say.until("download:1", lambda reply: reply.progress is not None)
    card = await say.press(card, "Cancel")
    assert plain(card) == (
        "# train [only, here, follows download:1]\n"
        "Cancelled\n"
        "<Try again → downloads retry 1>\n"
        "<Delete → downloads delete 1>"
    )
    demo.served.videos.bytes_per_s = None
    await say.press(card, "Try again")
    card = await say.until("download:1", is_done)
    assert card.links
    asked_first = await say.press(card, "Delete")
    assert drawn(asked_first) == (
        "#  [warn, only]\n"
        "Delete train, with all its files?\n"
        "<Delete it → downloads delete 1 sure:yes>"
    )
    assert drawn(await say.press(asked_first, "Delete it")) == (
        "#  [good, here]\nDeleted, with its files."
    )
    assert list(demo.app.settings.downloads_dir.rglob("*.mp4")) == []
    assert (await say.draw("download:1")).text == ("That download is no longer there.")


async def test_others_can_neither_see_nor_touch_mine(say: Talk, demo: Demo) -> None:
    await say(f"download {site(demo)}/stalled/train.mp4")
    for action in ("cancel", "retry", "delete", "confirm"):
        reply = await say(f"downloads {action} 1 sure:yes", "tim")
        assert reply.text == "There is no download 1 of yours."
        reply = await say(f"downloads {action} 1", "tim")
        assert reply.text == "There is no download 1 of yours."
    for line in ("downloads show 1", "show download:1"):
        assert (await say(line, "tim")).text == "That download is no longer there."
    assert "not downloaded anything" in (await say("downloads", "tim")).text
    await say("downloads cancel 1")


async def test_an_admin_sees_it_without_buttons(say: Talk, demo: Demo) -> None:
    await say(f"download {site(demo)}/stalled/train.mp4")
    card = await say("show download:1", "mum")
    assert (card.follows, card.choices) == ("download:1", ())
    await say("downloads cancel 1")


@pytest.mark.parametrize("number", ["0", "-3", "99999999999999999999", "7"])
async def test_numbers_that_do_not_exist(say: Talk, number: str) -> None:
    for action in ("show", "cancel", "retry", "delete", "confirm"):
        reply = await say(f"downloads {action} {number}")
        assert reply.text
        assert not reply.failed


async def test_what_is_running_cannot_be_deleted_and_what_is_over_not_cancelled(
    say: Talk, demo: Demo
) -> None:
    await say(f"download {site(demo)}/stalled/train.mp4")
    reply = await say("downloads delete 1")
    assert reply.text == "That download is still running. Cancel it first."
    await say("downloads cancel 1")
    assert (await say("downloads cancel 1")).text == "Cancelled"
    await say("downloads delete 1 sure:yes")

    await say(f"download {site(demo)}/video/train.mp4")
    await say.until("download:2", is_done)
    assert (await say("downloads cancel 2")).text == "That download is over already."
