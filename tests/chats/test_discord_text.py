"""Text for Discord: reads as it was written, calls nobody, and is cut in one piece."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.chats.any_reply import NASTY

from medianest_bot.chats._discord_text import (
    bold,
    code,
    lines,
    markdown,
    one_line,
    plain,
    shortened_all,
    units,
)
from medianest_bot.chats._legible import legible

MUCH = 100_000
TEXT = st.lists(
    st.one_of(
        NASTY,
        st.sampled_from(
            (
                "\n",
                "https://a.b/c",
                "@everyone",
                "<@1>",
                "<:x:1>",
                "\n- ",
                "\n# ",
                "```",
            )
        ),
        st.builds(lambda text, times: text * times, NASTY, st.integers(0, 50)),
    ),
    max_size=6,
).map("".join)
APART = "\u200c"
_URL = re.compile(r"(?<!\\)<(https?://[^\s<>]+)>", re.IGNORECASE)
_ESCAPED = re.compile(r"\\([^0-9A-Za-z\s])")


def read(found: str) -> str:
    """What a person reads of Markdown that has neither shape nor names in it."""
    return meant(_ESCAPED.sub(r"\1", _URL.sub(r"\1", found)))


def meant(text: str) -> str:
    """What is the same for whoever reads it, or opens it."""
    for sign in "*|`\\":
        text = text.replace(f"%{ord(sign):X}", sign)
    return text.replace(APART, "")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Dune (2021): Part Two!", "Dune (2021): Part Two!"),
        ("M*A*S*H", r"M\*A\*S\*H"),
        ("some_snake_name", r"some\_snake\_name"),
        ("~~no~~ ||yes|| `x`", r"\~\~no\~\~ \|\|yes\|\| \`x\`"),
        ("C:\\films", r"C:\\films"),
        ("[here](https://a.b)", r"\[here\](<https://a.b>)"),
        ("# 1\n## 2\n#3\n-# small", "\\# 1\n\\## 2\n#3\n\\-# small"),
        ("- a\n+ b\n-c\nd - e", "\\- a\n\\+ b\n-c\nd - e"),
        ("12. Angry Men\n1) x\n3.5", "12\\. Angry Men\n1\\) x\n3.5"),
        ("> said\n>>> all\na > b", "\\> said\n\\>>> all\na > b"),
        ("@everyone @here @ana", f"@{APART}everyone @{APART}here @ana"),
        ("<@123> <@&5> <#7>", rf"\<{APART}@123> \<{APART}@&5> \<{APART}#7>"),
        ("<:x:1> <a:x:1> <t:1:R>", rf"\<{APART}:x:1> \<{APART}a:x:1> \<{APART}t:1:R>"),
        ("a < b, <3", r"a \< b, \<3"),
        ("see https://a.b/c_d*e.", "see <https://a.b/c_d%2Ae>."),
        ("(http://a.b/c)", "(<http://a.b/c>)"),
        ("<https://a.b>", rf"\<{APART}<https://a.b>>"),
        ("\u202eevil\x00\u200b", "evil "),
    ],
)
def test_nothing_in_a_text_has_a_meaning(text: str, found: str) -> None:
    assert markdown(text, MUCH) == found


@given(TEXT)
def test_a_text_reads_as_it_was_written(text: str) -> None:
    assert read(markdown(text, MUCH)) == meant(legible(text))


@given(TEXT, st.integers(0, 200))
def test_a_cut_text_fits_and_is_a_beginning(text: str, most: int) -> None:
    found = markdown(text, most)
    assert units(found) <= most
    whole = meant(legible(text))
    said = read(found)
    assert said == whole or whole.startswith(said.removesuffix("…").rstrip())


@given(TEXT)
def test_no_sign_is_left_that_could_begin_something(text: str) -> None:
    rest = _ESCAPED.sub("", _URL.sub("", markdown(text, MUCH)))
    assert not re.search(r"[\\*_~`|\[\]<]", rest)
    assert "@everyone" not in rest.lower()


@given(TEXT, st.integers(1, 30))
def test_a_label_fits(text: str, most: int) -> None:
    assert units(plain(text, most)) <= most


def test_bold_is_never_around_nothing() -> None:
    assert [bold(text, 20) for text in ("", "\u200b", "*", "x" * 30)] == [
        "",
        "",
        r"**\***",
        f"**{'x' * 15}…**",
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ""),
        ("\n", ""),
        ("*7K2P*", "```\n*7K2P*\n```"),
        ("a\n  b", "```\na\n  b\n```"),
        ("a```b", f"```\na``{APART}`b\n```"),
        ("`" * 7, f"```\n``{APART}``{APART}`{APART}``\n```"),
        ("x" * 50, f"```\n{'x' * 21}…\n```"),
    ],
)
def test_what_is_to_be_copied_cannot_end_its_block(text: str, found: str) -> None:
    assert code(text, 30) == found


@given(TEXT)
def test_any_block_has_one_end(text: str) -> None:
    found = code(text, 60)
    assert units(found) <= 60
    assert found.count("```") in (0, 2)


def test_texts_share_what_room_there_is_from_the_first_on() -> None:
    found = ["one\ntwo\nthree", "```\ncode\n```", "four\nfive"]
    assert shortened_all(found, 100) == found
    assert shortened_all(found, 21) == ["one\n…", "```\ncode\n```", "…"]
    assert shortened_all(found, 28) == ["one\ntwo\nthree", "```\ncode\n```", "…"]


def test_lines_have_single_spaces_and_one_empty_line_between_them() -> None:
    assert lines(" a  b \n\n\n\tc\n\n") == ["a b", "", "c"]
    assert one_line(" a \n b ") == "a b"
