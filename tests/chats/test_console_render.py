"""What a terminal shows of a Reply: whole texts, and nothing that steers it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medianest_bot.chats._console_render import plain, render
from medianest_bot.chats._console_text import cut, printable, width_of, wrapped
from medianest_bot.core.reply import (
    Choice,
    Field,
    File,
    Item,
    Link,
    Menu,
    Option,
    Picture,
    Progress,
    Reply,
    Tone,
)

NASTY = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\x1b\x9b\x07\x00\r\n\t\u202e\u2066\u200f\u2028\ufeff[]31m"),
        st.sampled_from("沙丘é👨‍👩‍👧\u0301\ud800 "),
    ),
    max_size=60,
)


def drawn(reply: Reply, width: int = 60, mark: str = "") -> str:
    return plain(render(reply, width, mark))


def test_a_card_shows_everything_it_has_in_reading_order() -> None:
    reply = Reply(
        title="Dune (2021)",
        text="Asked for.\n\nIt waits for an admin, who has been told but is away.",
        tone=Tone.BUSY,
        fields=(Field("Asked by", "ana"), Field("Seasons", "1, 2 and 3, all of them")),
        progress=Progress(0.42, "3 of 7, 1.2 MB/s"),
        picture=Picture("The last day"),
        items=(
            Item("沙丘 (2021)", "film", choices=(Choice("Ask", "request movie:1"),)),
            Item("Foundation", choices=(Choice("Latest", "a"), Choice("All", "b"))),
            Item("Nothing to press"),
        ),
        choices=(Choice("Decline", "x", ask="Why?"), Choice("More", "y")),
        menus=(
            Menu(
                "Seasons",
                (Option("One", "1", "x", picked=True), Option("Two", "2", "x")),
                "{}",
            ),
        ),
        links=(Link("Watch", "https://plex.example/dune"),),
        copy="abc def",
        files=(File("a.csv", b"x" * 3200),),
    )
    assert drawn(reply) == (
        "… Dune (2021)\n"
        "  Asked for.\n"
        "\n"
        "  It waits for an admin, who has been told but is away.\n"
        "  Asked by  ana\n"
        "  Seasons   1, 2 and 3, all of them\n"
        "  ████████░░░░░░░░░░░░  42%  3 of 7, 1.2 MB/s\n"
        "  (The last day)\n"
        "  • 沙丘 (2021)  [1] Ask\n"
        "    film\n"
        "  • Foundation\n"
        "    [2] Latest  [3] All\n"
        "  • Nothing to press\n"
        "  [4] Decline…  [5] More\n"
        "  Seasons\n"
        "  [6] ☑ One  [7] ☐ Two\n"
        "  Watch: https://plex.example/dune\n"
        "  To copy: abc def\n"
        "  a.csv (3.2 kB)"
    )


def test_the_sign_of_the_tone_stands_before_a_text_without_a_title() -> None:
    drawings = [drawn(Reply(text="Well.", tone=tone)) for tone in Tone]
    assert drawings == ["Well.", "✓ Well.", "… Well.", "! Well.", "✗ Well."]


def test_an_empty_reply_is_an_empty_text() -> None:
    assert drawn(Reply()) == ""


def test_numbers_carry_the_mark_of_their_card() -> None:
    reply = Reply(
        items=(Item("A", choices=(Choice("Go", "a"),)),), choices=(Choice("B", "b"),)
    )
    assert drawn(reply, mark="c") == "  • A  [c1] Go\n  [c2] B"


def test_buttons_that_do_not_fit_start_a_new_line() -> None:
    choices = tuple(Choice(f"Season number {n}", "x") for n in range(1, 6))
    assert drawn(Reply(choices=choices), 50) == (
        "  [1] Season number 1  [2] Season number 2\n"
        "  [3] Season number 3  [4] Season number 4\n"
        "  [5] Season number 5"
    )


def test_a_long_item_title_is_cut_so_that_its_button_stays_beside_it() -> None:
    item = Item("Dune " * 30, choices=(Choice("Ask", "a"),))
    assert drawn(Reply(items=(item,)), 40) == (
        "  • Dune Dune Dune Dune Dune D…  [1] Ask"
    )


def test_a_long_button_goes_below_its_item() -> None:
    item = Item("Dune, the second part", choices=(Choice("Ask for it " * 3, "a"),))
    assert drawn(Reply(items=(item,)), 40) == (
        "  • Dune, the second part\n    [1] Ask for it Ask for it Ask for it"
    )


def test_links_are_never_cut() -> None:
    url = "https://plex.example/" + "a" * 200
    assert drawn(Reply(links=(Link("", url),)), 40) == f"  {url}"


@pytest.mark.parametrize(
    ("fraction", "bar"),
    [
        (0.0, "  ░░░░░░░░░░░░░░░░░░░░   0%  now"),
        (0.999, "  ███████████████████░  99%  now"),
        (1.0, "  ████████████████████ 100%  now"),
        (7.0, "  ████████████████████ 100%  now"),
        (-1.0, "  ░░░░░░░░░░░░░░░░░░░░   0%  now"),
        (float("nan"), "  … now"),
        (None, "  … now"),
    ],
)
def test_progress_is_a_bar_whatever_the_number(
    fraction: float | None, bar: str
) -> None:
    assert drawn(Reply(progress=Progress(fraction, "now"))) == bar


def test_escape_sequences_leave_nothing_behind() -> None:
    title = "\x1b[31mRed\x1b[0m \x1b]0;owned\x07tit\x9b2Jle \x1b]8;;http://x\x1b\\link"
    assert printable(title) == "Red title link"


def test_marks_that_reorder_are_taken_out_and_joined_pictograms_kept() -> None:
    assert printable("a\u202eb\u2066c 👨\u200d👩\u200d👧") == "abc 👨\u200d👩\u200d👧"


def test_a_title_of_100_kb_is_cut_and_quick() -> None:
    reply = Reply(title="x" * 100_000, text="y " * 50_000)
    lines = drawn(reply).split("\n")
    assert len(lines) == 203
    assert lines[2].endswith("…")


def test_wide_characters_count_twice() -> None:
    assert wrapped("沙丘沙丘 ab", 6, 9) == ["沙丘沙", "丘 ab"]
    assert cut("沙丘沙丘", 6) == "沙丘…"


@given(NASTY)
def test_printable_text_holds_no_control_character(text: str) -> None:
    shown = printable(text)
    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cs")]
    assert not set(shown) & set("\u061c\u200e\u200f\u202a\u202e\u2066\u2069\u2028")


@settings(max_examples=60)
@given(st.lists(NASTY, min_size=12, max_size=12), st.integers(20, 200))
def test_nothing_hostile_reaches_the_terminal_and_lines_fit(
    texts: list[str], width: int
) -> None:
    t = iter(texts)
    reply = Reply(
        title=next(t),
        text=next(t),
        fields=(Field(next(t), next(t)),),
        items=(Item(next(t), next(t), choices=(Choice(next(t), "x", ask="?"),)),),
        progress=Progress(0.5, next(t)),
        choices=(Choice(next(t), "y"),),
        menus=(Menu(next(t), (Option(next(t), "v", "z"),), "{}"),),
        picture=Picture(next(t)),
    )
    lines = drawn(reply, width).split("\n")
    assert not [c for line in lines for c in line if unicodedata.category(c) == "Cc"]
    assert max(map(width_of, lines)) <= max(width, 24)


@settings(max_examples=60)
@given(NASTY)
def test_links_copies_and_files_are_harmless_too(text: str) -> None:
    reply = Reply(links=(Link(text, text),), copy=text, files=(File(text, b"1"),))
    lines = drawn(reply).split("\n")
    assert not [c for line in lines for c in line if unicodedata.category(c) == "Cc"]
