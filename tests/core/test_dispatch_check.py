"""What a chat may know of a line before it runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.core.hall import LONG, REFERENCE, Hall, asked, open_hall
from tests.drawing import drawn
from tests.locks import locked

from medianest_bot.core.command import Command
from medianest_bot.core.dispatch import Checked
from medianest_bot.core.reply import Choice, Reply, Show, Tone
from medianest_bot.core.roles import PlaceKind, Role
from medianest_bot.core.store import errors_log, people


@pytest.fixture
async def hall(tmp_path: Path, database_template: Path) -> AsyncIterator[Hall]:
    async with open_hall(tmp_path, database_template) as opened:
        yield opened


async def check(
    hall: Hall, line: str, who: str = "ana", place: PlaceKind = PlaceKind.PRIVATE
) -> Checked:
    return await hall.dispatch.check(line, asked(who, place))


def refused(text: str, show: Show = Show.NEW) -> Reply:
    return Reply(text=text, tone=Tone.WARN, show=show)


async def allowed(hall: Hall, command: Command, line: str) -> Checked:
    async with hall.store.read() as db:
        ana = await people.find(db, "ana")
    return Checked(command, line, role=Role.MEMBER, person=ana)


async def test_what_may_run_is_named(hall: Hall) -> None:
    echo = hall.house.commands.by_name["echo"]
    wanted = await allowed(hall, echo, "/echo hi")
    assert await check(hall, " /echo  hi") == wanted
    key = (await hall.say("offer")).items[0].choices[0].line
    assert await check(hall, key) == await allowed(hall, echo, LONG)
    wanted = await allowed(hall, echo, f"{LONG} more")
    assert await check(hall, f"{key} more") == wanted


async def test_what_was_checked_runs_without_another_look(hall: Hall) -> None:
    checked = await check(hall, "echo hi")
    dispatch = hall.dispatch
    assert await dispatch.run("echo hi", asked("ana"), checked) == await hall.say(
        "echo hi"
    )


async def test_nothing_to_run_is_left_to_run(hall: Hall) -> None:
    assert await check(hall, " ") == Checked(None, "")


async def test_what_an_argument_lacks_may_still_be_asked_for(hall: Hall) -> None:
    count = hall.house.commands.by_name["count"]
    assert await check(hall, "count") == await allowed(hall, count, "count")


async def test_a_stranger_is_known_as_one(hall: Hall) -> None:
    text = "This bot serves one household. Ask its admin to let you in."
    for who, place in (("stranger", PlaceKind.PRIVATE), ("ana", PlaceKind.OTHER)):
        wanted = Checked(None, "echo hi", refused(text), is_stranger=True)
        assert await check(hall, "echo hi", who, place) == wanted


async def test_who_may_not_is_told_before_anything_runs(hall: Hall) -> None:
    told = [
        await check(hall, "tea", "zoe"),
        await check(hall, "admin look", "ana"),
        await check(hall, "admin look", "mum", PlaceKind.HOUSEHOLD),
        await check(hall, "ecko hi"),
    ]
    assert [drawn(one.refused) for one in told if one.refused] == [
        "#  [warn]\nThat is for members of this household.",
        "#  [warn]\nThat is for admins of this household.",
        "#  [warn]\nPlease ask that in the admin room or in a direct message.",
        "#  [warn]\nThere is no command “ecko”. Did you mean echo?",
    ]
    assert not any(one.command or one.is_stranger for one in told)


async def test_a_card_of_somebody_elses_is_refused(hall: Hall) -> None:
    theirs = asked("tim", PlaceKind.PRIVATE, True, "ana")
    text = "Only the person who asked may press that."
    wanted = Checked(None, "echo hi", refused(text, Show.NOTE))
    assert await hall.dispatch.check("echo hi", theirs) == wanted


@pytest.mark.parametrize("line", ["~" + "0" * 24, "gone 1"])
async def test_an_old_button_offers_a_way_on(hall: Hall, line: str) -> None:
    pressed = asked("ana", PlaceKind.PRIVATE, True, "ana")
    checked = await hall.dispatch.check(line, pressed)
    assert checked.refused is not None
    assert checked.refused.text == "That button is old."
    assert [one.label for one in checked.refused.choices] == ["Search again"]


async def test_a_button_that_asks_first_still_asks_after_a_restart(
    tmp_path: Path, database_template: Path
) -> None:
    async with open_hall(tmp_path, database_template) as before:
        reply = await before.say("wonder")
        why, say = (one.line for one in reply.every_choice())
        assert [one.ask for one in reply.every_choice()] == [
            "Why is that?",
            "What do I say?",
        ]
        assert {len(why), len(say)} == {25}
    async with open_hall(tmp_path) as after:
        asks = [await after.dispatch.question(line) for line in (why, say)]
        assert asks == ["Why is that?", "What do I say?"]
        assert (await check(after, say)).refused is None
        assert drawn(await after.say(f"{say} good day")) == "# \nmember: good day"
        assert drawn(await after.say(f"{why} y")) == drawn(await after.say(f"{LONG} y"))


async def test_only_a_button_that_asks_has_a_question(hall: Hall) -> None:
    asking = (await hall.say("wonder")).choices[0].line
    long = (await hall.say("offer")).items[0].choices[0].line
    lines = (long, f"{asking} answered", "echo hi", "~", "~" + "0" * 24, "x" * 5000)
    assert [await hall.dispatch.question(line) for line in lines] == [None] * 6


async def test_the_same_line_with_and_without_a_question_are_two(hall: Hall) -> None:
    why = (await hall.say("wonder")).items[0].choices[0].line
    long = (await hall.say("offer")).items[0].choices[0].line
    assert why != long
    assert await hall.say(why) == await hall.say(long)


async def test_checking_spends_no_limit(hall: Hall) -> None:
    for _ in range(150):
        assert (await check(hall, "echo hi")).refused is None
    assert drawn(await hall.say("echo hi")) == "# \nmember: hi"


async def test_a_broken_store_is_one_sentence(hall: Hall, tmp_path: Path) -> None:
    async with locked(tmp_path / "hall.sqlite") as other:
        other.execute("ALTER TABLE accounts RENAME TO elsewhere")
        other.execute("COMMIT")
    checked = await check(hall, "echo hi")
    assert checked.refused is not None
    assert (checked.refused.tone, checked.refused.failed) == (Tone.BAD, True)


async def test_what_comes_late_is_asked_again(hall: Hall) -> None:
    reply = await hall.dispatch.ask_again("echo hi", asked("ana", PlaceKind.PRIVATE))
    assert reply == Reply(
        text="I was away when you asked for this. Do you still want it?",
        choices=(Choice("Yes, do it", "echo hi", Tone.GOOD),),
        only=True,
    )
    key = (await hall.say("offer")).items[0].choices[0].line
    again = await hall.dispatch.ask_again(
        f"{key} {'more ' * 20}", asked("ana", PlaceKind.PRIVATE)
    )
    (still,) = again.choices
    assert await hall.say(still.line) == await hall.say(f"{LONG} {'more ' * 20}")


async def test_what_nobody_asked_for_is_reported_to_admins(hall: Hall) -> None:
    await hall.dispatch.report("an update", "set aside")
    async with hall.store.read() as db:
        record = await errors_log.by_reference(db, REFERENCE)
    assert record is not None
    known = (record.person_id, record.command, record.cause, record.details)
    assert known == (None, "an update", "set aside", "")


def test_a_line_shows_which_command_it_names(hall: Hall) -> None:
    commands = hall.house.commands
    lines = ("/Echo hi", "admin look x", "  count", "admin", "", "~abc", "tea" * 4000)
    found = [commands.named(line) for line in lines]
    names = [one.name if one else None for one in found]
    assert names == ["echo", "admin look", "count", None, None, None, None]
    assert [commands.knows(line) for line in lines] == [
        one is not None for one in found
    ]
