from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.core.hall import until
from tests.drawing import drawn
from tests.household import Talk

from medianest_bot.core.reply import Reply
from medianest_bot.core.roles import PlaceKind
from medianest_bot.core.store import audit, strangers, take_backs
from medianest_bot.core.store import people as rows
from medianest_bot.demo_house import open_demo

STRANGER = "This bot serves one household."
ABOUT = (
    "This is how much of each kind; the file has all of it. What you write to me is "
    "kept only until it is answered. Not with me: the files you downloaded, the "
    "collections in Plex that hold them, and what Seerr knows of your requests."
)
MEANS = (
    "Files that are there stay, and so does what was approved in Seerr. What admins "
    "did is kept without your name. On all your accounts you are a stranger then."
)
REALLY = "Delete everything I store about you? This cannot be undone."


def stored(reply: Reply) -> dict[str, Any]:
    (file,) = reply.files
    found: dict[str, Any] = json.loads(file.data)["stored"]
    return found


def at_seerr(say: Talk) -> int:
    """How many requests for Dune Seerr has."""
    asked = say.demo.served.seerr.asked.values()
    return sum(one.media.tmdb == 438631 for one in asked)


async def is_known(say: Talk, who: str) -> bool:
    async with say.demo.app.house.store.read() as db:
        return await rows.find(db, who) is not None


def all_taken_back(say: Talk) -> Callable[[], Awaitable[bool]]:
    async def is_so() -> bool:
        async with say.demo.app.house.store.read() as db:
            return await take_backs.left(db) == ()

    return is_so


async def test_what_is_stored_is_counted_and_in_a_file(say: Talk) -> None:
    await say("request movie:438631")
    reply = await say("privacy")
    (file,) = reply.files
    assert drawn(reply) == (
        "# What I store about you\n"
        f"{ABOUT}\n"
        "Who you are here: 1\n"
        "Your accounts in chats: 1\n"
        "Messages I keep up to date for you: 1\n"
        "Titles you asked for: 1\n"
        "What counts for your limits: 1\n"
        "<Delete everything about me → privacy delete>\n"
        f"+ what-i-store-about-you.json ({len(file.data)})"
    )
    found = stored(reply)
    assert found["users"]["rows"][0]["name"] == "ana"
    assert found["media_requests"]["what"] == "Titles you asked for"
    assert found["media_requests"]["rows"][0]["title"] == "Dune"
    assert "tim" not in json.dumps(found)


async def test_deleting_says_what_it_means_first(say: Talk) -> None:
    await say("request movie:438631")
    really = await say("privacy delete")
    assert drawn(really) == (
        "#  [warn, only]\n"
        f"{REALLY} 1 request that waits for approval is taken back. {MEANS}\n"
        "<Delete everything about me → privacy delete sure:yes>\n"
        "<Keep → privacy>"
    )
    assert await is_known(say, "ana")


async def test_everything_about_me_is_deleted_and_i_am_a_stranger(say: Talk) -> None:
    await say("request movie:438631")
    really = await say("privacy delete")
    gone = await say.press(really, "Delete everything about me")
    assert drawn(gone) == (
        "#  [good, here]\nEverything about you is deleted. Goodbye, ana."
    )
    assert (await say("requests")).text.startswith(STRANGER)
    assert not await is_known(say, "ana")
    await until(all_taken_back(say))
    assert at_seerr(say) == 0
    async with say.demo.app.house.store.read() as db:
        entry = (await audit.latest(db, 1))[0]
    assert (entry.action, entry.person_id, entry.details) == ("person left", None, {})
    assert entry.subject.startswith("somebody (")
    again = await say.press(really, "Delete everything about me")
    assert again.text == "What I stored about this account is deleted."


async def test_what_is_approved_stays_with_the_household(say: Talk) -> None:
    await say("request movie:438631", "tim")
    assert (await say("privacy delete", "tim")).text == (
        f"{REALLY} 1 request stays with the household. {MEANS}"
    )
    await say("privacy delete sure:yes", "tim")
    await until(all_taken_back(say))
    assert at_seerr(say) == 1


async def test_what_somebody_else_waits_for_too_stays(say: Talk) -> None:
    await say("request movie:438631")
    await say("request movie:438631", "tim")
    await say("privacy delete sure:yes")
    await until(all_taken_back(say))
    assert at_seerr(say) == 1


async def test_seerr_that_sleeps_takes_it_back_later(say: Talk) -> None:
    await say("request movie:438631")
    say.demo.served.seerr.knobs.fail_status = 503
    assert (await say("privacy delete sure:yes")).text.startswith("Everything about")
    async with say.demo.app.house.store.read() as db:
        assert len(await take_backs.left(db)) == 1
    say.demo.served.seerr.knobs.reset()
    say.demo.app.house.requests.wake()
    await until(all_taken_back(say))
    assert at_seerr(say) == 0


async def test_a_promise_is_kept_after_a_restart(tmp_path: Any) -> None:
    async with open_demo(tmp_path, pace=0) as demo:
        say = Talk(demo)
        await say("request movie:438631")
        demo.served.seerr.knobs.fail_status = 503
        await say("privacy delete sure:yes")
    async with open_demo(tmp_path, pace=0) as demo:
        say = Talk(demo)
        await until(all_taken_back(say))


async def test_an_admin_who_removes_somebody_takes_back_too(say: Talk) -> None:
    await say("request movie:438631")
    await say("admin people remove name:ana value:yes", "mum")
    await until(all_taken_back(say))
    assert at_seerr(say) == 0


async def test_who_leaves_while_seerr_takes_it_leaves_nothing_there(say: Talk) -> None:
    knobs = say.demo.served.seerr.knobs
    knobs.only, knobs.hang = "/api/v1/request", True
    asking = asyncio.create_task(say("request movie:438631"))

    async def is_written() -> bool:
        found = stored(await say("privacy"))
        return "media_requests" in found

    await until(is_written)
    await say("privacy delete sure:yes")
    knobs.reset()
    await asking
    await until(all_taken_back(say))
    assert at_seerr(say) == 0


async def test_the_last_admin_cannot_delete_themselves(say: Talk) -> None:
    assert drawn(await say("privacy delete sure:yes", "mum")) == (
        "#  [warn]\nThere would be no admin left. Make somebody else an admin first."
    )
    assert await is_known(say, "mum")


@pytest.mark.parametrize("place", [PlaceKind.PRIVATE, PlaceKind.HOUSEHOLD])
async def test_a_stranger_sees_and_deletes_what_is_kept_of_the_account(
    say: Talk, place: PlaceKind
) -> None:
    house = say.demo.app.house
    nothing = drawn(await say("privacy", "cousin", place=place))
    assert nothing == "# What I store about you\nI store nothing about you."
    async with house.store.begin() as tx:
        await strangers.told(tx, "console", "cousin", house.now())
        await strangers.told(tx, "console", "other", house.now())
    reply = await say("privacy", "cousin", place=place)
    assert [row["account"] for row in stored(reply)["strangers"]["rows"]] == ["cousin"]
    gone = await say("privacy delete sure:yes", "cousin", place=place)
    assert gone.text == "What I stored about this account is deleted."
    assert (await say("privacy", "cousin", place=place)).files == ()
    assert (await say("privacy", "other", place=place)).files != ()
