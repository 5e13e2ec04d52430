"""What each of the household sees of each command; one house for all tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.chats.discord_phone import (
    Household,
    Phone,
    abroad,
    between,
    open_household,
    shown,
    words,
)
from tests.discord_api import Impossible
from tests.unhurried import now

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUIET = {
    "help": "### What you can ask",
    "me": "### ",
    "status": "### ✅ Everything is up",
    "library": "### The library",
    "recent": "### New in the library",
}
"""For everybody of the household, for their eyes only."""
OF_MEMBERS = {
    "requests": "You have not asked for anything yet.",
    "downloads": "You have not downloaded anything yet.",
}
NOT_YOURS = "⚠️ That is for members of this household."
STRANGER = (
    "(only you) Medianest: │ ⚠️ This bot serves one household. "
    "Press Sign in with Plex; an admin then says yes.\n"
    "  │ ──\n  │ **/join KEY**\n  │ Sign in with an invitation\n"
    "  │ \n  │ **/privacy**\n  │ See what is stored about you, or delete it\n"
    "  │ \n  │ **Your number, should an admin ask for it**\n  │ discord:{number}\n"
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def household(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Household]:
    async with open_household(tmp_path_factory.mktemp("household")) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def ana(household: Household) -> Phone:
    return await household.another("ana")


@pytest.mark.parametrize(("command", "begins"), [*QUIET.items(), *OF_MEMBERS.items()])
async def test_lists_and_personal_things_are_for_ones_own_eyes(
    household: Household, command: str, begins: str
) -> None:
    ana = await household.another("zoe")
    places = (ana, ana.in_private, abroad(ana), between(ana))
    answers = [await phone.asks(command) for phone in places]
    assert [words(one.answer).startswith(begins) for one in answers] == [True] * 4
    hidden = [one.answer.only_for is ana.person for one in answers if one.answer]
    assert hidden == [True, False, True, True]


@pytest.mark.parametrize("command", QUIET)
async def test_who_is_only_in_the_server_may_look_around(
    household: Household, command: str
) -> None:
    guest = household.someone("Grandma")
    places = (guest, guest.in_private, abroad(guest))
    answers = [await phone.asks(command) for phone in places]
    begins = QUIET[command]
    assert [words(one.answer).startswith(begins) for one in answers] == [True] * 3
    hidden = [one.answer.only_for is guest.person for one in answers if one.answer]
    assert hidden == [True, False, True]


@pytest.mark.parametrize("command", OF_MEMBERS)
async def test_who_is_only_in_the_server_may_not_more(
    household: Household, command: str
) -> None:
    guest = household.someone("Grandma")
    for phone in (guest, guest.in_private, abroad(guest)):
        assert words((await phone.asks(command)).answer) == NOT_YOURS


async def test_a_guest_hears_nothing_of_who_asked_for_what(
    household: Household,
) -> None:
    guest = household.someone("Grandma")
    found = shown(await guest.asks("search", title="the matrix"))
    assert "film · not in the library yet" in found
    assert "Ask for it" not in found


async def test_a_film_picked_from_the_suggestions_is_asked_for_at_once(
    ana: Phone,
) -> None:
    card = await ana.asks("request", title="movie:841")
    assert shown(card) == (
        "Medianest: │ ### Dune (1984) <p841.jpg: Dune (1984)>\n"
        "  │ Asked for. Now it waits for somebody to approve it.\n"
        "  │ [Cancel]"
    )


async def test_a_film_that_is_typed_takes_one_press_more(ana: Phone) -> None:
    picker = await ana.asks("request", title="dune 2021")
    assert shown(picker) == (
        "(only you) Medianest: │ ### Dune (2021) <p438631.jpg: Dune>\n"
        "  │ A gifted young man travels to the most dangerous planet there is.\n"
        "  │ **What** film · can be requested\n"
        "  │ [Ask for it]"
    )
    assert picker.answer is not None
    await ana.presses(picker.answer, "Ask for it")
    assert ana.sees == (
        "Medianest: │ ### Dune (2021) <p438631.jpg: Dune (2021)>\n"
        "  │ Asked for. Now it waits for somebody to approve it.\n"
        "  │ [Cancel]"
    )


async def test_in_private_the_picker_becomes_the_card(household: Household) -> None:
    ana = (await household.another("ana")).in_private
    picker = await ana.asks("request", title="dune part two")
    assert picker.answer is not None
    await ana.presses(picker.answer, "Ask for it")
    assert ana.sees == (
        "Medianest: │ ### Dune: Part Two (2024) "
        "<p693134.jpg: Dune: Part Two (2024)>\n"
        "  │ Asked for. Now it waits for somebody to approve it.\n"
        "  │ [Cancel]"
    )


async def test_seasons_can_be_said_with_the_title(ana: Phone) -> None:
    card = await ana.asks("request", title="tv:70523", seasons="latest")
    assert shown(card) == (
        "Medianest: │ ### Dark (2017) <p70523.jpg: Dark (2017)>\n"
        "  │ Asked for. Now it waits for somebody to approve it.\n"
        "  │ **Seasons** 3\n"
        "  │ [Cancel]"
    )


async def test_away_from_home_a_card_goes_on_in_private(household: Household) -> None:
    ana = await household.another("ana")
    away = abroad(ana)
    card = await away.asks("request", title="movie:194")
    said = (
        "│ ### Amélie (2001) <p194.jpg: Amélie (2001)>\n"
        "  │ Asked for. Now it waits for somebody to approve it.\n"
        "  │ [Cancel]"
    )
    assert shown(card) == f"(only you) Medianest: {said}"
    assert ana.in_private.sees == f"Medianest: {said}"


async def test_options_are_of_their_types(ana: Phone) -> None:
    with pytest.raises(Impossible, match="is no choice"):
        await ana.asks("search", title="dune", where="nowhere")
    found = await ana.asks("search", title="dune", where="library")
    assert words(found.answer).startswith("⚠️ I found nothing called “dune”")


async def test_suggestions_say_what_can_be_had(household: Household) -> None:
    ana, tim = await household.another("ana"), await household.another("tim")
    await ana.asks("request", title="movie:693134")
    await tim.asks("request", title="movie:841")
    assert await tim.types("request", "title", "dune part") == [
        "Dune: Part Two (2024) – asked for by someone else = movie:693134"
    ]
    assert await tim.types("request", "title", "metrop") == [
        "Metropolis (1927) – in the library = movie:19"
    ]
    assert await tim.types("search", "title", "breaking") == [
        "Breaking Bad (2008) – partly in the library = tv:1396"
    ]


async def test_strangers_get_no_suggestions(household: Household) -> None:
    eve = household.stranger()
    assert await eve.types("search", "title", "dune") == []


async def test_suggestions_come_within_a_second_whatever_seerr_does(
    household: Household, ana: Phone
) -> None:
    knobs = household.demo.served.seerr.knobs
    knobs.hang = True
    began = now()
    found = await ana.types("request", "title", "metropolis 19")
    knobs.hang = False
    assert now() - began < 3
    assert found in ([], ["Metropolis (1927) – in the library = movie:19"])


async def test_commands_of_admins_are_hidden_and_refused(household: Household) -> None:
    ana, server = household.of("ana"), household.server
    with pytest.raises(Impossible, match="hidden from Ana"):
        await ana.asks("admin people")
    # Whoever looks after the server, though no admin of the household, is shown them.
    server.role(household.home, "Helpers", 1 << 5, ana.person)
    refused = "⚠️ That is for admins of this household."
    assert words((await ana.asks("admin people")).answer) == refused
    assert words((await ana.in_private.asks("admin people")).answer) == refused


async def test_admins_use_their_commands_in_private(household: Household) -> None:
    mum = household.of("mum")
    here = await mum.asks("admin people")
    assert words(here.answer) == (
        "⚠️ Please ask that in the admin room or in a direct message."
    )
    assert here.answer is not None
    assert here.answer.only_for is mum.person
    private = await mum.in_private.asks("admin people")
    assert "**ana** · member" in shown(private).replace("\n  │ ", " · ")


async def test_a_stranger_is_told_once_a_day_and_then_nothing(
    household: Household,
) -> None:
    eve = household.stranger()
    told = shown(await eve.asks("search", title="dune"))
    assert told.startswith(STRANGER.format(number=eve.person.id))
    assert shown(await eve.asks("status")) == ""
    private = eve.in_private
    assert shown(await private.asks("me")) == ""
    assert private.sees == ""


async def test_what_somebody_writes_calls_nobody_and_draws_nothing(ana: Phone) -> None:
    title = "<@1> @everyone **x** # <#2> `y` [z](a)"
    asked = await ana.asks("search", title=title)
    assert asked.answer is not None
    assert shown(asked).split("\n")[0] == (
        "(only you) Medianest: │ ⚠️ I found nothing called “\\<‌@1> @‌everyone "
        "\\*\\*x\\*\\* # \\<‌#2> \\`y\\` \\[z\\](a)”. Check the spelling, "
        "leave out the year, or paste a link from IMDb or TMDB."
    )


async def test_a_very_long_title_is_answered(ana: Phone) -> None:
    asked = await ana.asks("search", title="dune " * 400)
    assert words(asked.answer).startswith("### What I found for “dune dune")
