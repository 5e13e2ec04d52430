"""What Discord shows of a Reply: whole cards, and none it would refuse."""

from __future__ import annotations

import discord
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.chats.any_reply import AT_HOME, DRAWN, POSTER, REPLY

from medianest_bot.chats import _discord_parts as parts
from medianest_bot.chats._discord_render import (
    Carried,
    Kind,
    Message,
    packed,
    render,
    unpacked,
)
from medianest_bot.chats._discord_text import is_visible, units
from medianest_bot.core.reply import (
    Choice,
    Field,
    File,
    Item,
    Link,
    Menu,
    Option,
    Progress,
    Reply,
    Show,
    Tone,
)

Words = discord.ui.TextDisplay[discord.ui.LayoutView]
STYLES = {
    "secondary": discord.ButtonStyle.secondary,
    "success": discord.ButtonStyle.success,
    "danger": discord.ButtonStyle.danger,
    "primary": discord.ButtonStyle.primary,
    "link": discord.ButtonStyle.link,
}


def drawn(message: Message) -> str:
    """A message as indented text: a component a line, and what it says or carries."""
    if message.card is None:
        return message.content
    colour = message.card.colour
    head = "card" if colour is None else f"card #{colour:06x}"
    rows = [head, *(line for part in message.card.parts for line in _part(part))]
    rows += [f"upload {one.name} {one.picture.source}" for one in message.uploads]
    rows += [f"send {one.name}" for one in message.files]
    return "\n".join(rows)


def _part(part: parts.Part, depth: int = 1) -> list[str]:
    indent = "  " * depth
    match part:
        case parts.Text(said):
            return [f"{indent}{line}".rstrip() for line in said.split("\n")]
        case parts.Section(words, beside):
            inner = [line for one in words for line in _part(one, depth + 1)]
            return [f"{indent}section {_small(beside)}", *inner]
        case parts.Gallery(shots):
            return [f"{indent}gallery {' '.join(map(_small, shots))}"]
        case parts.Line():
            return [f"{indent}────"]
        case parts.Row(inside):
            return [indent + "".join(map(_small, inside))]
        case parts.Attached(url):
            return [f"{indent}file {url}"]


def _small(part: parts.Button | parts.Menu | parts.Shot) -> str:
    match part:
        case parts.Button():
            style = "" if part.style in ("secondary", "link") else f" !{part.style}"
            return f"[{part.label} | {part.id or part.url}{style}]"
        case parts.Shot():
            return f"({part.alt} {part.url})"
        case parts.Menu():
            options = (
                f"{'☑' if one.picked else '☐'} {one.label}"
                f"{f' ({one.description})' if one.description else ''} = {one.value}"
                for one in part.options
            )
            return f"[{part.placeholder} ▾ {part.id}: {', '.join(options)}]"


def view(message: Message) -> discord.ui.LayoutView:
    """The same as discord.py's own components, which refuse some of what is wrong."""
    assert message.card
    shown = discord.ui.LayoutView(timeout=None)
    container = discord.ui.Container[discord.ui.LayoutView](
        accent_colour=message.card.colour
    )
    shown.add_item(container)
    for part in message.card.parts:
        container.add_item(_component(part))
    return shown


def _component(part: parts.Part) -> discord.ui.Item[discord.ui.LayoutView]:
    match part:
        case parts.Text(said):
            return Words(said)
        case parts.Section(words, beside):
            inner = [
                discord.ui.TextDisplay[discord.ui.LayoutView](w.markdown) for w in words
            ]
            return discord.ui.Section(*inner, accessory=_inner(beside))
        case parts.Gallery(shots):
            items = [discord.MediaGalleryItem(s.url, description=s.alt) for s in shots]
            return discord.ui.MediaGallery(*items)
        case parts.Line():
            return discord.ui.Separator()
        case parts.Row(inside):
            return discord.ui.ActionRow(*map(_inner, inside))
        case parts.Attached(url):
            return discord.ui.File(url)


def _inner(
    part: parts.Button | parts.Menu | parts.Shot,
) -> discord.ui.Item[discord.ui.LayoutView]:
    match part:
        case parts.Button():
            return discord.ui.Button(
                label=part.label,
                custom_id=part.id or None,
                url=part.url or None,
                style=STYLES[part.style],
            )
        case parts.Shot():
            return discord.ui.Thumbnail(part.url, description=part.alt or None)
        case parts.Menu():
            options = [
                discord.SelectOption(
                    label=one.label,
                    value=one.value,
                    description=one.description or None,
                    default=one.picked,
                )
                for one in part.options
            ]
            return discord.ui.Select(
                custom_id=part.id,
                placeholder=part.placeholder or None,
                min_values=0,
                max_values=len(options),
                options=options,
            )


def test_a_search_is_a_list_with_buttons_beside_its_rows() -> None:
    def item(number: int) -> Item:
        ask = Choice("Ask for it", f"request movie:{number}", Tone.GOOD)
        return Item(f"Dune {number}", "film · can be requested", None, (ask,))

    reply = Reply(
        "What I found for “dune”",
        items=(item(1), item(2), Item("Dune (1984)", "film · in the library")),
        choices=(Choice("Look for videos", "search dune where:videos"),),
    )
    assert drawn(render(reply)) == (
        "card\n"
        "  ### What I found for “dune”\n"
        "  ────\n"
        "  section [Ask for it | r:request movie:1 !primary]\n"
        "    **Dune 1**\n"
        "    film · can be requested\n"
        "  section [Ask for it | r:request movie:2 !primary]\n"
        "    **Dune 2**\n"
        "    film · can be requested\n"
        "  **Dune (1984)**\n"
        "  film · in the library\n"
        "  [Look for videos | l:search dune where:videos]"
    )


def test_few_rows_with_pictures_show_them_with_their_buttons_below() -> None:
    ask = Choice("Ask for it", "request movie:1", Tone.GOOD)
    reply = Reply(
        "Found", items=(Item("Dune (2021)", "film", POSTER, (ask,)), Item("Dune"))
    )
    assert drawn(render(reply)) == (
        "card\n"
        "  ### Found\n"
        "  ────\n"
        f"  section (Dune {POSTER.source})\n"
        "    **Dune (2021)**\n"
        "    film\n"
        "  [Ask for it | r:request movie:1 !primary]\n"
        "  **Dune**"
    )


def test_many_rows_are_numbered_and_so_are_their_buttons() -> None:
    def item(number: int) -> Item:
        show = Choice("Show", f"show request:{number}")
        cancel = Choice("Cancel", f"requests cancel:{number}", Tone.BAD)
        return Item("Dune", "waiting", POSTER, (show, cancel))

    message = render(Reply("Your requests", items=tuple(map(item, range(1, 11)))))
    assert drawn(message).split("\n")[:3] == ["card", "  ### Your requests", "  ────"]
    assert drawn(message).split("\n")[12] == "  10\\. **Dune** · waiting"
    assert "\n".join(drawn(message).split("\n")[13:15]) == (
        "  [1 · Show | r:show request:1][1 · Cancel | r:requests cancel:1 !danger]"
        "[2 · Show | r:show request:2][2 · Cancel | r:requests cancel:2 !danger]\n"
        "  [3 · Show | r:show request:3][3 · Cancel | r:requests cancel:3 !danger]"
        "[4 · Show | r:show request:4][4 · Cancel | r:requests cancel:4 !danger]"
    )


def test_seasons_are_one_menu_with_what_was_picked() -> None:
    options = tuple(
        Option(f"Season {n} · 13 episodes", str(n), f"s +{n}", n == 2) for n in (1, 2)
    )
    reply = Reply(
        "Breaking Bad (2008)",
        "Which seasons would you like?",
        picture=POSTER,
        menus=(Menu("Seasons", options, "seasons tv:1396 none,{}"),),
        choices=(
            Choice("Ask for season 2", "request tv:1396 seasons:2", Tone.GOOD),
            Choice("Latest (4)", "request tv:1396 seasons:4"),
        ),
    )
    assert drawn(render(reply)) == (
        "card\n"
        f"  section (Dune {POSTER.source})\n"
        "    ### Breaking Bad (2008)\n"
        "    Which seasons would you like?\n"
        "  [Seasons ▾ m:seasons tv:1396 none,{}: "
        "☐ Season 1 (13 episodes) = 1, ☑ Season 2 (13 episodes) = 2]\n"
        "  [Ask for season 2 | l:request tv:1396 seasons:2 !success]"
        "[Latest (4) | l:request tv:1396 seasons:4]"
    )


def test_a_menu_has_no_more_options_than_discord_takes_and_none_twice() -> None:
    options = tuple(Option(f"S{n}", str(n % 40), "x") for n in range(60))
    card = render(Reply("?", menus=(Menu("S", options, "s {}"),))).card
    assert card
    (menu,) = [
        one
        for part in card.parts
        for one in parts.inside(part)
        if isinstance(one, parts.Menu)
    ]
    assert [one.value for one in menu.options] == [str(n) for n in range(25)]


def test_what_is_under_way_has_sign_fields_bar_and_a_colour() -> None:
    reply = Reply(
        "Breaking Bad (2008)",
        "It is being downloaded.",
        fields=(Field("Seasons", "3-5"), Field("Asked for by", "Ana & *Tim*")),
        progress=Progress(0.42, "ready about 20:15"),
        choices=(
            Choice("Watch", "watch", Tone.GOOD),
            Choice("Share", "share", Tone.GOOD),
            Choice("Cancel", "requests cancel:1", Tone.BAD),
        ),
        links=(Link("Open", "https://app.plex.tv/x"), Link("At home", "http://nas/x")),
        tone=Tone.BUSY,
    )
    assert drawn(render(reply)) == (
        "card #5865f2\n"
        "  ### ⏳ Breaking Bad (2008)\n"
        "  It is being downloaded.\n"
        "  **Seasons** 3-5\n"
        "  **Asked for by** Ana & \\*Tim\\*\n"
        "  ▓▓▓▓░░░░░░ 42 %\n"
        "  ready about 20:15\n"
        "  **At home** <http://nas/x>\n"
        "  [Watch | l:watch !success][Share | l:share !primary]"
        "[Cancel | l:requests cancel:1 !danger][Open | https://app.plex.tv/x]"
    )


def test_a_link_to_be_pressed_first_stands_first() -> None:
    page = Link("Sign in", "https://example.org/a", leads=True)
    reply = Reply("Here", choices=(Choice("Enter it", "link"),), links=(page,))
    assert drawn(render(reply)).endswith(
        "  [Sign in | https://example.org/a][Enter it | l:link]"
    )


def test_what_is_drawn_is_shown_large_and_uploaded() -> None:
    message = render(Reply("Everything is up", picture=DRAWN, tone=Tone.GOOD))
    assert drawn(message) == (
        "card #23a55a\n"
        "  ### ✅ Everything is up\n"
        "  gallery (The last day attachment://picture-1.jpg)\n"
        "upload picture-1.jpg "
    )


def test_a_picture_at_home_is_uploaded_once_where_anything_may_be() -> None:
    reply = Reply("Dune", picture=AT_HOME, items=(Item("Part", picture=AT_HOME),))
    assert drawn(render(reply)) == (
        "card\n"
        "  section (Dune attachment://picture-1.jpg)\n"
        "    ### Dune\n"
        "  ────\n"
        "  section (Dune attachment://picture-1.jpg)\n"
        "    **Part**\n"
        f"upload picture-1.jpg {AT_HOME.source}"
    )
    without = render(reply, can_upload=False)
    assert drawn(without) == "card\n  ### Dune\n  ────\n  **Part**"


def test_files_are_sent_under_names_that_stay_as_they_are() -> None:
    reply = Reply(
        "Kept",
        files=(
            File("größe & co.tar.gz", b"1"),
            File("a/b.zip", b"2"),
            File("a b.zip", b"3"),
            File("picture-1.png", b"4"),
            File("film.mkv", b"x" * (10 * 1024 * 1024)),
            File("empty", b""),
        ),
    )
    assert drawn(render(reply)) == (
        "card\n"
        "  ### Kept\n"
        "  film.mkv is too large to be sent here.\n"
        "  file attachment://gr_e_co_tar.gz\n"
        "  file attachment://a_b.zip\n"
        "  file attachment://a_b-2.zip\n"
        "  file attachment://_picture-1.png\n"
        "send gr_e_co_tar.gz\n"
        "send a_b.zip\n"
        "send a_b-2.zip\n"
        "send _picture-1.png"
    )


def test_what_is_to_be_copied_stands_in_a_block() -> None:
    assert drawn(render(Reply(text="Your code:", copy="7K2P"))) == (
        "card\n  Your code:\n  ```\n  7K2P\n  ```"
    )


@pytest.mark.parametrize(
    ("reply", "content"),
    [
        (Reply(), "…"),
        (Reply(text="Done.", tone=Tone.GOOD), "✅ Done."),
        (Reply(text="See https://a.b/c_d."), "See <https://a.b/c_d>."),
        (Reply(text="a\n\n\n# b"), "a\n\n\\# b"),
        (Reply(text=" \u200b", tone=Tone.WARN), "⚠️"),
    ],
)
def test_a_sentence_is_a_plain_message(reply: Reply, content: str) -> None:
    assert render(reply).card is None
    assert drawn(render(reply)) == content


def test_what_was_a_card_stays_one() -> None:
    message = render(Reply(text="Done."), was_card=True)
    assert drawn(message) == "card\n  Done."


def test_a_long_text_is_a_card_and_its_end_gives_way_to_the_rest() -> None:
    reply = Reply(
        "Dune",
        "A *long* story. " * 400,
        fields=(Field("Seasons", "1-3"),),
        picture=POSTER,
        choices=(Choice("Cancel", "x"),),
    )
    message = render(reply)
    assert message.card
    heading, fields = parts.texts(message.card.parts)
    assert heading.markdown.startswith("### Dune\nA \\*long\\* story. A")
    assert heading.markdown.endswith("…")
    assert fields.markdown == "**Seasons** 1-3"
    assert 3900 < units(heading.markdown) <= 4000 - units(fields.markdown)


def test_of_too_much_everything_shows_its_beginning() -> None:
    reply = Reply(
        "*" * 300,
        "*" * 3000,
        fields=tuple(Field("*" * 80, "*" * 600) for _ in range(30)),
        items=tuple(Item("*" * 90, "*" * 200) for _ in range(60)),
        copy="x" * 900,
        links=tuple(Link("*" * 80, f"http://nas/{'x' * 300}") for _ in range(20)),
    )
    message = render(reply)
    assert _wrong(message) == []
    assert message.card
    assert f"```\n{'x' * 900}\n```" in [
        text.markdown for text in parts.texts(message.card.parts)
    ]


def test_the_same_line_twice_has_two_ids() -> None:
    reply = Reply("?", choices=(Choice("Go", "go"), Choice("Go on", "go")))
    assert drawn(render(reply)) == "card\n  ### ?\n  [Go | l:go][Go on | l2:go]"
    assert unpacked("l2:go") == Carried("go")


def test_a_question_that_follows_shows_in_label_and_id() -> None:
    reply = Reply("?", choices=(Choice("Decline", "~abc", Tone.BAD, "Why?"),))
    assert drawn(render(reply)) == "card\n  ### ?\n  [Decline… | a:~abc !danger]"
    assert unpacked("a:~abc") == Carried("~abc", kind=Kind.ASKS)


def test_only_the_owner_of_a_card_that_is_only_theirs_is_packed() -> None:
    reply = Reply("Card", choices=(Choice("Go", "go"),))
    mine = Reply("Card", choices=(Choice("Go", "go"),), only=True)
    seen = [render(reply, asker="36"), render(mine, asker="36"), render(mine)]
    assert [drawn(one).split("\n")[-1] for one in seen] == [
        "  [Go | l:go]",
        "  [Go | l:@10 go]",
        "  [Go | l:go]",
    ]


@pytest.mark.parametrize(
    ("reply", "summary"),
    [
        (
            Reply("Dune", "It can be watched.\nNow.", tone=Tone.GOOD),
            "✅ Dune: It can be watched.",
        ),
        (Reply(text="*Done*."), "*Done*."),
        (Reply(items=(Item(""), Item("A"))), "A"),
        (Reply("x" * 300), "x" * 149 + "…"),
        (Reply(picture=DRAWN), "The last day"),
        (Reply(), "…"),
    ],
)
def test_a_locked_phone_shows_the_first_words(reply: Reply, summary: str) -> None:
    assert render(reply).summary == summary


def test_a_note_is_private() -> None:
    note = Reply(text="Not yours.", show=Show.NOTE)
    assert render(note) == Message("Not yours.", summary="Not yours.", is_private=True)


@given(st.text(max_size=110))
def test_any_id_is_read(found: str) -> None:
    carried = unpacked(found)
    assert carried is None or found.endswith(carried.line)


@given(
    st.text(min_size=1, max_size=48).filter(lambda one: len(one.encode()) <= 48),
    st.one_of(st.none(), st.integers(1, 2**63 - 1).map(str)),
)
def test_any_line_of_the_core_fits(line: str, asker: str | None) -> None:
    assert unpacked(packed(line, asker, nth=98)) == Carried(line, asker)


@pytest.mark.parametrize(
    ("line", "asker", "kind", "nth"),
    [
        ("search dune", None, Kind.LINE, 1),
        ("search dune", "36", Kind.ASKS, 2),
        ("@ana", None, Kind.LINE, 1),
        ("seasons tv:1 none,{}", "9223372036854775807", Kind.MENU, 98),
    ],
)
def test_what_was_packed_is_unpacked(
    line: str, asker: str | None, kind: Kind, nth: int
) -> None:
    assert unpacked(packed(line, asker, kind, nth)) == Carried(line, asker, kind)


def _wrong(message: Message) -> list[str]:
    """What Discord would refuse of a card."""
    assert message.card
    found = message.card.parts
    small = [one for part in found for one in parts.inside(part)]
    ids = [s.id for s in small if isinstance(s, parts.Button | parts.Menu) and s.id]
    checks = {
        "components": parts.components(found) <= 40,
        "text": sum(units(one.markdown) for one in parts.texts(found)) <= 4000,
        "visible": all(is_visible(one.markdown) for one in parts.texts(found)),
        "something": any(parts.texts(found)),
        "ids": len(ids) == len(set(ids)) and all(0 < units(i) <= 100 for i in ids),
        "files": len(message.files) + len(message.uploads) <= 10,
    }
    for one in small:
        if isinstance(one, parts.Button):
            checks[f"button {one}"] = (
                bool(one.id) != bool(one.url)
                and is_visible(one.label)
                and units(one.label) <= 80
                and units(one.url) <= 512
            )
        if isinstance(one, parts.Menu):
            values = {option.value for option in one.options}
            checks[f"menu {one}"] = (
                1 <= len(one.options) == len(values) <= 25
                and units(one.placeholder) <= 150
                and all(
                    0 < units(o.label) <= 100
                    and 0 < units(o.value) <= 100
                    and units(o.description) <= 100
                    for o in one.options
                )
            )
        if isinstance(one, parts.Shot):
            checks[f"shot {one}"] = units(one.alt) <= 1024
    return [name for name, is_right in checks.items() if not is_right]


@settings(max_examples=150, deadline=None)
@given(REPLY, st.booleans())
def test_any_reply_is_a_message_that_discord_takes(
    reply: Reply,
    was_card: bool,  # noqa: FBT001 - drawn by hypothesis
) -> None:
    message = render(reply, asker="12345", was_card=was_card)
    if message.card is None:
        assert not was_card
        assert 0 < units(message.content) <= 2000
        assert is_visible(message.content)
        return
    assert _wrong(message) == []
    shown = view(message)
    assert shown.content_length() <= 4000
    assert shown.total_children_count == parts.components(message.card.parts)
