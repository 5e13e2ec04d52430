"""requests, library and recent, as people see them."""

from __future__ import annotations

from tests.drawing import drawn
from tests.household import Talk

from medianest_bot.core.reply import Show
from medianest_bot.core.requests import State
from medianest_bot.core.store import people
from medianest_bot.core.store import requests as rows
from medianest_bot.demo_house import Demo


async def test_nothing_asked_for_yet_says_how(say: Talk) -> None:
    reply = await say("requests")

    assert "For example: /request dune" in reply.text


async def test_mine_are_listed_with_how_far_they_are(say: Talk) -> None:
    await say("request movie:438631")
    await say("request movie:841", "tim")

    assert drawn(await say("requests")) == (
        "# Your requests\n"
        "- Dune (2021): waiting for approval (picture) <Show → show request:1> "
        "<Cancel → requests state:all page:1 cancel:1>"
    )


async def test_they_can_be_narrowed_to_a_state(say: Talk) -> None:
    await say("request movie:438631")

    assert len((await say("requests state:open")).items) == 1
    assert (await say("requests state:available")).items == ()
    assert "state can be all, open" in (await say("requests state:x")).text


async def test_one_that_is_not_decided_can_be_cancelled(say: Talk, demo: Demo) -> None:
    card = await say("request movie:438631")
    reply = await say.press(card, "Cancel")

    assert (reply.text, reply.show) == ("It was cancelled.", Show.HERE)
    assert len(demo.served.seerr.asked) == 1
    again = await say.press(card, "Cancel")
    assert again.text == "It was cancelled."


async def test_one_that_is_cancelled_in_the_list_leaves_the_list(say: Talk) -> None:
    await say("request movie:438631")
    await say("request movie:841")
    found = await say("requests state:open")
    reply = await say.press(found, "Cancel")

    assert [item.title for item in found.items] == ["Dune (1984)", "Dune (2021)"]
    assert reply.show is Show.HERE
    assert [item.title for item in reply.items] == ["Dune (2021)"]
    reply = await say.press(reply, "Cancel")
    assert (reply.text, reply.show) == ("None of your requests is there.", Show.HERE)


async def test_what_was_decided_stays(say: Talk, demo: Demo) -> None:
    card = await say("request movie:438631", "tim")
    reply = await say("requests cancel:1", "tim")

    assert card.choices == ()
    assert "too late" in reply.text
    assert len(demo.served.seerr.asked) == 2


async def test_somebody_elses_cannot_be_cancelled(say: Talk, demo: Demo) -> None:
    await say("request movie:438631")
    reply = await say("requests cancel:1", "tim", pressed=True)

    assert (reply.show, "no request number 1" in reply.text) == (Show.NOTE, True)
    assert len(demo.served.seerr.asked) == 2


async def test_many_are_shown_page_by_page(say: Talk, demo: Demo) -> None:
    house = demo.app.house
    async with house.store.begin() as tx:
        ana = await people.find(tx, "ana")
        assert ana is not None
        for number in range(20):
            await rows.add(
                tx,
                ana.id,
                "movie",
                number + 1,
                title=f"Film {number}",
                state=State.DECLINED,
                now=house.now(),
            )
    first, last = await say("requests"), await say("requests page:3", pressed=True)

    assert [one.line for one in first.choices] == ["requests state:all page:2"]
    assert [one.line for one in last.choices] == ["requests state:all page:2"]
    assert [item.title for item in last.items] == [f"Film {n}" for n in (3, 2, 1, 0)]
    assert last.show is Show.HERE


async def test_the_library_is_shown_section_by_section(say: Talk) -> None:
    reply = await say("library")

    assert ("Films", "5 titles") in [(item.title, item.text) for item in reply.items]
    assert [choice.line for choice in reply.choices] == ["recent"]


async def test_what_is_new_comes_with_its_picture(say: Talk) -> None:
    reply = await say("recent")

    assert reply.items
    assert all(item.picture and item.picture.source for item in reply.items)


async def test_without_plex_its_last_answer_is_shown_with_its_age(
    say: Talk, demo: Demo
) -> None:
    assert "Plex does not answer" not in (await say("library")).text
    demo.served.plex.knobs.fail_status = 503
    reply = await say("recent")

    assert reply.text.startswith("Plex ")
