"""The words of a Reply as lines of a Telegram message, made for phones."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

from medianest_bot.chats._addresses import is_button
from medianest_bot.chats._legible import LONGEST, paragraphs
from medianest_bot.chats._signs import SIGNS
from medianest_bot.chats._telegram_buttons import COPY, box, is_numbered, toggles
from medianest_bot.chats._telegram_text import (
    Line,
    cut,
    fit,
    harmless,
    html,
    is_visible,
    legible,
    one_line,
    shortened,
    total,
    units,
)
from medianest_bot.core.reply import Field, Item, Link, Menu, Progress, Reply

_FOLDED = "blockquote expandable"
_BAR = 10
_TITLE = 256
_TEXT = 4096
_LONG = 280
"""Units of a paragraph that is folded: a phone shows its first three lines."""
_PARAGRAPHS = 12
_NAME = 64
_VALUE = 600
_ITEM = 160
_NOTE = 300
_SHORT_NOTE = 40
_BESIDE = 36
"""Units that a phone shows in one line."""
_OPEN = 12
"""Rows of a list that are all shown; of a longer one the rest is folded."""
_FIRST = 8
_MOST = 100
"""Rows that are looked at; no message has room for more."""
_LEAST_TEXT = 120
"""Units of a text that are worth their place."""

Block = list[Line]


def card(reply: Reply, most: int) -> str:
    """HTML of a reply in at most `most` units, and never without any text.

    Where it is too long, the notes of its rows are shortened first, then its text.
    """
    for is_short in (False, True):
        found = lines(reply, is_short=is_short)
        if total(found) <= most:
            return html(found)
    room = max(most - _rest(reply), _LEAST_TEXT)
    return fit(lines(reply, is_short=True, text_most=room), most)


def has_room(reply: Reply, most: int) -> bool:
    """True where `most` units hold all of a reply, or all but the end of its text."""
    return _rest(reply) + min(units(reply.text), _LEAST_TEXT) <= most


def lines(
    reply: Reply, *, is_short: bool = False, text_most: int = _TEXT
) -> list[Line]:
    """The lines of a reply; its parts stand apart by an empty one."""
    blocks = (
        _heading(reply, text_most),
        _fields(reply.fields, is_short=is_short),
        _progress(reply.progress),
        _items(reply.items[:_MOST], is_short=is_short),
        *map(_menu, reply.menus),
        [*_links(reply.links), *_copied(reply.copy)],
    )
    found: list[Line] = []
    for block in blocks:
        if block:
            found += [_EMPTY, *block] if found else block
    has_text = any(is_visible(text) for line in found for _tag, text in line.spans)
    return found if has_text else [_nothing(reply)]


_EMPTY = Line(())


def _line(*spans: tuple[str, str], quote: str = "") -> Line:
    return Line(spans, quote)


def _rest(reply: Reply) -> int:
    """Units of all but the text, with the breaks and the sign around it."""
    return total(lines(replace(reply, text=""), is_short=True)) + 8


def _nothing(reply: Reply) -> Line:
    """What stands for a reply without words: Telegram takes no empty message."""
    alt = reply.picture.alt if reply.picture else ""
    names = (one_line(name) for name in (alt, *(file.name for file in reply.files)))
    shown = next(filter(is_visible, names), SIGNS[reply.tone] or "…")
    return _line(("", cut(shown, _TITLE)))


def _heading(reply: Reply, text_most: int) -> Block:
    """Title and text; the sign of the tone stands before whichever comes first."""
    sign = f"{SIGNS[reply.tone]} " if SIGNS[reply.tone] else ""
    title = cut(one_line(reply.title), _TITLE)
    text = shortened(_text(reply.text), text_most)
    if is_visible(title):
        return [_line(("", sign), ("b", title)), *text]
    if text and sign:
        first = Line((("", sign), *text[0].spans), text[0].quote)
        return [first, *text[1:]]
    return text


def _text(text: str) -> Block:
    found = _paragraphs(text)
    folds = len(found) > _PARAGRAPHS
    return [
        _line(("", one), quote=_FOLDED if folds or units(one) > _LONG else "")
        for one in found
    ]


def _paragraphs(text: str, most: int = LONGEST) -> list[str]:
    """Of a longer text those of its first `most` characters."""
    return paragraphs(harmless(text[:most]))


def _fields(fields: tuple[Field, ...], *, is_short: bool) -> Block:
    found: Block = []
    for field in fields:
        name = cut(one_line(field.name), _NAME)
        value = "\n".join(_paragraphs(field.value, 2 * _VALUE))
        first, *more = cut(value, _LEAST_TEXT if is_short else _VALUE).split("\n")
        between = " " if name and first else ""
        found.append(_line(("b", name), ("", between + first)))
        found += [_line(("", line)) for line in more]
    return found


def _progress(progress: Progress | None) -> Block:
    if progress is None:
        return []
    text = cut(one_line(progress.text), _ITEM)
    share = progress.fraction
    if share is None or math.isnan(share):
        return [_line(("", f"⏳ {text}".rstrip()))]
    share = min(1.0, max(0.0, share))
    full = int(share * _BAR)
    bar = f"{'▓' * full}{'░' * (_BAR - full)} {math.floor(share * 100)} %"
    return [_line(("", bar)), *([_line(("", text))] if text else [])]


def _items(items: tuple[Item, ...], *, is_short: bool) -> Block:
    numbered = is_numbered(items)
    rows = [
        _item(item, f"{number}. " if numbered else "", is_short=is_short)
        for number, item in enumerate(items, 1)
    ]
    if all(len(row) < 3 and total(row) <= _BESIDE for row in rows):
        rows = [[_beside(row)] for row in rows]
    elif len(items) <= _FIRST and not is_short:
        rows = [[*([_EMPTY] if index else []), *row] for index, row in enumerate(rows)]
    folds = len(items) > _OPEN
    return [
        replace(line, quote=_FOLDED) if folds and index >= _FIRST else line
        for index, row in enumerate(rows)
        for line in row
    ]


def _item(item: Item, before: str, *, is_short: bool) -> Block:
    title = cut(one_line(item.title), _NAME if is_short else _ITEM)
    notes = _paragraphs(item.text, 2 * _NOTE)
    if is_short:
        notes = [_first_parts(note) for note in notes[:1]]
    text = cut("\n".join(notes), _NOTE)
    found = [_line(("", before), ("b", title))] if title or before else []
    return [*found, *(_line(("", line)) for line in text.split("\n") if text)]


def _beside(row: Block) -> Line:
    """The few words of a row in one line."""
    if len(row) < 2:
        return row[0] if row else _EMPTY
    return Line((*row[0].spans, ("", " · "), *row[1].spans))


def _first_parts(note: str) -> str:
    """As many parts of "up · since 11:23 · 33 ms" as fit into a line."""
    shown, *parts = note.split(" · ")
    for part in parts:
        if units(f"{shown} · {part}") > _SHORT_NOTE:
            break
        shown = f"{shown} · {part}"
    return cut(shown, _SHORT_NOTE)


def _menu(menu: Menu) -> Block:
    """What its toggles leave out for want of room."""
    whole = [one_line(option.label) for option in menu.options]
    if list(toggles(menu)) == whole:
        return []
    quote = _FOLDED if len(whole) > _FIRST else "blockquote"
    rows = zip(menu.options, whole, strict=True)
    label = cut(one_line(menu.label), _NAME)
    return [
        *([_line(("b", label))] if label else []),
        *(_line(("", f"{box(o)} {cut(said, _NAME)}"), quote=quote) for o, said in rows),
    ]


def _links(links: Iterable[Link]) -> Iterator[Line]:
    """Addresses that Telegram takes under no button."""
    for link in links:
        url = one_line(link.url)
        if url and not is_button(link.url):
            label = cut(one_line(link.label), _NAME)
            yield _line(("b", label), ("", f" {cut(url, _VALUE)}" if label else url))


def _copied(text: str) -> Iterator[Line]:
    """Also in the message, to be read; a touch copies it there too."""
    for line in legible(text)[: COPY * 4].split("\n"):
        if is_visible(line):
            yield _line(("code", line))
