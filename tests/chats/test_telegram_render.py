"""What Telegram shows of a Reply: whole messages, and none it would refuse."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.chats.any_reply import AT_HOME, DRAWN, NASTY, POSTER, REPLY

from medianest_bot.chats._telegram_card import lines
from medianest_bot.chats._telegram_render import (
    Button,
    Message,
    packed,
    render,
    unpacked,
)
from medianest_bot.chats._telegram_text import is_visible, plain, units
from medianest_bot.core._long_lines import NARROWEST
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

LARGEST_ACCOUNT = str(2**52 - 1)


class Tags(HTMLParser):
    """Raises where a tag is not one of ours, or not closed where it was opened."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert (tag, attrs) in (
            ("b", []),
            ("code", []),
            ("blockquote", []),
            ("blockquote", [("expandable", None)]),
        )
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def drawn(message: Message) -> str:
    """A message as a small picture: its words, then its buttons in rows."""
    buttons = ("".join(map(_button, row)) for row in message.rows)
    return "\n".join([message.html, *buttons])


def _button(button: Button) -> str:
    what = button.data or button.url or f"copy {button.copy}"
    style = f" !{button.style}" if button.style else ""
    return f"[{button.text} | {what}{style}]"


def labels(message: Message) -> list[list[str]]:
    return [[button.text for button in row] for row in message.rows]


def test_a_search_is_a_numbered_list_with_numbered_buttons() -> None:
    reply = Reply(
        title="What I found for “dune”",
        items=(
            Item(
                "Dune (2021)",
                "film · can be requested",
                POSTER,
                (Choice("Ask for it", "request movie:438631", Tone.GOOD),),
            ),
            Item("Dune (1984)", "film · in the library"),
            Item(
                "Dune: Prophecy (2024)",
                "series · can be requested",
                POSTER,
                (Choice("Choose seasons", "seasons tv:90228"),),
            ),
        ),
        choices=(Choice("Look for videos", "search dune where:videos"),),
    )
    assert drawn(render(reply)) == (
        "<b>What I found for “dune”</b>\n"
        "\n"
        "1. <b>Dune (2021)</b>\n"
        "film · can be requested\n"
        "\n"
        "2. <b>Dune (1984)</b>\n"
        "film · in the library\n"
        "\n"
        "3. <b>Dune: Prophecy (2024)</b>\n"
        "series · can be requested\n"
        "[1 · Ask for it | request movie:438631 !success]"
        "[3 · Choose seasons | seasons tv:90228]\n"
        "[Look for videos | search dune where:videos]"
    )


def test_a_request_under_way_has_sign_fields_bar_and_a_red_button() -> None:
    reply = Reply(
        title="Breaking Bad (2008)",
        text="It is being downloaded.",
        fields=(Field("Seasons", "3-5"), Field("Asked for by", "Ana & Tim")),
        progress=Progress(0.42, "ready about 20:15"),
        choices=(Choice("Cancel", "requests cancel:1", Tone.BAD),),
        picture=POSTER,
        tone=Tone.BUSY,
    )
    message = render(reply)
    assert drawn(message) == (
        "⏳ <b>Breaking Bad (2008)</b>\n"
        "It is being downloaded.\n"
        "\n"
        "<b>Seasons</b> 3-5\n"
        "<b>Asked for by</b> Ana &amp; Tim\n"
        "\n"
        "▓▓▓▓░░░░░░ 42 %\n"
        "ready about 20:15\n"
        "[Cancel | requests cancel:1 !danger]"
    )
    assert (message.photo, message.preview) == (None, POSTER.source)


def test_seasons_are_toggles_in_even_rows_with_the_wish_below() -> None:
    options = tuple(
        Option(
            f"Season {number} · 13 episodes", str(number), f"s +{number}", number == 2
        )
        for number in range(1, 5)
    )
    reply = Reply(
        title="Breaking Bad (2008)",
        menus=(Menu("Seasons", options, "s {}"),),
        choices=(
            Choice("Ask for season 2", "request tv:1396 seasons:2", Tone.GOOD),
            Choice("Latest (4)", "request tv:1396 seasons:4"),
            Choice("First (1)", "request tv:1396 seasons:1"),
        ),
    )
    assert drawn(render(reply)) == (
        "<b>Breaking Bad (2008)</b>\n"
        "\n"
        "<b>Seasons</b>\n"
        "<blockquote>☐ Season 1 · 13 episodes\n"
        "☑ Season 2 · 13 episodes\n"
        "☐ Season 3 · 13 episodes\n"
        "☐ Season 4 · 13 episodes</blockquote>\n"
        "[☐ Season 1 | s +1][☑ Season 2 | s +2]\n"
        "[☐ Season 3 | s +3][☐ Season 4 | s +4]\n"
        "[Ask for season 2 | request tv:1396 seasons:2 !success]\n"
        "[Latest (4) | request tv:1396 seasons:4]"
        "[First (1) | request tv:1396 seasons:1]"
    )


def test_many_seasons_stand_three_to_a_row() -> None:
    options = tuple(Option(f"Season {n}", str(n), f"s +{n}") for n in range(1, 26))
    message = render(Reply("Tatort", menus=(Menu("Seasons", options, "s {}"),)))
    assert [len(row) for row in message.rows] == [3] * 8 + [1]


def test_rows_with_several_buttons_keep_them_together() -> None:
    def item(number: int) -> Item:
        show = Choice("Show", f"show request:{number}")
        cancel = Choice("Cancel", f"requests cancel:{number}", Tone.BAD)
        return Item("Dune", "waiting", choices=(show, cancel) if number != 2 else ())

    message = render(Reply("Your requests", items=tuple(map(item, (1, 2, 3)))))
    assert drawn(message) == (
        "<b>Your requests</b>\n"
        "\n"
        "1. <b>Dune</b> · waiting\n"
        "2. <b>Dune</b> · waiting\n"
        "3. <b>Dune</b> · waiting\n"
        "[1 · Show | show request:1][1 · Cancel | requests cancel:1 !danger]\n"
        "[3 · Show | show request:3][3 · Cancel | requests cancel:3 !danger]"
    )


def test_a_lone_row_needs_no_number_and_lends_its_picture() -> None:
    row = Item("Dune", picture=POSTER, choices=(Choice("Download", "download x"),))
    message = render(Reply(text="A link.", items=(row,)))
    assert drawn(message) == "A link.\n\n<b>Dune</b>\n[Download | download x]"
    assert message.preview == POSTER.source


def test_the_end_of_a_long_list_and_long_paragraphs_are_folded() -> None:
    items = tuple(Item(f"Name {number}") for number in range(14))
    long = "A story. " * 40
    html = render(Reply(text=f"Short.\n{long}", items=items)).html
    assert html.split("\n")[:2] == [
        "Short.",
        f"<blockquote expandable>{long.strip()}</blockquote>",
    ]
    assert html.endswith(
        "<b>Name 7</b>\n<blockquote expandable><b>Name 8</b>\n<b>Name 9</b>\n"
        "<b>Name 10</b>\n<b>Name 11</b>\n<b>Name 12</b>\n<b>Name 13</b></blockquote>"
    )


def test_links_are_buttons_where_telegram_takes_them_and_text_elsewhere() -> None:
    reply = Reply(
        text="Here.",
        links=(
            Link("Watch", "https://app.plex.tv/desktop#!/x"),
            Link("At home", "http://192.168.1.2:32400/web"),
            Link("", "https://example.org/a"),
            Link("In short", "http://nas:32400/<b>"),
            Link("Mail", "mailto:ana@example.org"),
            Link("Nowhere", ""),
        ),
    )
    assert drawn(render(reply)) == (
        "Here.\n"
        "\n"
        "<b>In short</b> http://nas:32400/&lt;b&gt;\n"
        "<b>Mail</b> mailto:ana@example.org\n"
        "[Watch | https://app.plex.tv/desktop#!/x]"
        "[At home | http://192.168.1.2:32400/web]\n"
        "[example.org | https://example.org/a]"
    )


def test_a_link_to_be_pressed_first_stands_first() -> None:
    page = Link("Sign in", "https://example.org/a", leads=True)
    choices = (Choice("Enter it", "link"), Choice("Cancel", "link cancel"))
    reply = Reply(text="Here.", choices=choices, links=(page,))
    assert drawn(render(reply)) == (
        "Here.\n"
        "[Sign in | https://example.org/a]\n"
        "[Enter it | link][Cancel | link cancel]"
    )


def test_what_is_to_be_copied_is_read_and_has_a_button() -> None:
    assert drawn(render(Reply(text="Your code:", copy="7K2P"))) == (
        "Your code:\n\n<code>7K2P</code>\n[Copy 7K2P | copy 7K2P]"
    )
    name = render(Reply(copy="@ana"))
    assert drawn(name) == "<code>@ana</code>\n[Copy @\u200cana | copy @ana]"
    long = render(Reply(copy="x" * 300))
    assert drawn(long) == f"<code>{'x' * 300}</code>"


def test_a_question_that_follows_shows_in_the_label() -> None:
    reply = Reply("Request", choices=(Choice("Decline", "~abc", Tone.BAD, "Why?"),))
    assert labels(render(reply)) == [["Decline…"]]


def test_a_long_label_has_a_row_of_its_own_and_is_cut() -> None:
    words = ("Yes", "No", "Tell me when the next season comes", "x" * 90)
    reply = Reply("?", choices=tuple(Choice(word, word[:9]) for word in words))
    assert labels(render(reply)) == [
        ["Yes", "No"],
        ["Tell me when the next season comes"],
        ["x" * 47 + "…"],
    ]


@pytest.mark.parametrize(
    ("reply", "html"),
    [
        (Reply(), "…"),
        (Reply(title=" ", text="\u200b\n"), "…"),
        (Reply(tone=Tone.GOOD), "✅"),
        (Reply(picture=DRAWN), "The last day"),
        (Reply(files=(File("backup.zip", b"x"),)), "backup.zip"),
        (Reply(choices=(Choice("Go", "go"),)), "…"),
        (Reply(text="Done.", tone=Tone.GOOD), "✅ Done."),
        (Reply(progress=Progress(None)), "⏳"),
        (Reply(progress=Progress(float("nan"), "soon")), "⏳ soon"),
        (Reply(progress=Progress(7.0)), "▓▓▓▓▓▓▓▓▓▓ 100 %"),
        (Reply(text="a\n\n\n\nb\n\n"), "a\n\nb"),
        (Reply(fields=(Field("", "just this"),)), "just this"),
    ],
)
def test_there_is_always_something_to_read(reply: Reply, html: str) -> None:
    assert render(reply).html == html


@pytest.mark.parametrize(
    ("picture", "as_photo", "photo", "preview"),
    [
        (None, None, None, ""),
        (POSTER, None, None, POSTER.source),
        (AT_HOME, None, AT_HOME, ""),
        (DRAWN, None, DRAWN, ""),
        (Picture("x", "https://10.0.0.2/a.jpg"), None, None, ""),
        (POSTER, True, None, ""),
        (DRAWN, True, DRAWN, ""),
        (DRAWN, False, None, ""),
        (POSTER, False, None, POSTER.source),
    ],
)
def test_a_picture_is_uploaded_or_previewed(
    picture: Picture | None,
    as_photo: bool | None,  # noqa: FBT001 - a row of the table
    photo: Picture | None,
    preview: str,
) -> None:
    message = render(Reply("Dune", picture=picture), as_photo=as_photo)
    assert message == Message("<b>Dune</b>", photo=photo, preview=preview)


def test_a_list_too_long_for_a_caption_goes_without_its_picture() -> None:
    long = "up · since 11:23 · 100 % today · 100 % in 30 days"
    some = tuple(Item(f"Service {number}", long) for number in range(18))
    many = tuple(Item(f"Service {number}", long) for number in range(60))
    assert render(Reply("Up", items=some, picture=DRAWN)).photo == DRAWN
    message = render(Reply("Up", items=many, picture=DRAWN))
    assert (message.photo, plain(message.html).count("100 % today")) == (None, 60)


def test_a_caption_shortens_notes_then_the_text_and_keeps_the_rest() -> None:
    reply = Reply(
        "Dune",
        text="A long story. " * 200,
        fields=(Field("Seasons", "1-3"),),
        picture=AT_HOME,
        choices=(Choice("Cancel", "x"),),
    )
    message = render(reply)
    said = plain(message.html)
    assert message.photo == AT_HOME
    assert said.startswith("Dune\nA long story. A long story.")
    assert said.endswith("…\n\nSeasons 1-3")
    assert 980 < units(said) <= 1024


def test_only_the_owner_of_a_card_that_is_only_theirs_is_packed() -> None:
    reply = Reply("Card", choices=(Choice("Go", "go"),))
    mine = Reply("Card", choices=(Choice("Go", "go"),), only=True)
    seen = [
        render(reply, asker="36").rows[0][0].data,
        render(mine, asker="36").rows[0][0].data,
        render(mine).rows[0][0].data,
    ]
    assert seen == ["go", "@10 go", "go"]


@given(
    st.text(min_size=1, max_size=40).filter(lambda line: len(line.encode()) <= 48),
    st.one_of(st.none(), st.integers(1, 2**52 - 1).map(str)),
)
def test_what_was_packed_is_unpacked(line: str, asker: str | None) -> None:
    assert unpacked(packed(line, asker)) == (line, asker)


def test_the_longest_line_and_the_largest_account_fit_under_a_button() -> None:
    line = "x" * NARROWEST
    assert len(packed(line, LARGEST_ACCOUNT).encode()) <= 64
    assert unpacked(packed(line, LARGEST_ACCOUNT)) == (line, LARGEST_ACCOUNT)


def test_a_line_that_telegram_cannot_carry_has_no_button() -> None:
    lines = ("", "é" * 33, "\ud800", "x" * 64)
    reply = Reply("?", choices=tuple(Choice("Go", line) for line in lines))
    assert [b.data for row in render(reply).rows for b in row] == ["x" * 64]


@given(NASTY)
def test_any_data_is_read(data: str) -> None:
    line, asker = unpacked(data)
    assert data.endswith(line)
    assert asker is None or asker.isdigit()


def _wrong_buttons(message: Message) -> Iterator[Button]:
    """Buttons that Telegram would refuse."""
    for button in (one for row in message.rows for one in row):
        has = [bool(one) for one in (button.data, button.url, button.copy)]
        fits = len(button.data.encode()) <= 64 and units(button.copy) <= 256
        if not fits or sum(has) != 1 or not is_visible(button.text):
            yield button


@settings(max_examples=150, deadline=None)
@given(REPLY, st.sampled_from([None, True, False]))
def test_any_reply_is_a_message_that_telegram_takes(
    reply: Reply,
    as_photo: bool | None,  # noqa: FBT001 - drawn by hypothesis
) -> None:
    message = render(reply, as_photo=as_photo, asker="12345")
    tags = Tags()
    tags.feed(message.html)
    tags.close()
    most = 1024 if message.photo or as_photo else 4096
    assert tags.open == []
    assert tags.text == plain(message.html)
    assert 0 < units(plain(message.html)) <= most
    assert is_visible(plain(message.html))
    assert sum(map(len, message.rows)) <= 100
    assert all(0 < len(row) <= 8 for row in message.rows)
    assert list(_wrong_buttons(message)) == []
    message.html.encode()


@settings(max_examples=60, deadline=None)
@given(REPLY)
def test_the_words_without_markup_are_the_words(reply: Reply) -> None:
    found = lines(reply)
    whole = "\n".join("".join(text for _tag, text in line.spans) for line in found)
    if units(whole) <= 4096:
        assert plain(render(reply, as_photo=False).html) == whole
