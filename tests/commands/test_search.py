"""search, as people see it."""

from __future__ import annotations

import pytest
from tests.drawing import drawn
from tests.household import Talk

from medianest_bot.core.context import Asked, Place
from medianest_bot.core.reply import Suggestion
from medianest_bot.core.roles import PlaceKind
from medianest_bot.demo_house import Demo

DUNES = """\
# What I found for “dune”
- Dune (1984): film · can be requested (picture) <Ask for it → request movie:841>
- Dune (2021): film · can be requested (picture) <Ask for it → request movie:438631>
- Dune: Part Two (2024): film · can be requested (picture) \
<Ask for it → request movie:693134>
<Look for videos → search dune where:videos>"""


async def test_a_name_finds_every_film_of_that_name(say: Talk) -> None:
    assert drawn(await say("search dune")) == DUNES


async def test_a_number_finds_the_sequel_first(say: Talk) -> None:
    reply = await say("search dune 2")

    assert reply.items[0].title == "Dune: Part Two (2024)"


async def test_what_is_in_the_library_is_said(say: Talk) -> None:
    reply = await say("search metropolis")

    assert [(item.title, item.text, item.choices) for item in reply.items] == [
        ("Metropolis (1927)", "film · in the library", ())
    ]


async def test_a_series_that_is_partly_there_offers_its_seasons(say: Talk) -> None:
    assert drawn(await say("search breaking bad")) == (
        "# What I found for “breaking bad”\n"
        "- Breaking Bad (2008): series · partly in the library (picture) "
        "<Choose seasons → seasons tv:1396>\n"
        '<Look for videos → search "breaking bad" where:videos>'
    )


async def test_what_was_asked_for_leads_to_its_card(say: Talk) -> None:
    await say("request movie:438631")
    mine, theirs = await say("search dune 2021"), await say("search dune 2021", "tim")

    shown = [(item.text, item.choices[0].line) for item in (mine.items + theirs.items)]
    assert ("film · asked for by you", "show request:1") in shown
    assert ("film · asked for by someone else", "request movie:438631") in shown


async def test_what_was_asked_for_in_seerr_can_be_followed(say: Talk) -> None:
    reply = await say("search matrix")

    assert [(item.text, item.choices[0].line) for item in reply.items] == [
        ("film · asked for by someone else", "request movie:603")
    ]


async def test_a_guest_is_not_told_who_asked_and_cannot_ask(say: Talk) -> None:
    reply = await say("search matrix", "visitor", place=PlaceKind.HOUSEHOLD)

    assert [(item.text, item.choices) for item in reply.items] == [
        ("film · not in the library yet", ())
    ]


async def test_numbers_and_links_find_one_title(say: Talk) -> None:
    for typed in (
        "imdb:tt1160419",
        "movie:438631",
        "tmdb:438631",
        "https://www.themoviedb.org/movie/438631-dune",
        "https://www.imdb.com/title/tt1160419/",
        "https://requests.example.org/movie/438631",
    ):
        reply = await say(f"search {typed}")
        assert [item.title for item in reply.items] == ["Dune (2021)"], typed


async def test_nothing_found_says_what_to_try(say: Talk) -> None:
    assert drawn(await say("search qwertzuiop")) == (
        "#  [warn]\n"
        "I found nothing called “qwertzuiop”. Check the spelling, leave out the year, "
        "or paste a link from IMDb or TMDB.\n"
        "<Look for videos → search qwertzuiop where:videos>"
    )


async def test_videos_are_found_where_they_are_looked_for(say: Talk) -> None:
    reply = await say("search sowing where:videos")

    found = [
        (item.text, [choice.label for choice in item.choices]) for item in reply.items
    ]
    assert found == [("video · can be downloaded", ["Download"])]


async def test_a_link_to_a_video_offers_the_download(say: Talk) -> None:
    assert drawn(await say("search https://youtu.be/abc")) == (
        "# \n"
        "That is a link to no film or series I know.\n"
        '- https://youtu.be/abc <Download it → download "https://youtu.be/abc">'
    )


async def test_a_silent_seerr_is_said_and_the_rest_is_shown(
    say: Talk, demo: Demo
) -> None:
    demo.served.seerr.knobs.fail_status = 503
    reply = await say("search metropolis")

    assert [item.title for item in reply.items] == ["Metropolis (1927)"]
    assert reply.text.startswith("Seerr has not answered since ")


async def test_a_silent_plex_is_said_and_the_rest_is_shown(
    say: Talk, demo: Demo
) -> None:
    demo.served.plex.knobs.fail_status = 503
    reply = await say("search dune")

    assert len(reply.items) == 3
    assert reply.text.startswith("Plex has not answered since ")


async def test_with_nobody_answering_nothing_is_claimed(say: Talk, demo: Demo) -> None:
    demo.served.plex.knobs.fail_status = 503
    demo.served.seerr.knobs.fail_status = 503
    reply = await say("search dune")

    assert reply.text.startswith("I could not look for “dune”.")


@pytest.mark.slow
async def test_one_that_hangs_is_left_out_after_its_time(say: Talk, demo: Demo) -> None:
    demo.served.plex.knobs.hang = True
    reply = await say("search dune")

    assert len(reply.items) == 3
    assert "Plex" in reply.text


async def test_odd_input_gets_an_ordinary_answer(say: Talk) -> None:
    for typed in (
        "'; DROP TABLE users; --",
        "<b>bold</b> & co",
        "\u202eenud",
        "🎬" * 200,
        "a" * 4000,
        "%s {title} {0} \\",
        "https://[::1",
        "imdb:tt999999999999",
        "movie:99999999",
    ):
        reply = await say(f"search {typed}")
        assert (reply.failed, reply.text == "" and not reply.items) == (False, False)


async def test_a_search_needs_something_to_look_for(say: Talk) -> None:
    assert "For example: /search dune" in (await say("search")).text


async def test_titles_are_suggested_while_typing(say: Talk) -> None:
    found = await suggest(say, "request", "title", "dun")

    assert [(one.label, one.value) for one in found] == [
        ("Dune (1984) – can be requested", "movie:841"),
        ("Dune (2021) – can be requested", "movie:438631"),
        ("Dune: Part Two (2024) – can be requested", "movie:693134"),
    ]


async def test_suggestions_come_in_time_when_seerr_hangs(say: Talk, demo: Demo) -> None:
    await say("search dune")
    demo.served.seerr.knobs.hang = True
    found = await suggest(say, "request", "title", "dune par")

    assert found[0].value == "movie:693134"


async def test_strangers_get_no_suggestions(say: Talk) -> None:
    assert await suggest(say, "request", "title", "dune", "nobody") == ()


async def suggest(
    say: Talk, command: str, argument: str, typed: str, who: str = "ana"
) -> tuple[Suggestion, ...]:
    kind = PlaceKind.OTHER if who == "nobody" else PlaceKind.PRIVATE
    asked = Asked("console", who, who, Place("console", "room", kind))
    return await say.demo.app.dispatch.suggest(command, argument, typed, asked)


async def test_a_neighbour_with_a_fault_is_no_empty_shelf(
    say: Talk, demo: Demo
) -> None:
    demo.served.seerr.knobs.fail_status = 500
    by_name = await say("search qwertyfilm")
    demo.served.seerr.knobs.reset()
    demo.served.plex.knobs.fail_status = 500
    in_library = await say("search qwertybook where:library")

    assert by_name.text.startswith("I could not look for “qwertyfilm”.")
    assert in_library.text.startswith("I could not look for “qwertybook”.")


async def test_a_number_nobody_knows_is_no_fault_of_seerr(say: Talk) -> None:
    by_number, by_link = await say("search movie:999999"), await say("search tt9999999")

    assert "does not answer" not in by_number.text + by_link.text
