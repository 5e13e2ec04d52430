"""Text for Telegram: harmless, escaped, and cut where nobody notices."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medianest_bot.chats._telegram_text import (
    Line,
    cut,
    escape,
    fit,
    harmless,
    is_visible,
    legible,
    one_line,
    plain,
    units,
)

FAMILY = "👨‍👩‍👧"
NASTY = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            "<>&;\"'/@\x00\r\n\t\u202e\u2066\u200f\u200d\ufe0f\u2028\ud800"
        ),
        st.sampled_from("沙丘é👨👩👧🏽🇩🇪\u0301\u05d0 "),
    ),
    max_size=80,
)
LINES = st.lists(
    st.builds(
        Line,
        st.lists(
            st.tuples(
                st.sampled_from(["", "b", "i"]),
                NASTY.map(one_line),
            ),
            max_size=3,
        ).map(tuple),
        st.sampled_from(["", "blockquote", "blockquote expandable"]),
    ),
    max_size=8,
)


@pytest.mark.parametrize(
    ("text", "count"), [("", 0), ("abc", 3), ("沙丘", 2), ("🎬", 2), (FAMILY, 8)]
)
def test_units_are_those_of_utf_16(text: str, count: int) -> None:
    assert (units(text), len(text.encode("utf-16-le")) // 2) == (count, count)


def test_only_three_characters_mean_something_in_html() -> None:
    text = '<b>Tom & "Jerry"</b> & Co\'s &lt;'
    assert escape(text) == ('&lt;b&gt;Tom &amp; "Jerry"&lt;/b&gt; &amp; Co\'s &amp;lt;')
    assert plain(escape(text)) == text


def test_what_steers_or_misleads_is_taken_out() -> None:
    text = "a\x00b\tc\r\nd\u202ee\u2066f\u200fg\ud83dh\u00adi\u00a0j"
    assert harmless(text) == "a b c\ndefg\ufffdhi j"


def test_every_sign_is_shown_or_left_out_alone_or_among_others() -> None:
    signs = [chr(code) for code in range(0x3400)]
    alone = [legible(sign) for sign in signs]
    # The soft hyphen has every sign looked at, and is left out.
    among = [legible(f"{sign}\u00ad") for sign in signs]
    assert alone == among


def test_a_text_calls_nobody() -> None:
    text = "@ana and (@tim), not ana@example.org or https://youtube.com/@blender"
    assert harmless(text) == text.replace("@ana ", "@\u200cana ").replace(
        "(@tim", "(@\u200ctim"
    )


def test_families_stay_whole_and_letters_keep_a_few_marks() -> None:
    assert harmless(FAMILY) == FAMILY
    assert harmless("e" + "\u0301" * 50) == "e" + "\u0301" * 8


@pytest.mark.parametrize(
    ("text", "most", "shown"),
    [
        ("Dune", 4, "Dune"),
        ("Dune: Part Two", 6, "Dune:…"),
        ("Dune Part Two", 6, "Dune…"),
        ("ab🎬cd", 4, "ab…"),
        ("ab🎬cd", 5, "ab🎬…"),
        (f"ab{FAMILY}cd", 9, "ab…"),
        ("ab👍🏽cd", 6, "ab…"),
        ("a🇩🇪🇫🇷b", 8, "a🇩🇪…"),
        ("ae\u0301bc", 3, "a…"),
        ("Dune", 1, "…"),
        ("Dune", 0, ""),
        ("", 0, ""),
    ],
)
def test_a_cut_leaves_signs_whole(text: str, most: int, shown: str) -> None:
    assert cut(text, most) == shown


def test_lines_are_kept_or_left_out_as_a_whole() -> None:
    lines = [
        Line((("b", "Dune & co"),)),
        Line((("", "It can be watched now."),), "blockquote"),
        Line((("", "So can this."),), "blockquote"),
        Line((("", "And much else besides."),)),
    ]
    assert fit(lines, 100) == (
        "<b>Dune &amp; co</b>\n"
        "<blockquote>It can be watched now.\nSo can this.</blockquote>\n"
        "And much else besides."
    )
    assert fit(lines, 60) == (
        "<b>Dune &amp; co</b>\n"
        "<blockquote>It can be watched now.\nSo can this.</blockquote>\n…"
    )


def test_a_line_too_long_is_cut_with_its_tags_closed() -> None:
    line = Line((("", "1. "), ("b", "<" * 5000)), "blockquote expandable")
    assert fit([line], 40) == (
        f"<blockquote expandable>1. <b>{'&lt;' * 36}…</b></blockquote>"
    )


def test_what_only_seems_to_be_text_is_not_visible() -> None:
    invisible = ["", " \n", "\u200d\u200b", "\u3164", "\u2800", "\u0301", "\x00"]
    assert [text for text in invisible if is_visible(text)] == []
    assert all(map(is_visible, ["a", "…", "✅", "0", "א"]))


@given(NASTY)
def test_escaped_text_reads_as_what_was_harmless(text: str) -> None:
    assert plain(escape(text)) == harmless(text)
    assert harmless(harmless(text)) == harmless(text)


@given(NASTY, st.integers(0, 90))
def test_cut_text_is_never_longer(text: str, most: int) -> None:
    shown = cut(text, most)
    assert units(shown) <= most
    shown.encode()
    if units(harmless(text)) <= most:
        assert shown == harmless(text)


@given(LINES, st.integers(0, 200))
def test_lines_always_fit(lines: list[Line], most: int) -> None:
    assert units(plain(fit(lines, most))) <= most


@given(LINES)
def test_lines_that_fit_are_all_there(lines: list[Line]) -> None:
    whole = "\n".join("".join(text for _tag, text in line.spans) for line in lines)
    shown = plain(fit(lines, 10_000))
    assert _read(shown) == _read(harmless(whole))
    assert harmless(shown) == shown


def _read(text: str) -> str:
    """Without what only keeps names from being called."""
    return text.replace("\u200c", "")


def test_a_name_is_not_called_across_pieces_either() -> None:
    line = Line((("", "by @"), ("b", "ana")))
    assert plain(fit([line], 100)) == "by @\u200cana"
