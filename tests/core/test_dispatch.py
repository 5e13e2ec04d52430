from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog
from tests.core.hall import LONG, REFERENCE, Hall, asked, open_hall
from tests.drawing import drawn
from tests.locks import locked
from tests.unhurried import now

from medianest_bot.core.reply import Choice, Reply, Show, Suggestion, Tone
from medianest_bot.core.roles import PlaceKind, Role
from medianest_bot.core.store import config, errors_log, people
from medianest_bot.core.words import Sorry

AGAIN = "<Search again → ~68be826f1572aac0f01ffe43 ask Search again>"


@pytest.fixture
async def hall(tmp_path: Path, database_template: Path) -> AsyncIterator[Hall]:
    async with open_hall(tmp_path, database_template) as opened:
        yield opened


async def note_of(hall: Hall) -> str | None:
    async with hall.store.read() as db:
        return await config.get(db, "note")


async def test_a_line_runs_as_whoever_said_it(hall: Hall) -> None:
    assert drawn(await hall.say("echo good day")) == "# \nmember: good day"
    assert drawn(await hall.say("  /ECHO  good\tday ", "mum")) == "# \nadmin: good day"


async def test_an_empty_line_says_what_to_type(hall: Hall) -> None:
    wanted = "# \nType a command, for example: /search dune. /help shows all of them."
    assert [drawn(await hall.say(line)) for line in ("", " \t", "\u200f")] == [
        wanted
    ] * 3


async def test_a_stranger_learns_nothing_about_commands(hall: Hall) -> None:
    refused = "#  [warn]\nThis bot serves one household. Ask its admin to let you in."
    for line in ("", "echo hi", "ech", "~" + "0" * 24, "admin look"):
        assert drawn(await hall.say(line, "stranger")) == refused
        assert drawn(await hall.say(line, "ana", place=PlaceKind.OTHER)) == refused


async def test_an_unknown_word_is_met_with_the_nearest_command(hall: Hall) -> None:
    assert drawn(await hall.say("ecko hi")) == (
        "#  [warn]\nThere is no command “ecko”. Did you mean echo?"
    )


async def test_a_wrong_argument_is_explained(hall: Hall) -> None:
    assert drawn(await hall.say("count lots")) == (
        "#  [warn]\nto must be a whole number, not “lots”."
    )


async def test_no_is_said_in_one_sentence(hall: Hall) -> None:
    assert drawn(await hall.say("refuse")) == "#  [warn]\nThere is no tea"
    assert drawn(await hall.say("refuse", pressed=True)) == (
        "#  [warn, note]\nThere is no tea"
    )


async def test_somebody_without_the_role_is_told_whose_it_is(hall: Hall) -> None:
    assert drawn(await hall.say("tea", "zoe")) == (
        "#  [warn]\nThat is for members of this household."
    )
    assert drawn(await hall.say("admin look", "ana")) == (
        "#  [warn]\nThat is for admins of this household."
    )


async def test_what_is_for_admins_stays_out_of_the_family_chat(hall: Hall) -> None:
    told = await hall.say("admin look", "mum", place=PlaceKind.HOUSEHOLD)
    assert drawn(told) == (
        "#  [warn]\nPlease ask that in the admin room or in a direct message."
    )
    for place in (PlaceKind.PRIVATE, PlaceKind.ADMIN):
        assert drawn(await hall.say("admin look", "mum", place=place)) == "# \nnothing"


async def test_an_unlinked_member_of_a_household_place_is_a_guest(hall: Hall) -> None:
    reply = await hall.say("echo hi", "cousin", place=PlaceKind.HOUSEHOLD)
    assert drawn(reply) == "# \nguest: hi"


async def test_only_the_asker_may_press_where_the_card_says_so(hall: Hall) -> None:
    other = await hall.say("echo hi", "tim", pressed=True, asker="ana")
    own = await hall.say("echo hi", "ana", pressed=True, asker="ana")
    assert drawn(other) == "#  [warn, note]\nOnly the person who asked may press that."
    assert drawn(own) == "# \nmember: hi"


async def test_a_neighbour_that_sleeps_is_named_with_the_time(hall: Hall) -> None:
    reply = await hall.say("ask")
    since = hall.clock().astimezone().strftime("%H:%M")
    assert drawn(reply) == (
        f"#  [bad]\nUptime Kuma has not answered since {since}. Please try again later."
    )


async def test_what_breaks_gives_a_reference_to_a_full_record(hall: Hall) -> None:
    reply = await hall.say("crash")
    async with hall.store.read() as db:
        record = await errors_log.by_reference(db, REFERENCE)
    assert drawn(reply) == (
        "#  [bad, failed]\n"
        "That did not work (reference abc123). It has been noted for the admin."
    )
    assert record is not None
    assert (record.person_id, record.command) == (await hall.id_of("ana"), "crash")
    assert record.cause == "RuntimeError: the password is [hidden]"
    assert "hall.py" in record.details
    assert "hunter2" not in record.details


# --- long lines and old buttons -----------------------------------------------


async def test_a_long_line_is_a_short_button_that_means_the_same(hall: Hall) -> None:
    reply = await hall.say("offer")
    (item,) = reply.items
    name = item.choices[0].line
    assert len(name) == 25
    assert reply.choices == (Choice("Short", "echo hi"),)
    assert await hall.say(name) == await hall.say(LONG)
    assert await hall.say(f"{name} more") == await hall.say(f"{LONG} more")


async def test_picks_of_a_menu_go_where_its_long_line_wants_them(hall: Hall) -> None:
    menu = (await hall.say("offer")).menus[0]
    picked = menu.line.replace("{}", "a,b")
    assert len(menu.line.encode()) <= 64
    assert await hall.say(picked) == await hall.say(f"{LONG} a,b")
    assert await hall.say(menu.options[0].line) == await hall.say(f"{LONG} a")


async def test_a_long_menu_nothing_was_picked_in_leaves_no_trace_of_it(
    hall: Hall,
) -> None:
    menu = (await hall.say("offer")).menus[0]
    assert await hall.say(menu.line.replace("{}", "")) == await hall.say(LONG)


async def test_buttons_work_after_a_restart(
    tmp_path: Path, database_template: Path
) -> None:
    async with open_hall(tmp_path, database_template) as before:
        line = (await before.say("offer")).items[0].choices[0].line
    async with open_hall(tmp_path) as after:
        assert await after.say(line) == await after.say(LONG)
        assert (await after.say("offer")).items[0].choices[0].line == line


async def test_a_button_that_means_nothing_any_more_offers_a_way_on(hall: Hall) -> None:
    old = f"#  [warn, note]\nThat button is old.\n{AGAIN}"
    for line in ("~" + "0" * 24, "~", "~\x00'; --", "gone request:4"):
        assert drawn(await hall.say(line, pressed=True)) == old


async def test_a_button_carries_no_more_than_its_presser_may(hall: Hall) -> None:
    hall.shelf.long = "admin look " + "x" * 80
    line = (await hall.say("offer")).items[0].choices[0].line
    assert (await hall.say(line, "tim")).text == "That is for admins of this household."


async def test_what_was_done_is_told_even_if_its_buttons_cannot_be_kept(
    hall: Hall, tmp_path: Path
) -> None:
    async with locked(tmp_path / "hall.sqlite"):
        reply = await hall.say("offer")
    assert drawn(reply) == "# \nChoose\n- one\n<Short → echo hi>"


# --- bad days of the store ----------------------------------------------------


async def test_a_busy_store_is_one_sentence_and_changes_nothing(
    hall: Hall, tmp_path: Path
) -> None:
    async with locked(tmp_path / "hall.sqlite"):
        reply = await hall.say("write hello")
    assert drawn(reply) == (
        "#  [bad, failed]\n"
        "My memory is busy. Nothing was changed; please try again in a moment."
    )
    assert await note_of(hall) is None
    assert (await hall.say("write hello")).text == "written"


async def test_half_a_secret_is_not_kept_either(hall: Hall) -> None:
    # As long as it takes for the record to begin in the middle of the password.
    await hall.say("crash " + "x" * 1599)
    async with hall.store.read() as db:
        record = await errors_log.by_reference(db, REFERENCE)
    assert record is not None
    assert record.details == "den]" + "x" * 7995 + "\n"


async def test_the_record_of_a_long_button_names_its_command(hall: Hall) -> None:
    hall.shelf.long = "crash " + "x" * 80
    line = (await hall.say("offer")).items[0].choices[0].line
    await hall.say(line, pressed=True)
    async with hall.store.read() as db:
        (record,) = await errors_log.latest(db, 2)
    assert (line[0], record.command) == ("~", "crash")


async def test_a_fault_is_answered_also_while_it_cannot_be_recorded(
    hall: Hall, tmp_path: Path
) -> None:
    async with locked(tmp_path / "hall.sqlite"):
        with structlog.testing.capture_logs() as logged:
            reply = await hall.say("crash")
    assert reply.text.startswith("That did not work (reference abc123).")
    assert [one["event"] for one in logged] == ["broken", "record"]


async def test_a_record_does_not_keep_anybody_waiting(
    tmp_path: Path, database_template: Path
) -> None:
    async with (
        open_hall(tmp_path, database_template, patience_s=20) as hall,
        locked(tmp_path / "hall.sqlite"),
    ):
        started = now()
        reply = await hall.say("crash")
        took_s = now() - started
    assert reply.failed
    assert took_s < 10


async def test_a_damaged_store_is_one_sentence(hall: Hall, tmp_path: Path) -> None:
    for name in ("hall.sqlite", "hall.sqlite-wal"):
        os.truncate(tmp_path / name, 0)
        (tmp_path / name).write_bytes(b"no database" * 1000)
    with structlog.testing.capture_logs() as logged:
        reply = await hall.say("write hello")
    assert reply.failed
    assert reply.tone is Tone.BAD
    assert reply.text
    assert logged[0]["log_level"] == "error"


async def test_a_line_given_up_half_way_leaves_nothing(hall: Hall) -> None:
    running = asyncio.create_task(hall.say("dawdle hello"))
    await hall.shelf.gate.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await note_of(hall) is None
    assert (await hall.say("write again")).text == "written"


# --- drawing --------------------------------------------------------------------


async def test_drawing_costs_nothing_and_knows_its_reader(hall: Hall) -> None:
    hall.shelf.cards["tea:1"] = "hot"
    left = await hall.left("ana")
    for _ in range(150):
        reply = await hall.draw("show tea:1")
    assert drawn(reply) == "#  [follows tea:1]\nhot"
    assert hall.shelf.seen[-1].member.name == "ana"
    assert await hall.left("ana") == left
    assert (await hall.say("echo hi")).text == "member: hi"


async def test_a_card_in_a_household_place_is_drawn_for_a_guest(hall: Hall) -> None:
    hall.shelf.cards["tea:1"] = "hot"
    reply = await hall.draw("show tea:1", "cousin", PlaceKind.HOUSEHOLD)
    assert reply.text == "hot"
    assert hall.shelf.seen[-1].role is Role.GUEST


@pytest.mark.parametrize("place", [PlaceKind.PRIVATE, PlaceKind.OTHER])
async def test_nothing_is_drawn_for_somebody_who_is_nobody_there(
    hall: Hall, place: PlaceKind
) -> None:
    hall.shelf.cards["tea:1"] = "hot"
    with pytest.raises(Sorry):
        await hall.draw("show tea:1", "stranger", place)


async def test_only_lines_that_draw_can_be_drawn(hall: Hall) -> None:
    with pytest.raises(ValueError, match="draws nothing"):
        await hall.draw("write hello")
    assert await note_of(hall) is None


# --- suggestions and the list of commands ---------------------------------------


async def suggestions(hall: Hall, typed: str, who: str = "ana") -> object:
    return await hall.dispatch.suggest("tea", "leaf", typed, asked(who))


async def test_suggestions_are_free_and_for_those_who_may_ask(hall: Hall) -> None:
    for _ in range(150):
        found = await suggestions(hall, "ass")
    assert found == (Suggestion("ass…", "ass"),)
    assert await suggestions(hall, "ass", "zoe") == ()
    assert await suggestions(hall, "ass", "stranger") == ()
    assert (await hall.say("echo hi")).text == "member: hi"


@pytest.mark.parametrize("typed", ["break", "down", "wait", "x" * 5000])
async def test_suggestions_that_fail_are_none(hall: Hall, typed: str) -> None:
    assert await suggestions(hall, typed) == ()


@pytest.mark.parametrize("name", [("tea", "x"), ("nothing", "leaf"), ("count", "to")])
async def test_there_are_no_suggestions_for_what_there_is_not(
    hall: Hall, name: tuple[str, str]
) -> None:
    assert await hall.dispatch.suggest(*name, "a", asked("ana")) == ()


async def test_a_chat_is_told_what_somebody_may_ask_there(hall: Hall) -> None:
    async def names(who: str, place: PlaceKind) -> list[str]:
        return [one.name for one in await hall.dispatch.visible(asked(who, place))]

    everything = [one.name for one in hall.house.commands if one.name != "show"]
    everyday = [name for name in everything if not name.startswith("admin")]
    assert await names("mum", PlaceKind.PRIVATE) == everything
    assert await names("mum", PlaceKind.HOUSEHOLD) == everyday
    assert await names("ana", PlaceKind.PRIVATE) == everyday
    assert await names("cousin", PlaceKind.HOUSEHOLD) == ["echo", "count"]
    assert await names("cousin", PlaceKind.PRIVATE) == []


# --- counting --------------------------------------------------------------------


async def test_everything_somebody_asks_counts_but_drawing(hall: Hall) -> None:
    for _ in range(50):
        await hall.say("echo hi")
        await hall.say("no such command")
        await hall.say("show tea:1")
    assert drawn(await hall.say("echo hi", pressed=True)) == (
        "#  [warn, note]\nThat was a lot at once. Please try again in 1 minute."
    )
    hall.clock.forward(seconds=60)
    assert (await hall.say("echo hi")).text == "member: hi"


async def test_guests_are_counted_too(hall: Hall) -> None:
    replies = [
        await hall.say("echo hi", "cousin", place=PlaceKind.HOUSEHOLD)
        for _ in range(101)
    ]
    assert replies[99].text == "guest: hi"
    assert replies[100].text.startswith("That was a lot at once.")
    assert (await hall.say("echo", "aunt", place=PlaceKind.HOUSEHOLD)).text == "guest: "


async def test_a_role_changes_old_buttons_at_once(hall: Hall) -> None:
    number = await hall.id_of("ana")
    async with hall.store.begin() as tx:
        await people.set_role(tx, number, Role.GUEST)
    refused = await hall.say("tea assam", pressed=True)
    assert refused == Reply(
        text="That is for members of this household.", tone=Tone.WARN, show=Show.NOTE
    )
