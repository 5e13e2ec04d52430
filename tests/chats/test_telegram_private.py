"""What one person reads who writes to the bot in private; one house for all tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from tests.chats.telegram_phone import Household, Phone, drawn, open_household

from medianest_bot.core.store import tickets

pytestmark = pytest.mark.asyncio(loop_scope="module")

FOUND = """\
What I found for “dune”

1. Dune (1984)
film · can be requested

2. Dune (2021)
film · can be requested

3. Dune: Part Two (2024)
film · can be requested
[1 · Ask for it] [2 · Ask for it]
[3 · Ask for it]
[Look for videos]"""
CARD = """\
(https://image.tmdb.org/t/p/w500/p438631.jpg)
Dune (2021)
A gifted young man travels to the most dangerous planet there is.

What film · can be requested
[Ask for it]"""
HELP = "What you can ask\n"
HELLO = f"{HELP}Send me the name of a film or a series, and I look for it.\n"
TOO_OLD = "That link is too old, or not for you. Please ask once more."
TURNED_AWAY = """\
This bot serves one household. Press Sign in with Plex; an admin then says yes.

/join KEY
Sign in with an invitation

/privacy
See what is stored about you, or delete it

Your number, should an admin ask for it
telegram:{number}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def household(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Household]:
    async with open_household(tmp_path_factory.mktemp("household")) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def ana(household: Household) -> Phone:
    return await household.another("ana")


async def test_plain_text_is_looked_for(ana: Phone) -> None:
    assert drawn(await ana.says("dune")) == FOUND


async def test_a_command_may_be_written_with_and_without_its_slash(ana: Phone) -> None:
    assert drawn(await ana.says("/search dune")) == FOUND
    assert drawn(await ana.says("search dune")) == FOUND


async def test_a_title_that_begins_like_a_command_is_looked_for(ana: Phone) -> None:
    assert drawn(await ana.says("Library Wars")) == (
        "⚠️ I found nothing called “Library Wars”. Check the spelling, leave out the "
        "year, or paste a link from IMDb or TMDB.\n[Look for videos]"
    )


@pytest.mark.parametrize("said", ["hi", "thank you!", "/start", "👍", "x"])
async def test_a_greeting_is_answered_with_help(ana: Phone, said: str) -> None:
    answer = await ana.says(said)
    assert answer.text.startswith(HELLO)


@pytest.mark.parametrize("kind", ["sticker", "photo", "voice"])
async def test_what_is_no_text_is_answered_with_help(ana: Phone, kind: str) -> None:
    answer = await ana.sends(kind)
    assert answer.text.startswith(HELLO)


async def test_a_link_to_a_title_shows_it_and_asks_for_nothing(
    household: Household, ana: Phone
) -> None:
    before = set(household.demo.served.seerr.asked)
    assert drawn(await ana.says("/start t-movie-438631")) == CARD
    assert set(household.demo.served.seerr.asked) == before


async def test_a_link_to_a_request_shows_its_card(ana: Phone) -> None:
    asked = await ana.says("/request movie:841")
    shown = await ana.says("/start r-1")
    assert drawn(shown) == drawn(asked)


async def test_a_link_to_a_kept_line_runs_it_for_one_person_alone(
    household: Household, ana: Phone
) -> None:
    house = household.demo.app.house
    until = house.now() + timedelta(minutes=10)
    async with house.store.begin() as tx:
        account = str(ana.person.id)
        await tickets.keep(tx, "abc_-9", "telegram", account, "me", until)
    tim = await household.another("tim")
    assert drawn(await tim.says("/start k-abc_-9")) == TOO_OLD
    answer = await ana.says("/start k-abc_-9")
    assert answer.text.startswith("ana\n")


@pytest.mark.parametrize("payload", ["x", "t-movie-0", "r-99999999999", "s-!"])
async def test_a_link_that_leads_nowhere_is_answered_with_help(
    ana: Phone, payload: str
) -> None:
    answer = await ana.says(f"/start {payload}")
    assert answer.text.startswith(HELLO)


async def test_a_stranger_is_told_once_a_day_how_to_come_in(
    household: Household,
) -> None:
    stranger = household.stranger()
    told = TURNED_AWAY.format(number=stranger.person.id)
    hello = drawn(await stranger.says("/start"))
    assert hello.startswith(told)
    assert hello.endswith("\n[Sign in with Plex]")
    household.server.says(stranger.person, "dune")
    household.server.sends(stranger.person, "sticker")
    press = await stranger.presses(stranger.answers[0], "me", forged=True)
    again = await stranger.presses(stranger.answers[0], "me", forged=True)
    assert (press.answer, again.answer) == ({}, {})
    assert len(stranger.answers) == 1


@pytest.mark.parametrize("name", ["mum", "ana", "zoe"])
async def test_every_example_is_answered_in_a_shape_that_telegram_takes(
    household: Household, name: str
) -> None:
    house, seen = household.demo.app.house, len(household.server.calls)
    for command in house.commands.by_name.values():
        phone = await household.another(name)
        answer = await phone.says(f"/{command.example()}")
        # Files may still come behind the answer.
        other = await household.another(name)
        about = await other.says(f"/help {command.name}")
        assert answer.text
        assert about.text
    calls = household.server.calls[seen:]
    chats = [one for one in calls if one.method.startswith(("send", "edit"))]
    assert {one.status for one in chats} == {200}


async def test_what_is_refused_leaves_somebodys_list_of_commands(
    household: Household, ana: Phone
) -> None:
    assert drawn(await ana.says("/start k-gone")) == TOO_OLD
    assert (await ana.says("/admin_people")).text.endswith("admins of this household.")
    await ana.says("/nonsense")
    scope = {"type": "chat", "chat_id": ana.person.id}
    calls = household.server.calls
    written = await household.server.until(
        lambda: [one for one in calls if one.params.get("scope") == scope]
    )
    assert [one.method for one in written] == ["setMyCommands"]
