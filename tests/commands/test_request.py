"""request and its card, as people see them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.drawing import drawn
from tests.household import Talk

from medianest_bot.core.reply import Reply
from medianest_bot.demo_house import Demo

POSTER = "https://image.tmdb.org/t/p/w500/p438631.jpg"


async def test_two_films_of_one_name_are_offered(say: Talk) -> None:
    assert drawn(await say("request dune")) == (
        "# Which one?\n"
        "- Dune (1984): film · can be requested (picture) "
        "<Ask for it → request movie:841>\n"
        "- Dune (2021): film · can be requested (picture) "
        "<Ask for it → request movie:438631>\n"
        "- Dune: Part Two (2024): film · can be requested (picture) "
        "<Ask for it → request movie:693134>"
    )


async def test_one_exact_match_is_shown_before_it_is_asked_for(say: Talk) -> None:
    assert drawn(await say("request dune 2021")) == (
        "# Dune (2021)\n"
        "A gifted young man travels to the most dangerous planet there is.\n"
        "What: film · can be requested\n"
        f"({POSTER}: Dune)\n"
        "<Ask for it → request movie:438631>"
    )


async def test_its_button_asks_and_the_card_follows(say: Talk, demo: Demo) -> None:
    card = await say("request amelie")
    reply = await say.press(card, "Ask for it")

    assert drawn(reply) == (
        "# Amélie (2001) [follows request:1]\n"
        "Asked for. Now it waits for somebody to approve it.\n"
        "(https://image.tmdb.org/t/p/w500/p194.jpg: Amélie (2001))\n"
        "<Cancel → requests cancel:1>"
    )
    assert demo.served.seerr.asked[2].by.id == 2


async def test_the_card_changes_by_itself_until_it_can_be_watched(
    say: Talk, demo: Demo
) -> None:
    await say("request movie:438631")
    number = max(demo.served.seerr.asked)
    demo.served.seerr.approve(number)
    await say.until("request:1", lambda card: "Approved" in card.text)
    demo.served.seerr.progress(number, 40)
    fetching = await say.until("request:1", _is_at(0.4))
    demo.served.seerr.finish(number)
    done = await say.until("request:1", lambda card: "watched now" in card.text)

    assert fetching.text == "It is being downloaded."
    assert (done.tone.value, done.busy, done.choices) == ("good", False, ())
    assert [link.label for link in done.links] == ["Watch"]
    assert (await say.until_told()).title == "Dune (2021)"


async def test_ten_presses_ask_once(say: Talk, demo: Demo) -> None:
    before = len(demo.served.seerr.asked)
    replies = await asyncio.gather(
        *(say("request movie:438631", pressed=True) for _ in range(10))
    )

    assert len(demo.served.seerr.asked) == before + 1
    assert {reply.follows for reply in replies} == {"request:1"}


async def test_what_is_there_already_says_so(say: Talk) -> None:
    by_name, by_number = await say("request metropolis"), await say("request movie:19")

    assert by_name.fields[0].value == "film · in the library"
    assert by_number.text == "That is in the library already."
    assert (by_name.choices, by_number.choices) == ((), ())


async def test_seasons_that_are_there_are_named_with_their_series(say: Talk) -> None:
    reply = await say("request tv:1396 seasons:1-2")

    assert reply.title == "Breaking Bad (2008)"
    assert reply.text == "Those seasons are in the library already."
    assert [link.label for link in reply.links] == ["Watch"]


async def test_every_kind_of_card_is_drawn_by_show(say: Talk) -> None:
    await say("status")
    assert (await say("show status")).follows == "status"
    assert not (await say("show download:1")).failed


async def test_asking_again_shows_the_card_there_is(say: Talk) -> None:
    await say("request movie:438631")
    by_number, by_name = (
        await say("request movie:438631"),
        await say("request dune 2021"),
    )

    for reply in (by_number, by_name):
        assert reply.text.startswith("That was asked for already.")
        assert [choice.label for choice in reply.choices] == ["Cancel"]


async def test_what_another_asked_for_is_followed_on_ones_own_card(say: Talk) -> None:
    await say("request movie:438631")
    offered = await say("request dune 2021", "tim")
    followed = await say.press(offered, "Tell me when it comes", who="tim")

    assert followed.text.startswith("That was asked for already. This card follows it.")
    assert [choice.label for choice in followed.choices] == ["Stop following"]
    assert "Dune (2021)" in drawn(await say("requests", "tim"))


async def test_a_card_is_shown_to_its_owner_and_to_admins_only(say: Talk) -> None:
    await say("request movie:438631")
    shown = {who: await say("show request:1", who) for who in ("ana", "mum", "tim")}

    assert [shown[who].title for who in ("ana", "mum", "tim")] == [
        "Dune (2021)",
        "Dune (2021)",
        "",
    ]
    assert shown["tim"].text == "There is no request number 1 any more."


async def test_a_series_offers_its_seasons(say: Talk) -> None:
    assert drawn(await say("request breaking bad")) == (
        "# Breaking Bad (2008)\n"
        "A chemistry teacher turns to crime to provide for his family.\n"
        "Which seasons would you like?\n"
        "In the library: 1-2\n"
        "(https://image.tmdb.org/t/p/w500/p1396.jpg: Breaking Bad (2008))\n"
        "<Latest: season 5 → request tv:1396 seasons:5>\n"
        "<First: season 3 → request tv:1396 seasons:3>\n"
        "<All 3 missing → request tv:1396 seasons:missing>\n"
        "{Seasons: [ ] Season 5 · 16 episodes → seasons tv:1396 none +5, "
        "[ ] Season 4 · 13 episodes → seasons tv:1396 none +4, "
        "[ ] Season 3 · 13 episodes → seasons tv:1396 none +3, "
        "[ ] Specials · 3 episodes → seasons tv:1396 none +0; "
        "seasons tv:1396 none,{}}"
    )


async def test_seasons_can_be_typed(say: Talk) -> None:
    by_option = await say("request tv:1396 seasons:4-5")
    in_words = await say("request dark season 2")

    assert (by_option.fields[0].value, in_words.fields[0].value) == ("4-5", "2")


async def test_without_a_seerr_user_it_is_kept_and_the_admin_told(say: Talk) -> None:
    kept = await say("request movie:438631", "zoe")
    told = await say.until_told("mum")

    assert kept.text.startswith("It is kept. An admin has been asked")
    assert told.text.startswith("zoe has no Seerr user yet.")
    chosen = await say.press(told, "Pick the Seerr user", "mum")
    assert chosen.title == "Which Seerr user is zoe?"


async def test_an_admin_names_the_seerr_user_and_it_goes_out(
    say: Talk, demo: Demo
) -> None:
    await say("request movie:438631", "zoe")
    await say("admin people seerr zoe 4", "mum")
    await say.until("request:1", lambda card: "waits for" in card.text, "zoe")

    assert demo.served.seerr.asked[2].by.id == 4


async def test_while_seerr_is_down_it_is_kept(say: Talk, demo: Demo) -> None:
    await say("search dune")
    demo.served.seerr.knobs.fail_status = 503
    reply = await say("request movie:693134")

    assert reply.text.startswith("Seerr does not answer right now. It is kept")


async def test_a_quota_is_told_in_plain_words(say: Talk, demo: Demo) -> None:
    demo.served.seerr.accounts[2].movie = (0, 7)
    reply = await say("request movie:438631")

    assert reply.text == "You have asked for as much as Seerr lets you for now."
    assert reply.tone.value == "bad"


async def test_an_admin_reads_what_to_mend(say: Talk, demo: Demo) -> None:
    demo.served.seerr.knobs.csrf = True
    kept = await say("request movie:438631")
    told = await say.until_told("mum")

    assert "the admins know" in kept.text
    assert "Turn it off in its network settings" in told.text


async def test_what_does_not_exist_gets_one_sentence(say: Talk) -> None:
    for line in (
        "request movie:99999999",
        "request tv:99999999",
        "request tv:1396 seasons:99",
        "request tv:1396 seasons:x",
        "request qwertzuiop",
        "request https://example.org/x",
        "show request:99",
        "show nonsense",
        "show request:99999999999",
        "seasons movie:19",
        "seasons tv:1396 x",
        "requests cancel:99",
    ):
        reply = await say(line)
        assert (reply.failed, reply.text != "") == (False, True), line
        assert (reply.choices, reply.follows) == ((), None), line


async def test_a_guest_may_not_ask(say: Talk, demo: Demo) -> None:
    reply = await say("request movie:438631", "visitor")

    assert "serves one household" in reply.text
    assert len(demo.served.seerr.asked) == 1


def _is_at(fraction: float) -> Callable[[Reply], bool]:
    def is_so(card: Reply) -> bool:
        return card.progress is not None and card.progress.fraction == fraction

    return is_so
