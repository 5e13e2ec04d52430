from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medianest_bot.chats._telegram_incoming import Line, Me, ReplyTo, Said, Sender, Spot
from medianest_bot.chats._telegram_reading import command
from medianest_bot.chats._telegram_talk import (
    Help,
    Ignore,
    Meaning,
    Start,
    meaning,
)
from medianest_bot.core import line as lines
from medianest_bot.core.roles import PlaceKind

ME = Me("1", "our_bot")
GROUPS = sorted(set(PlaceKind) - {PlaceKind.PRIVATE})
NAMES = {"request", "search", "status", "admin people", "help"}
TO_US = ReplyTo("9", is_ours=True)
TO_ANA = ReplyTo("8", is_ours=False)


def known(line: str) -> bool:
    words = line.casefold().split(" ")
    return " ".join(words[:2]) in NAMES or words[0] in NAMES


def said(text: str, *, reply_to: ReplyTo | None = None, via_us: bool = False) -> Said:
    return Said(
        sender=Sender("42", "Ana"),
        spot=Spot("-100"),
        message="17",
        at=datetime(2026, 11, 21, tzinfo=UTC),
        text=text,
        reply_to=reply_to,
        via_us=via_us,
        command=command(text, ME),
    )


def alone(text: str, reply_to: ReplyTo | None = None) -> Meaning:
    return meaning(said(text, reply_to=reply_to), PlaceKind.PRIVATE, known)


def among(
    text: str,
    reply_to: ReplyTo | None = None,
    kind: PlaceKind = PlaceKind.HOUSEHOLD,
) -> Meaning:
    return meaning(said(text, reply_to=reply_to), kind, known)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("dune", "search dune"),
        ("  dune\npart   two ", 'search "dune part two"'),
        ("It", "search It"),
        ("Hello, Dolly!", 'search "Hello, Dolly!"'),
        ("Thank You for Smoking", 'search "Thank You for Smoking"'),
        ("Ocean's 11", 'search "Ocean\'s 11"'),
        ('the "best" film', 'search "the \\"best\\" film"'),
        ("where:library", 'search "where:library"'),
        ("~0123", 'search "~0123"'),
        ("霸王别姬", "search 霸王别姬"),
        ("WALL·E 🤖", 'search "WALL·E 🤖"'),
        ("x" * 100, "search " + "x" * 100),
    ],
)
def test_plain_text_in_a_private_chat_is_a_search(text: str, line: str) -> None:
    assert alone(text) == Line(line)
    assert alone(text, TO_ANA) == Line(line)


@pytest.mark.parametrize(
    "text",
    [
        *("hi", "Hello!", "hey 👋", "Good morning", "GOOD EVENING.", "Hallo", "hola"),
        *("thanks", "Thank you!!", "thx", "ok", "OK.", "danke", "Danke schön", "merci"),
        *(
            "gracias",
            "Grüß Gott",
            "спасибо",
            "👍",
            "❤️",
            "👍🏽👩‍👩‍👧",
            "1️⃣",
            "🇩🇪",
            "?!",
            "…",
        ),
        *("x", "7", "x" * 101, "x" * 9000, " ", "\u202e"),
    ],
)
def test_pleasantries_and_what_is_no_title_get_help(text: str) -> None:
    assert alone(text) == Help()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("status", "status"),
        ("Request  dune", "Request dune"),
        ("admin people add ana", "admin people add ana"),
        ("help", "help"),
    ],
)
def test_a_commands_name_needs_no_slash_in_a_private_chat(text: str, line: str) -> None:
    assert alone(text) == Line(line)


@pytest.mark.parametrize("text", ["/request dune", "/Request@our_bot dune"])
def test_a_command_is_its_line(text: str) -> None:
    for found in (alone(text), among(text)):
        assert isinstance(found, Line)
        assert found.text == "request dune"


def test_an_unknown_command_is_answered_where_it_can_only_be_for_us() -> None:
    assert alone("/weather") == Line("weather")
    assert among("/weather@our_bot") == Line("weather", names_us=True)
    assert among("/weather", TO_US) == Ignore()


def test_a_command_for_another_bot_is_never_ours() -> None:
    assert alone("/status@other_bot") == Ignore()
    assert among("/status@other_bot", TO_US) == Ignore()


def test_start_is_help_and_with_a_payload_a_deep_link() -> None:
    assert alone("/start") == Help()
    assert alone("/start t-603_A") == Start("t-603_A")
    assert alone("/start two words") == Help()
    assert alone("/start " + "a" * 65) == Help()


def test_a_deep_link_leads_nowhere_before_everybody() -> None:
    assert among("/start t-603") == Ignore()
    assert among("/start@our_bot t-603") == Help()


@pytest.mark.parametrize("kind", GROUPS)
def test_what_people_say_to_each_other_is_ignored(kind: PlaceKind) -> None:
    for text in ("dune", "status", "@our_bot dune", "thanks"):
        assert among(text, kind=kind) == Ignore()
        assert among(text, TO_ANA, kind) == Ignore()


def test_an_answer_to_our_card_is_a_search() -> None:
    assert among("dune part two", TO_US) == Line('search "dune part two"')


@pytest.mark.parametrize("text", ["thanks!", "👍", "x", "x" * 101, "x" * 9000])
def test_an_answer_to_our_card_that_is_no_title_is_ignored(text: str) -> None:
    assert among(text, TO_US) == Ignore()


def test_our_own_inline_results_mean_nothing_more() -> None:
    for kind in PlaceKind:
        assert meaning(said("dune", via_us=True), kind, known) == Ignore()


@given(st.text(max_size=120), st.sampled_from(sorted(PlaceKind)))
@settings(deadline=None, max_examples=200)
def test_a_search_asks_for_what_was_written(text: str, kind: PlaceKind) -> None:
    found = meaning(said(text, reply_to=TO_US), kind, known)

    if isinstance(found, Line) and found.text.startswith("search "):
        asked = lines.clean(found.text).removeprefix("search ")
        assert lines.unquoted(asked) == lines.clean(text)


@pytest.mark.parametrize("text", ["012345", " 012345 ", "012 345", "012-345"])
def test_six_digits_are_a_code_while_one_is_awaited(text: str) -> None:
    asked: list[str] = []

    def awaits(account: str) -> bool:
        asked.append(account)
        return True

    found = meaning(said(text), PlaceKind.PRIVATE, known, awaits)
    assert found == Line("link code:012345")
    assert asked == [said(text).sender.account]
    assert alone("012345") == Line("search 012345")
    assert among("012345", TO_US) == Line("search 012345")


@pytest.mark.parametrize("text", ["01234", "0123456", "01 2345", "x012345", "٠١٢٣٤٥"])
def test_other_digits_are_never_a_code(text: str) -> None:
    found = meaning(said(text), PlaceKind.PRIVATE, known, lambda _account: True)
    assert isinstance(found, Line)
    assert found.text.startswith("search ")
